"""The certificate of a sandbox that speaks HTTPS."""

import shutil
import ssl
from pathlib import Path

import pytest
from make_api_sandbox.tls import TlsError, certificate

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


def names(path: Path) -> set[str]:
    """Names and addresses that a certificate is good for."""
    context = ssl.create_default_context(cafile=path)
    (found,) = context.get_ca_certs()
    pairs = found["subjectAltName"]
    assert isinstance(pairs, tuple)
    return {str(pair[1]) for pair in pairs}


@needs_openssl
def test_a_certificate_is_made_once_and_holds_for_the_machine_s_own_names(tmp_path: Path) -> None:
    made = certificate(tmp_path / "new" / "tls")
    assert names(made.certificate) == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}
    assert made.key.stat().st_mode & 0o077 == 0
    former = made.certificate.read_bytes(), made.key.read_bytes()
    again = certificate(tmp_path / "new" / "tls")
    assert (again.certificate.read_bytes(), again.key.read_bytes()) == former
    assert sorted(path.name for path in made.key.parent.iterdir()) == [
        "127.0.0.1.key",
        "127.0.0.1.pem",
    ]


@needs_openssl
@pytest.mark.parametrize("host", ["sandbox.example.test", "::1", "192.0.2.7"])
def test_another_host_has_a_certificate_of_its_own(tmp_path: Path, host: str) -> None:
    assert len(names(certificate(tmp_path, host).certificate)) == (3 if host == "::1" else 4)
    assert not (tmp_path / "127.0.0.1.pem").exists()


def test_a_certificate_of_one_s_own_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "127.0.0.1.pem").write_text("mine")
    (tmp_path / "127.0.0.1.key").write_text("mine too")
    assert certificate(tmp_path).certificate.read_text() == "mine"


def test_without_openssl_the_refusal_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TlsError, match=r"needs the program openssl, or .*127\.0\.0\.1\.pem"):
        certificate(tmp_path)


@needs_openssl
def test_a_directory_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TlsError, match="cannot keep a certificate in"):
        certificate(tmp_path / "file" / "tls")


@needs_openssl
def test_what_openssl_refuses_is_told_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(TlsError, match="openssl made no certificate: "):
        certificate(tmp_path, "two,names:with=colons")
    assert list(tmp_path.iterdir()) == []
