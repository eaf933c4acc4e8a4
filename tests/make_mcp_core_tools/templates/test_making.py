"""Making, changing, deleting and publishing templates."""

import json
import re
from typing import Any

import pytest
from harness import Company, Connect
from make_blueprint.bindings import bindings
from make_mcp_core_tools._engine.template_cleaning import cleaned, findings

from .conftest import JsonObject, Studio

pytestmark = pytest.mark.anyio


async def create(studio: Studio, flow: JsonObject, **more: Any) -> int:
    told = await studio.core.call("template_create", blueprint=flow, team_id=studio.team, **more)
    return int(told.data["template_id"])


async def test_a_template_holds_nothing_of_its_maker_and_says_what_went(
    studio: Studio, flow: JsonObject
) -> None:
    scenario = await studio.scenario(flow, studio.team)
    told = await studio.core.call(
        "template_create", scenario_id=scenario, name="Shared", description="Tells Slack."
    )
    assert told.result.is_error  # there are several teams
    told = await studio.core.call(
        "template_create",
        scenario_id=scenario,
        team_id=studio.team,
        name="Shared",
        description="Tells Slack.",
    )
    assert set(told.data["removed"]) == {
        "metadata.notes: notes",
        "flow[0].parameters.hook: hook",
        "flow[1].parameters.__IMTCONN__: connection",
        "flow[2].parameters.__IMTCONN__: connection",
        "flow[2].mapper.text: an e-mail address",
    }
    assert told.data["account_values"] == ["flow[1].mapper.channel", "flow[2].mapper.channel"]
    kept = await studio.held(told.data["template_id"])
    assert "harbor.example" not in json.dumps(kept)
    assert kept["controller"] == {
        "name": "Shared",
        "description": "Tells Slack.",
        "idSequence": 6,
        "modules": {},
    }
    assert [one.kind for one in bindings(kept["blueprint"]) if one.kind != "app"] == []
    await studio.core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await studio.rows("/templates", "templates", studio.team) == []


async def test_no_scenario_of_the_company_leaves_anything_private_in_a_template(
    studio: Studio,
) -> None:
    hooks = (await studio.company.get("/hooks", teamId=1))["hooks"]
    addresses = [row["url"].rpartition("/")[2] for row in hooks if row.get("url")]
    assert addresses
    scenarios = (await studio.company.get("/scenarios", organizationId=1))["scenarios"]
    private = 0
    for row in scenarios:
        blueprint = await studio.stored(row["id"])
        private += bool(findings(blueprint))
        made = cleaned(blueprint)
        assert findings(made.blueprint) == []
        text = json.dumps(made.blueprint)
        assert not re.search(r"[\w.]+@[\w-]+\.\w+", text)
        assert not any(address in text for address in addresses)
    assert private > 30


async def test_secrets_are_taken_out(studio: Studio, flow: JsonObject) -> None:
    key = "sk_" + "live_" + "9aB3dE5fG7hJ9kL1mN3p"
    flow["flow"][1]["mapper"] |= {"apiKey": "hunter2-is-no-password", "blocks": f"use {key}"}
    template = await create(studio, flow)
    kept = json.dumps((await studio.held(template))["blueprint"])
    assert key not in kept
    assert "hunter2" not in kept


async def test_a_faulty_blueprint_makes_no_template(studio: Studio, flow: JsonObject) -> None:
    flow["flow"][1]["id"] = 1
    told = await studio.core.call("template_create", blueprint=flow, team_id=studio.team)
    assert told.error["code"] == "invalid_blueprint"
    both = await studio.core.call(
        "template_create", blueprint=flow, scenario_id=1, team_id=studio.team
    )
    assert both.error["code"] == "invalid_arguments"


async def test_a_dry_run_makes_no_template(studio: Studio, flow: JsonObject) -> None:
    await studio.writes()
    told = await studio.core.call(
        "template_create", blueprint=flow, team_id=studio.team, dry_run=True
    )
    assert "taken out: flow[0].parameters.hook: hook" in told.data["plan"]["diff"]
    assert await studio.writes() == []


async def test_a_template_is_renamed_and_the_name_comes_back(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow, description="Old")
    done = await studio.core.call(
        "template_update", template_id=template, name="Newer", description="New"
    )
    assert done.data["diff"][0] == "name: 'Form to Slack' → 'Newer'"
    kept = await studio.held(template)
    assert (kept["controller"]["name"], kept["controller"]["description"]) == ("Newer", "New")
    again = await studio.core.call("template_update", template_id=template, name="Newer")
    assert again.data["changed"] is False
    await studio.core.apply("operation_undo", operation_id=done.data["operation_id"])
    kept = await studio.held(template)
    assert (kept["controller"]["name"], kept["controller"]["description"]) == (
        "Form to Slack",
        "Old",
    )


