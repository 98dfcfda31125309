"""What the library `keyring` offers is looked at before a secret is given to it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def in_a_new_process(program: str, **environ: str) -> list[str]:
    """Run a program and return what it printed."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


SAVE = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
{before}
from zot.adapters.stores.keyring import keyring_store
from zot.contract.store_cases import GROQ, key
from zot.domain.error import ZotError
try:
    keyring_store(Path({folder!r}), print).save(GROQ, key("gsk-canary"))
except ZotError as error:
    print(type(error).__name__, error, "|", error.hint)
else:
    print("saved")
"""

NOT_A_KEYRING = {
    "none at all": ("", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}),
    "null": ("", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
    "fail": ("", {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}),
    "a plain file": (
        "import plaintext",
        {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"},
    ),
    "the library is not installed": ("sys.modules['keyring'] = None", {}),
}

PLAINTEXT = """
import sys, types
from keyring.backend import KeyringBackend
class PlaintextKeyring(KeyringBackend):
    priority = 5
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): print("WRITTEN", password)
    def delete_password(self, service, username): pass
PlaintextKeyring.__module__ = "keyrings.alt.file"
for name in ("keyrings", "keyrings.alt", "keyrings.alt.file"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["keyrings.alt.file"].PlaintextKeyring = PlaintextKeyring
"""


@pytest.mark.parametrize("name", NOT_A_KEYRING)
def test_what_only_looks_like_a_keyring_is_refused_before_any_write(tmp_path, name):
    before, environ = NOT_A_KEYRING[name]
    (tmp_path / "plaintext.py").write_text(PLAINTEXT)
    program = SAVE.format(path=[str(tmp_path)], before=before, folder=str(tmp_path / "zot"))
    said = in_a_new_process(program, **environ)
    assert len(said) == 1
    assert said[0].startswith("StoreBroken ")
    assert "canary" not in said[0]
    assert ("pip install" if "installed" in name else "there is no keyring") in said[0]
    assert not (tmp_path / "zot").exists()


def test_nothing_of_keyring_is_imported_by_who_does_not_use_it(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from zot.adapters.stores.family import StoreSettings, open_store\n"
        "settings = StoreSettings(Path('.'), {}, lambda new: None, print)\n"
        "for name in ('file', 'keyring', 'encrypted-file', 'aws-secrets-manager', 'memory'):\n"
        "    assert open_store(name, settings).name == name\n"
        "heavy = ('keyring', 'cryptography', 'aiobotocore', 'botocore', 'secretstorage')\n"
        "print([name for name in sys.modules if name.split('.')[0] in heavy])\n"
    )
    assert in_a_new_process(program) == ["[]"]
