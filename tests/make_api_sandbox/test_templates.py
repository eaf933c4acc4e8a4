"""Templates: made, published, approved and used."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

DAY = 86_400
FLOW = [
    {
        "id": 1,
        "module": "http:MakeRequest",
        "version": 4,
        "parameters": {},
        "mapper": {"url": "https://example.com", "method": "get"},
        "metadata": {"designer": {"x": 0, "y": 0}},
    },
    {
        "id": 4,
        "module": "json:ParseJSON",
        "version": 1,
        "parameters": {"type": ""},
        "mapper": {"json": "{{1.data}}"},
        "metadata": {"designer": {"x": 300, "y": 0}},
    },
]
BLUEPRINT = {"name": "Read a page", "flow": FLOW, "metadata": {"version": 1}}
SCHEDULING = {"type": "indefinitely", "interval": 900}


@pytest.fixture
def maker(studio: "Studio") -> "Studio":
    """The studio with the licence to make templates."""
    studio.license(creatingTemplates=True)
    return studio


def body(name: str = "Read a page", **more: Any) -> dict[str, Any]:
    controller: Any = {"name": name, "description": "Reads a page.", "modules": {}}
    texts: dict[str, Any] = {
        "blueprint": BLUEPRINT,
        "scheduling": SCHEDULING,
        "controller": controller,
    }
    return {"teamId": 1, "language": "en"} | {n: json.dumps(v) for n, v in texts.items()} | more


async def make(maker: "Studio", name: str = "Read a page", **more: Any) -> dict[str, Any]:
    return (await maker.post("/templates", body(name, **more)))["template"]


async def publish(maker: "Studio", template: int) -> dict[str, Any]:
    return (await maker.post(f"/templates/{template}/publish"))["template"]


async def approve(maker: "Studio", template: int) -> dict[str, Any]:
    """Ask for approval and let the time of the review pass."""
    await maker.post(f"/templates/{template}/request-approval")
    await maker.control("POST", "/clock", {"advance": DAY})
    return (await maker.get(f"/templates/{template}"))["template"]


async def test_a_new_template_belongs_to_its_team_alone(maker: "Studio") -> None:
    made = await make(maker)
    assert made == {
        "id": made["id"],
        "name": "Read a page",
        "teamId": 1,
        "description": "Reads a page.",
        "usedApps": ["http", "json"],
        "public": False,
        "published": None,
        "approved": None,
        "approvedId": None,
        "requestedApproval": False,
        "publishedId": None,
        "publicUrl": None,
        "approvedName": None,
        "publishedName": None,
    }
    assert (await maker.get("/templates/public"))["templatesPublic"] == []


async def test_a_template_gives_back_what_was_put_in_as_objects(maker: "Studio") -> None:
    made = await make(maker, blueprint=BLUEPRINT, scheduling=SCHEDULING)
    held = await maker.get(f"/templates/{made['id']}/blueprint", forUse="true")
    assert held == {
        "blueprint": BLUEPRINT,
        "controller": {
            "name": "Read a page",
            "description": "Reads a page.",
            "modules": {},
            "idSequence": 5,
        },
        "scheduling": SCHEDULING,
        "language": "en",
    }


async def test_making_and_changing_templates_is_part_of_some_licences_only(
    maker: "Studio",
) -> None:
    made = await make(maker)
    maker.license(creatingTemplates=False)
    calls = [
        await maker.call("POST", "/templates", body()),
        await maker.call("PATCH", f"/templates/{made['id']}", {"name": "B"}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in calls] == [(402, "SC402")] * 2
    assert (await maker.get(f"/templates/{made['id']}"))["template"]["name"] == "Read a page"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"language": "xx"}, "language"),
        ({"blueprint": "{"}, "blueprint"),
        ({"blueprint": json.dumps({"metadata": {}})}, "blueprint.flow"),
        ({"scheduling": json.dumps({"type": "never"})}, "scheduling.type"),
        ({"controller": json.dumps({"name": ""})}, "controller.name"),
        (
            {"controller": json.dumps({"name": "A", "description": "x" * 1501})},
            "controller.description",
        ),
        ({"controller": json.dumps({"name": "A", "modules": []})}, "controller.modules"),
        ({"teams": 1}, "teams"),
    ],
)
async def test_a_faulty_template_is_refused_with_the_place_named(
    maker: "Studio", wrong: dict[str, Any], named: str
) -> None:
    answer = await maker.call("POST", "/templates", body(**wrong))
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == [named]


async def test_renaming_renames_the_controller_too(maker: "Studio") -> None:
    made = await make(maker)
    path = f"/templates/{made['id']}"
    renamed = await maker.call("PATCH", path, {"name": "Fetch"})
    assert renamed.json()["template"]["name"] == "Fetch"
    assert (await maker.get(f"{path}/blueprint"))["controller"]["name"] == "Fetch"


async def test_a_changed_blueprint_changes_apps_and_sequence(maker: "Studio") -> None:
    made = await make(maker)
    path = f"/templates/{made['id']}"
    longer = {**BLUEPRINT, "flow": [*FLOW, {"id": 9, "module": "util:FunctionSleep", "version": 1}]}
    changed = await maker.call("PATCH", path, {"blueprint": json.dumps(longer)})
    assert changed.json()["template"]["usedApps"] == ["http", "json", "util"]
    assert (await maker.get(f"{path}/blueprint"))["controller"]["idSequence"] == 10


async def test_a_published_template_can_be_looked_at_by_everybody_with_its_address(
    maker: "Studio",
) -> None:
    made = await make(maker, "Read a päge!")
    shown = await publish(maker, made["id"])
    assert (shown["public"], shown["published"]) == (True, "2026-03-04T08:30:15.000Z")
    assert shown["publicUrl"] == f"{shown['publishedId']}-read-a-page"
    stranger = maker.token("templates:read", user=2)
    path = f"/templates/public/{shown['publicUrl']}"
    seen = (await maker.get(path, token=stranger))["templatePublic"]
    assert seen == {
        "id": shown["publishedId"],
        "name": "Read a päge!",
        "description": "Reads a page.",
        "url": shown["publicUrl"],
        "usedApps": ["http", "json"],
        "usage": 0,
    }
    held = await maker.get(f"{path}/blueprint", token=stranger)
    assert (held["blueprint"], held["metadata"]) == (BLUEPRINT, None)
    assert (await maker.get("/templates/public"))["templatesPublic"] == []
    hidden = await maker.call("GET", f"/templates/{made['id']}", token=stranger)
    assert hidden.status_code == 404


async def test_approval_is_asked_for_once_published_and_takes_a_day(maker: "Studio") -> None:
    made = await make(maker)
    path = f"/templates/{made['id']}"
    early = await maker.call("POST", f"{path}/request-approval")
    assert (early.status_code, early.json()["code"]) == (400, "IM005")
    await publish(maker, made["id"])
    waiting = (await maker.post(f"{path}/request-approval"))["template"]
    assert (waiting["requestedApproval"], waiting["approved"]) == (True, None)
    await maker.control("POST", "/clock", {"advance": DAY})
    done = (await maker.get(path))["template"]
    assert (done["requestedApproval"], done["approved"]) == (False, "2026-03-05T08:30:15.000Z")
    assert (done["approvedId"], done["approvedName"]) == (done["publishedId"], "Read a page")
    listed = await maker.get("/templates/public", token=maker.token("templates:read", user=2))
    assert [one["id"] for one in listed["templatesPublic"]] == [done["approvedId"]]
    assert listed["pg"] == {
        "sortBy": "usage",
        "limit": 100,
        "sortDir": "desc",
        "offset": 0,
        "returnTotalCount": False,
    }


async def test_the_public_keeps_the_approved_version_until_the_next_one_is_approved(
    maker: "Studio",
) -> None:
    made = await make(maker, "First")
    await publish(maker, made["id"])
    first = (await approve(maker, made["id"]))["approvedId"]
    await maker.call("PATCH", f"/templates/{made['id']}", {"name": "Second"})
    assert (await publish(maker, made["id"]))["approvedName"] == "First"
    shown = await publish(maker, made["id"])
    assert (shown["publishedName"], shown["publishedId"] > first) == ("Second", True)
    names = [one["name"] for one in (await maker.get("/templates/public"))["templatesPublic"]]
    assert names == ["First"]
    await approve(maker, made["id"])
    names = [one["name"] for one in (await maker.get("/templates/public"))["templatesPublic"]]
    assert names == ["Second"]
    path = f"/templates/{made['id']}/blueprint"
    assert (await maker.get(path, templatePublicId=first))["controller"]["name"] == "First"
    assert (await maker.call("GET", path, templatePublicId=first + 99)).status_code == 404


async def test_a_public_version_is_changed_by_its_own_id(maker: "Studio") -> None:
    made = await make(maker)
    shown = await publish(maker, made["id"])
    await maker.call(
        "PATCH",
        f"/templates/{made['id']}",
        {"name": "Public name"},
        templatePublicId=shown["publishedId"],
    )
    after = (await maker.get(f"/templates/{made['id']}"))["template"]
    assert (after["name"], after["publishedName"]) == ("Read a page", "Public name")


async def test_a_template_is_deleted_with_its_public_versions_once_confirmed(
    maker: "Studio",
) -> None:
    made = await make(maker)
    url = (await publish(maker, made["id"]))["publicUrl"]
    path = f"/templates/{made['id']}"
    asked = await maker.call("DELETE", path)
    assert (asked.status_code, asked.json()["code"]) == (406, "IM004")
    assert (await maker.call("GET", path)).status_code == 200
    done = await maker.call("DELETE", path, confirmed="true")
    assert done.json() == {"template": made["id"]}
    assert (await maker.call("GET", f"/templates/public/{url}")).status_code == 404


async def test_a_scenario_is_made_from_a_public_template_and_counted_as_its_use(
    maker: "Studio",
) -> None:
    made = await make(maker)
    shown = await publish(maker, made["id"])
    held = await maker.get(f"/templates/public/{shown['publicUrl']}/blueprint")
    scenario = await maker.post(
        "/scenarios",
        {
            "teamId": 1,
            "blueprint": json.dumps(held["blueprint"]),
            "scheduling": json.dumps(held["scheduling"]),
            "basedon": shown["publishedId"],
        },
    )
    ident = scenario["scenario"]["id"]
    answer = await maker.get(f"/scenarios/{ident}/blueprint")
    assert answer["response"]["blueprint"] == BLUEPRINT
    maker.world.update("scenarios", ident, extra={"basedon": shown["publishedId"]})
    seen = await maker.get(f"/templates/public/{shown['publicUrl']}")
    assert seen["templatePublic"]["usage"] == 1


# Lists


async def test_templates_are_listed_by_name_ten_a_page(maker: "Studio") -> None:
    for at in range(12):
        await make(maker, f"T{at:02d}")
    first = await maker.get("/templates", teamId=1)
    assert [one["name"] for one in first["templates"]] == [f"T{at:02d}" for at in range(10)]
    assert (first["pg"]["sortBy"], first["pg"]["limit"], first["pg"]["sortDir"]) == (
        "name",
        10,
        "asc",
    )
    query = {"pg[offset]": 10, "pg[limit]": 5}
    rest = await maker.get("/templates", params={"teamId": 1, **query})
    assert [one["name"] for one in rest["templates"]] == ["T10", "T11"]
    latest = await maker.get("/templates", params={"pg[sortBy]": "id", "pg[sortDir]": "desc"})
    assert latest["templates"][0]["name"] == "T11"


async def test_templates_are_filtered_by_app_and_by_being_public(maker: "Studio") -> None:
    plain = {**BLUEPRINT, "flow": FLOW[:1]}
    await make(maker, "Plain", blueprint=json.dumps(plain))
    both = await make(maker, "Both")
    await publish(maker, both["id"])

    async def names(**query: Any) -> list[str]:
        found = await maker.get("/templates", params={"teamId": 1, **query})
        return [one["name"] for one in found["templates"]]

    assert await names() == ["Both", "Plain"]
    assert await names(public="true") == ["Both"]
    assert await names(public="false") == ["Plain"]
    assert await names(**{"usedApps[]": ["http", "json"]}) == ["Both"]
    assert await names(**{"usedApps[]": "http"}) == ["Both", "Plain"]


async def test_without_a_team_the_templates_of_ones_own_teams_are_listed(maker: "Studio") -> None:
    await make(maker)
    stranger = maker.token("templates:read", user=2)
    assert (await maker.get("/templates", token=stranger))["templates"] == []
    refused = await maker.call("GET", "/templates", teamId=1, token=stranger)
    assert refused.status_code == 403
    assert len((await maker.get("/templates"))["templates"]) == 1


async def test_columns_are_given_as_asked(maker: "Studio") -> None:
    made = await make(maker)
    path = f"/templates/{made['id']}"
    asked = {"cols[]": ["id", "teamName", "organizationId"]}
    assert (await maker.get(path, params=asked))["template"] == {
        "id": made["id"],
        "teamName": "Studio",
        "organizationId": 1,
    }
    refused = await maker.call("GET", path, params={"cols[]": "colour"})
    assert refused.status_code == 400
    public = await maker.get("/templates/public", params={"cols[]": ["id", "usage"]})
    assert public["templatesPublic"] == []


async def test_public_templates_are_searched_by_name_app_and_language(maker: "Studio") -> None:
    for name, language in (("Alpha", "en"), ("Beta", "cs")):
        made = await make(maker, name, language=language)
        await publish(maker, made["id"])
        await approve(maker, made["id"])
    maker.world.execute("UPDATE public_templates SET former_uses = id")
    maker.world.update("users", 1, language="cs")

    async def names(**query: Any) -> list[str]:
        found = await maker.get("/templates/public", params=query)
        return [one["name"] for one in found["templatesPublic"]]

    assert await names() == ["Beta"]
    assert await names(includeEn="true") == ["Beta", "Alpha"]
    assert await names(includeEn="true", name="alp") == ["Alpha"]
    assert await names(includeEn="true", **{"usedApps[]": "slack"}) == []
    assert await names(includeEn="true", **{"pg[sortBy]": "name", "pg[sortDir]": "asc"}) == [
        "Alpha",
        "Beta",
    ]


@pytest.mark.parametrize("url", ["999-none", "none", "public"])
async def test_an_unknown_address_is_not_found(maker: "Studio", url: str) -> None:
    assert (await maker.call("GET", f"/templates/public/{url}")).status_code == 404


async def test_scopes_and_roles_limit_what_may_be_done(maker: "Studio") -> None:
    made = await make(maker)
    reader = maker.token("templates:read")
    assert (await maker.call("POST", "/templates", body(), token=reader)).status_code == 403
    watcher = maker.join("Wim", role=13, team_role=4)
    token = maker.token("templates:read", "templates:write", user=watcher)
    path = f"/templates/{made['id']}"
    assert (await maker.call("GET", path, token=token)).status_code == 200
    refused = await maker.call("POST", f"{path}/publish", token=token)
    assert refused.status_code == 403
