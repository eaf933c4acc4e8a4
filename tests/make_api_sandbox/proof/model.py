"""What must be there after a history of calls, written down independently of the sandbox."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

JsonObject = dict[str, Any]

MOST_STORES, MOST_BYTES, MEGABYTE = 10, 10_485_760, 1_048_576
"""Limits of the Core plan and the unit of `maxSizeMB`."""

SPEC: list[JsonObject] = [
    {"name": "note", "type": "text", "required": True},
    {"name": "count", "type": "number"},
]
"""The fields of every data structure made here."""


@dataclass(frozen=True)
class Kind:
    """How things of one kind are addressed."""

    path: str
    plural: str
    singular: str
    longest: int
    """Most characters of a name."""
    cautious: bool = False
    """Whether every deletion asks for confirmation."""
    by_name: bool = False
    """Whether lists are sorted by name."""


KINDS = {
    "folder": Kind("/scenarios-folders", "scenariosFolders", "scenarioFolder", 100, by_name=True),
    "key": Kind("/keys", "keys", "key", 128, cautious=True, by_name=True),
    "connection": Kind("/connections", "connections", "connection", 128, by_name=True),
    "hook": Kind("/hooks", "hooks", "hook", 128, by_name=True),
    "structure": Kind("/data-structures", "dataStructures", "dataStructure", 128, by_name=True),
    "store": Kind("/data-stores", "dataStores", "dataStore", 128, by_name=True),
    "scenario": Kind("/scenarios", "scenarios", "scenario", 120),
    "template": Kind("/templates", "templates", "template", 120, cautious=True, by_name=True),
}


@dataclass(eq=False)
class Thing:
    """One thing that was made, whether it still exists or not."""

    kind: str
    id: int
    team: int
    name: str
    alive: bool = True
    structure: "Thing | None" = None
    """Of a store."""
    megabytes: int = 0
    records: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    strict: bool = False
    udid: str = ""
    learning: bool = True
    queue: int = 0
    folder: "Thing | None" = None
    needs: "tuple[Thing, ...]" = ()
    """What the blueprint of a scenario names."""
    active: bool = False
    invalid: bool = False

    @property
    def hook(self) -> "Thing | None":
        """The webhook a scenario listens to."""
        return next((t for t in self.needs if t.kind == "hook" and self.reaches(t)), None)

    def reaches(self, other: "Thing") -> bool:
        """Tell whether a scenario can use what its blueprint names."""
        return other.alive and other.team == self.team


class Model:
    """All things and variables."""

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self.variables: dict[tuple[int, str], tuple[int, Any]] = {}

    def living(self, kind: str, team: int | None = None) -> Iterator[Thing]:
        """What exists of a kind, in a team."""
        for one in self.things:
            if one.kind == kind and one.alive and team in (None, one.team):
                yield one

    def users(self, thing: Thing) -> list[Thing]:
        """The scenarios that a thing's deletion would hurt."""
        return [
            one for one in self.living("scenario") if thing in one.needs and one.team == thing.team
        ]

    def asks(self, thing: Thing) -> bool:
        """Tell whether deleting a thing asks for confirmation."""
        held = [one for one in self.living("store") if one.structure is thing]
        return KINDS[thing.kind].cautious or bool(held) or bool(self.users(thing))

    def remove(self, thing: Thing) -> None:
        """Take a thing away with all that follows from it."""
        for user in self.users(thing):
            user.invalid = True
        thing.alive = False
        for one in self.things:
            one.structure = None if one.structure is thing else one.structure
            one.folder = None if one.folder is thing else one.folder

    def refusal_of_store(self, structure: Thing | None, team: int, megabytes: int) -> int | None:
        """The status that refuses a new store, if any."""
        if structure is not None and not (structure.alive and structure.team == team):
            return 404
        stores = list(self.living("store"))
        taken = sum(one.megabytes for one in stores) + megabytes
        return 400 if len(stores) >= MOST_STORES or taken * MEGABYTE > MOST_BYTES else None

    def shown(self, thing: Thing) -> JsonObject:
        """The members of a thing that follow from its history."""
        told: JsonObject = {"id": thing.id, "name": thing.name}
        if thing.kind != "folder":
            told["teamId"] = thing.team
        more = {"folder": self._folder, "hook": self._hook, "store": self._store}
        more["scenario"] = self._scenario
        return told | (more[thing.kind](thing) if thing.kind in more else {})

    def _folder(self, thing: Thing) -> JsonObject:
        inside = [one for one in self.living("scenario") if one.folder is thing]
        return {"scenariosTotal": len(inside)}

    def _hook(self, thing: Thing) -> JsonObject:
        user = next((one for one in self.living("scenario") if one.hook is thing), None)
        told: JsonObject = {"queueCount": thing.queue, "udid": thing.udid}
        if user is None:
            return told
        return told | {"scenarioId": user.id, "scenarioName": user.name}

    def _store(self, thing: Thing) -> JsonObject:
        return {"records": len(thing.records), "maxSize": str(thing.megabytes * MEGABYTE)}

    def _scenario(self, thing: Thing) -> JsonObject:
        return {
            "folderId": thing.folder.id if thing.folder else None,
            "hookId": thing.hook.id if thing.hook else None,
            "isActive": thing.active,
            "isinvalid": thing.invalid,
        }


def fits(data: Mapping[str, Any]) -> bool:
    """Tell whether a record fits a strict structure of `SPEC`."""
    count = data.get("count")
    numeric = count is None or (isinstance(count, int | float) and not isinstance(count, bool))
    return data.keys() <= {"note", "count"} and isinstance(data.get("note"), str) and numeric


def module(ident: int, name: str, **members: Any) -> JsonObject:
    """A module of a blueprint."""
    frame: JsonObject = {"version": 1, "parameters": {}, "mapper": {}, "metadata": {}}
    return {"id": ident, "module": name} | frame | members


def flow_of(needs: tuple[Thing, ...]) -> list[JsonObject]:
    """Modules that name these things: a webhook first, then what uses the others."""
    flow: list[JsonObject] = []
    for thing in sorted(needs, key=lambda one: one.kind != "hook"):
        flow.append(_using(len(flow) + 1, thing))
    mapper = {"name": "seen", "scope": "roundtrip", "value": "yes"}
    return [*flow, module(len(flow) + 1, "util:SetVariable2", mapper=mapper)]


def _using(ident: int, thing: Thing) -> JsonObject:
    if thing.kind == "hook":
        return module(ident, "gateway:CustomWebHook", parameters={"hook": thing.id})
    if thing.kind == "store":
        mapper = {"key": "by-run", "data": {"note": "run"}, "overwrite": True}
        return module(
            ident, "datastore:AddRecord", parameters={"datastore": thing.id}, mapper=mapper
        )
    return module(ident, "slack:CreateMessage", parameters={"__IMTCONN__": thing.id})


def documents(name: str, needs: tuple[Thing, ...]) -> tuple[str, str]:
    """Blueprint and scheduling of a scenario, as text."""
    instant = any(one.kind == "hook" for one in needs)
    blueprint = {"name": name, "flow": flow_of(needs), "metadata": {"version": 1}}
    scheduling = {"type": "immediately" if instant else "on-demand"}
    return json.dumps(blueprint), json.dumps(scheduling)
