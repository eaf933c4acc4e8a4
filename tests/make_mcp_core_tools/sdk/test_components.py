"""Components of custom apps: made, looked at, changed, shown, deleted; their code and RPCs."""

import json
from typing import Any

import pytest
from app_bench import Bench, server_with, service

pytestmark = pytest.mark.anyio

KINDS = ("connection", "module", "rpc", "webhook", "function", "endpoint")
NEW: dict[str, dict[str, Any]] = {
    "connection": {"type": "apikey", "label": "Key"},
    "module": {"name": "getOne", "type": "action", "label": "Get one", "crud": "read"},
    "rpc": {"name": "listAll", "label": "List all"},
    "webhook": {"type": "web", "label": "Hook"},
    "function": {"name": "upper"},
    "endpoint": {"name": "readOne", "label": "Read one", "description": "Reads."},
}
SECTION = dict.fromkeys(KINDS, "api") | {"function": "code"}


async def names_of(bench: Bench, app: str, kind: str) -> list[str]:
    told = (await bench.core.call("sdk_component_list", app=app, kinds=[kind])).data
    return [row["name"] for row in told["components"]]


async def test_an_app_without_components_has_an_empty_list(bench: Bench) -> None:
    app = await bench.app()
    assert (await bench.core.call("sdk_component_list", app=app)).data["components"] == []


async def test_components_of_every_kind_are_listed_together_or_by_kind(bench: Bench) -> None:
    app = await bench.whole()
    rows = (await bench.core.call("sdk_component_list", app=app)).data["components"]
    assert not any(row.get(flag) is False for row in rows for flag in ("approved", "archived"))
    assert {row["kind"] for row in rows} == set(KINDS)
    modules = (await bench.core.call("sdk_component_list", app=app, kinds=["module"])).data
    types = {row["name"]: row["type"] for row in modules["components"]}
    assert types == {"findStock": "search", "watchMoves": "instant_trigger"}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_component_is_made_as_its_dry_run_said_shown_and_taken_back(
    bench: Bench, kind: str
) -> None:
    app = await bench.app()
    arguments = {"app": app, "kind": kind, **NEW[kind]}
    plan = (await bench.core.call("sdk_component_create", **arguments, dry_run=True)).data["plan"]
    assert await names_of(bench, app, kind) == []
    made = (await bench.core.call("sdk_component_create", **arguments)).data
    name = made["component"]["name"]
    assert plan["requests"][0]["method"] == "POST"
    assert await names_of(bench, app, kind) == [name]
    shown = (await bench.core.call("sdk_component_get", app=app, kind=kind, name=name)).data
    assert shown["name"] == name
    assert SECTION[kind] in shown["sections"]
    code = await bench.core.call(
        "sdk_component_section_get", app=app, kind=kind, name=name, section=SECTION[kind]
    )
    assert code.data["content"]
    await bench.core.apply("operation_undo", operation_id=made["operation_id"])
    assert await names_of(bench, app, kind) == []


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        ({"kind": "module", "name": "x!"}, ["label", "name", "type"]),
        ({"kind": "connection", "type": "magic", "label": "K", "crud": "read"}, ["crud", "type"]),
        ({"kind": "function", "name": "upper", "label": "Up"}, ["label"]),
        (
            {"kind": "module", "name": "watchIt", "type": "instant_trigger", "label": "W"},
            ["webhook"],
        ),
    ],
)
async def test_all_faults_of_a_new_component_are_told_at_once(
    bench: Bench, arguments: dict[str, Any], paths: list[str]
) -> None:
    told = await bench.core.call("sdk_component_create", app="some-app-x1", **arguments)
    assert sorted({p["path"] for p in told.error["problems"]}) == paths


CHANGES: dict[str, dict[str, Any]] = {
    "connection": {"label": "Other"},
    "module": {"label": "Other", "description": "Finds.", "connection": ""},
    "rpc": {"label": "Other", "connection": ""},
    "webhook": {"label": "Other"},
    "endpoint": {"label": "Other", "context": "Use it.", "annotations": {"read_only_hint": True}},
}


@pytest.mark.parametrize("kind", list(CHANGES))
async def test_a_component_is_changed_once_and_put_back(bench: Bench, kind: str) -> None:
    app = await bench.whole()
    name = (await names_of(bench, app, kind))[0]
    place = {"app": app, "kind": kind, "name": name}
    before = (await bench.core.call("sdk_component_get", **place)).data
    done = (await bench.core.call("sdk_component_update", **place, **CHANGES[kind])).data
    after = (await bench.core.call("sdk_component_get", **place)).data
    assert (done["changed"], after["label"]) == (True, "Other")
    if kind == "module":
        assert (after["description"], after.get("connection")) == ("Finds.", None)
    if kind == "endpoint":
        assert after["annotations"] == {"readOnlyHint": True}
    again = (await bench.core.call("sdk_component_update", **place, **CHANGES[kind])).data
    assert again["changed"] is False
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert (await bench.core.call("sdk_component_get", **place)).data == before


