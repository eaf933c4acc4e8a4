"""What a configuration may say, and what is refused all at once."""

from __future__ import annotations

import pytest
from make_mcp_base.client.client import MakeClient
from make_mcp_base.client.failures import BadSettings
from make_mcp_base.client.settings import ClientSettings

UUID = "3f0c2a9e-7b1d-4c55-9a86-0d4be1f27c31"


def read(**environment: str) -> ClientSettings:
    return ClientSettings.from_environment({"MAKE_API_KEY": UUID, **environment})


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("eu1", "https://eu1.make.com/api/v2"),
        ("US2", "https://us2.make.com/api/v2"),
        ("eu1.make.com", "https://eu1.make.com/api/v2"),
        ("eu1.make.com/api/v2", "https://eu1.make.com/api/v2"),
        ("https://EU1.make.com/", "https://eu1.make.com/api/v2"),
        ("https://eu1.make.com/api/v2/", "https://eu1.make.com/api/v2"),
        ("https://us1.make.celonis.com", "https://us1.make.celonis.com/api/v2"),
        ("https://flows.example.com:8443", "https://flows.example.com:8443/api/v2"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/api/v2"),
        ("localhost:9000", "http://localhost:9000/api/v2"),
        ("http://[::1]:9000/api/v2", "http://[::1]:9000/api/v2"),
        ("http://sandbox.local", "http://sandbox.local/api/v2"),
    ],
)
def test_a_zone_or_address_is_written_out(given: str, address: str) -> None:
    assert read(MAKE_ZONE=given).base_url == address
    assert read(MAKE_BASE_URL=given).base_url == address


@pytest.mark.parametrize(
    "given",
    [
        "http://eu1.make.com",
        "http://10.0.0.4",
        "ftp://eu1.make.com",
        "https://user:secret@eu1.make.com",
        "https://eu1.make.com/api/v2?x=1",
        "https://eu1.make.com/41/team",
        "https://eu1.make.com/../api/v2",
        "www.make.com",
        "production",
        "https://",
        "https://eu1.make.com:99999",
        "eu1 make.com",
    ],
)
def test_an_address_that_is_no_zone_is_refused(given: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read(MAKE_ZONE=given)
    assert [problem.path for problem in caught.value.problems] == ["MAKE_ZONE"]
    assert "secret" not in str(caught.value)


def test_without_zone_the_old_default_is_taken_and_said() -> None:
    assert read().base_url == "https://eu1.make.com/api/v2"
    assert read().zone_assumed
    assert not read(MAKE_ZONE="eu1").zone_assumed


def test_every_fault_of_the_environment_is_told_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        ClientSettings.from_environment(
            {
                "MAKE_ZONE": "www.make.com",
                "MAKE_TEAM_ID": "seven",
                "MAKE_ORGANIZATION": "-1",
                "MAKE_TIMEOUT": "soon",
                "MAKE_RETRIES": "11",
            }
        )
    named = {problem.path for problem in caught.value.problems}
    assert named == {
        "MAKE_API_KEY", "MAKE_ZONE", "MAKE_TEAM_ID", "MAKE_ORGANIZATION", "MAKE_TIMEOUT",
        "MAKE_RETRIES",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"), [("45", 45.0), ("0.5", 0.5), ("999", 999.0), ("1000", 1.0), ("45000", 45)]
)
def test_a_timeout_from_a_thousand_up_is_in_milliseconds(text: str, seconds: float) -> None:
    assert read(MAKE_TIMEOUT=text).timeout == seconds


@pytest.mark.parametrize("text", ["0", "-3", "nan", "inf", "1e30", "9,5"])
def test_a_timeout_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="MAKE_TIMEOUT"):
        read(MAKE_TIMEOUT=text)


def test_old_and_official_names_are_read() -> None:
    old = read(MAKE_TEAM="3", MAKE_ORGANIZATION="9", MAKE_RETRIES="0")
    new = read(MAKE_TEAM_ID="3", MAKE_ORGANIZATION_ID="9")
    assert (old.team_id, old.organization_id, old.retries) == (3, 9, 0)
    assert (new.team_id, new.organization_id, new.retries) == (3, 9, 3)


def test_two_names_that_disagree_are_refused() -> None:
    with pytest.raises(BadSettings, match="differ"):
        read(MAKE_TEAM="3", MAKE_TEAM_ID="4")
    with pytest.raises(BadSettings, match="different places"):
        read(MAKE_ZONE="eu1", MAKE_BASE_URL="https://us1.make.com/api/v2")
    assert read(MAKE_ZONE="eu1", MAKE_BASE_URL="https://eu1.make.com/api/v2").host == "eu1.make.com"


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (UUID, f"Token {UUID}"),
        (f"Token {UUID}", f"Token {UUID}"),
        (f' "{UUID}" ', f"Token {UUID}"),
        ("eyJhbGciOi.J9.sig", "Bearer eyJhbGciOi.J9.sig"),
        ("3f0c2a9e-7b1d-1c55-9a86-0d4be1f27c31", "Bearer 3f0c2a9e-7b1d-1c55-9a86-0d4be1f27c31"),
    ],
)
def test_the_scheme_follows_the_form_of_the_credential(key: str, header: str) -> None:
    assert ClientSettings(key, "eu1").authorization == header


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "clé"])
def test_a_credential_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(BadSettings) as caught:
        ClientSettings(key, "eu1")
    assert not key.strip() or key not in str(caught.value)


def test_the_credential_is_not_in_the_repr() -> None:
    assert UUID not in repr(read())


def test_a_local_name_over_plain_http_needs_an_app_in_this_process() -> None:
    with pytest.raises(BadSettings, match="not asked over the network"):
        MakeClient(ClientSettings(UUID, "http://sandbox.local"))
