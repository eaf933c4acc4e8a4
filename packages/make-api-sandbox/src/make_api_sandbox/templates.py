"""Templates and their public versions (API reference, chapter 2.32).

A template is its team's own until it is published. Publishing puts a copy of it, the public
version, under an address of its own. A version that was asked to be approved is in the public list
once it is: in Make people look at it, in the sandbox it is approved when `REVIEW` has passed.
Publishing again renews the version as long as it is not approved, and makes the next one after
that. (How versions follow on one another is not documented; this is our reading of the members
`publishedId` and `approvedId`.)
"""

import json
import re
import unicodedata
from datetime import timedelta
from typing import Any, cast

from make_api_sandbox.clock import parse_stamp, stamp
from make_api_sandbox.http.body import Member
from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.http.json_reading import read_json
from make_api_sandbox.scenarios.documents import (
    module_sequence,
    read_blueprint,
    read_scheduling,
    used_packages,
)
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

REVIEW = timedelta(days=1)
"""How long the approval of a public version takes."""

NAME_LENGTH, DESCRIPTION_LENGTH = 120, 1500
CONTENT = ("name", "description", "language", "blueprint", "scheduling", "controller")
"""Columns that a public version takes over from its template."""


# Documents in bodies


def document() -> Member:
    """A JSON object, sent as text (as the examples of the reference do) or as an object."""

    def check(value: Any) -> str | None:
        if isinstance(value, dict):
            return None
        if not isinstance(value, str):
            return "should be string"
        try:
            parsed: Any = read_json(value)
        except ValueError:
            return "should be JSON text"
        return None if isinstance(parsed, dict) else "should be JSON text of an object"

    return Member(check)


def content(body: JsonObject, licence: JsonObject) -> JsonObject:
    """The columns that a checked body sets.

    The name is the body's own, else the controller's.

    Raises:
        ApiError: 400 that lists the faults of a document, 402 for scheduling outside the licence.
    """
    columns: JsonObject = {}
    if "blueprint" in body:
        columns["blueprint"] = read_blueprint(_text(body["blueprint"]))
        columns["used_packages"] = used_packages(columns["blueprint"])
    if "scheduling" in body:
        columns["scheduling"] = read_scheduling(_text(body["scheduling"]), licence)
    if "controller" in body:
        controller = _controller(read_json(_text(body["controller"])))
        columns |= {
            "controller": controller,
            "name": controller["name"],
            "description": controller.get("description"),
        }
    return columns | {name: body[name] for name in ("name", "language") if name in body}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _controller(given: JsonObject) -> JsonObject:
    """What guides a user through a template: its texts and hints by module."""
    faults: list[tuple[str, str]] = []
    name, description = given.get("name"), given.get("description")
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_LENGTH:
        text = f"'controller.name' should have 1 to {NAME_LENGTH} characters."
        faults.append(("controller.name", text))
    if description is not None and not _is_short(description):
        text = f"'controller.description' should NOT have more than {DESCRIPTION_LENGTH} characters"
        faults.append(("controller.description", f"{text}."))
    if not isinstance(given.get("modules", {}), dict):
        faults.append(("controller.modules", "'controller.modules' should be object."))
    if faults:
        raise invalid_parameters(faults)
    return given


def _is_short(description: Any) -> bool:
    return isinstance(description, str) and len(description) <= DESCRIPTION_LENGTH


def completed(columns: JsonObject) -> JsonObject:
    """New columns with what a controller may leave out: the next module id and the hints."""
    controller: JsonObject = columns["controller"]
    sequence = module_sequence(columns["blueprint"])
    defaults: JsonObject = {"modules": {}, "idSequence": sequence}
    return columns | {"controller": defaults | controller}


def shown_documents(row: Row) -> JsonObject:
    """Blueprint, controller, scheduling and language of a template or a public version."""
    return {name: row[name] for name in ("blueprint", "controller", "scheduling", "language")}


# Public versions


def publish(world: World, template: Row) -> None:
    """Renew the public version of a template, or make the next one."""
    columns = {name: template[name] for name in (*CONTENT, "used_packages")}
    columns["published"] = world.clock.stamp()
    latest = versions(world, template["id"])[-1:]
    if latest and not approved_at(world, latest[0]):
        world.update("public_templates", latest[0]["id"], **columns)
    else:
        world.insert("public_templates", template_id=template["id"], **columns)


def versions(world: World, template_id: int) -> list[Row]:
    """The public versions of a template, the oldest first."""
    sql = "SELECT * FROM public_templates WHERE template_id = ? ORDER BY id"
    return world.rows(sql, template_id)


def version_of(world: World, template: Row, public_id: int | None) -> Row | None:
    """The public version of this id, or the latest one; None when there is none."""
    found = versions(world, template["id"])
    if public_id is not None:
        found = [row for row in found if row["id"] == public_id]
    return found[-1] if found else None


def approved_at(world: World, version: Row) -> str | None:
    """When a public version was approved; None before that."""
    if version["requested"] is None:
        return None
    done = parse_stamp(version["requested"]) + REVIEW
    return stamp(done) if done <= world.clock.now() else None


def approval_limit(world: World) -> str:
    """Requests made up to this time are approved."""
    return stamp(world.clock.now() - REVIEW)


def url_of(version: Row) -> str:
    """The address of a public version: its id and its name."""
    plain = unicodedata.normalize("NFKD", version["name"]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return f"{version['id']}-{slug}" if slug else str(version["id"])


def uses_of(world: World, version: Row) -> int:
    """How often a public version was used: before the world began, and by its scenarios since."""
    sql = "SELECT count(*) FROM scenarios WHERE json_extract(extra, '$.basedon') = ?"
    return version["former_uses"] + cast(int, world.value(sql, version["id"]))
