"""Dicts, Queues, buckets and tunnels, through the SDK in a container and in the entrypoint."""

import shutil
import ssl
from pathlib import Path

from modal_serve_gen.rehearsal.web import certificate
from tests.rehearsal.test_foreign import APPS


def test_objects_that_a_function_shares_with_its_caller(rehearse, tmp_path):
    """Every line is printed by the app; the tunnel is reached over TLS inside, and without it from outside."""
    shutil.copy(APPS / "stores.py", tmp_path / "a.py")
    run = rehearse()
    assert run.code == 0, run.output
    for line in (
        "inside: through a tunnel",
        "again: Port 8000 is already forwarded",
        "first: ready",
        "outside: through a tunnel",
        "numbers: 3 [1, 2, 3] 0",
        "taken: [1, 2] None",
        "empty in time",
        "other Dict: 0",
        "kept: False True False",
        "keys: ['encrypted'] default",
    ):
        assert line in run.output, line
    assert "port 8000 of hold was reached as through its tunnel: GET /health returned 200" in run.proven
    substituted = "\n".join(run.report["substituted"])
    for text in (
        "tunnels (modal.forward): https://127.0.0.1",
        "Dict 'of-another-app': assumed to exist",
        "Volume 'of-another-app': assumed to exist",
        "bucket data at /bucket: an empty local folder",
        "Proxy 'static': assumed to exist",
    ):
        assert text in substituted, text


def test_only_its_own_bundle_trusts_the_certificate(tmp_path):
    """The key is gone once the server has it; a strict client accepts the certificate, others do not."""
    file, context = certificate.make(tmp_path)
    bundle = Path(certificate.trust(file, tmp_path / "bundle.pem", {})["SSL_CERT_FILE"])
    assert [path.name for path in tmp_path.iterdir() if "PRIVATE KEY" in path.read_text()] == []
    strict = ssl.create_default_context(cafile=str(bundle))
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    for client, host, accepted in ((strict, "127.0.0.1", True), (strict, "other.test", False),
                                   (ssl.create_default_context(), "127.0.0.1", False)):  # fmt: skip
        assert _handshake(context, client, host) is accepted, host


def test_variables_that_name_a_bundle_are_kept(tmp_path):
    """A user's own certificates stay trusted."""
    own = tmp_path / "own.pem"
    own.write_text("# the user's own\n")
    file, _ = certificate.make(tmp_path)
    trust = certificate.trust(file, tmp_path / "bundle.pem", {"REQUESTS_CA_BUNDLE": str(own)})
    assert "# the user's own" in Path(trust["REQUESTS_CA_BUNDLE"]).read_text()


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> bool:
    """True if `client` accepts the server as `host`; in memory, without a network."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(inward, outward, server_hostname=host), server.wrap_bio(outward, inward, server_side=True)]
    done = set()
    while len(done) < 2:
        for end in ends:
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError:
                return False
    return True
