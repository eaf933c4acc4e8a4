"""Field lists written one field a line, for manifests to be read by people.

A line is `name:type Label`, and after the label, each where it is needed::

    duration:uinteger! Delay in seconds [1..300]
    method:select! Method = get|post|:None ~ get
    sheetId:select! Sheet = rpc://Sheets
    headers:array Headers
      name:text! Name
      value:text Value
    authenticationType:select! Authentication = noAuth:None|apiKey:API key
      @apiKey
        apiKeyKeychain:keychain:apikeyauth! Credentials

`!` marks a required field, `^` an advanced one. `[a..b]` bounds a number, the length of a text or
of an array, `=` lists options as `value` or `value:Label` or names where they come from, `~` gives
the default. Indented lines are the fields of a collection or of an array's items; `array:text` is
a list of plain values. Lines under `@value` appear when that option is chosen. Written out they are
Make's field objects (API reference, chapter 1.17); fields that hold the id of an object of the team
get the `api://` address of its options.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from make_api_sandbox.shapes import JsonObject

LINE = re.compile(r"(?P<name>[^:\s]+):(?P<type>\S+?)(?P<required>!?)(?P<advanced>\^?)(?: (.*))?$")
BOUNDS = re.compile(r" ?\[(\d*)\.\.(\d*)\]")
INDENT = 2

REFERENCES = {
    "account": "api://connections/",
    "hook": "api://hooks/",
    "keychain": "api://keys/",
    "device": "api://devices/",
    "datastore": "api://data-stores",
    "udt": "api://data-structures",
    "aiagent": "api://ai-agents/v1/agents",
    "scenario": "api://scenario-list",
}
"""Where the options of fields come from that hold the id of something in the team."""

DYNAMIC = ("collection", "dynamicCollection")
"""Types whose fields, not options, come from a remote procedure."""


@dataclass
class _Node:
    """A line and the lines indented under it."""

    text: str
    children: list["_Node"] = field(default_factory=list["_Node"])


def fields(text: str) -> list[JsonObject]:
    """Write out the fields of some lines.

    Raises:
        ValueError: A line is in no known form.
    """
    return [_field(node) for node in _tree(text)]


def _tree(text: str) -> list[_Node]:
    lines = [line for line in text.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    root = _Node("")
    path = [root]
    for line in lines:
        depth = (len(line) - len(line.lstrip()) - margin) // INDENT
        if depth >= len(path):
            raise ValueError(f"indented too far: {line!r}")
        node = _Node(line.strip())
        path[depth].children.append(node)
        path[depth + 1 :] = [node]
    return root.children


def _field(node: _Node) -> JsonObject:
    match = LINE.match(node.text)
    if match is None:
        raise ValueError(f"no field: {node.text!r}")
    kind = match["type"]
    base, _, inner = kind.partition(":")
    made: JsonObject = {"name": match["name"], "type": "array" if base == "array" else kind}
    made |= _told(match[5] or "", match["name"])
    if match["required"]:
        made["required"] = True
    if match["advanced"]:
        made["advanced"] = True
    if base in REFERENCES:
        address = REFERENCES[base]
        made["options"] = address + inner if address.endswith("/") else address
    if base in DYNAMIC and "options" in made:
        made["spec"] = made.pop("options")
    if base == "array" and inner:
        made["spec"] = {"type": inner}
    if base == "array" and "validate" in made:
        made["validate"] = {f"{side}Items": limit for side, limit in made["validate"].items()}
    return made | _below(made, node.children)


def _told(text: str, name: str) -> JsonObject:
    """Label, options, bounds and default of a line."""
    rest, _, default = text.partition(" ~ ")
    rest, _, options = rest.partition(" = ")
    bounds = BOUNDS.search(rest)
    label = BOUNDS.sub("", rest).strip() or name
    told: JsonObject = {"label": label}
    if default:
        told["default"] = _value(default)
    if options:
        told["options"] = options if "://" in options else _options(options)
    if bounds:
        pairs = zip(("min", "max"), bounds.groups(), strict=True)
        told["validate"] = {side: int(limit) for side, limit in pairs if limit}
    return told


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def _options(text: str) -> list[JsonObject]:
    pairs = (option.partition(":") for option in text.split("|"))
    return [{"label": label or value, "value": value} for value, _, label in pairs]


def _below(made: JsonObject, children: Sequence[_Node]) -> JsonObject:
    """The fields of a collection or array, or those that options bring."""
    chosen = [child for child in children if child.text.startswith("@")]
    plain = [_field(child) for child in children if child not in chosen]
    added: JsonObject = {"spec": plain} if plain else {}
    if chosen:
        nested = {child.text[1:]: [_field(one) for one in child.children] for child in chosen}
        added["options"] = [
            {**option, "nested": nested[option["value"]]} if option["value"] in nested else option
            for option in made["options"]
        ]
    return added
