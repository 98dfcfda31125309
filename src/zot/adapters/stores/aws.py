"""AWS Secrets Manager, for a team that shares its logins: the extra `aws`.

One secret a login, named `zot/groq`; its kind stands in a tag, so that names and kinds can
be listed without reading a secret. Region and credentials come from the chain of AWS.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from zot.adapters.stores._cells import CellStore
from zot.domain.error import CredentialError, StoreBroken, StoreLocked
from zot.ports.secret_store import KeptField, SecretStore

PREFIX = "zot/"
TIMEOUT = 15.0
"""Seconds for one call, retries of botocore included."""

FRESH = 60.0
"""Seconds for which a list of names is good."""

_KIND = "zot-kind"
_GONE = "ResourceNotFoundException"
_DENIED = {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"}

T = TypeVar("T")


class AwsCells:
    """Secrets of AWS Secrets Manager under a prefix.

    Calls run in a thread with an event loop of its own, so that they can be made from
    anywhere. Methods raise `StoreLocked` where AWS knows no credentials, or refuses them,
    and `StoreBroken` for any other failure; what AWS answered is not repeated.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._session: Any = None
        self._turn = threading.Lock()
        self._kinds: tuple[float, Mapping[str, KeptField]] | None = None

    def read(self, name: str) -> str | None:
        """Return the text under a name, or None."""

        async def get(client: Any) -> str | None:
            answer = await client.get_secret_value(SecretId=PREFIX + name)
            return str(answer.get("SecretString", ""))

        return self._ask(get, missing=None)

    def write(self, name: str, text: str, kind: KeptField) -> None:
        """Keep a text under a name: a new version of its secret, or a new secret."""
        tags = [{"Key": _KIND, "Value": kind}]

        async def update(client: Any) -> bool:
            await client.put_secret_value(SecretId=PREFIX + name, SecretString=text)
            await client.tag_resource(SecretId=PREFIX + name, Tags=tags)
            return True

        async def create(client: Any) -> bool:
            await client.create_secret(Name=PREFIX + name, SecretString=text, Tags=tags)
            return True

        self._kinds = None
        if not self._ask(update, missing=False):
            self._ask(create, missing=False)

    def remove(self, name: str) -> bool:
        """Delete a secret for good, without the days in which it could be restored."""

        async def delete(client: Any) -> bool:
            await client.describe_secret(SecretId=PREFIX + name)
            await client.delete_secret(SecretId=PREFIX + name, ForceDeleteWithoutRecovery=True)
            return True

        self._kinds = None
        return self._ask(delete, missing=False)

    def kinds(self) -> Mapping[str, KeptField]:
        """List names and tags; no secret is read. An answer is good for a minute."""
        if self._kinds is not None and time.monotonic() - self._kinds[0] < FRESH:
            return self._kinds[1]

        async def names(client: Any) -> dict[str, KeptField]:
            found: dict[str, KeptField] = {}
            pages = client.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "name", "Values": [PREFIX]}]
            )
            async for page in pages:
                for secret in page["SecretList"]:
                    if (name := secret["Name"]).startswith(PREFIX):
                        found[name.removeprefix(PREFIX)] = _kind(secret.get("Tags", []))
            return found

        nothing: dict[str, KeptField] = {}
        kinds = self._ask(names, missing=nothing)
        self._kinds = (time.monotonic(), kinds)
        return kinds

    def _ask(self, call: Callable[[Any], Awaitable[T]], *, missing: T) -> T:
        """Return the answer of a call, or `missing` where AWS knows no such secret."""
        answers: list[T] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                with self._turn:
                    answers.append(asyncio.run(asyncio.wait_for(self._call(call), TIMEOUT)))
            except Exception as error:  # botocore has many  # noqa: BLE001
                errors.append(error)

        thread = threading.Thread(target=run, name="zot-aws", daemon=True)
        thread.start()
        thread.join(TIMEOUT + 1)
        if answers:
            return answers[0]
        error = errors[0] if errors else TimeoutError()
        if _code(error) == _GONE:
            return missing
        raise _named(error) from None

    async def _call(self, call: Callable[[Any], Awaitable[T]]) -> T:
        try:  # half a second, and without types
            config_module: Any = import_module("aiobotocore.config")
            if self._session is None:  # it remembers the protocol that it has read
                self._session = import_module("aiobotocore.session").get_session()
        except ImportError:
            raise StoreBroken(
                "the store `aws-secrets-manager` needs the package `aiobotocore`",
                hint="`pip install zot[aws]`",
            ) from None
        config = config_module.AioConfig(
            connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2}
        )
        async with self._session.create_client(
            "secretsmanager", endpoint_url=self._endpoint, config=config
        ) as client:
            answer: T = await call(client)
            return answer


def _kind(tags: list[Mapping[str, str]]) -> KeptField:
    """Return the kind that a tag names; a secret without one is taken for a key."""
    return "oauth" if {"Key": _KIND, "Value": "oauth"} in tags else "api_key"


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) else ""


def _named(error: Exception) -> CredentialError:
    if isinstance(error, CredentialError):
        return error
    name = _code(error) or type(error).__name__
    if name in _DENIED or name in {"NoCredentialsError", "PartialCredentialsError"}:
        return StoreLocked(
            f"AWS Secrets Manager is closed to you ({name})",
            hint="`aws sts get-caller-identity` shows who AWS thinks you are",
        )
    if name == "NoRegionError":
        return StoreBroken("AWS Secrets Manager needs a region", hint="export AWS_REGION=…")
    if isinstance(error, TimeoutError):
        return StoreBroken(f"AWS Secrets Manager did not answer within {TIMEOUT:g} s")
    return StoreBroken(f"AWS Secrets Manager failed ({name})")


def aws_store(endpoint: str | None = None) -> SecretStore:
    """Return the store; `endpoint` is another URL that speaks the same protocol.

    Nothing is imported or asked yet.
    """
    return CellStore(
        "aws-secrets-manager",
        AwsCells(endpoint),
        lambda name: f"AWS Secrets Manager, secret {PREFIX}{name}",
    )
