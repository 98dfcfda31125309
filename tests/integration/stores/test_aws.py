"""The store of a team over the protocol of AWS Secrets Manager, served by ministack."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stores.peers import free_port, program, running
from zot.adapters.stores import aws
from zot.adapters.stores.aws import aws_store
from zot.contract.secret_store import LastingStoreContract
from zot.contract.store_cases import ANTHROPIC, EVERYBODY, GROQ, LOGIN, key
from zot.domain.error import CredentialError, StoreBroken, StoreLocked
from zot.ports.secret_store import SecretStore

pytest.importorskip("aiobotocore", reason="the extra `aws` is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("ministack")),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
    }
    with running([program("ministack")], environ, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("_signed_in")
class TestAwsStore(LastingStoreContract):
    @pytest.fixture(autouse=True)
    def _served(self, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(aws, "FRESH", 0.0)
        self.endpoint = endpoint
        yield
        store = aws_store(endpoint)
        for profile in EVERYBODY:
            store.delete(profile)

    def open(self, folder: Path) -> SecretStore:
        return aws_store(self.endpoint)

    def test_it_can_be_asked_inside_a_running_loop(self) -> None:
        async def ask() -> Any:
            store = aws_store(self.endpoint)
            store.save(GROQ, key("gsk-1"))
            return store.load(GROQ)

        record = asyncio.run(ask())
        assert record.credential == key("gsk-1")

    def test_a_list_of_names_is_good_for_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aws, "FRESH", 60.0)
        mine, other = aws_store(self.endpoint), aws_store(self.endpoint)
        assert list(mine.logins(EVERYBODY)) == []
        other.save(GROQ, key("gsk-1"))
        assert list(mine.logins(EVERYBODY)) == []
        mine.save(ANTHROPIC, LOGIN)
        assert len(mine.logins(EVERYBODY)) == 2


def refusal(store: SecretStore) -> CredentialError:
    started = time.monotonic()
    with pytest.raises(CredentialError) as caught:
        store.save(GROQ, key("gsk-canary"))
    assert time.monotonic() - started < 17
    assert "canary" not in f"{caught.value} {caught.value.hint}"
    return caught.value


@pytest.mark.usefixtures("_signed_in")
def test_each_failure_has_an_error_of_its_own(monkeypatch, endpoint):
    unreachable = refusal(aws_store(f"http://127.0.0.1:{free_port()}"))
    assert isinstance(unreachable, StoreBroken)
    assert "EndpointConnectionError" in str(unreachable)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "needs a region" in str(refusal(aws_store(endpoint)))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    nobody = refusal(aws_store(endpoint))
    assert isinstance(nobody, StoreLocked)
    assert "aws sts get-caller-identity" in nobody.hint
