"""A certificate that a server on loopback shows, and that its clients trust alone."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.folder import write_private

_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two files in PEM."""

    path: Path
    key: Path

    @classmethod
    def create(cls, folder: Path, *, address: str) -> Self:
        """A new certificate for an IP address, signed by itself, which lasts a day."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _LASTS)
            .not_valid_after(now + _LASTS)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        files = cls(folder / "certificate.pem", folder / "key.pem")
        write_private(files.path, certificate.public_bytes(serialization.Encoding.PEM).decode())
        write_private(
            files.key,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        )
        return files

    def client_context(self) -> ssl.SSLContext:
        """With which a client trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.path)
