"""Shared scenarios: scenarios that everybody with the link may look at (API reference, 2.29).

This family writes its refusals as `{"error": text}`, unlike the rest of the API. Its routes are
therefore open to the application, and `told` admits the caller here, in the usual order.
"""

import functools
from collections.abc import Callable

from starlette.responses import Response

from make_api_sandbox.http.access import WITHHELD, credential, require_scopes
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import Body, boolean, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import Context
from make_api_sandbox.http.errors import ApiError, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.rate import count_call
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, team_or_organization, visible_teams
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

READ, WRITE = "scenarios-shared:read", "scenarios-shared:write"
PAGING = Paging(
    {"id": "h.id", "title": "h.title", "createdAt": "h.created", "updated": "h.updated"},
    direction="desc",
    limit=20,
    maximum=100,
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 11
SITE, CARDINAL_SITE = "https://www.make.com", "https://cardinal.make.com"
TITLE = name_text(40)
TEXTS = {
    "descriptionShort": text(260).optional().or_null(),
    "descriptionLong": text(2000).optional().or_null(),
    "isEnabled": boolean().optional(),
}
COLUMNS = {
    "title": "title",
    "descriptionShort": "description_short",
    "descriptionLong": "description_long",
    "isEnabled": "is_enabled",
}
Handler = Callable[[Call], JsonObject]


def told(
    context: Context, body: Body | None = None
) -> Callable[[Handler], Callable[[Call], Response]]:
    """Admit the caller of an open route, and write every refusal in the words of this family.

    Args:
        context: Whose call it is.
        body: The members of the body; read here, so that its faults are told alike.
    """

    def wrap(handler: Handler) -> Callable[[Call], Response]:
        @functools.wraps(handler)
        def answer(call: Call) -> Response:
            try:
                _admit(call, context)
                if body:
                    call.body = body.read(call.raw_body)
                return Json(handler(call))
            except ApiError as refusal:
                return _told(refusal)

        return answer

    return wrap


def _told(refusal: ApiError) -> Response:
    detail = refusal.detail
    reason = detail if isinstance(detail, str) else " ".join(detail or ())
    return Json({"error": reason or refusal.message}, refusal.status, headers=refusal.headers)


def _admit(call: Call, context: Context) -> None:
    call.token, call.user = credential(call.world, call.request.headers.get("authorization"))
    state = call.request.state
    state.user_id = call.user["id"]
    require_scopes(call.token, call.spec.scopes, withheld=getattr(state, WITHHELD, ()))
    context(call)
    state.organization_id = call.organization_id
    count_call(call.world, call.organization_id or 0, call.license)


def _one_share(call: Call) -> None:
    ONE_SCENARIO(call)
    sql = "SELECT * FROM shared_scenarios WHERE id = ? AND scenario_id = ?"
    row = call.world.row(sql, call.path("sharedScenarioId"), call.entity["id"])
    if row is None:
        raise not_found("Shared scenario")
    call.entity = row


# Reading


@route("GET", "/scenarios-shared", scope=READ, open=True)
@told(team_or_organization)
def list_shares(call: Call) -> JsonObject:
    """The shared scenarios of a team or an organization, filtered and paged."""
    page = call.page(PAGING)
    teams = visible_teams(call)
    sql = f" WHERE s.team_id IN ({marks(teams)})"
    values: list[object] = [*teams]
    folder = call.query_id("folderId")
    for condition, value in (
        ("s.folder_id = ?", folder),
        ("instr(lower(h.title), lower(?)) > 0", call.query("title")),
        ("instr(lower(s.name), lower(?)) > 0", call.query("scenarioName")),
    ):
        if value is not None:
            sql += f" AND {condition}"
            values.append(value)
    ids = call.query_list("scenarioIds")
    if ids:
        sql += f" AND s.id IN ({marks(ids)})"
        values += ids
    rows = call.world.rows(
        "SELECT h.*, s.name AS scenario_name, s.used_packages FROM shared_scenarios h"
        f" JOIN scenarios s ON s.id = h.scenario_id{sql}" + page.slice_sql(tie="h.seq"),
        *values,
    )
    return {"scenariosShared": [_listed(row) for row in rows], "pg": page.echo()}


@route("GET", "/scenarios-shared/{scenarioId}", scope=READ, open=True)
@told(ONE_SCENARIO)
def list_shares_of_scenario(call: Call) -> JsonObject:
    """The shares of one scenario, the latest first."""
    sql = "SELECT * FROM shared_scenarios WHERE scenario_id = ? ORDER BY seq DESC"
    rows = call.world.rows(sql, call.entity["id"])
    return {"scenariosShared": [present(row, call.organization["zone"]) for row in rows]}


@route("GET", "/scenarios-shared/{scenarioId}/{sharedScenarioId}", scope=READ, open=True)
@told(_one_share)
def get_share(call: Call) -> JsonObject:
    """One share."""
    return _shown(call)


# Writing


@route(
    "POST",
    "/scenarios-shared/{scenarioId}",
    scope=(WRITE, "scenarios:read"),
    open=True,
)
@told(ONE_SCENARIO, members(title=TITLE, **TEXTS))
def create_share(call: Call) -> JsonObject:
    """Share a scenario; the link works once the share is enabled."""
    ident = fresh_id(call.world)
    now = call.clock.stamp()
    call.world.insert(
        "shared_scenarios",
        id=ident,
        scenario_id=call.entity["id"],
        title_original=call.body["title"],
        author_id=call.user_id,
        created=now,
        updated=now,
        **{COLUMNS[name]: value for name, value in call.body.items()},
    )
    mark_scenario(call.world, call.entity["id"])
    return {"scenarioShared": {"id": ident, "scenarioId": call.entity["id"]}}


@route(
    "PATCH",
    "/scenarios-shared/{scenarioId}/{sharedScenarioId}",
    scope=WRITE,
    open=True,
)
@told(_one_share, members(title=TITLE.optional(), **TEXTS))
def change_share(call: Call) -> JsonObject:
    """Change texts of a share, or switch its link on or off."""
    changes = {COLUMNS[name]: value for name, value in call.body.items()}
    call.world.update("shared_scenarios", call.entity["id"], **changes, updated=call.clock.stamp())
    mark_scenario(call.world, call.entity["scenario_id"])
    return _shown(call)


@route("DELETE", "/scenarios-shared/{scenarioId}/{sharedScenarioId}", scope=WRITE, open=True)
@told(_one_share)
def delete_share(call: Call) -> JsonObject:
    """Stop sharing; the link is dead at once."""
    call.world.delete("shared_scenarios", call.entity["id"])
    mark_scenario(call.world, call.entity["scenario_id"])
    return {"scenarioShared": {"id": call.entity["id"]}}


def mark_scenario(world: World, scenario_id: int) -> None:
    """Let a scenario show whether some share of it is enabled (member `isShared`)."""
    sql = "SELECT 1 FROM shared_scenarios WHERE scenario_id = ? AND is_enabled = 1"
    shared = world.row(sql, scenario_id) is not None
    extra = world.rows("SELECT extra FROM scenarios WHERE id = ?", scenario_id)[0]["extra"]
    world.update("scenarios", scenario_id, extra=extra | {"isShared": shared})


def fresh_id(world: World) -> str:
    """A new name for a share: 11 letters and digits."""
    number = int(world.fresh_hex(32), 16)
    return "".join(LETTERS[number // 62**place % 62] for place in range(ID_LENGTH))


# What is shown


def _shown(call: Call) -> JsonObject:
    row = call.world.rows("SELECT * FROM shared_scenarios WHERE id = ?", call.entity["id"])[0]
    shown = present(row, call.organization["zone"])
    return {"scenarioShared": shown | {"authorId": row["author_id"]}}


def _link(row: Row, site: str = SITE) -> str:
    return f"{site}/scenarios/shared/{row['id']}"


def _listed(row: Row) -> JsonObject:
    return {
        "id": row["id"],
        "scenarioId": row["scenario_id"],
        "title": row["title"],
        "scenarioName": row["scenario_name"],
        "descriptionShort": row["description_short"],
        "scenarioUsedPackages": row["used_packages"],
        "shareUrl": _link(row),
        "createdAt": row["created"],
        "updated": row["updated"],
    }


def present(row: Row, zone: str) -> JsonObject:
    """A share as the API shows it; pictures of the flow are not made, so there is no thumbnail."""
    return {
        "id": row["id"],
        "scenarioId": row["scenario_id"],
        "title": row["title"],
        "titleOriginal": row["title_original"],
        "descriptionShort": row["description_short"],
        "descriptionLong": row["description_long"],
        "thumbnailUrl": None,
        "shareUrl": _link(row),
        "shareUrlCardinal": _link(row, CARDINAL_SITE),
        "isEnabled": row["is_enabled"],
        "origin": zone,
        "createdAt": row["created"],
        "updated": row["updated"],
    }
