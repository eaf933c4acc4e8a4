"""Creating, changing, activating and cloning scenarios."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

HOURLY = {"type": "indefinitely", "interval": 3600}


def module(ident: int, slug: str, **members: Any) -> dict[str, Any]:
    return {"id": ident, "module": slug, "version": 1, "mapper": {}, "parameters": {}, **members}


def compose(ident: int = 1, value: str = "hello") -> dict[str, Any]:
    return module(ident, "util:ComposeTransformer", mapper={"value": value})


async def test_a_new_scenario_is_inactive_and_derives_its_packages(shop: "Shop") -> None:
    ident = await shop.create(compose(3), module(9, "json:TransformToJSON"), scheduling=HOURLY)
    scenario = await shop.scenario(ident)
    assert scenario["isActive"] is False
    assert scenario["nextExec"] is None
    assert scenario["usedPackages"] == ["util", "json"]
    assert scenario["scheduling"] == HOURLY
    assert scenario["createdByUser"]["email"] == "robin.berg@example.com"
    answer = await shop.get(f"/scenarios/{ident}/blueprint")
    assert answer["response"]["idSequence"] == 10


async def test_every_fault_of_a_blueprint_is_named_at_once(shop: "Shop") -> None:
    body = {"teamId": 1, "blueprint": json.dumps({"name": ""}), "scheduling": json.dumps(HOURLY)}
    answer = await shop.call("POST", "/scenarios", body)
    assert answer.status_code == 400
    names = {each["name"] for each in answer.json()["suberrors"]}
    assert names == {"blueprint.flow", "blueprint.metadata", "blueprint.name"}


@pytest.mark.parametrize("slug", ["builtin:Sleep", "util:SetVariables2", "gateway:WebhookResponse"])
async def test_modules_that_do_not_exist_are_refused(shop: "Shop", slug: str) -> None:
    text = json.dumps({"flow": [module(1, slug)], "metadata": {"version": 1}})
    body = {"teamId": 1, "blueprint": text, "scheduling": json.dumps(HOURLY)}
    answer = await shop.call("POST", "/scenarios", body)
    assert answer.status_code == 400
    assert slug in answer.json()["message"]


async def test_an_app_new_to_the_organization_needs_confirmation(shop: "Shop") -> None:
    text = json.dumps({"flow": [module(1, "acme-crm:listDeals")], "metadata": {}})
    body = {"teamId": 1, "blueprint": text, "scheduling": json.dumps(HOURLY)}
    answer = await shop.call("POST", "/scenarios", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM007")
    assert (await shop.get("/scenarios", teamId=1))["scenarios"] == []
    await shop.post("/scenarios", body, confirmed="true")
    await shop.post("/scenarios", body)


@pytest.mark.parametrize(
    ("scheduling", "member"),
    [
        ({"type": "cron"}, "scheduling.type"),
        ({"type": "indefinitely", "interval": 30}, "scheduling.interval"),
        ({"type": "once", "date": "2026-05-01"}, "scheduling.date"),
        ({"type": "daily"}, "scheduling.time"),
        ({"type": "weekly", "time": "09:00", "days": [7]}, "scheduling.days"),
        ({"type": "yearly", "time": "09:00", "days": [1], "months": []}, "scheduling.months"),
    ],
)
async def test_faulty_scheduling_is_refused(shop: "Shop", scheduling: Any, member: str) -> None:
    text = json.dumps({"flow": [compose()], "metadata": {}})
    body = {"teamId": 1, "blueprint": text, "scheduling": json.dumps(scheduling)}
    answer = await shop.call("POST", "/scenarios", body)
    assert answer.status_code == 400
    assert [each["name"] for each in answer.json()["suberrors"]] == [member]


async def test_start_and_stop_say_when_there_is_nothing_to_do(shop: "Shop") -> None:
    ident = await shop.create(compose())
    stopped = await shop.call("POST", f"/scenarios/{ident}/stop")
    assert (stopped.status_code, stopped.json()["message"]) == (400, "Scenario is not running.")
    await shop.start(ident)
    again = await shop.call("POST", f"/scenarios/{ident}/start")
    assert (again.status_code, again.json()["message"]) == (400, "Scenario is already running.")
    await shop.post(f"/scenarios/{ident}/stop")
    kinds = [entry["type"] for entry in await shop.logs(ident)]
    assert sorted(kinds) == ["start", "stop"]


async def test_an_interval_below_the_plan_is_refused_at_activation(shop: "Shop") -> None:
    shop.license(interval=15)
    ident = await shop.create(compose(), scheduling={"type": "indefinitely", "interval": 600})
    answer = await shop.call("POST", f"/scenarios/{ident}/start")
    assert answer.json()["message"] == "Invalid interval."
    assert (await shop.scenario(ident))["isActive"] is False


@pytest.mark.parametrize(
    "flow",
    [
        [],
        [compose(1), compose(1)],
        [{"id": 1, "module": "util:ComposeTransformer"}],
        [module(1, "util:ComposeTransformer", parameters={"__IMTCONN__": 4711})],
        [module(1, "gateway:CustomWebHook", parameters={"hook": 4711})],
    ],
)
async def test_a_scenario_with_errors_cannot_be_activated(shop: "Shop", flow: Any) -> None:
    ident = await shop.create(*flow)
    answer = await shop.call("POST", f"/scenarios/{ident}/start")
    assert (answer.status_code, answer.json()["message"]) == (400, "Scenario contains errors")


async def test_a_missing_connection_shows_as_invalid(shop: "Shop") -> None:
    ident = await shop.create(module(1, "util:BasicTrigger", parameters={"__IMTCONN__": 4711}))
    assert (await shop.scenario(ident))["isinvalid"] is True


async def test_every_blueprint_change_adds_a_version_that_can_be_read(shop: "Shop") -> None:
    ident = await shop.create(compose(value="one"))
    text = json.dumps({"name": "Second", "flow": [compose(value="two")], "metadata": {}})
    answer = await shop.call("PATCH", f"/scenarios/{ident}", {"blueprint": text})
    assert answer.json()["scenario"]["name"] == "Second"
    await shop.call("PATCH", f"/scenarios/{ident}", {"name": "Third"})
    versions = (await shop.get(f"/scenarios/{ident}/blueprints"))["scenariosBlueprints"]
    assert [each["version"] for each in versions] == [2, 1]
    old = await shop.get(f"/scenarios/{ident}/blueprint", blueprintId=1)
    assert old["response"]["blueprint"]["flow"][0]["mapper"] == {"value": "one"}
    now = await shop.get(f"/scenarios/{ident}/blueprint")
    assert now["response"]["blueprint"]["name"] == "Third"


async def test_versions_can_be_restored_for_sixty_days(shop: "Shop") -> None:
    ident = await shop.create(compose())
    await shop.advance(61 * 86400)
    assert (await shop.get(f"/scenarios/{ident}/blueprints"))["scenariosBlueprints"] == []


async def test_the_interface_needs_on_demand_scheduling(shop: "Shop") -> None:
    hourly = await shop.create(compose(), scheduling=HOURLY)
    interface = {"input": [{"name": "order", "type": "text", "required": True}], "output": None}
    refused = await shop.call("PATCH", f"/scenarios/{hourly}/interface", {"interface": interface})
    assert (refused.status_code, refused.json()["code"]) == (422, "IM016")
    ident = await shop.create(compose())
    await shop.call("PATCH", f"/scenarios/{ident}/interface", {"interface": interface})
    assert await shop.get(f"/scenarios/{ident}/interface") == {"interface": interface}
    back = await shop.call("PATCH", f"/scenarios/{ident}", {"scheduling": json.dumps(HOURLY)})
    assert back.status_code == 422


async def test_lists_filter_sort_and_limit_columns(shop: "Shop") -> None:
    folder = (await shop.post("/scenarios-folders", {"name": "F", "teamId": 1}))["scenarioFolder"]
    first = await shop.create(compose(), folderId=folder["id"])
    second = await shop.create(compose())
    await shop.start(second)
    active = await shop.get("/scenarios", teamId=1, isActive="true")
    assert [each["id"] for each in active["scenarios"]] == [second]
    filed = await shop.get("/scenarios", organizationId=1, folderId=folder["id"])
    assert [each["id"] for each in filed["scenarios"]] == [first]
    params = {"pg[sortBy]": "id", "pg[sortDir]": "asc", "cols[]": ["id", "isActive"]}
    sorted_ = await shop.get("/scenarios", teamId=1, params=params)
    expected = [{"id": first, "isActive": False}, {"id": second, "isActive": True}]
    assert sorted_["scenarios"] == expected
    folders = (await shop.get("/scenarios-folders", teamId=1))["scenariosFolders"]
    assert folders[0]["scenariosTotal"] == 1


async def test_a_deleted_scenario_is_gone_with_its_history(shop: "Shop") -> None:
    ident = await shop.create(compose())
    await shop.start(ident)
    await shop.run(ident)
    answer = await shop.call("DELETE", f"/scenarios/{ident}")
    assert answer.json() == {"scenario": ident}
    assert (await shop.call("GET", f"/scenarios/{ident}")).status_code == 404
    assert shop.world.value("SELECT count(*) FROM executions") == 0


async def test_cloning_asks_for_a_mapping_of_what_cannot_be_shared(shop: "Shop") -> None:
    hook = await shop.hook()
    trigger = module(1, "gateway:CustomWebHook", parameters={"hook": hook["id"]})
    ident = await shop.create(trigger, compose(2), scheduling={"type": "immediately"})
    body: dict[str, Any] = {"name": "Copy", "teamId": 1, "states": False}
    path = f"/scenarios/{ident}/clone"
    refused = await shop.call("POST", path, body, organizationId=1)
    assert refused.status_code == 400
    other = await shop.hook()
    mapped = {**body, "hook": {str(hook["id"]): other["id"]}}
    clone = (await shop.post(path, mapped, organizationId=1))["scenario"]
    assert (clone["hookId"], clone["updatedByUser"], clone["isActive"]) == (
        other["id"],
        None,
        False,
    )
    emptied = {**body, "hook": {str(hook["id"]): None}}
    clone = (await shop.post(path, emptied, organizationId=1))["scenario"]
    assert clone["hookId"] is None


async def test_a_hook_serves_one_scenario_only(shop: "Shop") -> None:
    hook = await shop.hook()
    trigger = module(1, "gateway:CustomWebHook", parameters={"hook": hook["id"]})
    await shop.create(trigger)
    text = json.dumps({"flow": [trigger], "metadata": {}})
    body = {"teamId": 1, "blueprint": text, "scheduling": json.dumps({"type": "immediately"})}
    assert (await shop.call("POST", "/scenarios", body)).status_code == 400


async def test_notes_live_with_their_scenario(shop: "Shop") -> None:
    ident = await shop.create(compose())
    body = {"moduleIds": [1], "metadata": {"color": "#112233"}, "content": "<p>Why</p>"}
    note = (await shop.post(f"/scenarios/{ident}/notes", body))["note"]
    path = f"/scenarios/{ident}/notes/{note['id']}"
    await shop.call("PATCH", path, {"content": "<p>Because</p>"})
    read = (await shop.get(path))["note"]
    assert (read["content"], read["moduleIds"]) == ("<p>Because</p>", [1])
    await shop.call("DELETE", path)
    assert (await shop.get(f"/scenarios/{ident}/notes"))["notes"] == []


async def test_build_variables_stand_for_declared_inputs_only(shop: "Shop") -> None:
    ident = await shop.create(compose())
    interface = {"input": [{"name": "crm", "type": "account:acme"}]}
    await shop.call("PATCH", f"/scenarios/{ident}/interface", {"interface": interface})
    path = f"/scenarios/{ident}/build-variables"
    wrong = await shop.call("POST", path, {"input": [{"name": "other", "value": "PAC_1"}]})
    assert wrong.status_code == 400
    await shop.post(path, {"input": [{"name": "crm", "value": "TAC_12"}]})
    assert await shop.get(path) == {"variables": {"input": {"crm": "TAC_12"}}}
    await shop.call("DELETE", path, value="TAC_12")
    assert await shop.get(path) == {"variables": {"input": {}}}
