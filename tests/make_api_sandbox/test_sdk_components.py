"""Components of custom apps: modules, endpoints, RPCs, functions, connections and webhooks."""

from typing import TYPE_CHECKING, Any

import pytest

from .sdk import app, approve, module, put_text, read_text

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

CONNECTION = {"type": "apikey", "label": "API key"}


async def connection(studio: "Studio", app: str) -> str:
    return (await studio.post(f"/sdk/apps/{app}/connections", CONNECTION))["appConnection"]["name"]


# Modules


async def test_a_module_is_made_listed_edited_and_deleted(studio: "Studio") -> None:
    name = await app(studio)
    made = await module(studio, name, crud="read", description="One pot.")
    assert made == {
        "name": "getPot",
        "label": "Get a pot",
        "description": "One pot.",
        "typeId": 4,
        "crud": "read",
        "connection": None,
        "webhook": None,
    }
    path = f"/sdk/apps/{name}/1/modules"
    full = {**made, "public": False, "approved": False, "archived": False, "altConnection": None}
    assert (await studio.get(path)) == {"appModules": [full]}
    account = await connection(studio, name)
    body = {"label": "Fetch a pot", "connection": account}
    edited = (await studio.call("PATCH", f"{path}/getPot", body)).json()["appModule"]
    assert edited == {**made, **body, "altConnection": None}
    assert (await studio.call("DELETE", f"{path}/getPot")).json() == {"appModule": "getPot"}
    assert (await studio.call("GET", f"{path}/getPot")).status_code == 404


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"name": "a b"}, "name"),
        ({"typeId": 2}, "typeId"),
        ({"crud": "upsert"}, "crud"),
        ({"typeId": 10}, "webhook"),
        ({"moduleInitMode": "module"}, "moduleInitSource"),
    ],
)
async def test_wrong_modules_are_refused(
    studio: "Studio", more: dict[str, Any], named: str
) -> None:
    name = await app(studio)
    body = {"name": "getPot", "typeId": 4} | more
    answer = await studio.call("POST", f"/sdk/apps/{name}/1/modules", body)
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == [named]


async def test_modules_take_only_their_own_apps_connections(studio: "Studio") -> None:
    name = await app(studio)
    other = await connection(studio, await app(studio))
    body = {"name": "getPot", "typeId": 4, "connection": other}
    answer = await studio.call("POST", f"/sdk/apps/{name}/1/modules", body)
    assert answer.json()["code"] == "IM005"
    await module(studio, name)
    assert (await studio.call("POST", f"/sdk/apps/{name}/1/modules", body)).status_code == 400


