"""Whom to believe on the other side of a TLS connection."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from zot.domain.error import ConfigError

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR")
"""Each names more authorities: they are added to the system's, and replace nothing."""
BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where systems keep their authorities, for a Python that was built for another one:
https://github.com/sethmlarson/truststore/blob/main/src/truststore/_openssl.py."""
WHOLE = 50
"""A folder with so many hashed names holds a system's whole store, not one that was added."""

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+", re.IGNORECASE)


def trust(environ: Mapping[str, str], platform: str = sys.platform) -> ssl.SSLContext:
    """Return a TLS context over the system's trust store and the authorities of `environ`.

    Nothing turns the check of certificates off, and nothing is read from the environment of
    the process. Raises `ConfigError` for a variable that names what cannot be read.
    """
    context = _system(platform)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    for variable, path in _extra(environ):
        try:
            if Path(path).is_dir():
                context.load_verify_locations(capath=path)
            else:
                context.load_verify_locations(cafile=path)
        except ssl.SSLError:
            raise ConfigError(variable, f"{path} holds no certificates") from None
        except OSError as error:
            raise ConfigError(
                variable, f"cannot read {path}: {error.strerror}", hint=f"unset {variable}"
            ) from None
    return context


def _system(platform: str) -> ssl.SSLContext:
    if platform in {"darwin", "win32"}:
        import truststore  # noqa: PLC0415 (no other system needs it)

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Elsewhere the system's store is OpenSSL's. truststore would read the whole bundle again
    # for each connection (25 ms), and let SSL_CERT_FILE of the process stand in its place.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    folder, bundle = default_locations()
    if folder:
        context.load_verify_locations(capath=folder)
    if bundle:
        context.load_verify_locations(cafile=bundle)
    return context


def default_locations() -> tuple[str, str]:
    """Return the system's folder of authorities and its bundle, each empty where not needed.

    A folder is looked into as certificates come; a bundle has to be read from end to end.
    """
    paths = ssl.get_default_verify_paths()
    folder = paths.openssl_capath
    try:
        hashed = sum(_HASHED.fullmatch(name) is not None for name in os.listdir(folder))  # noqa: PTH208 (a third of the time)
    except OSError:
        hashed = 0
    if hashed >= WHOLE:
        return folder, ""
    bundle = next((p for p in (paths.openssl_cafile, *BUNDLES) if Path(p).is_file()), "")
    return (folder if hashed else ""), bundle


def _extra(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the variables name, but for the system's own store and for doubles."""
    paths = ssl.get_default_verify_paths()
    known = {os.path.realpath(p) for p in (paths.openssl_cafile, paths.openssl_capath, *BUNDLES)}
    for variable in CA_VARIABLES:
        value = environ.get(variable, "")
        for path in value.split(os.pathsep) if variable.endswith("DIR") else [value]:
            if path and (real := os.path.realpath(path)) not in known:
                known.add(real)
                yield variable, path
