"""Custom apps: listing, looking, creating, changing, copying, publishing, deleting."""

import json
from typing import Any

import pytest
from app_bench import BASE, Bench

pytestmark = pytest.mark.anyio


async def first_of(bench: Bench, start: str) -> str:
    """Name of the seeded app that begins so."""
    apps = (await bench.company.get("/sdk/apps", all="true"))["apps"]
    return next(str(app["name"]) for app in apps if app["name"].startswith(start))


async def test_own_apps_are_listed_and_found_by_their_label(bench: Bench) -> None:
    told = (await bench.core.call("custom_app_list")).data
    assert {row["label"] for row in told["apps"]} >= {"Harbor Warehouse", "Freight Quotes"}
    found = (await bench.core.call("custom_app_list", name_contains="QUOTES")).data
    assert [row["label"] for row in found["apps"]] == ["Freight Quotes"]
    none = (await bench.core.call("custom_app_list", name_contains="nothing like it")).data
    assert (none["apps"], none["total"]) == ([], 0)
    others = (await bench.core.call("custom_app_list", opensource=True)).data
    assert [row["label"] for row in others["apps"]] == ["Parcel Labels"]


async def test_an_app_is_shown_with_its_tree_of_components(bench: Bench) -> None:
    name = await first_of(bench, "harbor-warehouse")
    told = (await bench.core.call("custom_app_get", name=name)).data
    names = {kind: [row["name"] for row in rows] for kind, rows in told["components"].items()}
    assert names == {
        "connection": [name],
        "webhook": [name],
        "rpc": ["listLocations"],
        "function": ["articleCode"],
        "module": ["searchStock", "moveStock", "watchMoves"],
    }
    modules = {row["name"]: row for row in told["components"]["module"]}
    assert modules["watchMoves"]["webhook"] == name
    assert "checksum" not in told


async def test_checksums_and_usage_are_told_when_asked_for(bench: Bench) -> None:
    name = await bench.whole()
    scenario = await bench.scenario(f"app#{name}:findStock")
    told = (await bench.core.call("custom_app_get", name=name, include=["checksum", "usage"])).data
    assert "components" not in told
    assert told["checksum"]["app"]["install"]
    (use,) = told["usage"]["scenarios"]
    assert (use["scenario_id"], use["modules"][0]["type"]) == (scenario, f"app#{name}:findStock")


async def test_waiting_changes_of_an_approved_app_are_counted(bench: Bench) -> None:
    name = await first_of(bench, "freight-quotes")
    told = (await bench.core.call("custom_app_get", name=name)).data
    assert (told["approved"], told["pending_changes"]) == (True, 1)


@pytest.mark.parametrize("tool", ["custom_app_get", "custom_app_delete"])
async def test_an_unknown_app_is_refused(bench: Bench, tool: str) -> None:
    told = await bench.core.call(tool, name="not-there-x1")
    assert (told.error["code"], told.error["status"]) == ("not_found", 404)


async def test_an_app_is_created_as_its_dry_run_said_and_the_undo_deletes_it(bench: Bench) -> None:
    arguments: dict[str, Any] = {"name": "pier-app", "label": "Pier", "countries": ["NO", "dk"]}
    planned = (await bench.core.call("custom_app_create", **arguments, dry_run=True)).data["plan"]
    (request,) = planned["requests"]
    await bench.company.control("DELETE", "/requests")
    made = (await bench.core.call("custom_app_create", **arguments)).data
    seen = (await bench.company.control("GET", "/requests"))["requests"]
    assert [(r["method"], r["path"]) for r in seen if r["method"] != "GET"] == [
        (request["method"], f"/api/v2{request['path']}")
    ]
    assert made["name"].startswith("pier-app-")
    assert "warnings" in made
    kept = (await bench.company.get(f"/sdk/apps/{made['name']}/1"))["app"]
    assert (kept["countries"], kept["public"], kept["theme"]) == (["no", "dk"], False, "#000000")
    await bench.core.apply("operation_undo", operation_id=made["operation_id"])
    names = {app["name"] for app in (await bench.company.get("/sdk/apps"))["apps"]}
    assert made["name"] not in names


async def test_all_faults_of_a_new_app_are_told_at_once(bench: Bench) -> None:
    told = await bench.core.call(
        "custom_app_create", name="My App!", label="Mine", countries=["NO", "Norway"]
    )
    assert [problem["path"] for problem in told.error["problems"]] == ["name", "countries[1]"]
    assert told.error["problems"][0]["fix"] == "For example `my-app`."


