"""A self-signed TLS certificate for 127.0.0.1, made with the standard library, for URLs of tunnels (https only).

Its key exists for one rehearsal. Programs trust it through the variables of `trust`: OpenSSL and Python's ssl module
read SSL_CERT_FILE, requests REQUESTS_CA_BUNDLE, curl CURL_CA_BUNDLE.
"""

import base64
import contextlib
import hashlib
import secrets
import ssl
from collections.abc import Mapping
from pathlib import Path

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# The curve P-256 (FIPS 186-4, D.1.2.3).
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
# Object identifiers, encoded: ecPublicKey, prime256v1, ecdsa-with-SHA256, commonName, subjectAltName,
# basicConstraints, subjectKeyIdentifier (RFC 5280 and RFC 5480).
EC_KEY, P256, SIGNED = "2a8648ce3d0201", "2a8648ce3d030107", "2a8648ce3d040302"
COMMON_NAME, ALTERNATIVE_NAMES, CONSTRAINTS, KEY_ID = "550403", "551d11", "551d13", "551d0e"
INTEGER, BITS, BYTES, OID, UTF8, UTC, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x0C, 0x17, 0x30, 0x31
VALID = (b"200101000000Z", b"491231235959Z")
Point = tuple[int, int] | None  # None: the point at infinity


def make(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Write a new certificate to `folder`; its file, and the context of a server that has its key."""
    private = secrets.randbelow(ORDER - 1) + 1
    public = _multiply(private, BASE)
    assert public is not None
    point = b"\4" + _bytes32(public[0]) + _bytes32(public[1])
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_text(_pem("CERTIFICATE", _certificate(private, point)), "ascii")
    key.touch(0o600)
    parts = (_der(INTEGER, b"\1"), _der(BYTES, _bytes32(private)), _der(0xA0, _oid(P256)), _der(0xA1, _bits(point)))
    key.write_text(_pem("EC PRIVATE KEY", _der(SEQUENCE, *parts)), "ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    key.unlink()
    return certificate, context


def trust(certificate: Path, bundle: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables with which programs trust `certificate` besides what they trust in `environment`; writes `bundle`."""
    paths = ssl.get_default_verify_paths()
    known = [environment.get(name) for name in VARIABLES]
    texts = []
    for path in dict.fromkeys([*known, paths.cafile or paths.openssl_cafile]):
        if path:
            with contextlib.suppress(OSError):
                texts.append(Path(path).read_text("utf-8", "replace"))
    with contextlib.suppress(ImportError, OSError):
        import certifi

        texts.append(Path(certifi.where()).read_text("ascii"))
    bundle.write_text("\n".join([*texts, certificate.read_text("ascii")]), "utf-8")
    return dict.fromkeys(VARIABLES, str(bundle))


def _certificate(private: int, point: bytes) -> bytes:
    """The certificate (RFC 5280), signed by its own key."""
    name = _der(SEQUENCE, _der(SET, _der(SEQUENCE, _oid(COMMON_NAME), _der(UTF8, b"modal-serve-gen rehearsal"))))
    names = _der(SEQUENCE, _der(0x82, b"localhost"), _der(0x87, bytes((127, 0, 0, 1))))
    identifier = _der(BYTES, hashlib.sha1(point).digest())
    extensions = [
        _der(SEQUENCE, _oid(oid), _der(BYTES, value))
        for oid, value in ((ALTERNATIVE_NAMES, names), (CONSTRAINTS, _der(SEQUENCE)), (KEY_ID, identifier))
    ]
    algorithm = _der(SEQUENCE, _oid(SIGNED))
    content = _der(
        SEQUENCE,
        _der(0xA0, _der(INTEGER, b"\2")),
        _integer(secrets.randbits(120)),
        algorithm,
        name,
        _der(SEQUENCE, *(_der(UTC, time) for time in VALID)),
        name,
        _der(SEQUENCE, _der(SEQUENCE, _oid(EC_KEY), _oid(P256)), _bits(point)),
        _der(0xA3, _der(SEQUENCE, *extensions)),
    )
    return _der(SEQUENCE, content, algorithm, _bits(_signature(private, content)))


def _signature(private: int, content: bytes) -> bytes:
    """ECDSA with SHA-256."""
    digest = int.from_bytes(hashlib.sha256(content).digest())
    nonce = secrets.randbelow(ORDER - 1) + 1
    point = _multiply(nonce, BASE)
    assert point is not None
    first = point[0] % ORDER
    return _der(SEQUENCE, _integer(first), _integer(pow(nonce, -1, ORDER) * (digest + first * private) % ORDER))


def _add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % FIELD == 0:
        return None
    slope = 3 * (x * x - 1) * pow(2 * y, -1, FIELD) if x == u else (v - y) * pow(u - x, -1, FIELD)
    third = (slope * slope - x - u) % FIELD
    return third, (slope * (x - third) - y) % FIELD


def _multiply(number: int, point: Point) -> Point:
    total: Point = None
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _der(tag: int, *parts: bytes) -> bytes:
    """One element of ASN.1's distinguished encoding."""
    content = b"".join(parts)
    length = len(content)
    size = b"" if length < 128 else length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 128 + len(size) if size else length]) + size + content


def _integer(number: int) -> bytes:
    return _der(INTEGER, number.to_bytes(number.bit_length() // 8 + 1))


def _oid(encoded: str) -> bytes:
    return _der(OID, bytes.fromhex(encoded))


def _bits(content: bytes) -> bytes:
    return _der(BITS, b"\0", content)


def _bytes32(number: int) -> bytes:
    return number.to_bytes(32)


def _pem(label: str, content: bytes) -> str:
    lines = base64.encodebytes(content).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"
