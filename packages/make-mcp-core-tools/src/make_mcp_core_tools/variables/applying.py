"""Variables as a set: written out to be kept, and put in place again as declared."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Literal

from make_mcp_base.authoring import Document, Failure, Input, Json, Make, Output, Problem
from make_mcp_base.safety.redaction import HIDDEN
from pydantic import Field

from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.places import (
    Place,
    PlaceInput,
    Variable,
    place_of,
    read_variables,
    require_feature,
)
from make_mcp_core_tools.variables.uses import uses_of
from make_mcp_core_tools.variables.values import (
    TYPE_IDS,
    TYPE_NAMES,
    NewName,
    TypeName,
    Value,
    fitted,
    guessed_type,
    refuse_secrets,
    shown,
)
from make_mcp_core_tools.variables.variables import write_change, write_deletion, write_new

Format = Literal["json", "yaml", "env", "csv"]

# Inputs


class WantedVariable(Input):
    name: NewName
    """Letters, digits, `$`, `_`; no digit first."""
    value: Value
    """A text, number, boolean or date; `[hidden]` leaves what is there."""
    type: TypeName | None = None
    """Left out, it is that of the value."""


class ApplyVariables(PlaceInput):
    variables: list[WantedVariable] = Field(max_length=200)
    """The set as it should be, as `variable_export` gives it."""
    prune: bool = False
    """Delete custom variables that are not in the set."""
    allow_plaintext: bool = False
    """Keep what looks like a secret, readable to every member."""


class ExportVariables(PlaceInput):
    format: Format = "json"
    """`json` and `yaml` keep the types, `csv` has a column for them, `env` has none."""


# Outputs


class VariablesApplied(Output):
    created: list[str] = []
    changed_values: list[str] = []
    deleted: list[str] = []
    unchanged: int = 0
    changed: bool


class VariablesExported(Output):
    format: Format
    count: int
    text: str
    """The document; secrets are masked, and a masked one is left as it is when applied."""
    masked: list[str] = []


# Tools


@category.tool(
    scope="",
    effect="delete",
    formerly=("bulk-variable-operations",),
    words=("declarative", "sync", "import", "several"),
    examples=(
        ApplyVariables(
            team_id=12,
            variables=[
                WantedVariable(name="vat_rate", value=0.19),
                WantedVariable(name="live_from", value="2026-10-05T08:00:00Z", type="date"),
            ],
        ),
    ),
)
async def variable_bulk_apply(make: Make, args: ApplyVariables) -> VariablesApplied:
    """Make the variables of a team or an organization match a set; applying twice changes nothing.

    Answers with a plan first. Others stay unless `prune`; a plan with `prune` names their readers.
    """
    place = await place_of(make, args)
    await require_feature(make, place)
    work = _compared(args, await read_variables(make, place))
    if work.problems:
        raise Failure(
            "Nothing was sent: some variables cannot be set.",
            next_step="Correct them all and call `variable_bulk_apply` again.",
            code="invalid_arguments",
            problems=work.problems,
        )
    fresh = [*work.new, *(new for _, new in work.other)]
    values = {each.name: each.value for each in fresh}
    refuse_secrets(values, "variable_bulk_apply", allowed=args.allow_plaintext)
    await _tell(make, place, work)
    await _write(make, place, work)
    return VariablesApplied(
        created=[each.name for each in work.new],
        changed_values=[old.name for old, _ in work.other],
        deleted=[each.name for each in work.gone],
        unchanged=work.same,
        changed=bool(work.new or work.other or work.gone),
    )


@category.tool(
    scope="", effect="read", formerly=("export-custom-variables",), words=("backup", "dotenv")
)
async def variable_export(make: Make, args: ExportVariables) -> VariablesExported:
    """Write the custom variables of a team or an organization out as one document.

    `variable_bulk_apply` takes the JSON and YAML ones back; secrets are masked in all of them.
    """
    place = await place_of(make, args)
    rows = [row for row in await read_variables(make, place) if not row.is_system]
    rows.sort(key=lambda row: row.name)
    told: list[Document] = [
        {
            "name": row.name,
            "type": TYPE_NAMES.get(row.type_id, "text"),
            "value": shown(row.name, row.value),
        }
        for row in rows
    ]
    return VariablesExported(
        format=args.format,
        count=len(told),
        text=_written(args.format, told),
        masked=[str(row["name"]) for row in told if row["value"] == HIDDEN],
    )


# Comparing


@dataclass(slots=True)
class _Work:
    """What has to be done for the set to be as declared."""

    new: list[Variable] = field(default_factory=list[Variable])
    other: list[tuple[Variable, Variable]] = field(default_factory=list[tuple[Variable, Variable]])
    gone: list[Variable] = field(default_factory=list[Variable])
    same: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])


def _compared(args: ApplyVariables, rows: list[Variable]) -> _Work:
    """Compare the declared set with what is there; every fault is collected."""
    work, there = _Work(), {row.name: row for row in rows}
    seen: set[str] = set()
    for number, wanted in enumerate(args.variables):
        path, old = f"variables[{number}]", there.get(wanted.name)
        if wanted.name in seen:
            work.problems.append(Problem(path, f"`{wanted.name}` stands in the set twice."))
        elif old is not None and old.is_system:
            work.problems.append(Problem(path, f"`{wanted.name}` is set by Make itself."))
        else:
            _compare(work, wanted, old, path)
        seen.add(wanted.name)
    if args.prune:
        work.gone = [row for row in rows if not row.is_system and row.name not in seen]
    return work


def _compare(work: _Work, wanted: WantedVariable, old: Variable | None, path: str) -> None:
    if wanted.value == HIDDEN:
        work.same += old is not None
        if old is None:
            text = f"`{wanted.name}` is masked, and there is none whose value could stay."
            work.problems.append(Problem(f"{path}.value", text, "Send its value."))
        return
    kept = TYPE_NAMES.get(old.type_id) if old else None
    kind = wanted.type or kept or guessed_type(wanted.value)
    try:
        new = Variable(name=wanted.name, type_id=TYPE_IDS[kind], value=fitted(kind, wanted.value))
    except ValueError as wrong:
        work.problems.append(Problem(f"{path}.value", f"{wrong}.", f"Its type is {kind}."))
        return
    if old is None:
        work.new.append(new)
    elif (old.type_id, old.value) == (new.type_id, new.value):
        work.same += 1
    else:
        work.other.append((old, new))


# Doing


async def _tell(make: Make, place: Place, work: _Work) -> None:
    """Show the plan: what is added, changed and deleted, and who reads what goes."""
    for each in work.new:
        make.shows(f"+ {each.name}: {shown(each.name, each.value)}")
    for old, new in work.other:
        before, after = shown(old.name, old.value), shown(new.name, new.value)
        make.shows(f"~ {old.name}: {before} → {after}")
    for each in work.gone:
        make.shows(f"- {each.name}: {shown(each.name, each.value)}")
        uses = await uses_of(make, place, each.name)
        for line in uses.lines():
            make.affects(f"{each.name}: {line}")


async def _write(make: Make, place: Place, work: _Work) -> None:
    for each in work.new:
        await write_new(make, place, each)
    for old, new in work.other:
        await write_change(make, place, old, new)
    for each in work.gone:
        await write_deletion(make, place, each)


# Writing out


def _written(format: Format, rows: list[Document]) -> str:
    if format == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1)
    if format == "yaml":
        return _yaml(rows)
    if format == "env":
        return "".join(f"{row['name']}={_quoted(row['value'])}\n" for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "type", "value"))
    writer.writerows((row["name"], row["type"], _plain(row["value"])) for row in rows)
    return text.getvalue()


def _yaml(rows: list[Document]) -> str:
    try:
        import yaml
    except ImportError as missing:
        raise Failure(
            "YAML needs PyYAML, which is not installed.",
            next_step="Install the extra `make-mcp-core-tools[yaml]` and start the server again,"
            " or call `variable_export` with format=json.",
            code="yaml_extra_missing",
        ) from missing
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _quoted(value: Json) -> str:
    """Write a value so that shells and dotenv readers give it back unchanged."""
    text = _plain(value)
    return text if text.isalnum() or not text else "'" + text.replace("'", "'\\''") + "'"
