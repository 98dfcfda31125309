"""Which secret store goes by which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zot.domain.error import BadSetting
from zot.domain.secret import Secret
from zot.ports.secret_store import SecretStore

GROUP = "zot.stores"
"""The group of entry points under which other packages name theirs: a function that takes
the folder of zot and the environment, and returns a `SecretStore`."""

BUILT_IN = ("file", "keyring", "encrypted-file", "aws-secrets-manager", "memory", "null")
LASTING = frozenset(BUILT_IN) - {"memory", "null"}
"""The built-in stores that keep a login longer than one run."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What a store may need.

    `folder` is `$ZOT_HOME`. `passphrase` asks for the passphrase, with True for a new one.
    `notice` is told what a person should know.
    """

    folder: Path
    environ: Mapping[str, str]
    passphrase: Callable[[bool], Secret]
    notice: Callable[[str], None]


def open_store(name: str, settings: StoreSettings) -> SecretStore:
    """Return the store of a name; its library is imported only at its first use.

    Raises `BadSetting` for a name that nobody goes by.
    """
    match name:
        case "file":
            from zot.adapters.stores.file import file_store  # late  # noqa: PLC0415

            return file_store(settings.folder / "auth.json", settings.notice)
        case "keyring":
            from zot.adapters.stores.keyring import keyring_store  # late  # noqa: PLC0415

            return keyring_store(settings.folder, settings.notice)
        case "encrypted-file":
            from zot.adapters.stores.encrypted import encrypted_store  # late  # noqa: PLC0415

            path = settings.folder / "auth.enc"
            return encrypted_store(path, settings.passphrase, settings.notice)
        case "aws-secrets-manager":
            from zot.adapters.stores.aws import aws_store  # late  # noqa: PLC0415

            return aws_store()
        case "memory":
            from zot.adapters.stores.memory import memory_store  # late  # noqa: PLC0415

            return memory_store()
        case "null":
            from zot.adapters.stores.null import null_store  # late  # noqa: PLC0415

            return null_store()
        case _:
            return _outside(name, settings)


def _outside(name: str, settings: StoreSettings) -> SecretStore:
    from importlib.metadata import entry_points  # slow, late  # noqa: PLC0415

    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if (entry := found.get(name)) is None:
        known = ", ".join([*BUILT_IN, *sorted(found)])
        raise BadSetting(
            f"no secret store named `{name}`",
            hint=f"choose one of {known}, or install the package that brings it",
        )
    try:
        store: SecretStore = entry.load()(settings.folder, settings.environ)
    except (ImportError, AttributeError) as error:
        raise BadSetting(
            f"the secret store `{name}` of {entry.value} cannot be loaded: {error}"
        ) from None
    return store
