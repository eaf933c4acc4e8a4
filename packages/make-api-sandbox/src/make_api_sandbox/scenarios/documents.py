"""Reads what arrives as a scenario: the blueprint, its scheduling, its inputs and outputs."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from make_api_sandbox.http.errors import ApiError, invalid_parameters, plan_required, refused
from make_api_sandbox.http.json_reading import read_json
from make_api_sandbox.shapes import JsonObject

BUILT_IN_APPS = frozenset(
    {
        "ai-agent",
        "ai-local-agent",
        "ai-tools",
        "archive",
        "builtin",
        "code",
        "csv",
        "currency",
        "datastore",
        "email",
        "encryptor",
        "flow-control",
        "gateway",
        "http",
        "image",
        "json",
        "make",
        "markdown",
        "math",
        "phonenumber",
        "placeholder",
        "regexp",
        "rss",
        "scenario-service",
        "util",
        "xml",
    }
)
"""Apps that belong to Make itself; using one for the first time needs no confirmation."""

KNOWN_MODULES: dict[str, frozenset[str]] = {
    "builtin": frozenset(
        {
            "BasicAggregator",
            "BasicFeeder",
            "BasicIfElse",
            "BasicMerge",
            "BasicRepeater",
            "BasicRouter",
            "Break",
            "Commit",
            "Ignore",
            "Resume",
            "Rollback",
            "ThrowError",
            "ThrowWarning",
        }
    ),
    "gateway": frozenset({"CustomMailHook", "CustomWebHook", "WebhookRespond"}),
    "scenario-service": frozenset(
        {"CallSubscenario", "NameExecution", "ReturnData", "RunScenario", "StartSubscenario"}
    ),
}
"""Apps whose modules are all known: any other name in them does not exist."""

MISSING_MODULES = frozenset(
    {
        "util:NumericalAggregator",
        "util:NumericAggregator",
        "util:TableAggregator",
        "util:SetMultipleVariables",
        "util:SetVariables2",
        "util:SwitchModule",
        "http:MakeARequest",
        "http:request",
        "regexp:Match",
        "datastore:addRecord",
        "datastore:ActionGetRecord",
        "datastore:SearchRecords",
    }
)
"""Names that circulate in generated blueprints and do not exist."""

KINDS = (
    "immediately",
    "indefinitely",
    "once",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "on-demand",
)
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
DAY_BOUNDS = {"weekly": (0, 6), "monthly": (1, 31), "yearly": (1, 31)}

Faults = list[tuple[str, str]]


def read_blueprint(source: str) -> JsonObject:
    """Read a blueprint that was sent as text.

    Raises:
        ApiError: 400 when it is no object, lacks `flow` or `metadata`, or names a module that does
            not exist (Make API reference, chapter 1.15).
    """
    blueprint: Any = read_json(source)
    if not isinstance(blueprint, dict):
        raise invalid_parameters([("blueprint", "Blueprint should be object.")])
    document = cast(JsonObject, blueprint)
    faults: Faults = []
    if not isinstance(document.get("flow"), list):
        faults.append(("blueprint.flow", "Missing value of required parameter 'blueprint.flow'."))
    if not isinstance(document.get("metadata"), dict):
        text = "Missing value of required parameter 'blueprint.metadata'."
        faults.append(("blueprint.metadata", text))
    name = document.get("name")
    if name is not None and not (isinstance(name, str) and 1 <= len(name) <= 120):
        faults.append(("blueprint.name", "Blueprint name should have 1 to 120 characters."))
    if faults:
        raise invalid_parameters(faults)
    _refuse_missing_modules(document)
    return document


def _refuse_missing_modules(blueprint: JsonObject) -> None:
    wrong = [slug for slug in module_names(blueprint) if not module_exists(slug)]
    if wrong:
        texts = [f"Module '{slug}' not found." for slug in dict.fromkeys(wrong)]
        raise ApiError(
            400, "IM005", texts[0], detail=texts, suberrors=[{"message": each} for each in texts]
        )


def module_exists(slug: str) -> bool:
    """Tell whether a module of one of Make's own apps exists; other apps are believed."""
    app, _, name = slug.partition(":")
    known = KNOWN_MODULES.get(app)
    return slug not in MISSING_MODULES and (known is None or name in known)


def all_modules(blueprint: JsonObject) -> Iterator[JsonObject]:
    """Every module of the flow, routes, branches and error routes, in document order."""
    stack: list[Any] = list(reversed(_items(blueprint.get("flow"))))
    while stack:
        module = stack.pop()
        if not isinstance(module, dict):
            continue
        found = cast(JsonObject, module)
        yield found
        nested = [*_flows(found, "routes"), *_flows(found, "branches"), *_flows(found, "tools")]
        nested += _items(found.get("onerror"))
        stack.extend(reversed(nested))


def _flows(module: JsonObject, member: str) -> list[Any]:
    found: list[Any] = []
    for each in _items(module.get(member)):
        if isinstance(each, dict):
            found += _items(cast(JsonObject, each).get("flow"))
    return found