async def test_an_app_is_changed_and_put_back(bench: Bench) -> None:
    name = await bench.app()
    done = (
        await bench.core.call(
            "custom_app_update", name=name, label="Quay", theme="#AABBCC", countries=["NO"]
        )
    ).data
    kept = (await bench.company.get(f"/sdk/apps/{name}/1"))["app"]
    assert (kept["label"], kept["theme"], kept["countries"]) == ("Quay", "#aabbcc", ["no"])
    again = (await bench.core.call("custom_app_update", name=name, theme="#AABBCC")).data
    assert again["changed"] is False
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    kept = (await bench.company.get(f"/sdk/apps/{name}/1"))["app"]
    assert (kept["label"], kept["global"], kept["countries"]) == ("Bench", True, None)


async def test_a_copy_has_the_code_and_its_undo_removes_it(bench: Bench) -> None:
    name = await bench.whole()
    made = (await bench.core.call("custom_app_clone", name=name, new_name="other-app")).data
    assert await bench.text(f"/sdk/apps/{made['name']}/1/base") == BASE
    await bench.core.apply("operation_undo", operation_id=made["operation_id"])
    names = {app["name"] for app in (await bench.company.get("/sdk/apps"))["apps"]}
    assert made["name"] not in names


async def test_a_next_major_version_needs_a_feature_of_the_account(bench: Bench) -> None:
    name = await bench.app()
    me = (await bench.company.get("/users/me"))["authUser"]
    told = await bench.core.call("custom_app_clone", name=name)
    if me["features"].get("allow_apps"):
        assert told.data["version"] == 2
    else:
        assert told.error["status"] == 403


async def test_an_app_is_published_and_withdrawn_by_plan(bench: Bench) -> None:
    name = await bench.app()
    told = await bench.core.call("custom_app_visibility_set", name=name, visibility="public")
    assert any("cannot be deleted" in line for line in told.data["plan"]["affects"])
    done = (
        await bench.core.apply("custom_app_visibility_set", name=name, visibility="public")
    ).data
    kept = (await bench.company.get(f"/sdk/apps/{name}/1", **{"cols[]": "*"}))["app"]
    assert (done["invite_token"], done["public"]) == (kept["inviteToken"], True)
    again = (
        await bench.core.call("custom_app_visibility_set", name=name, visibility="public")
    ).data
    assert again["changed"] is False
    refused = await bench.core.call("custom_app_delete", name=name)
    assert refused.error["code"] == "in_use"
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert not (await bench.company.get(f"/sdk/apps/{name}/1"))["app"]["public"]


async def test_an_unused_app_is_deleted_after_its_plan(bench: Bench) -> None:
    name = await bench.whole()
    plan = (await bench.core.call("custom_app_delete", name=name)).data["plan"]
    assert "2 modules go with it." in plan["affects"]
    assert plan["undo"].startswith("Not possible")
    assert (await bench.company.get(f"/sdk/apps/{name}/1"))["app"]["name"] == name
    done = (await bench.core.apply("custom_app_delete", name=name)).data
    assert done["deleted"] == name
    assert name not in {app["name"] for app in (await bench.company.get("/sdk/apps"))["apps"]}


async def test_an_app_that_scenarios_use_is_not_deleted_and_they_are_named(bench: Bench) -> None:
    name = await bench.whole()
    scenario = await bench.scenario(f"app#{name}:findStock")
    told = await bench.core.call("custom_app_delete", name=name)
    assert [p["path"] for p in told.error["problems"]] == [f"scenario {scenario}"]


async def test_code_comes_byte_for_byte_with_expressions_and_without_secrets(bench: Bench) -> None:
    name = await bench.whole()
    base = (await bench.core.call("custom_app_section_get", name=name, section="base")).data
    assert base["content"] == BASE
    readme = (await bench.core.call("custom_app_section_get", name=name, section="readme")).data
    assert readme["content"] == "# Bench\n\nRead me.\n"
    planted = BASE.replace("Bearer {{connection.apiKey}}", "Bearer q8Zt4kPw91LmXs72Nv")
    await bench.code(f"/sdk/apps/{name}/1/base", planted)
    told = await bench.core.call("custom_app_section_get", name=name, section="base")
    assert "q8Zt4kPw91LmXs72Nv" not in told.text
    assert "// Where the service answers." in told.data["content"]


