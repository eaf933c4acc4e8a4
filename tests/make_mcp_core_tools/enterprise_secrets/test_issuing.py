"""Policies proved by a token, and credentials issued straight into a key."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company

from .conftest import ROOT, written
from .test_rotation import refuse_tests

if TYPE_CHECKING:
    from .conftest import Bao, Vaulted

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority(bao: "Bao") -> "Bao":
    """OpenBao with an authority that issues certificates, with and without a lease."""
    mounts = bao.send("GET", "sys/mounts")["data"]
    if "pki/" not in mounts:
        bao.send("POST", "sys/mounts/pki", {"type": "pki"})
        root = {"common_name": "Authority of the tests", "ttl": "24h", "key_type": "ec"}
        bao.send("POST", "pki/root/generate/internal", root)
        for name, leased in (("partner", False), ("leased", True)):
            role = {"allow_any_name": True, "max_ttl": "2h", "generate_lease": leased}
            role |= {"key_type": "ec", "key_bits": 256}
            bao.send("POST", f"pki/roles/{name}", role)
        bao.send("POST", "auth/token/roles/make", {"allowed_policies": ["default"]})
    return bao


async def key_of(company: Company, team: int, type_name: str, **parameters: str) -> int:
    body = {"teamId": team, "name": "Partner", "typeName": type_name, "parameters": parameters}
    return int((await company.send("POST", "/keys", body))["key"]["id"])


def held(company: Company, key: int) -> dict[str, str]:
    world = company.mounted.sandbox.world
    found: dict[str, str] = world.rows("SELECT parameters FROM keys WHERE id = ?", key)[0][
        "parameters"
    ]
    return found


CERTIFICATE: dict[str, Any] = {
    "engine": "pki",
    "common_name": "make.example.com",
    "ttl": "1h",
    "give": {"certificate": "certificate", "privateKey": "private_key"},
}


async def test_a_policy_is_shown_as_changes_written_and_proved(vaulted: "Vaulted") -> None:
    wanted: dict[str, Any] = {
        "name": "crm-reader",
        "rules": [
            {"path": "secret/data/crm/*", "capabilities": ["read"]},
            {"path": "secret/data/crm/boss", "capabilities": ["deny"]},
        ],
        "test": ["secret/data/crm/api", "secret/data/crm/boss", "secret/data/hr/api"],
    }
    planned = await vaulted.call("secret_policy_set", **wanted)
    assert "secret/data/crm/*: nothing -> read" in planned.data["plan"]["diff"]
    assert "crm-reader" not in str((await vaulted.call("secret_policy_list")).data)
    told = (
        await vaulted.call("secret_policy_set", **wanted, plan_id=planned.data["plan"]["plan_id"])
    ).data
    found = {one["path"]: one["capabilities"] for one in told["tested"]}
    assert found == {
        "secret/data/crm/api": ["read"],
        "secret/data/crm/boss": ["deny"],
        "secret/data/hr/api": ["deny"],
    }
    [row] = (await vaulted.call("secret_policy_list", name="crm-reader")).data["policies"]
    assert row["rules"] == wanted["rules"]
    again = (await vaulted.call("secret_policy_set", **wanted)).data
    assert again["changed"] is False
    gone = (await vaulted.apply("secret_policy_delete", name="crm-reader")).data
    assert gone["rules"] == wanted["rules"]
    none = await vaulted.call("secret_policy_list", name="crm-reader")
    assert none.error["code"] == "not_found"


async def test_rules_that_are_too_wide_are_named_and_built_in_policies_refused(
    vaulted: "Vaulted",
) -> None:
    rules = [{"path": "*", "capabilities": ["read", "sudo"]}]
    told = (await vaulted.apply("secret_policy_set", name="too-wide", rules=rules)).data
    assert len(told["concerns"]) == 2
    refused = await vaulted.call("secret_policy_delete", name="default")
    assert refused.error["code"] == "invalid_arguments"


@pytest.mark.parametrize(("role", "kind"), [("partner", "certificate"), ("leased", "lease")])
async def test_a_certificate_goes_straight_into_a_key_and_can_be_revoked(
    vaulted: "Vaulted", company: Company, authority: "Bao", team: int, role: str, kind: str
) -> None:
    key = await key_of(company, team, "clientcertauth", certificate="old", privateKey="old")
    planned = await vaulted.call("secret_dynamic_issue", key_id=key, role=role, **CERTIFICATE)
    assert len(planned.data["plan"]["steps"]) == 2
    assert held(company, key)["certificate"] == "old"
    told = (await vaulted.apply("secret_dynamic_issue", key_id=key, role=role, **CERTIFICATE)).data
    assert (told["state"], told["kind"]) == ("given", kind)
    assert 3_500 <= told["ttl_seconds"] <= 3_600
    given = held(company, key)
    assert given["certificate"].startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE KEY" in given["privateKey"]
    assert given["privateKey"] not in "".join(vaulted.texts)
    [revoke] = told["next_calls"]
    done = await vaulted.apply("secret_lease_revoke", **revoke["arguments"])
    assert done.data["revoked"] == told["id"]
    if kind == "certificate":
        shown = authority.send("GET", f"pki/cert/{told['id']}")["data"]
        assert shown["revocation_time"] > 0


async def test_a_token_whose_test_fails_is_revoked_at_once(
    vaulted: "Vaulted", company: Company, authority: "Bao", connection: Any
) -> None:
    ident = await connection("Model", "openai-gpt-3", apiKey="k", organizationId="o")
    await refuse_tests(company)
    told = (
        await vaulted.apply(
            "secret_dynamic_issue",
            connection_id=ident,
            engine="token",
            role="make",
            ttl="10m",
            give={"apiKey": "client_token"},
            constants={"organizationId": "org"},
        )
    ).data
    assert (told["state"], told["kind"], told["verified"]) == ("revoked", "token", False)
    living = authority.send("GET", "auth/token/accessors?list=true")["data"]["keys"]
    assert living
    assert told["id"] not in living


async def test_what_does_not_fit_is_told_before_anything_is_issued(
    vaulted: "Vaulted", company: Company, authority: "Bao", team: int
) -> None:
    key = await key_of(company, team, "clientcertauth", certificate="old", privateKey="old")
    wrong = {
        **CERTIFICATE,
        "common_name": None,
        "give": {"certificate": "password", "x": "certificate"},
    }
    refused = await vaulted.call("secret_dynamic_issue", key_id=key, role="partner", **wrong)
    found = [one["path"] for one in refused.error["problems"]]
    assert found == ["give.certificate", "x", "privateKey", "common_name"]
    none = await vaulted.call(
        "secret_dynamic_issue", key_id=key, **{**CERTIFICATE, "engine": "secret"}, role="x"
    )
    assert none.error["code"] == "no_such_engine"
    lost = await vaulted.call("secret_lease_revoke", kind="certificate", id="00:11")
    assert lost.error["code"] == "invalid_arguments"


@pytest.mark.parametrize("fails", [False, True])
async def test_nothing_that_was_issued_is_in_any_answer_log_or_file(
    vaulted: "Vaulted",
    company: Company,
    authority: "Bao",
    connection: Any,
    team: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fails: bool,
) -> None:
    caplog.set_level(0)
    key = await key_of(company, team, "clientcertauth", certificate="old", privateKey="old")
    arguments: dict[str, Any] = {"key_id": key, "role": "leased", **CERTIFICATE}
    given = await vaulted.apply("secret_dynamic_issue", **arguments)
    [revoke] = given.data["next_calls"]
    private = held(company, key)["privateKey"].splitlines()[1]
    await vaulted.apply("secret_lease_revoke", **revoke["arguments"])
    ident = await connection("Model", "openai-gpt-3", apiKey="k", organizationId="o")
    if fails:
        await refuse_tests(company)
    wanted: dict[str, Any] = {"connection_id": ident, "engine": "token", "role": "make"}
    wanted |= {"ttl": "10m", "give": {"apiKey": "client_token"}}
    wanted["constants"] = {"organizationId": "org"}
    issued = await vaulted.apply("secret_dynamic_issue", **wanted)
    assert issued.data["state"] == ("revoked" if fails else "given")
    world = company.mounted.sandbox.world
    [row] = world.rows("SELECT data FROM connections WHERE id = ?", ident)
    token = row["data"]["apiKey"]
    assert token.startswith(("s.", "hvs."))
    for told in (given, issued):
        await vaulted.call("operation_get", operation_id=told.data["operation_id"])
    shown = capfd.readouterr()
    texts = "".join(vaulted.texts) + caplog.text + shown.out + shown.err
    kept = b"".join(written(tmp_path))
    assert b"secret_dynamic_issue" in kept, "the journal was not found"
    for value in (private, token, ROOT):
        assert value not in texts
        assert value.encode() not in kept
