"""What all components of an app have in common: rows, names, code and when they may go."""

import re
from collections.abc import Mapping
from typing import Any

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import refused
from make_api_sandbox.resources.sdk import access, sections
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

UNVERSIONED = ("connection", "webhook")


def rows_of(world: World, app: Row, kind: str) -> list[Row]:
    """The components of one kind, in the order they were made.

    Connections and webhooks are those of the app in all its versions.
    """
    if kind in UNVERSIONED:
        return world.rows(
            "SELECT c.* FROM sdk_components c JOIN sdk_apps a ON a.id = c.app_id"
            " WHERE a.name = ? AND c.kind = ? ORDER BY c.id",
            app["name"],
            kind,
        )
    return world.rows(
        "SELECT * FROM sdk_components WHERE app_id = ? AND kind = ? ORDER BY id", app["id"], kind
    )


def named(world: World, app: Row, kind: str, name: str) -> Row | None:
    """A component of an app by its name."""
    return next((row for row in rows_of(world, app, kind) if row["name"] == name), None)


def create(
    call: Call,
    app: Row,
    kind: str,
    name: str,
    label: str,
    extra: JsonObject,
    texts: Mapping[str, str],
) -> Row:
    """Make a component with its first code.

    Raises:
        ApiError: 400 when the app has one of that kind and name.
    """
    if named(call.world, app, kind, name):
        raise refused(f"The app already has a {kind} named '{name}'.")
    now = call.clock.stamp()
    ident = call.world.insert(
        "sdk_components",
        app_id=app["id"],
        kind=kind,
        name=name,
        label=label,
        created=now,
        updated=now,
        extra=extra,
    )
    made = again(call.world, ident)
    sections.fill(call.world, Place(app, made), texts)
    return made


def edit(call: Call, changes: JsonObject) -> Row:
    """Change the component in context: its label, and members of `extra`."""
    row = call.entity
    extra = {**row["extra"], **{k: v for k, v in changes.items() if k != "label"}}
    call.world.update(
        "sdk_components",
        row["id"],
        label=changes.get("label", row["label"]),
        extra=extra,
        updated=call.clock.stamp(),
    )
    return again(call.world, row["id"])


def remove(call: Call, app: Row) -> str:
    """Remove the component in context, which nothing else in its app may need.

    Returns:
        Its name.

    Raises:
        ApiError: 400 when the app is published, or a component needs it.
    """
    row = call.entity
    access.refuse_when_public(app, f"its {row['kind']} cannot be deleted")
    users = users_of(call.world, app, row)
    if users:
        listed = ", ".join(users)
        raise refused(f"The {row['kind']} '{row['name']}' is used in: {listed}.")
    call.world.delete("sdk_components", row["id"])
    return row["name"]


def users_of(world: World, app: Row, row: Row) -> list[str]:
    """Components that need this one, as `module getEntity`.

    A connection or webhook is needed by name, an RPC by `rpc://name` and a function by a call of
    it in the code of another component.
    """
    versions = world.rows("SELECT * FROM sdk_apps WHERE name = ?", app["name"])
    apps = versions if row["kind"] in UNVERSIONED else [app]
    others = {
        each["id"]: (each, one)
        for one in apps
        for kind in sections.TABLES
        if kind != "app"
        for each in rows_of(world, one, kind)
        if each["id"] != row["id"]
    }
    return [
        f"{each['kind']} {each['name']}"
        for each, one in others.values()
        if _needs(world, Place(one, each), row)
    ]


def _needs(world: World, place: Place, row: Row) -> bool:
    user: JsonObject = (place.component or {})["extra"]
    if row["kind"] == "connection":
        attached = (user.get("connection"), user.get("altConnection"))
        return row["name"] in (*attached, *user.get("attachedAccounts", []))
    if row["kind"] == "webhook":
        return user.get("webhook") == row["name"]
    pattern = _CALLS.get(row["kind"])
    if pattern is None or place.kind == "function":
        return False
    used = re.compile(pattern.format(re.escape(row["name"])))
    return any(used.search(text) for text in sections.texts(world, place).values())


_CALLS = {"rpc": r"rpc://{}\b", "function": r"\b{}\("}


def require(world: World, app: Row, kind: str, body: Mapping[str, Any], *members: str) -> None:
    """Refuse a body that names a connection or webhook which the app does not have."""
    for member in members:
        name = body.get(member)
        if name is not None and not named(world, app, kind, name):
            raise refused(f"The app has no {kind} named '{name}'.")


def again(world: World, ident: int) -> Row:
    """A component as it is stored now."""
    return world.rows("SELECT * FROM sdk_components WHERE id = ?", ident)[0]
