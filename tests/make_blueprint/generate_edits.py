"""Random blueprints with everything a merge must handle, and random edits of them, by seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_list, as_object
from make_blueprint.document import clone as clone_of
from make_blueprint.patch import apply
from make_blueprint.problem import BlueprintError
from make_blueprint.walk import Visit, walk

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router

Edit = Callable[[Random, Blueprint, list[Visit]], "list[JsonObject]"]

_NAMES = ("util:ComposeTransformer", "http:ActionSendData", "json:ParseJSON", "slack:Post")


class _Author:
    """Writes sound blueprints: unique ids, references upstream, routers last."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.last = 0

    def number(self) -> int:
        self.last += self.random.choice((1, 1, 1, 2))
        return self.last

    def flow(self, upstream: list[int], depth: int) -> list[JsonValue]:
        made: list[JsonValue] = []
        upstream = list(upstream)
        for _ in range(self.random.randint(1, 3)):
            made.append(self.plain(upstream, depth))
            upstream.append(int(str(as_object(made[-1])["id"])))
        chance = self.random.random()
        if depth and chance < 0.4:
            made.append(self.router(upstream, depth - 1))
        elif depth and chance < 0.6:
            made += self.choice(upstream, depth - 1)
        elif chance > 0.85:
            feeder = self.random.choice(upstream)
            made.append(
                module(
                    self.number(),
                    "builtin:BasicAggregator",
                    parameters={"feeder": feeder, "target": f"{feeder}.rows"},
                    mapper={"n": f"{{{{{upstream[-1]}.x}}}}"},
                )
            )
        return made

    def plain(self, upstream: list[int], depth: int) -> Module:
        number = self.number()
        mapper: JsonObject = {"a": self.text(upstream), "b": self.random.randint(0, 3)}
        mapper["list"] = [{"k": self.text(upstream)} for _ in range(self.random.randint(0, 2))]
        made = module(number, self.random.choice(_NAMES), mapper=mapper)
        made["parameters"] = {"mode": self.random.choice(("x", "y"))}
        if self.random.random() < 0.3:
            condition: JsonObject = {"a": self.text(upstream), "o": "exist"}
            made["filter"] = {"name": "", "conditions": [[condition]]}
        if depth and self.random.random() < 0.2:
            made["onerror"] = [self.plain(upstream, 0), module(self.number(), "builtin:Ignore")]
        return made

    def router(self, upstream: list[int], depth: int) -> Module:
        number, count = self.number(), self.random.randint(1, 3)
        flows = [self.flow([*upstream, number], depth) for _ in range(count)]
        if self.random.random() < 0.5:
            return router(number, *flows, else_=self.random.randrange(count))
        return router(number, *flows)

    def choice(self, upstream: list[int], depth: int) -> list[JsonValue]:
        number = self.number()
        test: JsonObject = {"a": self.text(upstream), "o": "exist"}
        first, second = (self.flow([*upstream, number], depth) for _ in range(2))
        yes, no = branch(*first, test=test), branch(*second)
        made: list[JsonValue] = [if_else(number, yes, no)]
        output: JsonObject = {"name": "v", "mappings": [self.text(upstream), ""]}
        return [*made, merge(self.number(), output)]

    def text(self, upstream: list[int]) -> str:
        if not upstream or self.random.random() < 0.4:
            return self.random.choice(("", "one", "two"))
        return f"{{{{{self.random.choice(upstream)}.x}}}}"


def random_blueprint(random: Random, depth: int = 2) -> Blueprint:
    """Write a sound blueprint.

    Args:
        random: Where everything is drawn from.
        depth: How many levels of branching it may have.
    """
    author = _Author(random)
    made = blueprint(*author.flow([], depth))
    metadata = as_object(made["metadata"])
    if random.random() < 0.3:
        metadata["designer"] = {
            "orphans": [author.flow([], 0) for _ in range(random.randint(1, 2))]
        }
    if random.random() < 0.3:
        ids = [visit.id for visit in walk(made)]
        notes = [_note(random.choice(ids), random) for _ in range(random.randint(1, 2))]
        metadata["notes"] = [*notes]
    return made


def random_edit(random: Random, document: Blueprint, count: int) -> Blueprint:
    """Make a changed copy of a blueprint; an edit that would be refused is left out."""
    made = clone_of(document)
    for _ in range(count):
        if random.random() < 0.15:
            made = _raw(random, made)
            continue
        edit = random.choice(_OPERATIONS)
        try:
            made = apply(made, edit(random, made, list(walk(made)))).blueprint
        except BlueprintError:
            continue
    return made


