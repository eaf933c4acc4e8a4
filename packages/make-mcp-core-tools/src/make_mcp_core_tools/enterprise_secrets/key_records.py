"""Keys as Make tells of them (API reference, chapter 2.21), and the modules that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from make_mcp_base.authoring import Failure, Json, Output, Problem
from pydantic import BeforeValidator, Field

from make_mcp_core_tools._engine.connection_uses import Bound, bound_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from make_mcp_base.authoring import Make

READ_KEYS, WRITE_KEYS = "keys:read", "keys:write"

KeyId = Annotated[int, Field(gt=0)]


class KeyRecord(Output):
    """A key as the API shows it; its parameters never come back."""

    id: int
    name: str
    type_name: str = ""
    team_id: int = 0


class OneKey(Output):
    key: KeyRecord


class KeyDeleted(Output):
    key: int


def _listed(value: object) -> object:
    """Forms may name a procedure in place of a list; nothing is known of its rows then."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


class FormOption(Output):
    """One choice of a field, with the fields it brings along."""

    value: Json = None
    nested: Annotated[list[FormField], BeforeValidator(_listed)] = []


class FormField(Output):
    """One parameter of a key."""

    name: str
    type: str = "text"
    required: bool = False
    default: Json = None
    options: Annotated[list[FormOption], BeforeValidator(_listed)] = []


class KeyTypeRecord(Output):
    """A type of key with its form."""

    name: str
    label: str = ""
    parameters: list[FormField] = []

    def fields(self) -> Iterator[tuple[FormField, str]]:
        """Give every field of the form, each with the choice it depends on ("" for none)."""
        for one in self.parameters:
            yield one, ""
            for option in one.options:
                for inner in option.nested:
                    yield inner, f"{one.name}={option.value}"


class KeyTypeRecords(Output):
    keys_types: list[KeyTypeRecord]


async def read_key(make: Make, key_id: int) -> KeyRecord:
    """Read one key.

    Raises:
        Failure: It does not exist, or as `Make.get`.
    """
    return (await make.get(f"/keys/{key_id}", into=OneKey, scope=READ_KEYS)).key


async def keys_of(make: Make, team_id: int, type_name: str = "") -> list[KeyRecord]:
    """List the keys of a team by name, all or of one type."""
    query = {"teamId": team_id} | ({"typeName": type_name} if type_name else {})
    return await make.all("/keys", query, key="keys", item=KeyRecord, scope=READ_KEYS)


async def key_types(make: Make) -> list[KeyTypeRecord]:
    """List the types of keys."""
    told = await make.get("/keys/types", into=KeyTypeRecords, scope=READ_KEYS, fresh_for=300)
    return told.keys_types


async def users_of_key(make: Make, key: KeyRecord) -> list[Bound]:
    """Find the scenarios of its team that use a key."""
    bound = await bound_scenarios(make, key.team_id, ("key", key.id))
    return [one for one in bound if one.to("key", key.id)]


def use_lines(bound: list[Bound], key_id: int) -> list[str]:
    """Name each scenario that uses a key, with its modules, on a line of its own."""
    lines: list[str] = []
    for one in bound:
        state = "active" if one.scenario.is_active else "inactive"
        ids = sorted({b.module_id for b in one.to("key", key_id) if b.module_id is not None})
        where = ", ".join(map(str, ids))
        lines.append(
            f"Scenario “{one.scenario.name}” ({one.scenario.id}, {state}), modules {where}"
        )
    return lines


async def check_parameters(make: Make, type_name: str, given: Mapping[str, Any]) -> None:
    """Refuse parameters that the form of a key's type does not have or misses; all at once.

    Raises:
        Failure: The type is unknown, or parameters are wrong.
    """
    known = await key_types(make)
    kind = next((one for one in known if one.name == type_name), None)
    if kind is None:
        raise Failure(
            f"Make has no key type `{type_name}`.",
            why=f"Known: {', '.join(one.name for one in known)}.",
            next_step="Call again with one of them; `key_type_list` shows their forms.",
            code="unknown_key_type",
        )
    problems = list(_wrong(kind, given))
    if problems:
        raise Failure(
            f"The parameters do not fit a key of type `{type_name}`; nothing was sent.",
            problems=problems,
            next_step=f"Call again with them; `key_type_list` type={type_name} shows the form.",
            code="invalid_arguments",
        )


def _wrong(kind: KeyTypeRecord, given: Mapping[str, Any]) -> Iterator[Problem]:
    fields = list(kind.fields())
    names = list(dict.fromkeys(field.name for field, _ in fields))
    for name in given:
        if name not in names:
            fix = f"Valid: {', '.join(names)}."
            yield Problem(f"parameters.{name}", "is not a parameter.", fix)
    for field, depends in fields:
        value = given.get(field.name)
        chosen, _, wanted = depends.partition("=")
        applies = not depends or str(given.get(chosen)) == wanted
        if applies and field.required and value in (None, "") and field.default is None:
            yield Problem(f"parameters.{field.name}", "is required.")
        options = [option.value for option in field.options]
        if options and value not in (None, "") and value not in options:
            listed = ", ".join(map(str, options))
            yield Problem(f"parameters.{field.name}", f"is not one of {listed}.")
