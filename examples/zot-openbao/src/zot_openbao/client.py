"""The four requests of the KV engine that the store needs.

https://openbao.org/api-docs/secret/kv/kv-v2/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zot.domain.error import StoreBroken, StoreLocked
from zot.domain.secret import Secret

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0
"""Seconds for one request."""


class Client:
    """Requests to one server; what it answers to a refusal is not repeated."""

    def __init__(self, address: str, token: Secret, mount: str) -> None:
        self.address = address
        self._token = token
        self._mount = mount

    def read(self, name: str) -> dict[str, str] | None:
        """Return the fields of a secret, or None."""
        answer = self._ask("GET", f"data/{name}")
        data = None if answer is None else answer.get("data", {}).get("data")
        return {str(key): str(value) for key, value in data.items()} if data else None

    def write(self, name: str, fields: Mapping[str, str]) -> None:
        """Write a new version of a secret."""
        self._ask("POST", f"data/{name}", {"data": dict(fields)})

    def delete(self, name: str) -> None:
        """Delete a secret with all its versions; it need not be there."""
        self._ask("DELETE", f"metadata/{name}")

    def names(self, folder: str) -> list[str]:
        """List the names in a folder."""
        answer = self._ask("LIST", f"metadata/{folder}")
        return [] if answer is None else list(answer.get("data", {}).get("keys", []))

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any] | None:
        """Return the document of an answer, None where there is no such secret."""
        import httpx  # only who asks pays for it

        try:
            response = httpx.request(
                method,
                f"{self.address}/v1/{self._mount}/{path}",
                headers={"x-vault-token": self._token.reveal()},
                json=body,
                timeout=TIMEOUT,
                follow_redirects=False,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise StoreBroken(
                f"OpenBao at {self.address} cannot be reached ({type(error).__name__})",
                hint="`bao status` shows whether it runs",
            ) from None
        return self._document(response)

    def _document(self, response: httpx.Response) -> dict[str, Any] | None:
        status = response.status_code
        if status == 404:
            return None
        if status in {401, 403}:
            raise StoreLocked(
                f"OpenBao at {self.address} does not let this token in",
                hint="`bao token lookup` shows what it may do",
            )
        if status == 503:
            raise StoreLocked(f"OpenBao at {self.address} is sealed", hint="`bao operator unseal`")
        if status >= 300:
            raise StoreBroken(f"OpenBao at {self.address} answered with status {status}")
        if status == 204:
            return {}
        try:
            document: dict[str, Any] = response.json()
        except ValueError:
            raise StoreBroken(f"OpenBao at {self.address} answered with no JSON") from None
        return document