async def test_what_a_kind_does_not_have_cannot_be_changed(bench: Bench) -> None:
    told = await bench.core.call(
        "sdk_component_update", app="a-app", kind="rpc", name="listAll", context="x", label="L"
    )
    assert [p["path"] for p in told.error["problems"]] == ["context"]
    none = await bench.core.call("sdk_component_update", app="a-app", kind="function", name="upper")
    assert none.error["code"] == "invalid_arguments"


@pytest.mark.parametrize("kind", ["module", "endpoint"])
async def test_modules_and_endpoints_are_shown_and_hidden(bench: Bench, kind: str) -> None:
    app = await bench.whole()
    name = (await names_of(bench, app, kind))[0]
    place = {"app": app, "kind": kind, "name": name}
    shown = {**place, "visibility": "public"}
    plan = (await bench.core.call("sdk_component_visibility_set", **shown)).data["plan"]
    assert [one["path"] for one in plan["requests"]] == [f"/sdk/apps/{app}/1/{kind}s/{name}/public"]
    assert (await bench.core.call("sdk_component_get", **place)).data["public"] is False
    done = (await bench.core.apply("sdk_component_visibility_set", **shown)).data
    assert (done["changed"], done["component"]["public"]) == (True, True)
    again = (
        await bench.core.call("sdk_component_visibility_set", **place, visibility="public")
    ).data
    assert again["changed"] is False
    assert (await bench.core.call("sdk_component_get", **place)).data["public"] is True
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert (await bench.core.call("sdk_component_get", **place)).data["public"] is False


@pytest.mark.parametrize(
    ("kind", "users"),
    [
        ("connection", ["module findStock", "rpc listPlaces"]),
        ("webhook", ["module watchMoves"]),
        ("rpc", ["module findStock"]),
        ("function", ["module findStock"]),
    ],
)
async def test_a_component_that_others_need_is_not_deleted_and_they_are_named(
    bench: Bench, kind: str, users: list[str]
) -> None:
    app = await bench.whole()
    name = (await names_of(bench, app, kind))[0]
    told = await bench.core.call("sdk_component_delete", app=app, kind=kind, name=name)
    assert sorted(p["path"] for p in told.error["problems"]) == users


async def test_a_module_in_scenarios_is_not_deleted_another_is(bench: Bench) -> None:
    app = await bench.whole()
    scenario = await bench.scenario(f"app#{app}:findStock")
    place = {"app": app, "kind": "module"}
    told = await bench.core.call("sdk_component_delete", **place, name="findStock")
    assert [p["path"] for p in told.error["problems"]] == [f"scenario {scenario}"]
    plan = (await bench.core.call("sdk_component_delete", **place, name="watchMoves")).data["plan"]
    assert plan["undo"].startswith("Not possible")
    done = (await bench.core.apply("sdk_component_delete", **place, name="watchMoves")).data
    assert done["deleted"] == "watchMoves"
    assert await names_of(bench, app, "module") == ["findStock"]


async def test_a_section_that_the_kind_lacks_is_refused_here(bench: Bench) -> None:
    await bench.company.control("DELETE", "/requests")
    told = await bench.core.call(
        "sdk_component_section_get", app="a-app", kind="rpc", name="listAll", section="epoch"
    )
    assert told.error["code"] == "unknown_section"
    assert (await bench.company.control("GET", "/requests"))["requests"] == []


async def test_an_unknown_component_is_refused(bench: Bench) -> None:
    app = await bench.app()
    place = {"app": app, "kind": "module", "name": "notThere"}
    for tool, more in (
        ("sdk_component_get", {}),
        ("sdk_component_section_get", {"section": "api"}),
        ("sdk_component_update", {"label": "L"}),
        ("sdk_component_delete", {}),
    ):
        told = await bench.core.call(tool, **place, **more)
        assert told.error["status"] == 404, tool


async def test_a_component_that_is_not_there_is_answered_with_those_that_are(bench: Bench) -> None:
    app = await bench.whole()
    told = await bench.core.call("sdk_component_get", app=app, kind="rpc", name="listPlacs")
    assert told.error["why"] == "It has listPlaces."
    told = await bench.core.call("sdk_component_list", app=f"{app}x", kind="rpc")
    assert "custom_app_list" in told.error["next_step"]


