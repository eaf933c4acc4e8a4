"""Cost: credits and time spent without need."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, whole_number
from make_blueprint.lint.deeds import deed, items_of, repeats
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.references import renumber
from make_blueprint.walk import ROUTER, Visit, feeder_of

_SLEEP = "util:FunctionSleep"
_SETTERS = ("util:SetVariable2", "util:SetVariables")
_LISTS = ("builtin:BasicFeeder",)
_CODE = "code:ExecuteCode"
_LONGEST_RUN = 40
_LONGEST_REQUEST = 300
_MANY = 1000
_CHANGING = re.compile(r"\b(?:now|timestamp|random|uuid|executionId|var)\b")
_PURE = frozenset(
    {"json:ParseJSON", "json:CreateJSON", "json:TransformToJSON", "util:ComposeTransformer"}
    | {"util:Switcher", "regexp:Replace", "regexp:HTMLToText", "markdown:Compile", "xml:ParseXML"}
)
_FREE_APPS = ("scenario-service", "placeholder")
_FREE = frozenset(
    {"builtin:BasicRouter", "builtin:BasicIfElse", "builtin:BasicMerge", "builtin:Ignore"}
    | {"builtin:Commit", "builtin:Rollback", "builtin:Resume", "builtin:Break"}
)
_RUNS_A_MONTH = {"daily": 28, "weekly": 4, "monthly": 1}
_SHARE = 0.5
_OWN = ("module", "parameters", "mapper", "filter")


@rule("C01", "message-per-item", "info")
def message_per_item(subject: Subject) -> Iterator[Hit]:
    """A message is sent for every item of a list.

    Behind an iterator or a search every module runs once an item. If one message with all items
    would do, collect them with an aggregator first: it costs less and annoys nobody.
    """
    seen: set[int] = set()
    for visit in subject.running:
        loops = subject.loops(visit)
        if visit.role == "onerror" or not loops or deed(visit) != "send":
            continue
        if id(loops[-1].module) not in seen:
            seen.add(id(loops[-1].module))
            source = loops[-1]
            text = f"It sends a message for every bundle of module {source.id} ({source.type})."
            remedy = "Collect the items first if one message will do."
            evidence: JsonObject = {"loop": source.id, "most": items_of(source)}
            yield at(visit, text, remedy, evidence=evidence)


@rule("C02", "iterator-over-bundle", "warning")
def iterator_over_bundle(subject: Subject) -> Iterator[Hit]:
    """An iterator goes over a module that gives its items one by one already.

    A search or another iterator repeats what follows by itself. The iterator in between costs an
    operation an item, and its list is usually empty.
    """
    for visit in subject.of("builtin:BasicFeeder"):
        array = as_object(visit.module.get("mapper")).get("array")
        if not isinstance(array, str) or not iml.is_expression(array):
            continue
        uses = iml.references(array)
        source = subject.by_id.get(uses[0].module) if uses else None
        if source is None or not repeats(source):
            continue
        alone = array[uses[0].start : uses[0].end] == array[2:-2].strip()
        known = {str(as_object(field).get("name")) for field in _interface(source)}
        fields = uses[0].fields
        unknown = fields and known and fields[0] not in known and source.type not in _LISTS
        if alone and (not fields or unknown):
            text = f"Module {source.id} ({source.type}) gives one bundle an item already."
            remedy = f"Remove the iterator and map the fields of module {source.id}."
            evidence: JsonObject = {"source": source.id, "array": array}
            yield at(visit, text, remedy, place=("mapper", "array"), evidence=evidence)


def _interface(visit: Visit) -> list[JsonValue]:
    return as_list(as_object(visit.module.get("metadata")).get("interface"))


@rule("C03", "sleep-in-loop", "warning")
def sleep_in_loop(subject: Subject) -> Iterator[Hit]:
    """A Sleep module waits once an item; together that may be longer than a run may last.

    A run is stopped at its time limit, 40 minutes on most plans, and what is left is not done.
    Where the number of items is not known, this only says how many fit.
    """
    plan = subject.surroundings.plan
    minutes = (plan.execution_minutes if plan else None) or _LONGEST_RUN
    for visit in subject.of(_SLEEP):
        loops = subject.loops(visit)
        seconds = whole_number(as_object(visit.module.get("mapper")).get("duration"))
        if not loops or not seconds:
            continue
        items = _product(loops)
        evidence: JsonObject = {"seconds": seconds, "items": items, "minutes": minutes}
        remedy = "Work through fewer items a run, or wait less."
        if items is None:
            text = f"It waits {seconds} s an item; {minutes * 60 // seconds} items fill the run."
            yield at(visit, text, remedy, evidence=evidence, severity="info")
        elif items * seconds > minutes * 60:
            text = f"{items} items of {seconds} s each are longer than the {minutes} min of a run."
            yield at(visit, text, remedy, evidence=evidence)


def _product(loops: tuple[Visit, ...]) -> int | None:
    """Multiply how many bundles the loops give, or None where one does not tell."""
    product = 1
    for loop in loops:
        items = items_of(loop)
        if items is None:
            return None
        product *= items
    return product


@rule("C04", "late-filter", "warning")
def late_filter(subject: Subject) -> Iterator[Hit]:
    """A filter stands behind a module that it does not depend on.

    What the filter stops has paid for that module already, and filters are free. Move the filter
    in front of it. Only modules that read, ask or convert are meant: one that changes something
    may stand in front on purpose.
    """
    for visit in subject.running:
        conditions = as_object(visit.module.get("filter")).get("conditions")
        if visit.index < 2 or not conditions or feeder_of(visit.module) is not None:
            continue
        texts = [text.text for text in subject.texts(visit) if text.pointer[0] == "filter"]
        needed = {use.module for text in texts for use in iml.references(text)}
        if not needed or any(_CHANGING.search(text) for text in texts):
            continue
        idle = _idle_before(subject, visit, needed)
        if idle:
            ids: list[JsonValue] = [each.id for each in idle]
            text = f"The filter does not need {_modules(ids)}, which runs for nothing."
            remedy = f"Move the filter to module {idle[-1].id}."
            yield at(visit, text, remedy, place=("filter",), evidence={"modules": ids})


def _modules(ids: list[JsonValue]) -> str:
    return f"{'module' if len(ids) == 1 else 'modules'} {', '.join(map(str, reversed(ids)))}"


def _idle_before(subject: Subject, visit: Visit, needed: set[int]) -> list[Visit]:
    """Give the modules directly in front, nearest first, that may as well run behind a filter."""
    idle: list[Visit] = []
    for before in subject.before(visit):
        filtered = as_object(before.module.get("filter")).get("conditions")
        movable = deed(before) in ("read", "search", "ask") or before.type in _PURE
        same_list = before.container is visit.container and before.index > 0
        plain = not before.module.get("onerror")
        if filtered or not (movable and same_list and plain) or before.id in needed:
            break
        idle.append(before)
    return idle


@rule("C05", "setters-in-a-row", "info")
def setters_in_a_row(subject: Subject) -> Iterator[Hit]:
    """Several Set variable modules follow one another.

    Each is an operation of its own; one Set multiple variables does the same as a single one.
    """
    row: list[Visit] = []
    setters = subject.of(*_SETTERS)
    for number, visit in enumerate(setters):
        if row and not _joins(subject, row, visit):
            row = []
        row.append(visit)
        last = number + 1 == len(setters) or not _joins(subject, row, setters[number + 1])
        if last and len(row) > 1:
            ids: list[JsonValue] = [each.id for each in row]
            text = f"Modules {', '.join(map(str, ids))} set variables one after the other."
            yield at(row[0], text, "Set them all in one.", evidence={"modules": ids})


def _joins(subject: Subject, row: list[Visit], visit: Visit) -> bool:
    """Tell whether a setter could be part of the setters in front of it."""
    before = row[-1]
    scopes = [as_object(each.module.get("mapper")).get("scope") for each in (before, visit)]
    return (
        before.container is visit.container
        and before.index + 1 == visit.index
        and scopes[0] == scopes[1]
        and not as_object(visit.module.get("filter")).get("conditions")
        and subject.sources(visit).isdisjoint({each.id for each in row})
    )


@rule("C07", "constant-lookup-in-loop", "warning")
def constant_lookup_in_loop(subject: Subject) -> Iterator[Hit]:
    """A module in a loop reads the same thing again for every item.

    Nothing it is given depends on the item. Put it in front of the loop, where it runs once.
    """
    changed: dict[int, set[str]] = {}
    for visit in subject.running:
        loops = subject.loops(visit)
        if not loops or deed(visit) not in ("read", "search"):
            continue
        inner = loops[-1]
        if _depends_on(subject, visit, inner) or not _goes_over_list(inner):
            continue
        if any(_CHANGING.search(text.text) for text in subject.texts(visit)):
            continue
        if id(inner.module) not in changed:
            changed[id(inner.module)] = _changed_behind(subject, inner)
        if changed[id(inner.module)].isdisjoint({visit.app, _SLEEP}):
            text = f"It reads the same for every bundle of module {inner.id}."
            remedy = f"Move it in front of module {inner.id}."
            yield at(visit, text, remedy, evidence={"loop": inner.id})


def _depends_on(subject: Subject, visit: Visit, loop: Visit) -> bool:
    """Tell whether a module uses the output of a loop or of a module inside it."""
    sources = [subject.by_id.get(number) for number in subject.sources(visit)]
    return any(
        source is loop or loop in subject.loops(source)
        for source in sources
        if source is not None and not source.in_orphan
    )


def _goes_over_list(loop: Visit) -> bool:
    """Tell a list from a repeater, behind which a module may wait for something to change."""
    return deed(loop) == "search" or loop.type in _LISTS


def _changed_behind(subject: Subject, loop: Visit) -> set[str]:
    """Name what may change behind the beginning of a loop: apps, and Sleep."""
    return {
        _SLEEP if visit.type == _SLEEP else visit.app
        for visit in subject.after(loop)
        if deed(visit) not in ("read", "search")
    }


@rule("C08", "code-in-loop", "warning")
def code_in_loop(subject: Subject) -> Iterator[Hit]:
    """A code module runs once an item, at two credits for every second begun.

    Collect the items and let the code work on all of them in one go.
    """
    for visit in subject.of(_CODE):
        loops = subject.loops(visit)
        if loops:
            items = _product(loops)
            cost = f"at least {2 * items} credits" if items else "at least 2 credits an item"
            text = f"The code runs for every bundle of module {loops[-1].id}: {cost}."
            evidence: JsonObject = {"loop": loops[-1].id, "items": items}
            yield at(visit, text, "Collect the items first.", evidence=evidence)


@rule("C09", "large-loop", "warning")
def large_loop(subject: Subject) -> Iterator[Hit]:
    """A repeater, or loops inside one another, may run more than a thousand times.

    Every module behind costs an operation each time, and the run may reach its time limit.
    """
    for visit in subject.running:
        if not repeats(visit):
            continue
        loops = (*subject.loops(visit), visit)
        numbers = [number for loop in loops if (number := items_of(loop))]
        product = 1
        for number in numbers:
            product *= number
        is_nested = len(numbers) > 1
        if product > _MANY and items_of(visit) and (is_nested or visit.type.endswith("Repeater")):
            ids: list[JsonValue] = [loop.id for loop in loops]
            text = f"What follows may run {product} times a run."
            evidence: JsonObject = {"loops": ids, "times": product}
            yield at(visit, text, "Work in smaller portions.", evidence=evidence)


def _one_cycle(subject: Subject, hit: Hit) -> None:
    subject.settings["roundtrips"] = 1


@rule("C10", "wrong-cycles", "warning", fix=_one_cycle)
def wrong_cycles(subject: Subject) -> Iterator[Hit]:
    """The number of cycles is 0, or more than one in a scenario that starts at every request.

    With instant processing each request has a run of its own, so further cycles find nothing.
    """
    cycles = whole_number(subject.settings.get("roundtrips"))
    scheduling = subject.scheduling
    at_once = scheduling is None or scheduling.get("type") == "immediately"
    if cycles == 0 or (cycles is not None and cycles > 1 and subject.is_instant and at_once):
        text = f"The scenario is set to {cycles} cycles a run."
        place = ("metadata", "scenario", "roundtrips")
        yield overall(text, "Set it to 1.", place=place, evidence={"roundtrips": cycles})


def _in_seconds(subject: Subject, hit: Hit) -> None:
    mapper = as_object(hit.module.get("mapper"))
    seconds = (whole_number(mapper.get("timeout")) or 0) // 1000
    mapper["timeout"] = str(seconds) if isinstance(mapper["timeout"], str) else seconds


@rule("C11", "timeout-in-milliseconds", "error", fix=_in_seconds)
def timeout_in_milliseconds(subject: Subject) -> Iterator[Hit]:
    """The timeout of a request is more than the 300 seconds Make takes.

    It counts seconds. The fix divides by a thousand what was clearly meant as milliseconds.
    """
    for visit in subject.running:
        if visit.app != "http":
            continue
        timeout = whole_number(as_object(visit.module.get("mapper")).get("timeout"))
        if timeout is not None and timeout > _LONGEST_REQUEST:
            fixable = timeout % 1000 == 0 and timeout // 1000 <= _LONGEST_REQUEST
            text = f"The timeout is {timeout} s; Make takes {_LONGEST_REQUEST} at most."
            remedy = f"Set it to {timeout // 1000}." if fixable else "Set it to 300 or less."
            place = ("mapper", "timeout")
            evidence: JsonObject = {"timeout": timeout}
            yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


@rule("C12", "webhook-to-own-scenario", "info", needs=("hooks",))
def webhook_to_own_scenario(subject: Subject) -> Iterator[Hit]:
    """A request calls a webhook of the same team.

    Calling the other scenario with the Scenarios app costs no credits, waits for its outputs and
    needs no address that strangers could learn.
    """
    hooks = subject.surroundings.hooks or {}
    by_url = {hook.url.rstrip("/"): number for number, hook in hooks.items() if hook.url}
    if not by_url:
        return
    for visit in subject.running:
        url = as_object(visit.module.get("mapper")).get("url") if visit.app == "http" else None
        number = by_url.get(url.partition("?")[0].rstrip("/")) if isinstance(url, str) else None
        if number is not None:
            hook = hooks[number]
            text = f"The request calls the webhook {hook.name or number} of this team."
            evidence: JsonObject = {"hook": number, "scenario": hook.scenario_id}
            remedy = "Use Call a scenario."
            yield at(visit, text, remedy, place=("mapper", "url"), evidence=evidence)


@rule("C13", "same-chain-in-routes", "info")
def same_chain_in_routes(subject: Subject) -> Iterator[Hit]:
    """Routes of a router end in the same modules with the same settings.

    Every change has to be made in each of them. An if-else whose branches go on to a merge needs
    the common part only once.
    """
    for visit in subject.of(ROUTER):
        ends: defaultdict[str, list[int]] = defaultdict(list)
        for number, route in enumerate(as_list(visit.module.get("routes"))):
            tail = as_list(as_object(route).get("flow"))[-2:]
            if len(tail) == 2 and not any(as_object(item).get("routes") for item in tail):
                ends[_signature(tail)].append(number)
        for routes in ends.values():
            if len(routes) > 1:
                names = ", ".join(str(number + 1) for number in routes)
                text = f"Routes {names} end in the same modules."
                remedy = "Use an if-else and a merge in front of them."
                evidence: JsonObject = {"routes": [*routes]}
                yield at(visit, text, remedy, place=("routes",), evidence=evidence)


def _signature(chain: list[JsonValue]) -> str:
    """Write down a chain of modules so that equal ones are equal whatever their ids are."""
    ids = [whole_number(as_object(item).get("id")) for item in chain]
    numbers = {old: -new for new, old in enumerate(ids, 1) if old is not None}
    kept = [
        {key: as_object(item).get(key) for key in (_OWN if index else _OWN[:3])}
        for index, item in enumerate(chain)
    ]
    return renumber(json.dumps(kept), numbers)


@rule("C14", "over-the-plan", "info", needs=("scheduling", "plan"))
def over_the_plan(subject: Subject) -> Iterator[Hit]:
    """The schedule alone takes more than half of the credits that the plan gives in a month.

    This is a lower bound: it counts the runs of a month of 28 days, and in each run only the
    modules that run in any case. A longer interval, or an instant trigger, costs less.
    """
    plan, scheduling = subject.surroundings.plan, subject.scheduling or {}
    credits = plan.monthly_credits if plan else None
    runs = _runs_a_month(scheduling)
    if not credits or not runs or subject.is_instant:
        return
    each = _least_credits(subject)
    if runs * each > _SHARE * credits:
        text = (
            f"{runs} runs a month of at least {each} {'credit' if each == 1 else 'credits'} take "
            f"at least {runs * each} of {credits} credits."
        )
        evidence: JsonObject = {"runs": runs, "credits_a_run": each, "plan": credits}
        yield overall(text, "Run it less often.", place=("scheduling",), evidence=evidence)


def _runs_a_month(scheduling: JsonObject) -> int:
    """Count the runs of a month at least, 0 where they cannot be told."""
    if any(scheduling.get(key) for key in ("restrict", "start", "end")):
        return 0
    kind = str(scheduling.get("type"))
    if kind == "indefinitely":
        interval = whole_number(scheduling.get("interval"))
        return 28 * 86_400 // interval if interval else 0
    days = 1 if kind == "daily" else len(as_list(scheduling.get("days")))
    return _RUNS_A_MONTH.get(kind, 0) * days


def _least_credits(subject: Subject) -> int:
    """Count the credits of a run at least: what runs before anything can stop or divide it."""
    total = 0
    for visit in subject.running:
        stops = as_object(visit.module.get("filter")).get("conditions")
        if visit.role != "flow" or stops:
            break
        free = visit.app in _FREE_APPS or visit.type in _FREE
        total += 0 if free else 2 if visit.type == _CODE else 1
        certain = subject.kind(visit) == "action" and visit.app not in ("builtin", *_FREE_APPS)
        if visit.module.get("onerror") or not certain:
            break
    return total
