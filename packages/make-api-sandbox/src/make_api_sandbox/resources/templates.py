"""Templates of a team (API reference, chapter 2.32; public ones: module `public_templates`)."""

from make_api_sandbox.http.access import is_team_visible
from make_api_sandbox.http.body import Member, choice, identifier, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, enter_team, entity
from make_api_sandbox.http.errors import not_found, plan_required, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.reference_lists import LANGUAGES
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.templates import (
    NAME_LENGTH,
    approved_at,
    completed,
    content,
    document,
    publish,
    shown_documents,
    url_of,
    version_of,
    versions,
)
from make_api_sandbox.world import World

READ, WRITE = "templates:read", "templates:write"
TEMPLATE = Columns(
    (
        "id",
        "name",
        "teamId",
        "description",
        "usedApps",
        "public",
        "published",
        "approved",
        "approvedId",
        "requestedApproval",
        "publishedId",
        "publicUrl",
        "approvedName",
        "publishedName",
    ),
    ("teamName", "organizationId"),
)
PAGING = Paging({"name": "p.name COLLATE NOCASE", "id": "p.id"}, limit=10)
ONE = entity("templates", "templateId", "Template")
GATE = LicenceGate(
    "creatingTemplates", lambda: plan_required("Creating templates is not part of the plan.")
)


def _maybe_team(call: Call) -> None:
    """The team in the query; without one the templates of all teams of the caller are meant."""
    team_id = call.query_id("teamId")
    if team_id is not None:
        enter_team(call, team_id)


def _language() -> Member:
    return choice(*(code for code, _ in LANGUAGES))


# Reading


@route("GET", "/templates", scope=READ, context=_maybe_team)
def list_templates(call: Call) -> JsonObject:
    """The templates of a team, or of all teams of the caller.

    `usedApps[]` keeps templates that use all of the named apps.
    """
    page = call.page(PAGING)
    teams = [call.team_id] if call.team_id else _teams(call)
    sql = f"SELECT p.* FROM templates p WHERE p.team_id IN ({marks(teams)})"
    values: list[object] = [*teams]
    public = call.query_flag("public")
    if public is not None:
        sql += " AND ? = (p.id IN (SELECT template_id FROM public_templates))"
        values.append(public)
    for app in call.query_list("usedApps"):
        sql += " AND ? IN (SELECT value FROM json_each(p.used_packages))"
        values.append(app)
    rows = call.world.rows(sql + page.slice_sql(tie="p.id"), *values)
    shown = [present(call.world, row) for row in rows]
    return {"templates": TEMPLATE.pick_all(shown, call.cols), "pg": page.echo()}


def _teams(call: Call) -> list[int]:
    teams = call.world.rows("SELECT * FROM teams ORDER BY id")
    return [team["id"] for team in teams if is_team_visible(call.world, call.user_id, team)]


@route("GET", "/templates/{templateId}", scope=READ, context=ONE)
def get_template(call: Call) -> JsonObject:
    """One template."""
    return _shown(call)


@route("GET", "/templates/{templateId}/blueprint", scope=READ, context=ONE)
def get_template_blueprint(call: Call) -> JsonObject:
    """What a template holds, or with `templatePublicId` what that public version holds.

    `forUse` changes nothing here; what it does in Make is not documented.
    """
    call.query_flag("forUse")
    asked = call.query_id("templatePublicId")
    return shown_documents(call.entity if asked is None else _version(call))


# Writing


@route(
    "POST",
    "/templates",
    scope=WRITE,
    context=body_team,
    licence=GATE,
    body=members(
        teamId=identifier(),
        language=_language(),
        blueprint=document(),
        scheduling=document(),
        controller=document(),
    ),
)
def create_template(call: Call) -> JsonObject:
    """Make a template; its name and description are the controller's."""
    call.entity = {
        "id": call.world.insert(
            "templates",
            team_id=call.team_id,
            created=call.clock.stamp(),
            author_id=call.user_id,
            **completed(content(call.body, call.license)),
        )
    }
    return _shown(call)