async def test_code_that_names_an_rpc_the_app_lacks_is_saved_with_a_warning(bench: Bench) -> None:
    app = await bench.whole()
    place = {"app": app, "kind": "module", "name": "findStock", "section": "expect"}
    fields = [{"name": "place", "type": "select", "options": "rpc://listQuays"}]
    plan = await bench.core.call("sdk_component_section_set", **place, content=fields, dry_run=True)
    assert "listQuays" in plan.text
    done = await bench.core.call("sdk_component_section_set", **place, content=fields)
    assert "listQuays" in done.data["warnings"][0]


async def test_common_data_of_a_connection_show_only_names(bench: Bench) -> None:
    app = await bench.whole()
    (name,) = await names_of(bench, app, "connection")
    body = {"clientSecret": "hush-hush-1"}
    await bench.company.send("PUT", f"/sdk/apps/connections/{name}/common", body)
    told = await bench.core.call(
        "sdk_component_section_get", app=app, kind="connection", name=name, section="common"
    )
    assert list(json.loads(told.data["content"])) == ["clientSecret"]
    assert "hush-hush-1" not in told.text


async def test_an_rpc_is_run_against_its_service(bench: Bench) -> None:
    app = await bench.whole()
    own = {"app": app, "name": "listPlaces"}
    rows = [{"label": "Oslo", "value": 1}, {"label": "Bergen", "value": 2}]
    async with service({"places": rows}) as address:
        api = {"url": f"{address}/places", "response": {"output": "{{body.places}}"}}
        await bench.code(f"/sdk/apps/{app}/1/base", "{}")
        await bench.code(f"/sdk/apps/{app}/1/rpcs/listPlaces/api", json.dumps(api))
        done = (await bench.core.call("sdk_rpc_test", **own)).data
    assert (done["result"], done["rows"]) == (rows, 2)


async def test_an_rpc_without_what_it_needs_is_refused(bench: Bench) -> None:
    app = await bench.whole()
    needed = [{"name": "region", "type": "text", "required": True}]
    told = await bench.core.call("sdk_rpc_test", app=app, name="listPlaces", fields=needed)
    assert "data.region" in told.text


CHANGING: list[tuple[str, dict[str, Any]]] = [
    ("sdk_component_update", {"kind": "module", "name": "findStock", "label": "Find"}),
    (
        "sdk_component_section_set",
        {"kind": "rpc", "name": "listPlaces", "section": "api", "content": {"url": "/p"}},
    ),
    (
        "sdk_component_visibility_set",
        {"kind": "endpoint", "name": "getStock", "visibility": "public"},
    ),
    ("sdk_component_delete", {"kind": "module", "name": "watchMoves"}),
    ("sdk_rpc_test", {"name": "listPlaces"}),
]


@pytest.mark.parametrize(("tool", "more"), CHANGING)
async def test_what_a_plan_says_is_what_is_sent_and_nothing_before(
    bench: Bench, tool: str, more: dict[str, Any]
) -> None:
    app = await bench.whole()
    async with service([]) as address:
        await bench.code(f"/sdk/apps/{app}/1/base", "{}")
        api = json.dumps({"url": f"{address}/p"})
        await bench.code(f"/sdk/apps/{app}/1/rpcs/listPlaces/api", api)
        await bench.company.control("DELETE", "/requests")
        plan = (await bench.core.call(tool, app=app, **more, dry_run=True)).data["plan"]
        assert await sent(bench) == []
        await bench.core.call(tool, app=app, **more, plan_id=plan["plan_id"])
    planned = [(one["method"], f"/api/v2{one['path']}") for one in plan["requests"]]
    assert await sent(bench) == planned


async def sent(bench: Bench) -> list[tuple[str, str]]:
    """What changed something since the log was emptied."""
    seen = (await bench.company.control("GET", "/requests"))["requests"]
    return [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]


async def test_the_tools_of_components_need_the_scopes_of_custom_apps(bench: Bench) -> None:
    app = await bench.whole()
    place = {"app": app, "kind": "rpc", "name": "listPlaces"}
    async with server_with(bench.company, "sdk-apps:read") as server:
        shown = await server.call("sdk_component_get", **place)
        assert shown.data["name"] == "listPlaces"
        told = await server.call("sdk_component_update", **place, label="Other")
        assert "sdk-apps:write" in told.text
    async with server_with(bench.company, "scenarios:read") as server:
        for tool, more in (
            ("sdk_component_list", {"app": app}),
            ("sdk_component_get", place),
            ("sdk_component_section_get", {**place, "section": "api"}),
            ("sdk_rpc_test", {"app": app, "name": "listPlaces"}),
        ):
            told = await server.call(tool, **more)
            assert "sdk-apps:" in told.text, tool
            assert told.result.is_error, tool
