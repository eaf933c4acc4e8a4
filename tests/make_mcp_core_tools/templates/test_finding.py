"""Finding templates, and what is told of one."""

import pytest

from .conftest import Studio

pytestmark = pytest.mark.anyio

FORM = "1-add-webhook-data-to-google-sheets"


async def test_public_templates_come_by_use_and_join_up_over_pages(studio: Studio) -> None:
    first = (await studio.core.call("template_list", limit=5)).data
    rest = (await studio.core.call("template_list", limit=100, cursor=first["next_cursor"])).data
    rows = first["templates"] + rest["templates"]
    assert len(rows) == first["total"]
    assert [row["uses"] for row in rows] == sorted((row["uses"] for row in rows), reverse=True)


async def test_templates_are_found_by_what_they_do_and_by_all_of_their_apps(
    studio: Studio,
) -> None:
    told = await studio.core.call("template_list", query="urgent zendesk tickets")
    assert told.data["templates"][0]["name"] == "Raise urgent Zendesk tickets"
    both = await studio.core.call("template_list", apps=["google-sheets", "slack"])
    assert [row["name"] for row in both.data["templates"]] == ["Tell Slack about new rows"]
    none = await studio.core.call("template_list", apps=["google-sheets", "jira"])
    assert none.data["templates"] == []


async def test_templates_of_teams_tell_how_public_they_are(studio: Studio) -> None:
    told = await studio.core.call("template_list", visibility="team", limit=100)
    states = {row["name"]: row["state"] for row in told.data["templates"]}
    assert states["Announce demo requests in Slack"] == "approved"
    assert states["Contact form to Zendesk ticket"] == "published"
    assert states["Check a website and raise the alarm"] == "approval requested"
    assert states["Report unhappy customers"] == "private"
    one = await studio.core.call("template_list", visibility="team", target_team_id="Sales")
    assert {row["team_id"] for row in one.data["templates"]} == {1}


async def test_what_a_template_needs_is_held_against_a_team(studio: Studio) -> None:
    told = await studio.core.call("template_get", public_url=FORM, target_team_id=studio.team)
    needs = {row["kind"]: row for row in told.data["needs"]}
    assert needs["connection"]["has"] == studio.connections["google"]
    assert needs["hook"]["how"] == "created"
    assert told.data["readiness"].startswith(f"Team {studio.team} is ready")
    lacking = await studio.core.call(
        "template_get", public_url="8-open-a-jira-issue-for-a-deal", target_team_id=1
    )
    assert lacking.data["readiness"] == "Team 1 has 1 of 2: lacking connection jira."


async def test_a_web_address_of_a_template_will_do_and_documents_come_on_request(
    studio: Studio,
) -> None:
    address = f"https://www.make.com/en/templates/{FORM}"
    told = await studio.core.call("template_get", public_url=address, include=["blueprint"])
    assert told.data["blueprint"]["flow"][1]["module"] == "google-sheets:addRow"
    assert "2 google-sheets:addRow@2" in told.data["steps"]
    assert "target_team_id" in told.data["readiness"]


async def test_without_its_saved_form_a_module_is_told_by_its_app(studio: Studio) -> None:
    flow = [
        {"id": 1, "module": "slack:CreateMessage", "version": 4, "mapper": {"channel": "#a"}},
        {"id": 2, "module": "http:MakeRequest", "version": 4, "mapper": {"url": "https://x.eu"}},
    ]
    blueprint = {"name": "Bare", "flow": flow, "metadata": {"version": 1}}
    made = await studio.core.call("template_create", blueprint=blueprint, team_id=studio.team)
    told = await studio.core.call("template_get", template_id=made.data["template_id"])
    rows = [(row["kind"], row["key"], row.get("optional")) for row in told.data["needs"]]
    assert rows == [("connection", "slack,slack2", None), ("key", "proxy", True)]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"template_id": 1, "public_url": FORM}, {"public_url": "the-best-one"}],
)
async def test_a_template_is_named_in_one_way(studio: Studio, arguments: dict[str, object]) -> None:
    told = await studio.core.call("template_get", **arguments)
    assert told.error["code"] == "invalid_arguments"


async def test_a_template_that_is_not_there_is_told(studio: Studio) -> None:
    assert (await studio.core.call("template_get", template_id=4242)).error["code"] == "not_found"
    told = await studio.core.call("template_get", public_url="4242-no-such")
    assert told.error["code"] == "not_found"
