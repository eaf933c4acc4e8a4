"""Invitations, with which published apps spread (API reference, chapter 2.30)."""

from make_api_sandbox.http.access import may, organization_role, require_organization
from make_api_sandbox.http.body import identifier, list_of, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import modules, sections
from make_api_sandbox.resources.sdk.access import READ, WRITE
from make_api_sandbox.resources.sdk.components import rows_of
from make_api_sandbox.resources.sdk.modules import (
    INSTANT,
    RESPONDER,
    SEARCH,
    TRIGGER,
)
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.resources.sdk.visibility import MAY_INSTALL, install
from make_api_sandbox.shapes import JsonObject, Row

INVITE = "/sdk/apps/invites/{token}"


@route("GET", INVITE, scope=READ)
def get_invite(call: Call) -> JsonObject:
    """What an invitation offers, and the organizations for which the caller may accept it.

    The items of `installable` are not documented; here they are `{id, name}`.
    """
    app = _invited(call)
    return {"appInvite": {**_present(call, app), "installable": _installable(call, app)}}


@route("POST", INVITE, scope=WRITE, body=members(organizationIds=list_of(identifier())))
def accept_invite(call: Call) -> JsonObject:
    """Install the app in organizations."""
    app = _invited(call)
    for organization in call.body["organizationIds"]:
        require_organization(call.world, call.user_id, organization, MAY_INSTALL)
        if not _may_have_it(call, app, organization):
            raise refused("The license does not allow apps of other organizations.", "IM903")
        install(call, app, organization)
    return {"appInvite": {**_present(call, app), "version": app["version"]}}


def _invited(call: Call) -> Row:
    app = call.world.row(
        "SELECT * FROM sdk_apps WHERE invite_token = ? AND public", call.path("token")
    )
    if app is None:
        raise not_found("Invite")
    return app


def _installable(call: Call, app: Row) -> list[JsonObject]:
    rows = call.world.rows(
        "SELECT o.id, o.name FROM organizations o WHERE NOT EXISTS (SELECT 1 FROM sdk_app_installs"
        " i WHERE i.app_id = ? AND i.organization_id = o.id) ORDER BY o.id",
        app["id"],
    )
    return [
        row
        for row in rows
        if may(organization_role(call.world, call.user_id, row["id"]), MAY_INSTALL)
        and _may_have_it(call, app, row["id"])
    ]


def _may_have_it(call: Call, app: Row, organization_id: int) -> bool:
    """An organization takes apps of its own people, others as its licence says."""
    if organization_role(call.world, app["author_id"], organization_id):
        return True
    organization = call.world.get("organizations", organization_id) or {}
    return bool(organization["license"].get("installPublicApps"))


def _present(call: Call, app: Row) -> JsonObject:
    """An invitation; `access` says that the token is good (not documented)."""
    return {
        "name": app["name"],
        "label": app["label"],
        "theme": app["theme"],
        "created": app["created"],
        "access": True,
        "manifestBasic": _manifest(call, app),
        "language": app["language"],
    }


def _manifest(call: Call, app: Row) -> JsonObject:
    shown = [modules.present(row) for row in rows_of(call.world, app, "module")]
    offered = [each for each in shown if each["public"] and not each["archived"]]
    triggers = (TRIGGER, INSTANT)
    return {
        "icon": f"/img/apps/{app['name']}.png",
        "name": f"app#{app['name']}",
        "label": app["label"],
        "theme": app["theme"],
        "groups": sections.parsed(call.world, Place(app), "groups", "[]"),
        "public": app["public"],
        "actions": [_action(m) for m in offered if m["typeId"] not in (*triggers, SEARCH)],
        "version": f"{app['version']}.0.0",
        "searches": [_module(m) for m in offered if m["typeId"] == SEARCH],
        "triggers": [_trigger(m) for m in offered if m["typeId"] in triggers],
        "description": app["description"] or None,
    }


def _module(module: JsonObject) -> JsonObject:
    return {name: module[name] for name in ("name", "label", "public", "approved", "description")}


def _action(module: JsonObject) -> JsonObject:
    return {**_module(module), "responder": module["typeId"] == RESPONDER}


def _trigger(module: JsonObject) -> JsonObject:
    return {"acid": True, **_module(module), "listener": module["typeId"] == INSTANT}