@route(
    "PATCH",
    "/templates/{templateId}",
    scope=WRITE,
    context=ONE,
    licence=GATE,
    body=members(
        name=name_text(NAME_LENGTH).optional(),
        blueprint=document().optional(),
        scheduling=document().optional(),
        controller=document().optional(),
    ),
)
def change_template(call: Call) -> JsonObject:
    """Change a template, or with `templatePublicId` that public version of it.

    A public version does not follow its template until that is published again (not documented).
    """
    asked = call.query_id("templatePublicId")
    table, row = ("templates", call.entity) if asked is None else _place(call)
    changes = content(call.body, call.license)
    if "blueprint" in changes or "controller" in changes:
        changes = completed({"blueprint": row["blueprint"], **_kept(row), **changes})
    elif "name" in changes:
        changes["controller"] = row["controller"] | {"name": changes["name"]}
    call.world.update(table, row["id"], **changes)
    return _shown(call)


def _place(call: Call) -> tuple[str, Row]:
    return "public_templates", _version(call)


def _kept(row: Row) -> JsonObject:
    """The controller that stays when only the blueprint changes; its sequence is counted anew."""
    kept = {name: value for name, value in row["controller"].items() if name != "idSequence"}
    return {"controller": kept}


@route("DELETE", "/templates/{templateId}", scope=WRITE, context=ONE)
def delete_template(call: Call) -> JsonObject:
    """Remove a template with its public versions; always asks for confirmation."""
    call.confirm("deleteTemplate")
    call.world.delete("templates", call.entity["id"])
    return {"template": call.entity["id"]}


@route("POST", "/templates/{templateId}/publish", scope=WRITE, context=ONE)
def publish_template(call: Call) -> JsonObject:
    """Make a template, as it is now, public under an address of its own."""
    publish(call.world, call.entity)
    return _shown(call)


@route("POST", "/templates/{templateId}/request-approval", scope=WRITE, context=ONE)
def request_approval(call: Call) -> JsonObject:
    """Ask that a public version be approved; asking again changes nothing.

    Raises:
        ApiError: 400 for a template that is not published.
    """
    if not versions(call.world, call.entity["id"]):
        raise refused("The template is not published.")
    version = _version(call)
    if version["requested"] is None:
        call.world.update("public_templates", version["id"], requested=call.clock.stamp())
    return _shown(call)


def _version(call: Call) -> Row:
    """The public version named by `templatePublicId`, else the latest.

    Raises:
        ApiError: 404 when the template has no such version.
    """
    version = version_of(call.world, call.entity, call.query_id("templatePublicId"))
    if version is None:
        raise not_found("Template")
    return version


def _shown(call: Call) -> JsonObject:
    row = call.world.rows("SELECT * FROM templates WHERE id = ?", call.entity["id"])[0]
    return {"template": TEMPLATE.pick(present(call.world, row), call.cols)}


def present(world: World, row: Row) -> JsonObject:
    """A template as the API shows it, with the state of its public versions."""
    team = world.rows("SELECT * FROM teams WHERE id = ?", row["team_id"])[0]
    found = versions(world, row["id"])
    published = found[-1] if found else None
    approved = [one for one in found if approved_at(world, one)][-1:]
    waiting = published is not None and published["requested"] and published not in approved
    return {
        "id": row["id"],
        "name": row["name"],
        "teamId": row["team_id"],
        "teamName": team["name"],
        "organizationId": team["organization_id"],
        "description": row["description"],
        "usedApps": row["used_packages"],
        "public": published is not None,
        "published": published and published["published"],
        "approved": approved_at(world, approved[0]) if approved else None,
        "approvedId": approved[0]["id"] if approved else None,
        "requestedApproval": bool(waiting),
        "publishedId": published and published["id"],
        "publicUrl": published and url_of(published),
        "approvedName": approved[0]["name"] if approved else None,
        "publishedName": published and published["name"],
    }
