"""The store keeps every promise of a secret store, against a real OpenBao."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from zot.contract.secret_store import LastingStoreContract
from zot.contract.store_cases import EVERYBODY, GROQ, key
from zot.domain.error import InsecureDestination, StoreBroken, StoreLocked
from zot.ports.secret_store import SecretStore
from zot_openbao import openbao_store

ROOT_TOKEN = "root-canary"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server of its own in memory."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("bao", path=path)
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no `bao` here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", "-dev-no-store-token"]
    with subprocess.Popen(
        [program, *words, f"-dev-listen-address=127.0.0.1:{port}"],
        env={"PATH": path, "HOME": str(tmp_path_factory.mktemp("bao"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(url)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/v1/secret/config", headers=_token(), trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail("OpenBao did not start")


def _token() -> dict[str, str]:
    return {"x-vault-token": ROOT_TOKEN}


def opened(address: str, token: str = ROOT_TOKEN, prefix: str = "zot") -> SecretStore:
    environ = {"BAO_ADDR": address, "BAO_TOKEN": token, "ZOT_OPENBAO_PREFIX": prefix}
    return openbao_store(Path("unused"), environ)


class TestOpenBaoStore(LastingStoreContract):
    @pytest.fixture(autouse=True)
    def _served(self, address: str) -> None:
        self.address = address

    def open(self, folder: Path) -> SecretStore:
        return opened(self.address, prefix=f"zot{abs(hash(folder))}")


def test_a_token_that_may_not_is_told(address: str) -> None:
    store = opened(address, token="wrong-canary")
    with pytest.raises(StoreLocked, match="does not let this token in"):
        store.load(GROQ)
    with pytest.raises(StoreLocked) as caught:
        store.save(GROQ, key("gsk-canary"))
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(StoreBroken, match="cannot be reached"):
        opened("http://127.0.0.1:9").logins(EVERYBODY)


def test_a_token_does_not_go_over_plain_http_to_another_machine() -> None:
    with pytest.raises(InsecureDestination):
        opened("http://bao.example")


def test_address_and_token_are_asked_for_by_name() -> None:
    with pytest.raises(StoreBroken, match="address and a token") as caught:
        openbao_store(Path("unused"), {"BAO_ADDR": "https://bao.example"})
    assert "BAO_TOKEN" in caught.value.hint


def test_what_is_deleted_is_gone_with_its_versions(address: str) -> None:
    store = opened(address, prefix="gone")
    store.save(GROQ, key("gsk-1"))
    store.save(GROQ, key("gsk-2"))
    assert store.delete(GROQ)
    found = httpx.get(
        f"{address}/v1/secret/metadata/gone/groq.api_key", headers=_token(), trust_env=False
    )
    assert found.status_code == 404
