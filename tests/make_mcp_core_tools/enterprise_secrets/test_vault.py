"""The secret manager: a real OpenBao, whose values never come back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Bao, Serve, Vaulted

pytestmark = pytest.mark.anyio


async def test_without_a_secret_manager_the_tools_say_how_to_have_one(core: Server) -> None:
    assert (await core.call("secret_backend_list")).data["backends"] == []
    refused = await core.call("secret_list")
    assert refused.error["code"] == "vault_missing"
    assert "MAKE_VAULT_ADDR" in refused.text


async def test_the_server_is_checked_and_a_root_token_is_named_as_a_fault(
    vaulted: "Vaulted", bao: "Bao"
) -> None:
    told = (await vaulted.call("secret_backend_check")).data
    assert (told["reachable"], told["ok"], told["sealed"]) == (True, True, False)
    assert (told["seal_type"], told["token_policies"]) == ("shamir", ["root"])
    assert "root token" in told["problems"][0]
    [backend] = (await vaulted.call("secret_backend_list")).data["backends"]
    assert backend["address"] == bao.address


async def test_a_bad_token_and_a_server_that_is_away_are_no_success(
    serve: "Serve", bao: "Bao"
) -> None:
    async with serve(VAULT_ADDR=bao.address, VAULT_TOKEN="nobody") as server:
        told = (await server.call("secret_backend_check")).data
        assert (told["reachable"], told["ok"], told["token_ok"]) == (True, False, False)
        assert (await server.call("secret_list")).error["code"] == "vault_forbidden"
    async with serve(VAULT_ADDR="http://127.0.0.1:9", VAULT_TOKEN="x") as server:
        told = (await server.call("secret_backend_check")).data
        assert (told["reachable"], told["ok"]) == (False, False)
        assert (await server.call("secret_list")).error["code"] == "vault_unreachable"


async def test_a_sealed_server_is_told_as_such_and_nothing_succeeds(
    serve: "Serve", sealed_bao: "Bao"
) -> None:
    async with serve(VAULT_ADDR=sealed_bao.address, VAULT_TOKEN="x") as server:
        told = (await server.call("secret_backend_check")).data
        assert (told["reachable"], told["sealed"], told["ok"]) == (True, True, False)
        assert "token_ok" not in told
        wanted: dict[str, Any] = {"path": "secret/crm/api", "generate": {}}
        assert (await server.call("secret_put", **wanted)).error["code"] == "vault_sealed"
        assert (await server.call("secret_list")).error["code"] == "vault_sealed"


async def test_a_token_of_few_rights_reads_its_part_and_is_refused_the_rest(
    serve: "Serve", bao: "Bao"
) -> None:
    bao.put("crm/api", token="first")
    rules = 'path "secret/metadata/*" { capabilities = ["list", "read"] }'
    bao.send("POST", "sys/policies/acl/reader", {"policy": rules})
    told = bao.send("POST", "auth/token/create", {"policies": ["reader"], "ttl": "5m"})
    async with serve(VAULT_ADDR=bao.address, VAULT_TOKEN=told["auth"]["client_token"]) as server:
        check = (await server.call("secret_backend_check")).data
        assert (check["ok"], check["token_policies"]) == (True, ["default", "reader"])
        assert check.get("problems", []) == []
        [row] = (await server.call("secret_list")).data["secrets"]
        assert row["path"] == "secret/crm/api"
        wanted: dict[str, Any] = {"path": "secret/crm/new", "generate": {}}
        refused = await server.call("secret_put", **wanted)
        assert refused.error["code"] == "vault_forbidden"
        assert "secret_backend_check" in refused.error["next_step"]
        assert (await server.call("secret_audit_list")).error["code"] == "vault_forbidden"


async def test_a_token_is_not_sent_in_clear_over_a_network(serve: "Serve") -> None:
    async with serve(VAULT_ADDR="http://vault.example.com:8200", VAULT_TOKEN="x") as server:
        assert (await server.call("secret_list")).error["code"] == "vault_misconfigured"


async def test_the_token_may_come_from_a_file(serve: "Serve", bao: "Bao", tmp_path: Path) -> None:
    from .conftest import ROOT

    (tmp_path / "token").write_text(f"{ROOT}\n")
    async with serve(
        MAKE_VAULT_ADDR=bao.address, MAKE_VAULT_TOKEN_FILE=str(tmp_path / "token")
    ) as server:
        assert (await server.call("secret_backend_check")).data["ok"] is True


async def test_a_generated_value_is_stored_and_never_shown(vaulted: "Vaulted", bao: "Bao") -> None:
    wanted = {"path": "secret/crm/api", "field": "token", "generate": {"length": 40}}
    dry = await vaulted.call("secret_put", **wanted, dry_run=True)
    assert dry.data["plan"]["requests"][0]["path"] == "vault://secret/data/crm/api"
    assert (await vaulted.call("secret_list")).data["secrets"] == []
    told = (await vaulted.call("secret_put", **wanted)).data
    assert (told["version"], told["fields"]) == (1, ["token"])
    value = bao.values("crm/api")["token"]
    assert len(value) == 40
    [row] = (await vaulted.call("secret_list", path="secret/crm")).data["secrets"]
    assert (row["path"], row["version"], row["age_days"]) == ("secret/crm/api", 1, 0)
    shown = (await vaulted.call("secret_get", path="secret/crm/api")).data
    assert (shown["fields"], shown["versions"][0]["state"]) == (["token"], "there")
    assert value not in "".join(vaulted.texts)


async def test_other_fields_stay_and_an_old_version_comes_back(
    vaulted: "Vaulted", bao: "Bao"
) -> None:
    from .conftest import CANARY

    bao.put("crm/api", token="first", user="reader")
    env = {"path": "secret/crm/api", "field": "token", "from_env": "MAKE_SECRET_CRM"}
    assert (await vaulted.call("secret_put", **env)).data["version"] == 2
    assert bao.values("crm/api") == {"token": CANARY, "user": "reader"}
    back = await vaulted.call("secret_put", path="secret/crm/api", from_version=1)
    assert back.data["version"] == 3
    assert bao.values("crm/api") == {"token": "first", "user": "reader"}
    await vaulted.apply("operation_undo", operation_id=back.data["operation_id"])
    assert bao.values("crm/api") == {"token": CANARY, "user": "reader"}


@pytest.mark.parametrize(
    "wrong",
    [{}, {"from_version": 1, "generate": {}}, {"from_env": "MAKE_SECRET_NONE"}],
)
async def test_a_value_needs_exactly_one_source_that_exists(
    vaulted: "Vaulted", wrong: dict[str, Any]
) -> None:
    refused = await vaulted.call("secret_put", path="secret/a/b", field="x", **wrong)
    assert refused.error["code"] in {"invalid_arguments", "not_found"}
    key = await vaulted.call("secret_put", path="secret/a/b", from_env="MAKE_API_KEY")
    assert key.error["code"] == "invalid_arguments"


async def test_a_deleted_version_can_be_brought_back_a_destroyed_one_cannot(
    vaulted: "Vaulted", bao: "Bao"
) -> None:
    bao.put("crm/api", token="first")
    planned = await vaulted.call("secret_delete", path="secret/crm/api")
    assert planned.data["plan"]["steps"] == ["Delete versions 1 of the secret `secret/crm/api`"]
    assert bao.values("crm/api") == {"token": "first"}
    await vaulted.apply("secret_delete", path="secret/crm/api")
    shown = (await vaulted.call("secret_get", path="secret/crm/api")).data
    assert (shown["versions"][0]["state"], shown["fields"]) == ("deleted", [])
    assert (await vaulted.call("secret_put", path="secret/crm/api", from_version=1)).data[
        "version"
    ] == 1
    assert bao.values("crm/api") == {"token": "first"}
    await vaulted.apply("secret_delete", path="secret/crm/api", destroy=True)
    gone = await vaulted.call("secret_put", path="secret/crm/api", from_version=1)
    assert "for good" in gone.text
    none = await vaulted.call("secret_delete", path="secret/crm/api", versions=[7])
    assert none.error["code"] == "not_found"


async def test_a_secret_or_engine_that_is_not_there_is_named(vaulted: "Vaulted") -> None:
    none = await vaulted.call("secret_get", path="secret/no/such")
    assert none.error["code"] == "not_found"
    engine = await vaulted.call("secret_get", path="cubbyhole/a")
    assert engine.error["code"] == "no_such_engine"
    assert "secret/" in engine.text


async def test_engines_are_mounted_once_and_removed_by_a_plan(
    vaulted: "Vaulted", bao: "Bao"
) -> None:
    wanted = {"path": "made-here", "type": "transit", "description": "Signing"}
    told = await vaulted.apply("secret_engine_set", **wanted)
    assert told.data["changed"] is True
    engines = (await vaulted.call("secret_engine_list")).data["engines"]
    found = next(one for one in engines if one["path"] == "made-here")
    assert (found["type"], found["description"]) == ("transit", "Signing")
    again = await vaulted.call("secret_engine_set", **wanted)
    assert again.data["changed"] is False
    other = await vaulted.call("secret_engine_set", path="made-here", type="kv")
    assert other.error["code"] == "in_use"
    planned = await vaulted.call("secret_engine_set", **wanted, state="disabled")
    assert "destroyed" in str(planned.data["plan"]["affects"])
    await vaulted.apply("secret_engine_set", **wanted, state="disabled")
    assert "made-here/" not in bao.send("GET", "sys/mounts")["data"]


async def test_where_audit_devices_are_configuration_the_answer_is_what_to_add(
    vaulted: "Vaulted",
) -> None:
    listed = (await vaulted.call("secret_audit_list")).data
    assert listed["devices"] == []
    told = (
        await vaulted.apply("secret_audit_set", path="all", file_path="/var/log/bao/audit.log")
    ).data
    assert told["changed"] is False
    assert told["stanza"].startswith('audit "file" "all"')
    assert "config" in told["why"]
