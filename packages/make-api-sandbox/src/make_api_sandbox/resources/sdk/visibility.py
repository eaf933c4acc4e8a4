"""Who can use an app: publishing, open source and installations (API reference, chapter 2.30)."""

from make_api_sandbox.http.access import require_organization
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access
from make_api_sandbox.resources.sdk.access import VERSION, WRITE
from make_api_sandbox.resources.sdk.events import note
from make_api_sandbox.shapes import JsonObject, Row

MAY_INSTALL = "organization edit"
"""Permission to install and remove apps; which one it is, is not documented."""


@route("POST", f"{VERSION}/public", scope=WRITE, context=access.own_version)
def publish(call: Call) -> JsonObject:
    """Publish an app; whoever has its invitation may install it."""
    app = call.entity
    token = app["invite_token"] or call.world.fresh_uuid()
    if not app["public"]:
        call.world.update("sdk_apps", app["id"], public=True, invite_token=token)
        note(call, app, "App published.")
    return {"public": True, "inviteToken": token}


@route("POST", f"{VERSION}/private", scope=WRITE, context=access.own_version)
def make_private(call: Call) -> JsonObject:
    """Withdraw an app; its invitation ends.

    Make's pages say that a published app stays published, the endpoint exists all the same: here it
    refuses approved and installed apps only.
    """
    app = call.entity
    if app["approved"]:
        raise refused("The app is approved, so it cannot be made private.")
    if _installs(call, app["id"]):
        raise refused("The app is installed in an organization, so it cannot be made private.")
    if app["public"]:
        call.world.update("sdk_apps", app["id"], public=False, invite_token=None)
        note(call, app, "App made private.")
    return {"public": False, "inviteToken": None}


@route("POST", f"{VERSION}/opensource", scope=WRITE, context=access.own_version)
def open_source(call: Call) -> JsonObject:
    """Let everybody read the code."""
    call.world.update("sdk_apps", call.entity["id"], opensource=True)
    return {"changed": True}


@route("POST", f"{VERSION}/closedsource", scope=WRITE, context=access.own_version)
def close_source(call: Call) -> JsonObject:
    """Keep the code to its author again."""
    call.world.update("sdk_apps", call.entity["id"], opensource=False)
    return {"changed": True}


@route("POST", f"{VERSION}/uninstall", scope=WRITE, body=members(organizationId=identifier()))
def uninstall(call: Call) -> Json:
    """Remove an app from an organization that uses it in no scenario.

    The answer lists what was removed (the documents show one entry and do not explain it).
    """
    organization: int = call.body["organizationId"]
    require_organization(call.world, call.user_id, organization, MAY_INSTALL)
    app = access.find(call.world, call.path("app"), call.path_id("ver"))
    found = app and call.world.row(
        "SELECT * FROM sdk_app_installs WHERE app_id = ? AND organization_id = ?",
        app["id"],
        organization,
    )
    if app is None or not found:
        raise not_found("App")
    _refuse_used_in(call, app, organization)
    call.world.execute(
        "DELETE FROM sdk_app_installs WHERE app_id = ? AND organization_id = ?",
        app["id"],
        organization,
    )
    return Json([_present_install(app, found)])


def install(call: Call, app: Row, organization: int) -> None:
    """Let an organization use an app; it may have it already."""
    call.world.execute(
        "INSERT OR IGNORE INTO sdk_app_installs (app_id, organization_id, user_id, installed)"
        " VALUES (?, ?, ?, ?)",
        app["id"],
        organization,
        call.user_id,
        call.clock.stamp(),
    )


def _installs(call: Call, app_id: int) -> int:
    return call.world.value("SELECT count(*) FROM sdk_app_installs WHERE app_id = ?", app_id)


def _refuse_used_in(call: Call, app: Row, organization: int) -> None:
    for scenario in access.scenarios_using_app(call.world, app):
        team = call.world.get("teams", scenario["team_id"])
        if team and team["organization_id"] == organization:
            raise refused(f"The app is used in scenario '{scenario['name']}'; remove it first.")


def _present_install(app: Row, row: Row) -> JsonObject:
    return {
        "name": app["name"],
        "label": app["label"],
        "appVersion": app["version"],
        "organizationId": row["organization_id"],
        "installedAt": row["installed"],
        "userId": str(row["user_id"]),
        "theme": app["theme"],
    }