async def test_a_template_is_renewed_from_a_scenario(studio: Studio, flow: JsonObject) -> None:
    template = await create(studio, flow)
    flow["flow"].pop()
    scenario = await studio.scenario(flow, studio.team)
    done = await studio.core.call("template_update", template_id=template, scenario_id=scenario)
    assert len((await studio.held(template))["blueprint"]["flow"]) == 2
    assert any("5" in line for line in done.data["diff"])
    await studio.core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert len((await studio.held(template))["blueprint"]["flow"]) == 3


async def test_deleting_takes_a_plan_and_an_undo_makes_it_anew(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow, description="Kept")
    before = await studio.held(template)
    planned = await studio.core.call("template_delete", template_id=template)
    assert planned.data["plan"]["applied"] is False
    assert (await studio.held(template)) == before
    done = await studio.core.apply("template_delete", template_id=template)
    assert await studio.rows("/templates", "templates", studio.team) == []
    await studio.core.apply("operation_undo", operation_id=done.data["operation_id"])
    rows = await studio.rows("/templates", "templates", studio.team)
    assert [row["name"] for row in rows] == ["Form to Slack"]
    assert await studio.held(rows[0]["id"]) == before


async def test_publishing_goes_from_clean_to_link_to_request(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow)
    early = await studio.core.call("template_approval_request", template_id=template)
    assert early.error["code"] == "not_published"
    done = await studio.core.apply("template_publish", template_id=template)
    assert done.data["state"] == "published"
    public = await studio.core.call("template_get", public_url=done.data["public_url"])
    assert public.data["name"] == "Form to Slack"
    asked = await studio.core.apply("template_approval_request", template_id=template)
    assert (asked.data["state"], asked.data["changed"]) == ("approval requested", True)
    await studio.writes()
    again = await studio.core.call("template_approval_request", template_id=template)
    assert (again.data["changed"], await studio.writes()) == (False, [])


async def test_what_is_private_is_not_published_until_it_is_cleaned(
    studio: Studio, flow: JsonObject
) -> None:
    controller: JsonObject = {"name": "Raw", "modules": {}}
    body = {
        "teamId": studio.team,
        "language": "en",
        "blueprint": json.dumps(flow),
        "scheduling": json.dumps({"type": "immediately"}),
        "controller": json.dumps(controller),
    }
    made = await studio.company.send("POST", "/templates", body)
    template = made["template"]["id"]
    told = await studio.core.call("template_publish", template_id=template)
    assert told.error["code"] == "private_content"
    assert {one["path"] for one in told.error["problems"]} == {
        "blueprint.flow[0].parameters.hook",
        "blueprint.flow[1].parameters.__IMTCONN__",
        "blueprint.flow[2].parameters.__IMTCONN__",
        "blueprint.flow[2].mapper.text",
        "blueprint.flow[0].metadata.restore.parameters.hook.label",
    }
    mended = await studio.core.call("template_update", template_id=template, clean=True)
    assert mended.data["changed"] is True
    done = await studio.core.apply("template_publish", template_id=template)
    assert done.data["public_url"]


def _nested(studio: Studio, flow: JsonObject) -> tuple[JsonObject, list[str]]:
    """A blueprint with something private in every corner, and what must not be seen."""
    key = "xoxb-" + "123456789012-abcdefABCDEF"
    hook = "https://hook.eu1.make.com/" + "a1b2c3d4" * 4
    private = ["jörg", "mönch.example", "otto", "harbor.example", key, "a1b2c3d4a1b2c3d4"]
    first, one, other = flow["flow"]
    one["filter"] = {
        "name": "Not for otto@harbor.example",
        "conditions": [[{"a": "{{1.email}}", "o": "text:equal", "b": "jörg@mönch.example"}]],
    }
    one["mapper"]["body"] = {"otto@harbor.example": {"deep": [f"see {hook}?x=1"]}}
    one["mapper"]["link"] = "https://shop.example/?mail=otto%40harbor.example"
    handler = {
        "id": 9,
        "module": "http:ActionSendData",
        "version": 3,
        "parameters": {},
        "mapper": {"url": hook, "headers": [{"name": "Authorization", "value": f"Bearer {key}"}]},
        "metadata": {"designer": {"x": 0, "y": 300}},
    }
    other["onerror"] = [handler]
    store = {
        "id": 11,
        "module": "datastore:GetRecord",
        "version": 1,
        "parameters": {"datastore": 8123456},
        "mapper": {"key": "k"},
        "metadata": {"designer": {"x": 0, "y": 600}},
    }
    router = {
        "id": 20,
        "module": "builtin:BasicRouter",
        "version": 1,
        "mapper": None,
        "metadata": {"designer": {"x": 300, "y": 0}},
        "routes": [{"flow": [one]}, {"flow": [other, store]}],
    }
    flow["flow"] = [first, router]
    flow["name"] = "Mail otto@harbor.example"
    return flow, [*private, "8123456"]


