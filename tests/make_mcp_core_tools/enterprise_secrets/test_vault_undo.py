"""What was changed in the secret manager is taken back as changes in Make are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Bao, Vaulted

pytestmark = pytest.mark.anyio

PATH = "secret/crm/api"
POLICY = "sys/policies/acl/crm-reader"
RULES = [{"path": "secret/data/crm/*", "capabilities": ["read"]}]
WIDER = [{"path": "secret/data/crm/*", "capabilities": ["read", "update"]}]


def _newest(bao: "Bao") -> Any:
    try:
        return bao.values("crm/api")
    except Exception as gone:
        return type(gone).__name__


def _policies(bao: "Bao") -> Any:
    names = bao.send("GET", "sys/policies/acl?list=true")["data"]["keys"]
    return {name: bao.send("GET", f"sys/policies/acl/{name}")["data"]["policy"] for name in names}


def _mounts(bao: "Bao") -> Any:
    return sorted(bao.send("GET", "sys/mounts")["data"])


CASES: list[tuple[str, dict[str, Any], Callable[["Bao"], Any]]] = [
    ("secret_put", {"path": PATH, "field": "token", "generate": {}}, _newest),
    ("secret_put", {"path": "secret/crm/new", "generate": {}}, _newest),
    ("secret_put", {"path": PATH, "from_version": 1}, _newest),
    ("secret_delete", {"path": PATH}, _newest),
    ("secret_policy_set", {"name": "crm-reader", "rules": WIDER}, _policies),
    ("secret_policy_set", {"name": "crm-new", "rules": RULES}, _policies),
    ("secret_policy_delete", {"name": "crm-reader"}, _policies),
    ("secret_engine_set", {"path": "made-and-gone", "type": "transit"}, _mounts),
]


@pytest.mark.parametrize(("tool", "arguments", "look"), CASES)
async def test_a_change_of_the_secret_manager_is_undone(
    vaulted: "Vaulted",
    bao: "Bao",
    tool: str,
    arguments: dict[str, Any],
    look: Callable[["Bao"], Any],
) -> None:
    bao.put("crm/api", token="first", user="reader")
    bao.put("crm/api", token="second")
    await vaulted.apply("secret_policy_set", name="crm-reader", rules=RULES)
    before = look(bao)
    planned = await vaulted.call(tool, **arguments, dry_run=True)
    assert "operation_undo" in planned.data["plan"]["undo"]
    assert look(bao) == before
    told = await vaulted.call(tool, **arguments)
    if "plan" in told.data:
        again = {**arguments, "plan_id": told.data["plan"]["plan_id"]}
        told = await vaulted.call(tool, **again)
    changed = look(bao)
    operation = told.data["operation_id"]
    undone = await vaulted.apply("operation_undo", operation_id=operation)
    assert undone.data["steps"][0].startswith("CALL secret_")
    assert look(bao) == before
    assert "crm/new" in str(arguments) or changed != before
    second = await vaulted.call("operation_undo", operation_id=operation)
    assert second.error["code"] == "not_undoable"
    for name in ("crm-reader", "crm-new"):
        bao.send("DELETE", f"sys/policies/acl/{name}")


async def test_what_somebody_else_wrote_since_is_not_undone(vaulted: "Vaulted", bao: "Bao") -> None:
    bao.put("crm/api", token="first")
    told = await vaulted.call("secret_put", path=PATH, field="token", generate={})
    bao.put("crm/api", token="theirs")
    refused = await vaulted.call("operation_undo", operation_id=told.data["operation_id"])
    assert refused.error["code"] == "moved_on"
    assert bao.values("crm/api") == {"token": "theirs"}
    wrong: dict[str, Any] = {"path": PATH, "field": "token", "generate": {}, "onto_version": 2}
    assert (await vaulted.call("secret_put", **wrong)).error["code"] == "moved_on"
    gone = await vaulted.call("secret_delete", path=PATH, onto_version=2)
    assert gone.error["code"] == "moved_on"


async def test_a_binding_is_undone_and_so_is_its_end(
    vaulted: "Vaulted", company: Company, bao: "Bao", team: int
) -> None:
    body = {
        "teamId": team,
        "name": "Intranet",
        "typeName": "basicauth",
        "parameters": {"authUser": "a", "authPass": "b"},
    }
    key = (await company.send("POST", "/keys", body))["key"]["id"]
    bao.put("crm/api", token="first", other="second")
    sink = {"key_id": key, "parameter": "authPass"}

    async def fields() -> list[str]:
        rows = (await vaulted.call("secret_binding_list")).data["bindings"]
        return [row["field"] for row in rows]

    made = await vaulted.call("secret_binding_set", **sink, path=PATH, field="token")
    other = await vaulted.call("secret_binding_set", **sink, path=PATH, field="other")
    assert await fields() == ["other"]
    await vaulted.apply("operation_undo", operation_id=other.data["operation_id"])
    assert await fields() == ["token"]
    gone = await vaulted.apply("secret_binding_delete", **sink)
    assert await fields() == []
    await vaulted.apply("operation_undo", operation_id=gone.data["operation_id"])
    assert await fields() == ["token"]
    await vaulted.apply("operation_undo", operation_id=made.data["operation_id"])
    assert await fields() == []


async def test_a_new_api_token_and_its_secret_are_both_taken_back(
    vaulted: "Vaulted", company: Company, bao: "Bao"
) -> None:
    bao.put("crm/api", token="first")
    before = (await company.get("/users/me/api-tokens"))["apiTokens"]
    wanted = {"label": "Reporting", "scopes": ["scenarios:read"], "path": PATH}
    told = await vaulted.apply("api_token_create", **wanted)
    assert len((await company.get("/users/me/api-tokens"))["apiTokens"]) == len(before) + 1
    await vaulted.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get("/users/me/api-tokens"))["apiTokens"] == before
    assert bao.values("crm/api") == {"token": "first"}


async def test_a_policy_that_rules_cannot_say_is_not_promised_back(
    vaulted: "Vaulted", bao: "Bao", core: Server
) -> None:
    finer = 'path "secret/data/*" { capabilities = ["read"] min_wrapping_ttl = "1m" }'
    bao.send("POST", POLICY, {"policy": finer})
    planned = await vaulted.call("secret_policy_set", name="crm-reader", rules=RULES)
    assert planned.data["plan"]["undo"].startswith("Not possible")


async def test_an_unchanged_policy_is_tested_all_the_same(vaulted: "Vaulted") -> None:
    wanted: dict[str, Any] = {"name": "crm-reader", "rules": RULES}
    await vaulted.apply("secret_policy_set", **wanted)
    paths = ["secret/data/crm/api", "secret/data/hr/api"]
    told = (await vaulted.call("secret_policy_set", **wanted, test=paths)).data
    assert told["changed"] is False
    assert [one["capabilities"] for one in told["tested"]] == [["read"], ["deny"]]
