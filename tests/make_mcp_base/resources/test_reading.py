"""Resources, prompts and completions, as a client of either era reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from make_mcp_base.surface.selection import Selection
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

if TYPE_CHECKING:
    from harness import Company, Connect, Server

pytestmark = pytest.mark.anyio

BLUEPRINT = "make://scenario/{scenario_id}/blueprint"


async def text_of(server: Server, uri: str) -> str:
    contents = (await server.client.read_resource(uri)).contents
    return str(getattr(contents[0], "text", ""))


async def test_documents_and_templates_are_listed(connect: Connect, era: str) -> None:
    async with connect(era=era) as server:
        fixed = {str(r.uri) for r in (await server.client.list_resources()).resources}
        found = (await server.client.list_resource_templates()).resource_templates
        templates = {t.uri_template for t in found}
        assert "make://teams" in fixed
        assert {BLUEPRINT, "make://result/{name}"} <= templates
        assert all(t.description and t.mime_type == "application/json" for t in found)


async def test_a_document_is_read_by_id_and_by_name(
    connect: Connect, company: Company, era: str
) -> None:
    row = (await company.get("/scenarios", teamId=1))["scenarios"][0]
    async with connect(era=era) as server:
        by_id = await text_of(server, f"make://scenario/{row['id']}/blueprint")
        named = row["name"].replace(" ", "%20")
        by_name = await text_of(server, f"make://scenario/{named}/blueprint")
        assert json.loads(by_id) == json.loads(by_name)
        assert "flow" in by_id


async def test_what_was_cut_from_an_answer_can_be_read_whole(
    connect: Connect, company: Company, era: str
) -> None:
    rows = [{"id": n, "name": f"{n} {'long ' * 80}", "organizationId": 1} for n in range(1, 81)]
    lie = {"path": "^/api/v2/teams$", "status": 200, "body": {"teams": rows}}
    await company.control("POST", "/faults", lie)
    async with connect(era=era) as server:
        told = await server.call("team_list", organization_id=1, limit=80)
        assert len(told.text) < 17_000
        assert told.data["truncated"] is True
        assert 0 < len(told.data["teams"]) < len(rows)
        link = told.data["whole"]
        assert link in {str(getattr(part, "uri", "")) for part in told.result.content}
        whole = json.loads(await text_of(server, link))
        assert [team["id"] for team in whole["teams"]] == [row["id"] for row in rows]
    async with connect(era=era) as later:
        assert await text_of(later, link)


async def test_a_result_is_shown_only_to_the_account_it_was_made_for(
    connect: Connect, company: Company
) -> None:
    async with connect() as server:
        with pytest.raises(MCPError) as caught:
            await text_of(server, "make://result/AAAAAAAAAAAAAAAA")
        assert caught.value.code == -32602


@pytest.mark.parametrize(
    "uri",
    [
        "make://nothing",
        "make://scenario/99999999/blueprint",
        "make://scenario/No%20such%20thing/blueprint",
        "make://scenario/1%2F..%2F2/blueprint",
        "make://result/../../etc/passwd",
        "file:///etc/passwd",
        "https://example.com/",
    ],
)
async def test_a_resource_that_is_not_there_is_refused_clearly(
    connect: Connect, era: str, uri: str
) -> None:
    async with connect(era=era) as server:
        with pytest.raises(MCPError) as caught:
            await text_of(server, uri)
        assert caught.value.code == -32602
        assert "Traceback" not in caught.value.message
        assert "Internal" not in caught.value.message


async def test_prompts_are_listed_and_filled_in(connect: Connect, era: str) -> None:
    async with connect(era=era) as server:
        prompts = (await server.client.list_prompts()).prompts
        assert prompts
        for prompt in prompts:
            assert prompt.description
            given = {a.name: f"value of {a.name}" for a in prompt.arguments or []}
            told = await server.client.get_prompt(prompt.name, given)
            text = str(getattr(told.messages[0].content, "text", ""))
            assert all(value in text for value in given.values()), prompt.name


async def test_a_prompt_that_is_not_there_or_not_filled_in_is_refused(
    connect: Connect, era: str
) -> None:
    async with connect(era=era) as server:
        with pytest.raises(MCPError, match="Unknown prompt"):
            await server.client.get_prompt("nonsense", {})
        with pytest.raises(MCPError, match="goal"):
            await server.client.get_prompt("build_scenario", {})


async def test_completion_gives_ids_for_digits_and_names_for_letters(
    connect: Connect, company: Company, era: str
) -> None:
    rows = (await company.get("/scenarios", teamId=1))["scenarios"]
    async with connect(era=era) as server:
        ref = ResourceTemplateReference(uri=BLUEPRINT)

        async def values(typed: str) -> list[str]:
            asked = {"name": "scenario_id", "value": typed}
            return (await server.client.complete(ref, asked)).completion.values

        first = str(rows[0]["id"])
        assert first in await values(first)
        assert all(value.startswith(first) for value in await values(first))
        inside = rows[0]["name"][3:9]
        assert rows[0]["name"] in await values(inside)
        start = rows[0]["name"][:6]
        assert rows[0]["name"] in await values(start)
        assert await values("no name begins like this") == []


@pytest.mark.parametrize(
    ("uri", "name", "typed", "expected"),
    [
        ("make://app/{name}", "name", "sla", "slack"),
        ("make://pattern/{name}", "name", "", "webhook-answer"),
    ],
)
async def test_completion_gives_names_that_are_no_ids(
    core: Server, uri: str, name: str, typed: str, expected: str
) -> None:
    told = await core.client.complete(
        ResourceTemplateReference(uri=uri), {"name": name, "value": typed}
    )
    assert expected in told.completion.values
    assert all(typed in value for value in told.completion.values)


async def test_completion_of_a_run_and_of_a_version_knows_the_scenario_chosen_before(
    core: Server, company: Company
) -> None:
    rows = (await company.get("/scenarios", teamId=1))["scenarios"]
    scenario = next(row["id"] for row in rows if row["isActive"])
    logs = (await company.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    stored = (await company.get(f"/scenarios/{scenario}/blueprint"))["response"]["blueprint"]
    edited = json.dumps(stored | {"name": "Edited"})
    await company.send("PATCH", f"/scenarios/{scenario}", {"blueprint": edited}, confirmed="true")
    kept = (await company.get(f"/scenarios/{scenario}/blueprints"))["scenariosBlueprints"]

    async def values(uri: str, name: str, known: dict[str, str]) -> list[str]:
        ref = ResourceTemplateReference(uri=uri)
        asked = {"name": name, "value": ""}
        return (await core.client.complete(ref, asked, known)).completion.values

    runs = "make://execution/{scenario_id}/{execution_id}"
    chosen = {"scenario_id": str(scenario)}
    assert logs[0]["id"] in await values(runs, "execution_id", chosen)
    assert await values(runs, "execution_id", {}) == []
    versions = "make://scenario/{scenario_id}/blueprint/{version}"
    assert str(kept[0]["version"]) in await values(versions, "version", chosen)


async def test_completion_for_a_prompts_argument(connect: Connect, era: str) -> None:
    async with connect(era=era) as server:
        ref = PromptReference(name="review_blueprint")
        told = await server.client.complete(ref, {"name": "scenario_id", "value": "1"})
        assert told.completion.values
        unknown = await server.client.complete(ref, {"name": "colour", "value": "r"})
        assert unknown.completion.values == []


async def test_a_category_that_is_shut_out_offers_nothing_to_read(connect: Connect) -> None:
    async with connect(selection=Selection(categories=("billing",))) as server:
        templates = (await server.client.list_resource_templates()).resource_templates
        assert BLUEPRINT not in {t.uri_template for t in templates}
        assert (await server.client.list_prompts()).prompts == []
        with pytest.raises(MCPError):
            await text_of(server, "make://scenario/1/blueprint")