async def test_a_published_template_shows_nothing_private_wherever_it_stood(
    studio: Studio, flow: JsonObject
) -> None:
    flow, private = _nested(studio, flow)
    hook = flow["flow"][0]["parameters"]["hook"]
    scenario = await studio.scenario(flow, studio.team)
    told = await studio.core.call("template_create", scenario_id=scenario, team_id=studio.team)
    body = {
        "teamId": studio.team,
        "language": "en",
        "blueprint": json.dumps(flow),
        "scheduling": json.dumps({"type": "immediately"}),
        "controller": json.dumps(
            {"name": flow["name"], "modules": {}, "description": "By otto@harbor.example"}
        ),
    }
    raw = (await studio.company.send("POST", "/templates", body))["template"]["id"]
    refused = await studio.core.call("template_publish", template_id=raw)
    assert {"blueprint.name", "controller.name", "controller.description"} < {
        one["path"] for one in refused.error["problems"]
    }
    await studio.core.call("template_update", template_id=raw, clean=True)
    for template in (int(told.data["template_id"]), raw):
        done = await studio.core.apply("template_publish", template_id=template)
        address = done.data["public_url"].rpartition("/")[2]
        shown = await studio.company.get(f"/templates/public/{address}/blueprint")
        row = await studio.company.get(f"/templates/public/{address}")
        text = json.dumps([shown, row], ensure_ascii=False)
        assert [word for word in private if word in text] == []
        numbers = re.findall(r'"(?:hook|__IMTCONN__|datastore|__IMTHOOK__)": ?(\d+)', text)
        assert numbers == [], hook


async def test_a_published_template_that_goes_takes_its_link_along(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow)
    await studio.core.apply("template_publish", template_id=template)
    planned = await studio.core.call("template_delete", template_id=template)
    plan = planned.data["plan"]
    assert "public version" in json.dumps(plan["affects"])
    assert "cannot be brought back" in plan["undo"]


async def test_a_plan_without_templates_is_told(company: Company, connect: Connect) -> None:
    for organization in ("1", "2"):
        licence = {organization: {"creatingTemplates": False}}
        await company.control("PATCH", "/world", {"licenses": licence})
    async with connect() as core:
        told = await core.call("template_create", scenario_id=1, team_id=1, name="X")
        assert "creatingTemplates" in told.error["why"]


async def test_a_token_without_the_scope_is_told_which(company: Company, connect: Connect) -> None:
    fault = {"path": "^/api/v2/templates", "without_scopes": ["templates:read"]}
    await company.control("POST", "/faults", fault)
    async with connect() as core:
        told = await core.call("template_list")
        assert told.error["code"] in {"missing_scope", "forbidden"}
        assert "templates:read" in told.text


async def test_a_change_of_a_template_is_planned_as_it_is_sent(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow)
    ask: JsonObject = {"template_id": template, "name": "Other", "description": "For all."}
    before = await studio.held(template)
    await studio.writes()
    plan = (await studio.core.call("template_update", **ask, dry_run=True)).data["plan"]
    assert (await studio.writes(), await studio.held(template)) == ([], before)
    await studio.core.call("template_update", **ask)
    sent = [line.replace("/api/v2", "") for line in await studio.writes()]
    assert sent == [f"{one['method']} {one['path']}" for one in plan["requests"]]
    assert (await studio.held(template))["controller"]["description"] == "For all."


async def test_what_was_published_is_not_taken_back_and_that_is_said(
    studio: Studio, flow: JsonObject
) -> None:
    template = await create(studio, flow)
    for tool in ("template_publish", "template_approval_request"):
        plan = (await studio.core.call(tool, template_id=template)).data["plan"]
        assert plan["undo"].startswith("Not possible: ")
        done = await studio.core.call(tool, template_id=template, plan_id=plan["plan_id"])
        told = await studio.core.call("operation_undo", operation_id=done.data["operation_id"])
        assert told.error["code"] == "not_undoable", tool