def _items(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def module_names(blueprint: JsonObject) -> list[str]:
    """`<app>:<Name>` of every module, in document order."""
    return [
        slug for module in all_modules(blueprint) if isinstance(slug := module.get("module"), str)
    ]


def used_packages(blueprint: JsonObject) -> list[str]:
    """Distinct app names, in order of first use."""
    return list(dict.fromkeys(slug.partition(":")[0] for slug in module_names(blueprint)))


def module_sequence(blueprint: JsonObject) -> int:
    """The next free module id."""
    ids = [module.get("id") for module in all_modules(blueprint)]
    return max((each for each in ids if isinstance(each, int)), default=0) + 1


def first_module(blueprint: JsonObject) -> JsonObject:
    """The starting module; empty when there is none."""
    return next(all_modules(blueprint), cast(JsonObject, {}))


def hook_of(blueprint: JsonObject) -> int | None:
    """The hook the first module listens to; None when it is no instant trigger."""
    first = first_module(blueprint)
    parameters = first.get("parameters")
    if not isinstance(parameters, dict):
        return None
    named = cast(JsonObject, parameters)
    value = named.get("hook") or named.get("__IMTHOOK__")
    try:
        return int(value) if value else None
    except (TypeError, ValueError):
        return None


def listens(blueprint: JsonObject) -> bool:
    """Tell whether the first module is a webhook or mailhook trigger of Make itself."""
    first = first_module(blueprint)
    return first.get("module") in ("gateway:CustomWebHook", "gateway:CustomMailHook")


def structural_faults(blueprint: JsonObject) -> list[str]:
    """What keeps a blueprint from being activated.

    The flow must not be empty, ids must be whole numbers and unique, every module needs a name
    with a colon and (placeholders aside) a version of at least 0.
    """
    modules = list(all_modules(blueprint))
    faults = [] if modules else ["The flow is empty."]
    seen: set[int] = set()
    for module in modules:
        slug, ident, version = module.get("module"), module.get("id"), module.get("version")
        if not isinstance(slug, str) or ":" not in slug:
            faults.append(f"Module {ident} has no valid name.")
        elif slug != "placeholder:Placeholder" and not _is_count(version):
            faults.append(f"Module {ident} has no version.")
        if not _is_count(ident) or ident in seen:
            faults.append(f"Module id {ident} is missing or used twice.")
        elif isinstance(ident, int):
            seen.add(ident)
    return faults


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_scheduling(source: str, licence: JsonObject) -> JsonObject:
    """Read a scheduling object that was sent as text (Make API reference, chapter 1.14).

    Raises:
        ApiError: 400 that lists every fault; 402 for `on-demand` without the licence for it.
    """
    parsed: Any = read_json(source)
    if not isinstance(parsed, dict):
        raise invalid_parameters([("scheduling", "Scheduling should be object.")])
    scheduling = cast(JsonObject, parsed)
    kind = scheduling.get("type")
    if kind not in KINDS:
        text = f"'scheduling.type' should be one of: {', '.join(KINDS)}."
        raise invalid_parameters([("scheduling.type", text)])
    faults = _scheduling_faults(str(kind), scheduling)
    if faults:
        raise invalid_parameters(faults)
    if kind == "on-demand" and not licence.get("onDemandScheduling", True):
        raise plan_required("On-demand scheduling is not part of the plan.")
    return scheduling


def _scheduling_faults(kind: str, scheduling: JsonObject) -> Faults:
    faults: Faults = []
    interval = scheduling.get("interval")
    if interval is not None and not (_is_count(interval) and interval >= 60):
        faults.append(("scheduling.interval", "'scheduling.interval' should be integer >= 60."))
    if kind == "once" and not _is_moment(scheduling.get("date")):
        faults.append(("scheduling.date", "'scheduling.date' should match format date-time"))
    if kind in ("daily", *DAY_BOUNDS) and not TIME.fullmatch(str(scheduling.get("time"))):
        faults.append(("scheduling.time", "'scheduling.time' should match format HH:mm."))
    if kind in DAY_BOUNDS and not _are_within(scheduling.get("days"), *DAY_BOUNDS[kind]):
        low, high = DAY_BOUNDS[kind]
        text = f"'scheduling.days' should be a list of {low} to {high}."
        faults.append(("scheduling.days", text))
    if kind == "yearly" and not _are_within(scheduling.get("months"), 1, 12):
        faults.append(("scheduling.months", "'scheduling.months' should be a list of 1 to 12."))
    between = scheduling.get("between")
    if between is not None and not (
        len(_items(between)) == 2 and all(map(_is_moment, _items(between)))
    ):
        faults.append(("scheduling.between", "'scheduling.between' should match format date-time"))
    rate = scheduling.get("maximum_runs_per_minute")
    if rate is not None and not (_is_count(rate) and 1 <= rate <= 10_000):
        text = "'scheduling.maximum_runs_per_minute' should be integer 1 to 10000."
        faults.append(("scheduling.maximum_runs_per_minute", text))
    return faults


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str) or not DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _are_within(value: Any, low: int, high: int) -> bool:
    days = _items(value)
    return bool(days) and all(_is_count(day) and low <= day <= high for day in days)


def is_on_demand(scheduling: JsonObject) -> bool:
    """Tell whether a scenario runs only when it is called."""
    return scheduling.get("type") == "on-demand"


def interface_of(metadata: Any, blueprint: JsonObject) -> JsonObject | None:
    """Inputs and outputs declared next to, or inside of, a blueprint; None when neither is."""
    for source in (metadata, blueprint.get("io"), blueprint.get("metadata")):
        if not isinstance(source, dict):
            continue
        declared = cast(JsonObject, source)
        if "input_spec" in declared or "output_spec" in declared:
            return {
                "input": _items(declared.get("input_spec")) or None,
                "output": _items(declared.get("output_spec")) or None,
            }
    return None


def check_interface(interface: JsonObject, scheduling: JsonObject) -> None:
    """Inputs need on-demand scheduling.

    Raises:
        ApiError: 422 `IM016`.
    """
    inputs = _items(interface.get("input"))
    if inputs and not is_on_demand(scheduling):
        text = "You can only use required inputs with on demand schedule setting"
        raise refused(text, "IM016", 422)


def required_inputs(interface: JsonObject | None) -> list[JsonObject]:
    """Inputs without which a run is refused."""
    fields = [cast(JsonObject, f) for f in _items((interface or {}).get("input"))]
    return [field for field in fields if field.get("required") is True]
