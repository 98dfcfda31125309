"""The library `keyring`: which of its backends keep secrets, and how long they may take.

Some answer with a plain file, some throw away what they are given, some wait for a dialog
that nobody sees. None of them is used in silence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from zot.domain.error import CredentialError, StoreBroken, StoreLocked

TIMEOUT = 5.0
"""Seconds for one answer of the keyring."""

WINDOWS_LIMIT = 1200
"""Characters; the credential manager takes 2,560 bytes of UTF-16
(https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw)."""

_LIMITS: Mapping[str, int] = {"keyring.backends.Windows": WINDOWS_LIMIT}
_NO_KEYRING = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_RECOMMENDED = 1
"""Backends of a lower priority are not recommended by `keyring` itself."""

_OTHER_STORE = "`ZOT_SECRET_STORE=encrypted-file` keeps logins under a passphrase instead"

T = TypeVar("T")


class Backend(Protocol):
    """What is used of a backend of `keyring`."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """Return what is kept, or None."""
        ...

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a text."""
        ...

    def delete_password(self, service: str, username: str, /) -> None:
        """Forget a text."""
        ...


def limit_of(backend: Backend) -> int | None:
    """Return how many characters an entry may have, None where no limit is known."""
    return _LIMITS.get(type(backend).__module__)


def open_backend() -> Backend:
    """Return a backend that keeps secrets; raises `StoreBroken` where there is none."""
    try:
        import keyring  # slow, and may talk to D-Bus  # noqa: PLC0415
        from keyring.backends import chainer  # as above  # noqa: PLC0415
    except ImportError:
        raise StoreBroken(
            "the store `keyring` needs the package of that name",
            hint="`pip install zot[keyring]`",
        ) from None
    chosen = keyring.get_keyring()
    candidates = chosen.backends if isinstance(chosen, chainer.ChainerBackend) else [chosen]
    for backend in candidates:
        if _keeps_secrets(backend):
            return backend
    name = f"{type(chosen).__module__}.{type(chosen).__qualname__}"
    raise StoreBroken(
        f"there is no keyring on this machine (the library offers {name})", hint=_OTHER_STORE
    )


def _keeps_secrets(backend: object) -> bool:
    module = type(backend).__module__
    if any(module == name or module.startswith(f"{name}.") for name in _NO_KEYRING):
        return False
    return float(getattr(backend, "priority", 0)) >= _RECOMMENDED


class Patience:
    """Ask in a thread of its own, and wait only so long.

    After one silence the keyring is not asked again in this process: the thread may still
    hang in it.
    """

    def __init__(self, seconds: float = TIMEOUT) -> None:
        self._seconds = seconds
        self._silent = False

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer.

        Raises `StoreLocked` for a locked keyring, `StoreBroken` for one that is silent or
        refuses. What the library says is not repeated: it may quote what it was given.
        """
        answers: list[T] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                answers.append(question())
            except Exception as error:  # a backend may raise anything  # noqa: BLE001
                errors.append(error)

        if not self._silent:
            thread = threading.Thread(target=run, name="zot-keyring", daemon=True)
            thread.start()
            thread.join(self._seconds)
        if answers:
            return answers[0]
        if errors:
            raise _named(errors[0]) from None
        self._silent = True
        raise StoreBroken(
            f"the keyring did not answer within {self._seconds:g} s",
            hint="it may wait for you in a dialog: unlock it, then try again",
        )


def _named(error: Exception) -> CredentialError:
    if isinstance(error, CredentialError):
        return error
    name = type(error).__name__
    if name in {"KeyringLocked", "InitError", "LockedException"}:
        return StoreLocked(
            "the keyring is locked", hint="unlock it (a login to the desktop does), then try again"
        )
    if name == "NoKeyringError":
        return StoreBroken("there is no keyring on this machine", hint=_OTHER_STORE)
    return StoreBroken(f"the keyring refused ({name})", hint=_OTHER_STORE)
