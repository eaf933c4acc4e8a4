"""Asking for what forms leave open: options and fields behind `rpc://` and `api://` addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, quote, urlsplit

from make_blueprint.document import as_list, as_object
from make_mcp_base.authoring import Failure
from pydantic import RootModel

from make_mcp_core_tools._engine.forms import check_form
from make_mcp_core_tools._engine.team_objects import team_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.bindings import Kind
    from make_blueprint.document import JsonObject, JsonValue
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.forms import Checked, Domain, Form, Lookup

ROUNDS = 8
"""How often answers may lead to new questions: a spreadsheet to its sheets, those to fields."""

_PLACES: dict[str, Kind] = {
    "connections": "connection",
    "hooks": "hook",
    "keys": "key",
    "devices": "device",
    "data-stores": "data_store",
    "data-structures": "data_structure",
    "scenario-list": "scenario",
}


class Answer(RootModel[Any]):
    """Whatever a remote procedure answers."""


async def check_live(
    make: Make,
    app: tuple[str, int | None],
    form: Form,
    given: Mapping[Domain, JsonObject],
    team_id: int | None,
    *,
    strict: bool = False,
) -> Checked:
    """Hold values against a form, asking for options and fields as far as that goes.

    Args:
        make: The call's Make.
        app: Name and major version of the app.
        form: The module's fields.
        given: `parameters` and `mapper`.
        team_id: The team whose connections and other objects count; None to pass them over.
        strict: Make unknown fields errors.
    """
    answers: dict[str, list[JsonValue] | str] = {}
    checked = check_form(form, given, answers, strict=strict)
    for _ in range(ROUNDS):
        if not checked.asked:
            break
        lookups = list(checked.asked.values())
        found = await make.each(lookups, lambda one: look_up(make, app, one, team_id))
        answers |= {one.key: answer for one, answer in zip(lookups, found, strict=True)}
        checked = check_form(form, given, answers, strict=strict)
    return checked


async def look_up(
    make: Make, app: tuple[str, int | None], lookup: Lookup, team_id: int | None
) -> list[JsonValue] | str:
    """Ask for options or fields; a text says why they could not be had.

    Raises:
        Failure: Asking again later may work, as with a used-up rate.
    """
    scheme, _, rest = lookup.address.partition("://")
    try:
        if scheme == "rpc":
            return await call_procedure(make, app, rest, lookup.data)
        if scheme == "api":
            return await _objects(make, rest, team_id)
    except Failure as failed:
        if failed.retryable:
            raise
        return failed.why or failed.what
    return "Make has no such kind of address."


async def call_procedure(
    make: Make, app: tuple[str, int | None], procedure: str, data: JsonObject
) -> list[JsonValue]:
    """Run a remote procedure of an app and give its list of options or fields.

    Args:
        make: The call's Make.
        app: Name and major version.
        procedure: Its name; members behind `?` are sent along.
        data: Parameters, the connection among them.
    """
    parts = urlsplit(procedure)
    body = {"data": {**data, **dict(parse_qsl(parts.query))}}
    answer = await make.ask(procedure_path(app, parts.path), cast("Any", body), into=Answer)
    found = answer.root
    if isinstance(found, dict):
        rows = [one for one in cast("JsonObject", found).values() if isinstance(one, list)]
        found = rows[0] if len(rows) == 1 else []
    return as_list(found)


def procedure_path(app: tuple[str, int | None], name: str) -> str:
    """Give the path of a remote procedure (Make API reference, chapter 2.26)."""
    version = "latest" if app[1] is None else app[1]
    return f"/rpcs/{quote(app[0], safe='')}/{version}/{quote(name, safe='')}"


async def _objects(make: Make, place: str, team_id: int | None) -> list[JsonValue] | str:
    if team_id is None:
        return "send team_id to look among the team's own"
    head, _, narrowed = place.partition("/")
    if head == "ai-agents":
        return await _agents(make, team_id)
    kind = _PLACES.get(head)
    if kind is None:
        return "Make has no such place"
    found = await team_objects(make, team_id, [kind])
    if why := found.unread.get(kind):
        return why
    types = [one for one in narrowed.split(",") if one]
    return [
        {"value": one.id, "label": one.name}
        for one in found.all(kind)
        if not types or not one.type or one.type in types
    ]


async def _agents(make: Make, team_id: int) -> list[JsonValue]:
    answer = await make.get(
        "/ai-agents/v1/agents", {"teamId": team_id}, into=Answer, scope="ai-agents:read"
    )
    rows = map(as_object, as_list(answer.root))
    return [{"value": row.get("id"), "label": row.get("name")} for row in rows]
