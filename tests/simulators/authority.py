"""A throw-away certificate authority: a broker's certificate, and one for each device's name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloud.broker import TlsFiles


@dataclass
class Authority:
    """Signs certificates into a folder. All of them are valid for an hour."""

    folder: Path
    name: str = "a test's authority"
    _key: ec.EllipticCurvePrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the authority's own key and certificate."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._sign(self.name, self._key.public_key(), authority=True)
        self.ca_file.write_bytes(own)

    @property
    def ca_file(self) -> Path:
        """What those who trust this authority are given."""
        return self.folder / "ca.pem"

    def issue(self, common_name: str, host: str = "127.0.0.1") -> TlsFiles:
        """A certificate for a server on ``host``, or for a client of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        files = TlsFiles(self.folder / f"{common_name}.pem", self.folder / f"{common_name}.key")
        files.certificate.write_bytes(self._sign(common_name, key.public_key(), host=host))
        files.private_key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _sign(
        self,
        common_name: str,
        key: ec.EllipticCurvePublicKey,
        *,
        host: str = "",
        authority: bool = False,
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(common_name))
            .issuer_name(_named(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if host:
            address = x509.IPAddress(ipaddress.ip_address(host))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