def _note(number: int | None, random: Random) -> JsonObject:
    text = f"<p>{random.choice(('why', 'how', 'when'))}</p>"
    return {"moduleIds": [number], "content": text, "isFilterNote": False}


def _some(random: Random, visits: list[Visit]) -> int:
    return random.choice([visit.id for visit in visits if visit.id is not None])


def _place(random: Random, visits: list[Visit]) -> JsonObject:
    number = _some(random, visits)
    visit = next(visit for visit in visits if visit.id == number)
    if "routes" in visit.module or "branches" in visit.module:
        holders = as_list(visit.module.get("routes") or visit.module.get("branches"))
        return {"route_of": number, "route": random.randrange(len(holders) or 1)}
    return {random.choice(("after", "before")): number}


def _set_mapper(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    key = random.choice(("a", "b", "c"))
    value = random.choice(("red", "green", f"{{{{{_some(random, visits)}.y}}}}"))
    number = _some(random, visits)
    return [{"op": "set_mapper", "module": number, "name": key, "value": value}]


def _rename(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    name = random.choice(("First", "Second"))
    return [{"op": "rename_module", "module": _some(random, visits), "name": name}]


def _filter(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    condition: JsonObject = {"a": f"{{{{{_some(random, visits)}.f}}}}", "o": "exist"}
    gate: JsonValue = {"name": "Gate", "conditions": [[condition]]}
    gate = random.choice((None, gate))
    return [{"op": "set_filter", "module": _some(random, visits), "filter": gate}]


def _new(random: Random, visits: list[Visit]) -> JsonObject:
    value = random.choice(("same", f"{{{{{_some(random, visits)}.z}}}}", str(random.random())))
    return {"module": random.choice(_NAMES), "version": 1, "mapper": {"a": value}}


def _add(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    return [{"op": "add_module", "module": _new(random, visits), **_place(random, visits)}]


def _move(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    return [{"op": "move_module", "module": _some(random, visits), **_place(random, visits)}]


def _remove(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    return [{"op": "remove_module", "module": _some(random, visits)}]


def _handle(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    handlers: JsonValue = random.choice((None, [{"module": "builtin:Ignore", "version": 1}]))
    return [{"op": "set_error_handler", "module": _some(random, visits), "handlers": handlers}]


def _add_route(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    routers = [visit for visit in visits if "routes" in visit.module]
    flow: list[JsonValue] = [_new(random, visits)]
    return [{"op": "add_route", "router": _some(random, routers or visits), "flow": flow}]


def _remove_route(random: Random, document: Blueprint, visits: list[Visit]) -> list[JsonObject]:
    routers = [visit for visit in visits if "routes" in visit.module]
    return [{"op": "remove_route", "router": _some(random, routers or visits), "route": 0}]


def _raw(random: Random, document: Blueprint) -> Blueprint:
    """Change what no operation changes, in place."""
    metadata = as_object(document["metadata"])
    chosen = random.choice(list(walk(document))).module
    match random.randrange(9):
        case 0:
            document["name"] = random.choice(("Orders", "Bills"))
        case 1:
            key = random.choice(("dlq", "sequential"))
            metadata["scenario"] = as_object(metadata["scenario"]) | {key: True}
        case 2:
            notes = as_list(metadata.get("notes"))
            metadata["notes"] = [*notes, _note(_some(random, list(walk(document))), random)]
        case 3:
            notes = as_list(metadata.get("notes"))
            metadata["notes"] = notes[1:]
        case 4:
            chosen["version"] = random.choice((2, 3))
        case 5:
            for key in ("routes", "branches"):
                random.shuffle(as_list(chosen.get(key)))
        case 6:
            document[random.choice(("io", "extra"))] = {"k": random.randint(0, 2), "l": [1, 2]}
        case 7:
            kept = {"designer": as_object(chosen["metadata"]).get("designer")}
            chosen["metadata"] = {**kept, "restore": {"n": random.random()}}
        case _:
            _wrap(random, document)
    return document


def _wrap(random: Random, document: Blueprint) -> None:
    """Put the end of the flow into a new router."""
    flow = as_list(document["flow"])
    at = random.randint(1, len(flow))
    tail = flow[at:]
    if tail and as_object(tail[0]).get("module") != "builtin:BasicMerge":
        number = max(visit.id or 0 for visit in walk(document)) + 1
        flow[at:] = [router(number, tail)]


_OPERATIONS: tuple[Edit, ...] = (
    _set_mapper,
    _set_mapper,
    _rename,
    _filter,
    _add,
    _add,
    _move,
    _remove,
    _handle,
    _add_route,
    _remove_route,
)