async def test_of_common_data_only_the_names_are_shown(bench: Bench) -> None:
    name = await bench.app()
    await bench.company.send(
        "PUT", f"/sdk/apps/{name}/1/common", {"clientId": "my-client", "clientSecret": "hush-1"}
    )
    told = await bench.core.call("custom_app_section_get", name=name, section="common")
    assert set(json.loads(told.data["content"])) == {"clientId", "clientSecret"}
    assert "hush-1" not in told.text
    assert "my-client" not in told.text


async def test_an_app_without_an_icon_says_so(bench: Bench) -> None:
    name = await first_of(bench, "harbor-warehouse")
    told = await bench.core.call("custom_app_section_get", name=name, section="icon")
    assert (told.error["code"], told.error["status"]) == ("no_icon", 404)


async def test_common_data_are_replaced_and_put_back_without_being_shown(bench: Bench) -> None:
    name = await bench.app()
    path = f"/sdk/apps/{name}/1/common"
    await bench.company.send("PUT", path, {"clientSecret": "first-hush"})
    place = {"name": name, "section": "common"}
    content = {"clientSecret": "second-hush"}
    plan = await bench.core.call("custom_app_section_set", **place, content=content, dry_run=True)
    done = await bench.core.call("custom_app_section_set", **place, content=content)
    assert "hush" not in plan.text + done.text
    assert await bench.company.get(path) == content
    again = await bench.core.call("custom_app_section_set", **place, content=json.dumps(content))
    assert again.data["changed"] is False
    await bench.core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await bench.company.get(path) == {"clientSecret": "first-hush"}


async def test_faulty_code_is_refused_with_every_fault(bench: Bench) -> None:
    name = await bench.whole()
    fields = [
        {"name": "a", "type": "txt"},
        {"type": "text", "label": "{{upper(parameters.a"},
        {"name": "b", "type": "select"},
    ]
    told = await bench.core.call(
        "sdk_component_section_set",
        app=name,
        kind="module",
        name="findStock",
        section="expect",
        content=fields,
    )
    assert [p["path"] for p in told.error["problems"]] == [
        "expect.[1].label",
        "expect.[0]",
        "expect.[1]",
        "expect.[2]",
    ]
    broken = await bench.core.call(
        "custom_app_section_set", name=name, section="base", content='{"baseUrl": }'
    )
    assert broken.error["problems"][0]["problem"].startswith("line 1, column 13")


async def test_an_app_or_version_that_is_not_there_is_answered_with_what_is(bench: Bench) -> None:
    name = await bench.app("quay-log")
    for tool, more in (
        ("custom_app_get", {}),
        ("custom_app_update", {"label": "L"}),
        ("custom_app_clone", {"new_name": "other-app"}),
        ("custom_app_delete", {}),
        ("custom_app_export", {"folder": "none"}),
        ("custom_app_validate", {}),
        ("custom_app_section_get", {"section": "base"}),
        ("custom_app_visibility_set", {"visibility": "public"}),
    ):
        told = (await bench.core.call(tool, name=name, version=7, **more)).error
        assert (told["code"], told["why"]) == ("not_found", "It has version 1."), tool
        told = (await bench.core.call(tool, name=f"{name}x", **more)).error
        assert name in told["why"], tool
        assert "custom_app_list" in told["next_step"], tool


async def test_a_next_major_version_without_the_feature_is_answered_with_another_way(
    bench: Bench,
) -> None:
    name = await bench.app()
    told = (await bench.core.call("custom_app_clone", name=name)).error
    assert told["code"] == "feature_missing"
    assert "new_name" in told["next_step"]


async def test_the_types_of_modules_are_told_in_words(bench: Bench) -> None:
    name = await bench.whole()
    shown = (await bench.core.call("custom_app_get", name=name)).data["components"]
    types = {row["name"]: row["type"] for row in shown["module"]}
    assert types == {"findStock": "search", "watchMoves": "instant_trigger"}


async def test_a_dry_run_of_copying_or_changing_an_app_is_what_the_run_then_sends(
    bench: Bench,
) -> None:
    name = await bench.app()
    for tool, more in (
        ("custom_app_update", {"label": "Quay", "theme": "#102030"}),
        ("custom_app_clone", {"new_name": "quay-copy"}),
    ):
        plan = (await bench.core.call(tool, name=name, **more, dry_run=True)).data["plan"]
        await bench.company.control("DELETE", "/requests")
        await bench.core.call(tool, name=name, **more)
        seen = (await bench.company.control("GET", "/requests"))["requests"]
        sent = [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]
        planned = [(one["method"], f"/api/v2{one['path']}") for one in plan["requests"]]
        assert sent == planned, tool
