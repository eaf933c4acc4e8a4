"""Connections: found, shown, changed and deleted."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio


def ids(told: dict[str, Any]) -> list[int]:
    return [row["id"] for row in told["connections"]]


async def test_the_list_tells_type_and_number_of_users(
    core: Server, office: "Office", bound: Any
) -> None:
    used, free = await office.connection(name="A"), await office.connection(name="B")
    await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", used))
    told = (await core.call("connection_list", team_id=office.team)).data
    rows = [(row["id"], row["type"], row["used_by"]) for row in told["connections"]]
    assert rows == [(used, "openai-gpt-3", 1), (free, "openai-gpt-3", 0)]
    unused = await core.call("connections_list", team_id=office.team, unused=True)
    assert ids(unused.data) == [free]


async def test_the_list_narrows_by_name_type_expiry_and_scope(
    core: Server, office: "Office"
) -> None:
    wide, narrow = await office.granted("read", "write"), await office.granted("read", name="Other")
    plain = await office.connection()
    await office.spoil(narrow, "expired", expire="2020-01-01T00:00:00.000Z")

    async def listed(**args: Any) -> list[int]:
        return ids((await core.call("connection_list", team_id=office.team, **args)).data)

    assert await listed(types=["slack"]) == [wide, narrow]
    assert await listed(name_contains="mod") == [plain]
    assert await listed(expiring_days=0) == [narrow]
    assert await listed(types=["slack"], scopes=["write"]) == [wide]
    assert await listed(limit=1, types=["slack"]) == [wide]


async def test_scopes_without_a_type_are_refused(core: Server, office: "Office") -> None:
    told = await core.call("connection_list", team_id=office.team, scopes=["read"])
    assert "types" in told.error["next_step"]


async def test_the_list_finds_what_a_module_can_use(
    core: Server, office: "Office", bound: Any
) -> None:
    chat, other = await office.granted(), await office.connection()
    await office.scenario("Post", bound("slack:PostNote", chat, "slack"))
    told = await core.call("connection_list", team_id=office.team, module="slack:PostNote")
    assert ids(told.data) == [chat]
    assert other not in ids(told.data)
    absent = await core.call("connection_list", team_id=office.team, module="nosuchapp:Do")
    assert "Package not found" in absent.error["what"]


async def test_two_pages_hold_all_connections_once(core: Server, office: "Office") -> None:
    made = [await office.connection(name=f"N{at}") for at in range(5)]
    first = (await core.call("connection_list", team_id=office.team, limit=3)).data
    second = (
        await core.call(
            "connection_list", team_id=office.team, limit=3, cursor=first["next_cursor"]
        )
    ).data
    assert (ids(first) + ids(second), "next_cursor" in second) == (made, False)


async def test_a_connection_is_shown_with_users_and_parameter_names_only(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection(apiKey="sesame-open-1", organizationId="org-7")
    await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", ident))
    told = await core.call("connection_get", connection_id=ident, include=["editable", "usage"])
    assert told.data["parameters"] == ["apiKey", "organizationId"]
    assert "“Ask”" in told.data["used_by"][0]
    assert "sesame-open-1" not in told.text


async def test_a_name_stands_for_the_id_when_it_is_the_only_one(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection(name="The only model of this name")
    told = await core.call("connection_get", connection_id="the only model of this name")
    assert told.data["id"] == ident


async def test_usage_names_scenarios_modules_and_app_hooks(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection("jotform", "Forms", apiKey="k")
    inner = bound("jotform:GetForm", ident, "jotform", id=7)
    router = {"module": "builtin:BasicRouter", "routes": [{"flow": [inner]}]}
    scenario = await office.scenario("Route", {"module": "util:SetVariable2"}, router)
    hook = await office.hook("Form", "jotform", __IMTCONN__=ident, formId="1")
    told = (await core.call("connection_usage_get", connection_id=ident)).data
    assert told["in_use"] is True
    [use] = told["scenarios"]
    assert (use["id"], use["active"], use["modules"][0]["module_id"]) == (scenario, False, 7)
    assert use["modules"][0]["path"] == "flow[1].routes[0].flow[0].parameters.__IMTCONN__"
    assert [one["id"] for one in told["hooks"]] == [hook]


async def test_usage_follows_an_edit_of_a_scenario(
    core: Server, office: "Office", bound: Any
) -> None:
    ident, other = await office.connection(), await office.connection(name="Other")
    scenario = await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", ident))
    before = (await core.call("connection_usage_get", connection_id=ident)).data
    text = (await office.blueprint(scenario)).replace(
        f'"__IMTCONN__": {ident}', f'"__IMTCONN__": {other}'
    )
    await office.company.send("PATCH", f"/scenarios/{scenario}", {"blueprint": text})
    after = (await core.call("connection_usage_get", connection_id=ident)).data
    assert (before["in_use"], after["in_use"]) == (True, False)


async def test_asking_again_reads_no_blueprint_again(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection()
    scenario = await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", ident))
    await core.call("connection_usage_get", connection_id=ident)
    await office.forget()
    await core.call("connection_usage_get", connection_id=ident)
    seen = (await office.company.control("GET", "/requests"))["requests"]
    assert f"/api/v2/scenarios/{scenario}/blueprint" not in [one["path"] for one in seen]


async def test_renaming_can_be_undone_and_the_same_name_changes_nothing(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection(name="Before")
    same = await core.call("connection_update", connection_id=ident, name="Before")
    assert same.data["changed"] is False
    assert "operation_id" not in same.data
    told = await core.call("connection_update", connection_id=ident, name="After")
    assert told.data["changed"] is True
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    shown = await office.company.get(f"/connections/{ident}")
    assert shown["connection"]["name"] == "Before"


async def test_new_credentials_wait_for_a_plan_and_are_tested(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection()
    await office.spoil(ident)
    args = {"connection_id": ident, "data": {"apiKey": "fresh-key-9", "organizationId": "o"}}
    planned = await core.call("connection_update", **args)
    assert planned.data["plan"]["applied"] is False
    assert "cannot" in planned.data["plan"]["confirm_because"][0]
    assert planned.data["plan"]["undo"].startswith("Not possible")
    assert "fresh-key-9" not in planned.text
    done = await core.call("connection_update", **args, plan_id=planned.data["plan"]["plan_id"])
    assert (done.data["changed"], done.data["verified"]) == (True, True)


async def test_parameters_left_out_are_warned_of_and_unknown_ones_refused(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection()
    await office.forget()
    wrong = await core.call("connection_update", connection_id=ident, data={"key": 1, "pass": 2})
    assert [p["path"] for p in wrong.error["problems"]] == ["data.key", "data.pass"]
    assert "apiKey" in wrong.error["problems"][0]["fix"]
    half = await core.call("connection_update", connection_id=ident, data={"apiKey": "x"})
    assert "organizationId" in half.data["plan"]["warnings"][0]
    assert await office.writes() == []


async def test_a_granted_connection_takes_no_data_and_says_where_to_grant_it_again(
    core: Server, office: "Office"
) -> None:
    ident = await office.granted()
    told = await core.call("connection_update", connection_id=ident, data={"token": "x"})
    assert told.error["code"] == "not_editable"
    assert f"oauth/reauth/{ident}" in told.error["next_step"]


async def test_a_used_connection_is_not_deleted_and_every_user_is_named(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection()
    names = {"Ask", "Answer"}
    for name in names:
        await office.scenario(name, bound("openai-gpt-3:CreateCompletion", ident))
    shown = await office.company.get(f"/connections/{ident}", **{"cols[]": "scenarioUsages"})
    assert {one["name"] for one in shown["connection"]["scenarioUsages"]} == names
    told = await core.call("connection_delete", connection_id=ident)
    assert told.error["code"] == "in_use"
    lines = [p["problem"] for p in told.error["problems"]]
    assert len(lines) == 2
    assert all(any(name in line for line in lines) for name in names)
    assert await office.exists(f"/connections/{ident}")


async def test_a_connection_is_deleted_in_two_steps(core: Server, office: "Office") -> None:
    ident = await office.connection(name="Spare")
    planned = await core.call("connection_delete", connection_id=ident)
    assert planned.data["plan"]["applied"] is False
    assert await office.exists(f"/connections/{ident}")
    plan_id = planned.data["plan"]["plan_id"]
    done = await core.call("connection_delete", connection_id=ident, plan_id=plan_id)
    assert (done.data["deleted"], done.data["backup"]["name"]) == (ident, "Spare")
    assert not await office.exists(f"/connections/{ident}")


async def test_a_new_user_makes_the_plan_of_a_deletion_void(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection()
    args = {"connection_id": ident, "ignore_dependents": True, "name": "Model"}
    plan_id = (await core.call("connection_delete", **args)).data["plan"]["plan_id"]
    await office.scenario("New", bound("openai-gpt-3:CreateCompletion", ident))
    told = await core.call("connection_delete", **args, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    planned = await core.call("connection_delete", **args)
    assert "“New”" in planned.data["plan"]["affects"][0]
    assert await office.exists(f"/connections/{ident}")


async def test_a_used_connection_is_deleted_by_its_exact_name_only(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection(name="Used model")
    await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", ident))
    args = {"connection_id": ident, "ignore_dependents": True}
    for name in ({}, {"name": "used model"}):
        told = await core.call("connection_delete", **args, **name)
        assert [p["path"] for p in told.error["problems"]] == ["", "name"]
        assert "Used model" not in told.text
    done = await core.apply("connection_delete", **args, name="Used model")
    assert "“Ask”" in done.data["was_used_by"][0]
    assert not await office.exists(f"/connections/{ident}")
