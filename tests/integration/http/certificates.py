"""Certificates for servers of this machine: one that is good, and ten that are not."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "127.0.0.1"
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
BAD = (
    "expired",
    "not valid yet",
    "another host",
    "a name only in the subject",
    "signed by itself",
    "signed by an unknown authority",
    "for clients alone",
    "signed by one that is no authority",
    "a key that is too short",
    "TLS 1.1 at most",
)


@dataclass
class Authority:
    """An authority of this test, whose file can be trusted."""

    ca: trustme.CA
    file: Path

    def server(self, *names: str) -> ssl.SSLContext:
        """Return a server's context with a good certificate for names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or (HOST,))).configure_cert(context)
        return context


def authority(folder: Path, name: str = "ca") -> Authority:
    """Make an authority."""
    made = trustme.CA()
    file = folder / f"{name}.pem"
    made.cert_pem.write_to_path(str(file))
    return Authority(made, file)


def bad_server(kind: str, trusted: Authority, folder: Path) -> ssl.SSLContext:
    """Return the context of a server that nobody should believe."""
    if kind == "another host":
        return trusted.server("api.other.example")
    if kind == "signed by an unknown authority":
        return authority(folder, "unknown").server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "TLS 1.1 at most":
        trusted.ca.issue_cert(HOST).configure_cert(context)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):  # that it is old is the point
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context
    key, chain = _made(kind, trusted)
    file = folder / "bad.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    pem = [each.public_bytes(serialization.Encoding.PEM) for each in chain]
    file.write_bytes(private + b"".join(pem))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(file)
    return context


def _made(kind: str, trusted: Authority) -> tuple[Any, list[x509.Certificate]]:
    key: Any = ec.generate_private_key(ec.SECP256R1())
    ca_key: Any = serialization.load_pem_private_key(trusted.ca.private_key_pem.bytes(), None)
    ca = x509.load_pem_x509_certificate(trusted.ca.cert_pem.bytes())
    if kind == "a key that is too short":
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    if kind == "signed by itself":
        return key, [_certificate(key, key, None, kind)]
    if kind == "signed by one that is no authority":
        middle_key: Any = ec.generate_private_key(ec.SECP256R1())
        middle = _certificate(middle_key, ca_key, ca, "leaf")
        return key, [_certificate(key, middle_key, middle, kind), middle]
    return key, [_certificate(key, ca_key, ca, kind)]


def _certificate(
    key: Any, signer: Any, issuer: x509.Certificate | None, kind: str
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start, end = NOW - DAY, NOW + DAY
    if kind == "expired":
        start, end = NOW - 3 * DAY, NOW - DAY
    elif kind == "not valid yet":
        start, end = NOW + DAY, NOW + 3 * DAY
    usage = ExtendedKeyUsageOID.SERVER_AUTH
    if kind == "for clients alone":
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer is not None else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if kind != "a name only in the subject":
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())
