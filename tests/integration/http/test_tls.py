"""Whom zot believes over TLS, and that nothing is said to anybody else."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.http import certificates
from tests.integration.http.asking import asking, run
from tests.integration.http.certificates import BAD, HOST, Authority, authority, bad_server
from tests.integration.http.server import answer, saying, serve
from zot.adapters.transports import _trust
from zot.adapters.transports._trust import CA_VARIABLES, trust
from zot.domain.error import ConfigError, TlsFailed, Unreachable

SWITCHES = {
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "SSL_CERT_FILE": "",
    "SSL_CERT_DIR": "",
    "SSL_VERIFY": "false",
    "HTTPX_VERIFY": "0",
    "VERIFY_SSL": "0",
    "SSL_NO_VERIFY": "1",
    "GIT_SSL_NO_VERIFY": "1",
    "ZOT_INSECURE": "1",
}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def hashed_folder(ca: Authority, folder: Path) -> Path:
    """Return a folder of the kind that `SSL_CERT_DIR` names."""
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(ca.file)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / f"{name}.0").write_bytes(ca.file.read_bytes())
    return folder


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("switches", [{}, SWITCHES], ids=["plainly", "with every switch set"])
def test_a_bad_certificate_is_refused_before_a_byte_is_said(kind, switches, trusted, tmp_path):
    async def main() -> None:
        context = bad_server(kind, trusted, tmp_path)
        environ = {**switches, "SSL_CERT_FILE": str(trusted.file)}
        async with serve(saying(answer("stolen")), context) as server, asking(environ) as ask:
            error = await ask.failure(server.url)
            # That old server hangs up in mid-handshake, before anybody can be judged.
            expected = Unreachable if kind == "TLS 1.1 at most" else TlsFailed
            assert isinstance(error, expected)
            assert f"`acme` ({HOST})" in error.message
            assert error.hint
            assert error.retryable is (expected is Unreachable)
            assert (server.received, server.exchanges) == (0, [])

    run(main())


def test_there_are_ten_bad_certificates():
    assert len(certificates.BAD) == 10


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_an_authority_that_a_variable_names_is_believed(variable, trusted, tmp_path):
    place = hashed_folder(trusted, tmp_path) if variable.endswith("DIR") else trusted.file

    async def main() -> None:
        async with serve(saying(answer("a")), trusted.server()) as server:
            async with asking({variable: str(place)}) as ask:
                assert await ask.text(server.url) == "a"
            async with asking() as ask:
                assert isinstance(await ask.failure(server.url), TlsFailed)

    run(main())


def test_authorities_of_variables_are_added_to_the_systems_and_to_each_other(
    trusted, tmp_path, monkeypatch
):
    system, other = authority(tmp_path, "system"), authority(tmp_path, "other")
    monkeypatch.setattr(_trust, "default_locations", lambda: ("", str(system.file)))
    environ = {"SSL_CERT_FILE": str(trusted.file), "REQUESTS_CA_BUNDLE": str(other.file)}

    async def main() -> None:
        for ca in (system, trusted, other):
            async with serve(saying(answer("a")), ca.server()) as server, asking(environ) as ask:
                assert await ask.text(server.url) == "a"

    run(main())


def test_the_environment_of_the_process_is_not_the_one_that_was_given(trusted, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    monkeypatch.setenv("SSLKEYLOGFILE", str(trusted.file.parent / "keys.log"))

    async def main() -> None:
        async with serve(saying(answer("a")), trusted.server()) as server, asking() as ask:
            assert isinstance(await ask.failure(server.url), TlsFailed)

    run(main())
    assert not (trusted.file.parent / "keys.log").exists()


def test_a_variable_of_the_process_does_not_take_the_systems_authorities_away(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    folder, bundle = _trust.default_locations()
    assert os.path.exists(folder or bundle)  # noqa: PTH110
    assert trust({}).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("variable", CA_VARIABLES[:2])
def test_a_variable_that_names_nothing_readable_is_said_so(variable, tmp_path):
    for content in (None, "no certificate"):
        place = tmp_path / "ca.pem"
        if content is not None:
            place.write_text(content)
        with pytest.raises(ConfigError, match=variable) as raised:
            trust({variable: str(place)})
        assert str(place) in raised.value.message


def test_the_systems_own_bundle_is_not_read_a_second_time(monkeypatch):
    bundle = next(p for p in _trust.BUNDLES if Path(p).is_file())
    assert list(_trust._extra({"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle})) == []


def test_a_folder_with_a_single_authority_does_not_stand_for_the_whole_system(
    tmp_path, trusted, monkeypatch
):
    paths = ssl.get_default_verify_paths()._replace(
        openssl_capath=str(hashed_folder(trusted, tmp_path)), openssl_cafile=str(trusted.file)
    )
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert _trust.default_locations() == (str(tmp_path), str(trusted.file))


def test_the_context_checks_names_and_takes_nothing_older_than_tls_1_2():
    context = trust({})
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_asked_through_truststore(platform):
    assert type(trust({}, platform)).__module__.startswith("truststore")


def test_the_trust_store_is_read_once_for_many_connections(trusted, monkeypatch):
    made = []

    def counted(environ: Mapping[str, str]) -> ssl.SSLContext:
        made.append(1)
        return trust(environ)

    monkeypatch.setattr("zot.adapters.transports.client.trust", counted)
    bye = answer("a").replace(b"\r\n", b"\r\nconnection: close\r\n", 1)

    async def main() -> None:
        environ = {"SSL_CERT_FILE": str(trusted.file)}
        async with serve(saying(bye), trusted.server()) as server, asking(environ) as ask:
            for _ in range(5):
                assert await ask.text(server.url) == "a"
            assert server.connections == 5
        async with serve(saying(bye)) as server, asking(environ) as ask:
            assert await ask.text(server.url) == "a"

    run(main())
    assert len(made) == 1


def test_truststore_is_not_loaded_where_it_is_not_needed():
    code = "import sys, zot.adapters.transports.client as client; client.trust({});"
    code += "print('truststore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sys.platform in {"darwin", "win32"})
