"""Players of zot's own ports, made by hand and typed; they remember what was asked of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from zot.domain.catalog import Catalog
from zot.domain.credential import ApiKey, Look, Origin, Place
from zot.domain.error import ZotError
from zot.domain.event import End, Start, StreamEvent, TextDelta
from zot.domain.message import Message
from zot.domain.model import ModelSpec
from zot.domain.provider import Endpoint, ProviderProfile
from zot.domain.request import ChatRequest, ModelCall, WireRequest
from zot.domain.secret import Secret
from zot.domain.usage import Usage
from zot.ports.credential_source import CredentialQuery, CredentialSource
from zot.ports.model_transport import ModelTransport
from zot.ports.secret_store import Kept, Record, SecretStore

ANSWER: tuple[StreamEvent, ...] = (
    Start("acme", "small"),
    TextDelta("hello"),
    End("stop", "stop", Usage(input_tokens=10, output_tokens=5)),
)


@dataclass
class FakeSource:
    """Says at each place what it was told to say."""

    origin: Origin
    said: Sequence[Look] = ()
    error: ZotError | None = None
    present: Sequence[Look] = ()
    asked: list[str] = field(default_factory=list)
    peeked: list[str] = field(default_factory=list)

    def look(self, query: CredentialQuery) -> Iterator[Look]:
        self.asked.append(query.profile.id)
        yield from self.said
        if self.error is not None:
            raise self.error

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        self.peeked.append(query.profile.id)
        return self.present


@dataclass
class FakeTransport:
    """Gives one of its scripts to each call: events, and perhaps an error after them."""

    scripts: list[Sequence[StreamEvent | ZotError]]
    calls: list[ModelCall] = field(default_factory=list)
    closed: int = 0

    async def stream(self, call: ModelCall) -> AsyncGenerator[StreamEvent, None]:
        self.calls.append(call)
        try:
            for item in self.scripts.pop(0):
                if isinstance(item, ZotError):
                    raise item
                yield item
        finally:
            self.closed += 1

    async def prepare(self, call: ModelCall) -> WireRequest:
        self.calls.append(call)
        return WireRequest("POST", call.base_url)

    async def aclose(self) -> None:
        pass


@dataclass
class FakeStore:
    """Keeps logins in a dictionary; `broken` is raised by every question."""

    kept: dict[str, Kept] = field(default_factory=dict)
    broken: ZotError | None = None
    name: str = "fake"

    def place(self, profile: ProviderProfile) -> Place:
        return Place(Origin.STORE, profile.stored, f"fake:{profile.stored}")

    def load(self, profile: ProviderProfile) -> Record | None:
        if self.broken is not None:
            raise self.broken
        found = self.kept.get(profile.id)
        return None if found is None else Record(found, self.place(profile))

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        self.kept[profile.id] = credential
        return self.place(profile)

    def delete(self, profile: ProviderProfile) -> bool:
        return self.kept.pop(profile.id, None) is not None

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        if self.broken is not None:
            raise self.broken
        return [self.place(profile) for profile in profiles if profile.id in self.kept]


def key(text: str = "sk-test") -> ApiKey:
    return ApiKey(Secret(text))


def found(origin: Origin, detail: str = "", text: str = "sk-test") -> Look:
    return Look(Place(origin, detail or origin.value), "found", "", key(text))


def absent(origin: Origin, detail: str = "") -> Look:
    return Look(Place(origin, detail or origin.value), "absent")


def profile(name: str = "acme", **fields: Any) -> ProviderProfile:
    """Return a provider of the chat wire; fields may be given."""
    row: dict[str, Any] = {
        "name": name.capitalize(),
        "wire": "openai-chat",
        "endpoints": {"openai-chat": Endpoint(f"https://api.{name}.example/v1")},
        "env": (f"{name.upper()}_API_KEY",),
        "stored": name,
        "default_model": "small",
    }
    return ProviderProfile(name, **{**row, **fields})


def catalog(*profiles: ProviderProfile, models: Iterable[ModelSpec] = ()) -> Catalog:
    """Return a catalog of these providers, by default of one called acme."""
    given = {entry.id: entry for entry in profiles or (profile(),)}
    listed: dict[str, dict[str, ModelSpec]] = {name: {} for name in given}
    for spec in models:
        listed[spec.provider][spec.id] = spec
    return Catalog(given, listed)


def call(**fields: Any) -> ModelCall:
    """Return a call that is fully decided; fields may be given."""
    owner = fields.pop("profile", None) or profile()
    base: dict[str, Any] = {
        "endpoint": owner.endpoints[owner.wire],
        "wire": owner.wire,
        "base_url": owner.endpoints[owner.wire].base_url,
        "model": ModelSpec(owner.id, "small"),
        "request": ChatRequest((Message.user("hi"),)),
        "credential": key(),
        "place": Place(Origin.ENV, "ACME_API_KEY"),
    }
    return ModelCall(owner, **{**base, **fields})


# What the annotations say is the proof that the fakes play their ports.
_source: type[CredentialSource] = FakeSource
_transport: type[ModelTransport] = FakeTransport
_store: type[SecretStore] = FakeStore
