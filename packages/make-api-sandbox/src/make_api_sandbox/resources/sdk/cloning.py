"""Copies of apps: under another name, or as the next version (API reference, chapter 2.30)."""

from make_api_sandbox.http.body import identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, apps, components, names, sections
from make_api_sandbox.resources.sdk.access import VERSION, WRITE
from make_api_sandbox.resources.sdk.events import note
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row

VERSIONED = ("module", "endpoint", "rpc", "function")
COPIED = ("label", "description", "theme", "language", "is_global", "countries", "icon")


@route(
    "POST",
    f"{VERSION}/clone",
    scope=WRITE,
    context=access.readable_version,
    body=members(newName=names.app_name(), newVersion=identifier().optional()),
)
def clone_app(call: Call) -> JsonObject:
    """Make a private app of one's own from an app one may read, without others' secrets.

    Connections and webhooks are copied and get names after the new app (not documented).
    """
    source = call.entity
    name = apps.available_name(call, call.body["newName"])
    made = _copy(call, source, name, call.body.get("newVersion", 1))
    renamed = {
        kind: {
            row["name"]: _copy_component(call, source, made, row)
            for row in components.rows_of(call.world, source, kind)
        }
        for kind in components.UNVERSIONED
    }
    _copy_versioned(call, source, made)
    _point_to_copies(call, made, renamed["connection"], renamed["webhook"])
    return {"app": apps.pick(call.world, made, apps.DETAIL)}


@route("POST", f"{VERSION}/clone-major", scope=WRITE, context=access.own_version)
def clone_major(call: Call) -> JsonObject:
    """Make the next version of an app; needs a feature of the account.

    Connections and webhooks belong to all versions, so they are not copied.
    """
    access.require_feature(call, "allow_apps")
    source = call.entity
    version = source["version"] + 1
    if access.find(call.world, source["name"], version):
        raise refused(f"The app has a version {version} already.")
    made = _copy(call, source, source["name"], version)
    _copy_versioned(call, source, made)
    return {"app": apps.pick(call.world, made, apps.CREATED)}


def _copy(call: Call, source: Row, name: str, version: int) -> Row:
    """A private version with the code of the source itself."""
    ident = call.world.insert(
        "sdk_apps",
        author_id=call.user_id,
        name=name,
        version=version,
        created=call.clock.stamp(),
        **{column: source[column] for column in COPIED},
    )
    made = call.world.rows("SELECT * FROM sdk_apps WHERE id = ?", ident)[0]
    sections.fill(call.world, Place(made), _texts(call, Place(source)))
    note(call, made, "App created.")
    return made


def _copy_versioned(call: Call, source: Row, made: Row) -> None:
    for kind in VERSIONED:
        for row in components.rows_of(call.world, source, kind):
            _copy_component(call, source, made, row)


def _copy_component(call: Call, source: Row, made: Row, row: Row) -> str:
    """Copy a component into a version and return the name of the copy."""
    kind, name = row["kind"], row["name"]
    if kind in components.UNVERSIONED:
        name = names.unversioned_name(call.world, kind, made["name"])
    home = call.world.get("sdk_apps", row["app_id"]) or source
    texts = _texts(call, Place(home, row))
    components.create(call, made, kind, name, row["label"], row["extra"], texts)
    return name


def _texts(call: Call, place: Place) -> dict[str, str]:
    """The code to copy; the secrets of somebody else's app stay with it."""
    texts = sections.texts(call.world, place)
    if "common" in texts and not apps.mine(call, place.app):
        texts["common"] = "{}"
    return texts


def _point_to_copies(
    call: Call, made: Row, connections: dict[str, str], webhooks: dict[str, str]
) -> None:
    """Let the components of a copy use its own connections and webhooks."""
    for kind in (*VERSIONED, "webhook"):
        for row in components.rows_of(call.world, made, kind):
            extra: JsonObject = dict(row["extra"])
            for member in ("connection", "altConnection"):
                extra[member] = connections.get(extra.get(member) or "")
            if extra.get("webhook"):
                extra["webhook"] = webhooks[extra["webhook"]]
            accounts = extra.get("attachedAccounts", [])
            extra["attachedAccounts"] = [connections[each] for each in accounts]
            call.world.update("sdk_components", row["id"], extra=extra)
