"""The whole credential policy: one order, one function, its full trace.

1. the explicit key of this call, 2. the provider's environment variables, 3. the secret
store, 4. `apiKey` of a custom provider, 5. the vendor's own chain. The first credential
wins; no place after it is asked. What is absent is passed by; what is broken stops the
search, so nobody's key is ever used in place of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from zot.domain.credential import Credential, Look, Origin, Place
from zot.domain.error import MissingCredential, ZotError

PRECEDENCE = (Origin.FLAG, Origin.ENV, Origin.STORE, Origin.CUSTOM, Origin.AMBIENT)

Lookup = Callable[[], Iterable[Look]]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The trace of one search: every place asked, in order, and what each said.

    The call path and `zot auth explain` share this object. `shadowed` holds what lies
    behind the winner (names only) and is filled in for an explanation.
    """

    provider: str
    looks: tuple[Look, ...]
    failure: ZotError | None = None
    shadowed: tuple[Look, ...] = ()
    ways: tuple[str, ...] = field(default=(), compare=False)

    @property
    def winner(self) -> Look | None:
        """The look that found the credential, if any did."""
        last = self.looks[-1] if self.looks else None
        return last if last is not None and last.credential is not None else None

    @property
    def credential(self) -> Credential:
        """The credential that won.

        Raises the error of a broken source, or `MissingCredential` naming every place.
        """
        return self.require()[0]

    @property
    def place(self) -> Place:
        """Where the credential that won was found; raises as `credential` does."""
        return self.require()[1]

    def require(self) -> tuple[Credential, Place]:
        """Return the credential that won and its place, or raise."""
        if self.failure is not None:
            raise self.failure
        if (winner := self.winner) is None or winner.credential is None:
            raise MissingCredential(self.provider, [look.place for look in self.looks], self.ways)
        return winner.credential, winner.place


def resolve(
    provider: str, lookups: Mapping[Origin, Lookup], ways: tuple[str, ...] = ()
) -> Resolution:
    """Ask the lookups in policy order, whatever the order they were given in.

    `ways` are the commands that would help where nothing is found.
    """
    looks: list[Look] = []
    for origin in (*PRECEDENCE, Origin.NONE):
        if (lookup := lookups.get(origin)) is None:
            continue
        try:
            for look in lookup():
                looks.append(look)
                if look.credential is not None:
                    return Resolution(provider, tuple(looks), ways=ways)
        except ZotError as error:
            looks.append(Look(Place(origin, error.slug), "broken", error.message))
            return Resolution(provider, tuple(looks), error, ways=ways)
    return Resolution(provider, tuple(looks), ways=ways)