async def test_a_module_begins_blank_or_as_an_example_or_as_another_one(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1/modules"
    await module(studio, name)
    assert (await read_text(studio, f"{path}/getPot/api")).text == "{}"
    await module(studio, name, "example", moduleInitMode="example")
    assert "//" in (await read_text(studio, f"{path}/example/api")).text
    code = '[ /* a list of pots */ {"url": "/pots"} ]'
    await put_text(studio, f"{path}/getPot/api", code)
    await module(studio, name, "second", moduleInitMode="module", moduleInitSource="getPot")
    assert (await read_text(studio, f"{path}/second/api")).text == code


@pytest.mark.parametrize(
    "section", ["api", "epoch", "parameters", "expect", "interface", "samples", "scope"]
)
async def test_each_section_of_a_module_is_kept_apart(studio: "Studio", section: str) -> None:
    name = await app(studio)
    await module(studio, name)
    path = f"/sdk/apps/{name}/1/modules/getPot"
    content = "[]\n// end" if section in ("parameters", "expect", "interface", "scope") else "{ }"
    assert (await put_text(studio, f"{path}/{section}", content)).json() == {"change": {}}
    assert (await read_text(studio, f"{path}/{section}")).text == content
    assert (await studio.call("GET", f"{path}/code")).status_code == 404


async def test_a_module_is_shown_archived_and_cloned(studio: "Studio") -> None:
    name = await app(studio)
    await module(studio, name)
    path = f"/sdk/apps/{name}/1/modules/getPot"

    async def state() -> tuple[bool, bool]:
        shown = (await studio.get(path))["appModule"]
        return shown["public"], shown["archived"]

    for action, result in (
        ("public", (True, False)),
        ("archive", (True, True)),
        ("unarchive", (True, False)),
        ("deprecate", (True, False)),
        ("undeprecate", (True, False)),
        ("private", (False, False)),
    ):
        assert await studio.post(f"{path}/{action}") == {"changed": True}
        assert await state() == result
    body = {"newName": "getPot2", "label": "Get a pot (clone)"}
    cloned = (await studio.post(f"{path}/clone", body))["module"]
    assert (cloned["name"], cloned["label"]) == ("getPot2", "Get a pot (clone)")
    assert (await studio.call("POST", f"{path}/clone", body)).json()["code"] == "IM005"


async def test_a_price_in_credits_needs_the_feature(studio: "Studio") -> None:
    name = await app(studio)
    await module(studio, name)
    path = f"/sdk/apps/{name}/1/modules/getPot/consumable"
    body = {"centicreditsFormula": "100 * {{length(items)}}"}
    assert (await studio.call("PUT", path, body)).status_code == 403
    studio.world.update("users", 1, features={"allow_apps_set_consumable": True})
    assert (await studio.call("PUT", path, body)).json() == {"name": "getPot"}


async def test_a_used_or_published_module_stays(studio: "Studio") -> None:
    name = await app(studio)
    await module(studio, name)
    await module(studio, name, "getPots")
    path = f"/sdk/apps/{name}/1/modules"
    scenario = studio.scenario("Pots", {"module": f"app#{name}:getPots", "parameters": {}})
    assert (await studio.call("DELETE", f"{path}/getPots")).json()["code"] == "IM005"
    assert (await studio.call("DELETE", f"{path}/getPot")).is_success
    studio.world.delete("scenarios", scenario)
    await studio.post(f"/sdk/apps/{name}/1/public")
    assert (await studio.call("DELETE", f"{path}/getPots")).json()["code"] == "IM005"


# Endpoints


async def test_an_endpoint_goes_through_its_life(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1/endpoints"
    body = {"name": "getPot", "label": "Get a pot", "description": "One pot."}
    made = (await studio.post(path, body))["appEndpoint"]
    stamp = "2026-03-04T08:30:15.000Z"
    assert made == {
        **body,
        "context": None,
        "annotations": {},
        "attachedAccounts": [],
        "public": False,
        "approved": False,
        "deprecated": False,
        "archived": False,
        "schemaVersion": 1,
        "createdAt": stamp,
        "updatedAt": stamp,
    }
    account = await connection(studio, name)
    await studio.control("POST", "/clock", {"advance": 60})
    change = {
        "context": "Use it for one pot.",
        "annotations": {"readOnlyHint": True},
        "attachedAccounts": [account],
    }
    edited = (await studio.call("PATCH", f"{path}/getPot", change)).json()["appEndpoint"]
    assert edited == {**made, **change, "updatedAt": "2026-03-04T08:31:15.000Z"}
    shown = await studio.call("POST", f"{path}/getPot/public")
    assert (shown.status_code, shown.content) == (204, b"")
    assert (await studio.get(f"{path}/getPot"))["appEndpoint"]["public"] is True
    await studio.call("POST", f"{path}/getPot/private")
    assert (await studio.get(path))["appEndpoints"][0]["public"] is False
    used = await studio.call("DELETE", f"/sdk/apps/connections/{account}")
    assert "endpoint getPot" in used.json()["message"]
    assert (await studio.call("DELETE", f"{path}/getPot")).status_code == 204
    assert (await studio.get(path)) == {"appEndpoints": []}


async def test_wrong_annotations_are_named(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/endpoints"
    await studio.post(path, {"name": "getPot", "label": "Get a pot"})
    body = {"annotations": {"readOnlyHint": "yes", "safe": True}}
    answer = await studio.call("PATCH", f"{path}/getPot", body)
    names = {one["name"] for one in answer.json()["suberrors"]}
    assert names == {"annotations.readOnlyHint", "annotations.safe"}
    answer = await studio.call("PATCH", f"{path}/getPot", {"attachedAccounts": ["none"]})
    assert answer.json()["code"] == "IM005"


async def test_sections_of_an_endpoint_keep_their_text(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/endpoints"
    await studio.post(path, {"name": "getPot", "label": "Get a pot"})
    for section, content in (("api", "{ } // x"), ("inputParameters", "[ ]")):
        answer = await put_text(studio, f"{path}/getPot/{section}", content)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await read_text(studio, f"{path}/getPot/{section}")).text == content


# Functions


async def test_a_function_shows_its_arguments_and_code(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/functions"
    assert await studio.post(path, {"name": "glaze"}) == {"appFunction": {"name": "glaze"}}
    code = "function glaze(pot, coats) {\n    return pot + coats; // thick\n}"
    answer = await put_text(studio, f"{path}/glaze/code", code, "application/javascript")
    assert answer.json() == {"change": {}}
    assert (await studio.get(path)) == {"appFunctions": [{"name": "glaze", "args": "(pot, coats)"}]}
    shown = await read_text(studio, f"{path}/glaze/code")
    assert shown.text == code
    assert shown.headers["content-type"].startswith("application/javascript")
    full = (await studio.get(f"{path}/glaze"))["appFunction"]
    assert full == {"name": "glaze", "code": code, "changes": []}
    tested = await put_text(studio, f"{path}/glaze/test", "it('runs', () => {});")
    assert tested.json() == {"changed": True}
    assert (await read_text(studio, f"{path}/glaze/test")).text == "it('runs', () => {});"
    gone = await studio.call("DELETE", f"{path}/glaze")
    assert gone.json() == {"appFunction": {"name": "glaze"}}


async def test_a_change_of_a_function_is_told_without_its_texts(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1/functions"
    await studio.post(path, {"name": "glaze"})
    approve(studio, name)
    answer = (await put_text(studio, f"{path}/glaze/code", "function glaze() {}")).json()
    assert answer["change"].pop("id")
    assert answer["change"] == {"group": "function", "item": "glaze", "code": "code"}


async def test_what_code_still_calls_cannot_be_deleted(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    await studio.post(f"{path}/functions", {"name": "glaze"})
    await studio.post(f"{path}/rpcs", {"name": "listPots", "label": "List pots"})
    await module(studio, name)
    await put_text(studio, f"{path}/modules/getPot/api", '{"url": "/{{glaze(1)}}"}')
    field = '[{"name": "pot", "type": "select", "options": "rpc://listPots"}]'
    await put_text(studio, f"{path}/modules/getPot/expect", field)
    for component in ("functions/glaze", "rpcs/listPots"):
        answer = await studio.call("DELETE", f"{path}/{component}")
        assert "module getPot" in answer.json()["message"]
    await studio.call("DELETE", f"{path}/modules/getPot")
    for component in ("functions/glaze", "rpcs/listPots"):
        assert (await studio.call("DELETE", f"{path}/{component}")).is_success


# Connections and webhooks


async def test_connections_and_webhooks_are_named_after_the_app(studio: "Studio") -> None:
    name = await app(studio)
    made = [await connection(studio, name) for _ in range(3)]
    assert made == [name, f"{name}2", f"{name}3"]
    body = {"type": "web", "label": "Watch pots", "connection": name}
    hook = (await studio.post(f"/sdk/apps/{name}/webhooks", body))["appWebhook"]
    assert hook == {"name": name, "label": "Watch pots", "type": "web"}
    body = {"type": "hook", "label": "Odd"}
    assert (await studio.call("POST", f"/sdk/apps/{name}/webhooks", body)).status_code == 400
    assert (await studio.call("DELETE", f"/sdk/apps/connections/{name}2")).is_success
    assert await connection(studio, name) == f"{name}2"


async def test_a_connection_is_listed_read_and_edited(studio: "Studio") -> None:
    name = await app(studio)
    account = await connection(studio, name)
    listed = (await studio.get(f"/sdk/apps/{name}/connections"))["appConnections"][0]
    assert listed["parameters"][0]["name"] == "apiKey"
    assert {n: listed[n] for n in ("name", "type", "app_version", "alias_to")} == {
        "name": account,
        "type": "apikey",
        "app_version": 1,
        "alias_to": None,
    }
    path = f"/sdk/apps/connections/{account}"
    edited = await studio.call("PATCH", path, {"label": "Token", "connectedSystemName": "kiln"})
    assert edited.json() == {"appConnection": {"name": account, "label": "Token", "type": "apikey"}}
    shown = (await studio.get(path))["appConnection"]
    assert (shown["connectedSystemName"], shown["appVersion"]) == ("kiln", 1)
    secret = {"clientId": "1"}
    assert (await studio.call("PUT", f"{path}/common", secret)).json() == {"changed": True}
    assert await studio.get(f"{path}/common") == secret
    assert await studio.post(f"{path}/recreate") == {}
    await put_text(studio, f"{path}/api", "{} // none")
    assert (await read_text(studio, f"{path}/api")).text == "{} // none"
    assert (await studio.call("DELETE", path)).json() == {"appConnection": account}


async def test_a_webhook_shows_its_code_and_stays_while_used(studio: "Studio") -> None:
    name = await app(studio)
    account = await connection(studio, name)
    body = {"type": "web-shared", "label": "Watch pots", "connection": account}
    hook = (await studio.post(f"/sdk/apps/{name}/webhooks", body))["appWebhook"]["name"]
    path = f"/sdk/apps/webhooks/{hook}"
    await put_text(studio, f"{path}/attach", '{"url": "/hooks"} // on')
    assert (await read_text(studio, f"{path}/attach")).text == '{"url": "/hooks"} // on'
    shown = (await studio.get(path))["appWebhook"]
    assert shown == {
        "appName": name,
        "appVersion": 1,
        "name": hook,
        "label": "Watch pots",
        "type": "web-shared",
        "connection": account,
        "altConnection": None,
        "api": {"output": "{{body}}"},
        "parameters": [],
        "attach": {"url": "/hooks"},
        "detach": {},
        "update": {},
        "scope": [],
        "changes": [],
        "aliasTo": None,
        "endpoint": None,
        "shieldEndpoint": None,
    }
    await module(studio, name, "watchPots", typeId=10, webhook=hook)
    for used in (path, f"/sdk/apps/connections/{account}"):
        assert (await studio.call("DELETE", used)).json()["code"] == "IM005"
    edited = await studio.call("PATCH", path, {"label": "Pots", "connection": None})
    assert edited.json()["appWebhook"]["connection"] is None
    await studio.call("DELETE", f"/sdk/apps/{name}/1/modules/watchPots")
    assert (await studio.call("DELETE", path)).json() == {"appWebhook": hook}
    assert (await studio.get(f"/sdk/apps/{name}/webhooks")) == {"appWebhooks": []}


async def test_components_of_others_do_not_exist(studio: "Studio") -> None:
    name = await app(studio)
    await connection(studio, name)
    await module(studio, name)
    stranger = studio.token("sdk-apps:read", "sdk-apps:write", user=2)
    for path in (
        f"/sdk/apps/{name}/connections",
        f"/sdk/apps/connections/{name}",
        f"/sdk/apps/connections/{name}/api",
        f"/sdk/apps/{name}/1/modules",
        f"/sdk/apps/{name}/1/modules/getPot",
    ):
        assert (await studio.call("GET", path, token=stranger)).status_code == 404
