"""`variable_resolve`: what an expression gives with the real variables and sample data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

from make_blueprint import iml
from make_mcp_base.authoring import Document, Failure, Input, Json, Make, Output, Problem, TeamId
from make_mcp_base.client.failures import Forbidden, NotFound
from make_mcp_base.safety.redaction import HIDDEN
from pydantic import Field

from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.places import Place, home_of, read_variables
from make_mcp_core_tools.variables.values import secret_reason, shown

_BY_CHANCE = ("random", "uuid", "shuffle")

# Inputs


class ResolveVariables(Input):
    expression: str = Field(min_length=1, max_length=20_000)
    """A mapped value as Make keeps it: `{{var.team.vat_rate * 1.input}}`."""
    team_id: TeamId | None = None
    bundles: Document = {}
    """Sample output of modules by id: `{"1": {"name": "Ann"}}`."""
    inputs: Document = {}
    """Sample scenario inputs, for `var.input.…`."""
    now: Moment | None = None
    """Value of `now`; the present without it."""
    timezone: str | None = None
    """Zone name; left out, the organization's if it can be read, else UTC."""


# Outputs


class UsedVariable(Output):
    expression: str
    value: Json = None
    """Masked when it looks like a secret."""
    known: bool


class Resolved(Output):
    evaluated: bool
    value: Json = None
    type: str | None = None
    """`text`, `number`, `boolean`, `date`, `array`, `collection`, `buffer`, `null`, or a keyword
    such as `ignore`."""
    variables: list[UsedVariable] = []
    unknown: list[str] = []
    """References without a value here (missing variables, modules without sample): null."""
    not_evaluated: str | None = None
    """Name of a function that only Make can run, such as a custom function."""
    error: str | None = None
    """Why Make would refuse the expression, with the place."""
    timezone: str


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("test-variable-resolution",),
    words=("evaluate", "expression", "IML", "formula", "try"),
    examples=(
        ResolveVariables(
            team_id=12,
            expression="{{round(1.net * (1 + var.team.vat_rate))}}",
            bundles={"1": {"net": 100}},
        ),
    ),
)
async def variable_resolve(make: Make, args: ResolveVariables) -> Resolved:
    """Evaluate an expression with the real variables of a team and with sample data.

    Nothing is guessed: a function that is not Make's own is named, not run. Secrets stand masked.
    """
    bundles = _bundles(args.bundles)
    seen = await _read(make, args.team_id or await make.team())
    zone = _zone(args.timezone or seen.timezone or "UTC")
    moment = milliseconds(args.now) if args.now else None
    now = datetime.fromtimestamp(moment / 1_000, UTC) if moment else datetime.now(UTC)
    variables: dict[str, Any] = {**seen.masked, "input": args.inputs}
    scope = iml.Scope(
        bundles=bundles, variables=variables, now=now, timezone=zone, random=Random(0)
    )
    used = _used(args, seen)
    told = Resolved(
        evaluated=False,
        variables=used,
        unknown=[each.expression for each in used if not each.known] + _samples(args, bundles),
        timezone=zone,
    )
    _warn(make, args.expression, seen, used)
    return _evaluated(args.expression, scope, told)


# Reading


@dataclass(slots=True)
class _Seen:
    """The variables an expression can read, secrets masked.

    Attributes:
        masked: By owner and name.
        secret: Tokens of those that are masked.
        unread: Why an owner's could not be read.
    """

    masked: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    secret: set[str] = field(default_factory=set[str])
    unread: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def timezone(self) -> str:
        """The organization's zone, as its system variable tells."""
        return str(self.masked.get("organization", {}).get("organizationTimezone") or "")


async def _read(make: Make, team_id: int) -> _Seen:
    seen = _Seen()
    places = [Place("team", team_id)]
    home = await home_of(make, team_id)
    if home:
        places.append(Place("organization", home.id))
    for place in places:
        try:
            rows = await read_variables(make, place)
        except (Forbidden, NotFound) as refused:
            if refused.code != "missing_scope" and place.owner == "team":
                raise
            seen.unread[place.owner] = refused.why or refused.what
            continue
        seen.masked[place.owner] = {row.name: shown(row.name, row.value) for row in rows}
        hidden = (row.name for row in rows if secret_reason(row.name, row.value))
        seen.secret |= {place.token(name) for name in hidden}
    return seen


def _bundles(given: Document) -> dict[int, dict[str, Any]]:
    """Read sample bundles.

    Raises:
        Failure: A key is no module id, or a bundle no object.
    """
    wrong = [
        Problem(f"bundles.{key}", "should be an object under the id of a module.")
        for key, bundle in given.items()
        if not (key.isascii() and key.isdigit() and isinstance(bundle, dict))
    ]
    if wrong:
        raise Failure(
            "The sample data cannot be read.",
            next_step='Send bundles as {"1": {"name": "Ann"}} and call `variable_resolve` again.',
            code="invalid_arguments",
            problems=wrong,
        )
    return {int(key): cast("dict[str, Any]", bundle) for key, bundle in given.items()}


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key
    except (ValueError, LookupError, OSError):
        raise Failure(
            f"`{name[:40]}` is no time zone.",
            next_step="Send a name such as Europe/Prague, or leave `timezone` out.",
            code="invalid_arguments",
        ) from None


def _used(args: ResolveVariables, seen: _Seen) -> list[UsedVariable]:
    rows: dict[str, UsedVariable] = {}
    for use in iml.variables(args.expression):
        token = f"{{{{var.{use.kind}.{use.name}}}}}"
        values = args.inputs if use.kind == "input" else seen.masked.get(use.kind, {})
        known = use.name in values
        rows[token] = UsedVariable(
            expression=token, value=shown(use.name, values.get(use.name)), known=known
        )
    return list(rows.values())


def _samples(args: ResolveVariables, bundles: dict[int, dict[str, Any]]) -> list[str]:
    modules = dict.fromkeys(use.module for use in iml.references(args.expression))
    return [f"module {module}" for module in modules if module not in bundles]


def _warn(make: Make, text: str, seen: _Seen, used: list[UsedVariable]) -> None:
    for owner, why in seen.unread.items():
        if f"var.{owner}" in text:
            make.warn(f"Variables of the {owner} could not be read: {why}")
    if any(each.expression in seen.secret for each in used):
        make.warn(f"Variables that look like secrets stand as `{HIDDEN}` in the value.")
    if any(name in text for name in _BY_CHANCE):
        make.warn("What chance decides is an example; every run of Make gives another.")


# Evaluating


def _evaluated(text: str, scope: iml.Scope, told: Resolved) -> Resolved:
    try:
        value = iml.evaluate(text, scope)
    except iml.NotEvaluated as missing:
        told.not_evaluated = missing.name
        told.error = f"{missing} ({missing.place})"
        return told
    except iml.IMLError as wrong:
        told.error = str(wrong)
        return told
    told.evaluated = True
    told.type, told.value = _type(value), _json(value)
    return told


def _type(value: iml.Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case bytes():
            return "buffer"
        case datetime():
            return "date"
        case list():
            return "array"
        case dict():
            return "collection"
        case _:
            return f"keyword {value.value}"


def _json(value: iml.Value) -> Json:
    """Write a value as JSON: dates as Make does, buffers by their size."""
    match value:
        case datetime():
            return iso(round(value.timestamp() * 1_000))
        case bytes():
            return f"{len(value)} bytes"
        case list():
            return [_json(each) for each in value]
        case dict():
            return {key: _json(each) for key, each in value.items()}
        case iml.Special():
            return None
        case _:
            return value
