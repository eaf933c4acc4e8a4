"""Blueprints in few words, and running them without a world."""

from typing import Any

from make_api_sandbox.engine.execution import Execution, Start
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.run import execute

Json = Any


def module(ident: int, slug: str, **members: Json) -> dict[str, Json]:
    return {"id": ident, "module": slug, "version": 1, **members}


def blueprint(*flow: dict[str, Json], **scenario: Json) -> dict[str, Json]:
    return {"name": "t", "flow": list(flow), "metadata": {"version": 1, "scenario": scenario}}


def compose(ident: int, value: str, **members: Json) -> dict[str, Json]:
    return module(ident, "util:ComposeTransformer", mapper={"value": value}, **members)


def assign(ident: int, **values: Json) -> dict[str, Json]:
    """Set variables whose values keep their type."""
    variables = [{"name": name, "value": value} for name, value in values.items()]
    mapper = {"variables": variables, "scope": "roundtrip"}
    return module(ident, "util:SetVariables", mapper=mapper)


def iterate(ident: int, array: Json, **members: Json) -> dict[str, Json]:
    return module(ident, "builtin:BasicFeeder", mapper={"array": array}, **members)


def collect(ident: int, feeder: int, value: str, **members: Json) -> dict[str, Json]:
    parameters = {"feeder": feeder, "rowSeparator": ","}
    mapper = {"value": value}
    return module(ident, "util:TextAggregator", parameters=parameters, mapper=mapper, **members)


def fail(ident: int, *handler: dict[str, Json], **members: Json) -> dict[str, Json]:
    """A module that fails with a `BundleValidationError`, and its error route."""
    onerror = {"onerror": list(handler)} if handler else {}
    return module(ident, "json:ParseJSON", mapper={"json": "{"}, **onerror, **members)


def put(ident: int, key: str, **members: Json) -> dict[str, Json]:
    """Write a record into data store 5."""
    mapper = {"key": key, "overwrite": True, "data": {"v": key}}
    parameters = {"datastore": 5}
    return module(ident, "datastore:AddRecord", parameters=parameters, mapper=mapper, **members)


def when(left: Json, operator: str = "text:equal", right: Json = None) -> dict[str, Json]:
    """A filter of one condition."""
    return {"name": "", "conditions": [[{"a": left, "o": operator, "b": right}]]}


def ports() -> MemoryPorts:
    """Surroundings with data store 5."""
    made = MemoryPorts()
    made.stores.stores[5] = {"old": {"v": "before"}}
    return made


async def run(
    document: dict[str, Json], around: MemoryPorts | None = None, **start: Json
) -> Execution:
    return await execute(document, Start("e" * 32, **start), around or ports())


def trail(execution: Execution) -> list[tuple[int, Json]]:
    """Every operation with an output as (module id, first field of the first output)."""
    return [
        (record.module_id, next(iter(record.returned[0].values()), None))
        for record in execution.records
        if record.returned
    ]


def values(execution: Execution, ident: int) -> list[Json]:
    """First fields of all outputs of one module."""
    return [value for at, value in trail(execution) if at == ident]
