"""Schedules: when the scenario runs, and what starts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from make_blueprint.bindings import field_types, kind_of_type
from make_blueprint.document import JsonObject, JsonValue, as_object, whole_number
from make_blueprint.lint.deeds import deed
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.schemas import is_empty
from make_blueprint.lint.subject import Subject
from make_blueprint.walk import Visit

_TYPE = ("scheduling", "type")
_SHORTEST = 60
_USUAL_INTERVAL = 900
_START = "scenario-service:StartSubscenario"
_WATCH = re.compile(r"trigger|watch|new", re.IGNORECASE)
_WATCHED_PLACES = (
    *("spreadsheetId", "sheetId", "base", "baseId", "table", "tableId", "database", "databaseId"),
    *("dataSource", "folder", "folderId", "channel", "channelId", "list", "listId", "board"),
    *("boardId", "calendar", "calendarId", "project", "projectId"),
)
_NARROWING = ("filter", "query", "view", "formula", "search", "conditions", "criteria")
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
_FEW = 2


def _run_at_once(subject: Subject, hit: Hit) -> None:
    as_object(subject.blueprint.get("scheduling"))["type"] = "immediately"


@rule("T01", "interval-for-webhook", "warning", fix=_run_at_once, needs=("scheduling",))
def interval_for_webhook(subject: Subject) -> Iterator[Hit]:
    """A scenario that a webhook starts is scheduled by an interval.

    Its requests then wait for the next run and their callers get no answer, and some zones refuse
    to switch such a scenario on ("Invalid interval."). Schedule it `immediately`, unless it is
    meant to work through a queue.
    """
    if subject.is_instant and _kind(subject) == "indefinitely":
        text = "A webhook starts this scenario, but it runs by an interval."
        yield _on_type(subject, text, "Schedule it `immediately`.")


def _run_by_clock(subject: Subject, hit: Hit) -> None:
    scheduling = as_object(subject.blueprint.get("scheduling"))
    scheduling["type"] = hit.evidence["instead"]
    if hit.evidence["instead"] == "indefinitely":
        scheduling.setdefault("interval", _USUAL_INTERVAL)


@rule("T02", "immediately-without-webhook", "error", fix=_run_by_clock, needs=("scheduling",))
def immediately_without_webhook(subject: Subject) -> Iterator[Hit]:
    """A scenario is scheduled `immediately`, but nothing starts it.

    Only a webhook or an instant trigger can start a scenario at once. Give it an interval; one
    that others call runs `on-demand`.
    """
    first = subject.first
    if _kind(subject) == "immediately" and first is not None and _surely_not_instant(subject):
        instead = "on-demand" if first.type == _START else "indefinitely"
        text = f"{first.type} is no instant trigger, so nothing starts the scenario."
        evidence: JsonObject = {"module": first.id, "instead": instead}
        yield _on_type(subject, text, f"Schedule it `{instead}`.", evidence)


def _raise_interval(subject: Subject, hit: Hit) -> None:
    as_object(subject.blueprint.get("scheduling"))["interval"] = hit.evidence["shortest"]


@rule("T03", "short-interval", "error", fix=_raise_interval, needs=("scheduling",))
def short_interval(subject: Subject) -> Iterator[Hit]:
    """The interval is shorter than a minute, or than the plan allows.

    Make refuses to switch the scenario on ("Invalid interval.").
    """
    interval = as_object(subject.scheduling).get("interval")
    seconds = interval if isinstance(interval, float) else whole_number(interval)
    plan = subject.surroundings.plan
    shortest = max(_SHORTEST, (plan.minimum_interval if plan else None) or 0)
    if _kind(subject) == "indefinitely" and seconds is not None and seconds < shortest:
        text = f"The interval is {seconds} seconds; the shortest is {shortest}."
        yield overall(
            text,
            f"Use {shortest} seconds or more.",
            place=("scheduling", "interval"),
            evidence={"interval": seconds, "shortest": shortest},
            fixable=_is_bundled(subject),
        )


@rule("T04", "bad-date", "error", needs=("scheduling",))
def bad_date(subject: Subject) -> Iterator[Hit]:
    """A scenario that runs once has no full date and time, or one that has passed.

    Make takes a date with time, seconds and zone: `2026-05-04T08:00:00Z`. A date in the past is a
    warning: the run may have taken place.
    """
    if _kind(subject) != "once":
        return
    date, place = as_object(subject.scheduling).get("date"), ("scheduling", "date")
    moment, now = _moment(date), _moment(subject.surroundings.now)
    if moment is None:
        text = f"The date is {date!r:.60}, not a date with time and zone."
        yield overall(text, "Write it like `2026-05-04T08:00:00Z`.", place=place)
    elif now is not None and moment < now:
        evidence: JsonObject = {"date": date}
        text = f"{date} has passed; the scenario does not run again."
        yield overall(text, "Set a new date.", place=place, evidence=evidence, severity="warning")


@rule("T05", "required-inputs-by-clock", "error", needs=("scheduling",))
def required_inputs_by_clock(subject: Subject) -> Iterator[Hit]:
    """The scenario requires inputs, but does not run on demand.

    The clock cannot give inputs, so Make refuses any other schedule.
    """
    names = [str(each.get("name")) for each in subject.inputs if each.get("required") is True]
    kind = _kind(subject)
    if names and kind not in ("on-demand", ""):
        text = f"{', '.join(names)} must be given at each run, but the schedule is `{kind}`."
        remedy = "Schedule it `on-demand`, or make the inputs optional."
        yield overall(text, remedy, place=_TYPE, evidence={"inputs": [*names], "type": kind})


def _remove(subject: Subject, hit: Hit) -> None:
    container = hit.owner.container
    del container[next(index for index, item in enumerate(container) if item is hit.module)]


@rule("T09", "scheduler-module", "error", fix=_remove)
def scheduler_module(subject: Subject) -> Iterator[Hit]:
    """A module is to start the scenario by the clock; there is none that does.

    When a scenario runs is a setting of the scenario. The fix removes the module when it holds no
    values, nothing refers to it and other modules are left.
    """
    for visit in subject.running:
        if visit.app not in ("builtin", "util") or "schedul" not in visit.name.lower():
            continue
        held = any(visit.module.get(key) for key in ("parameters", "mapper", "filter", "onerror"))
        follower = visit.container[1] if visit.container[1:] and visit.index == 0 else None
        guarded = as_object(as_object(follower).get("filter")).get("conditions")
        fixable = bool(follower) and not (held or guarded or subject.uses_of(visit))
        text = f"There is no module {visit.type}."
        remedy = "Remove it and set the scenario's schedule."
        yield at(visit, text, remedy, place=("module",), fixable=fixable)


def _set_instant(subject: Subject, hit: Hit) -> None:
    subject.metadata["instant"] = hit.evidence["instant"]


@rule("T10", "wrong-instant", "warning", fix=_set_instant)
def wrong_instant(subject: Subject) -> Iterator[Hit]:
    """The note whether the scenario starts instantly, `metadata.instant`, contradicts its start.

    It is true exactly when the first module is a webhook or another instant trigger.
    """
    noted = subject.metadata.get("instant")
    wrong = noted is False and subject.is_instant
    if subject.first is not None and (wrong or (noted is True and _surely_not_instant(subject))):
        right = not noted
        text = f"It is noted as {'not ' if right else ''}instant, but starts with "
        text += f"{subject.first.type}."
        remedy = f"Set it to {str(right).lower()}."
        yield overall(text, remedy, place=("metadata", "instant"), evidence={"instant": right})


@rule("T11", "writes-what-it-watches", "warning")
def writes_what_it_watches(subject: Subject) -> Iterator[Hit]:
    """The scenario writes into the very place that its trigger watches, without any filter.

    Each thing it writes starts it again, without end. Put a filter in front that lets only
    foreign entries pass.
    """
    first = subject.first
    if first is None or not _WATCH.match(first.name):
        return
    narrowed = any(as_object(first.module.get("parameters")).get(name) for name in _NARROWING)
    watched = {} if narrowed or "delet" in first.name.lower() else _watched_place(first)
    wanted = ("update",) if "updat" in first.name.lower() else ("create", "send")
    for visit in subject.running[1:] if watched else ():
        if visit.app == first.app and deed(visit) in wanted and watched == _watched_place(visit):
            if _is_guarded(subject, visit):
                continue
            places = ", ".join(sorted(watched.keys() - {"connection"}))
            text = f"It writes where module {first.id} watches (same {places})."
            remedy = "Put a filter in front that stops its own entries."
            yield at(visit, text, remedy, evidence={"trigger": first.id, "module": visit.id})


@rule("T15", "small-limit", "info")
def small_limit(subject: Subject) -> Iterator[Hit]:
    """A trigger that looks for new items takes at most two of them in a run.

    On a busy source it falls behind. A field for the limit that is empty counts as the default,
    which is 1 or 2.
    """
    first = subject.first
    if first is None or subject.is_instant or not _is_polling(subject, first):
        return
    parameters = as_object(first.module.get("parameters"))
    declared = field_types(first.module, "parameters")
    for name in ("limit", "maxResults"):
        limit = whole_number(parameters.get(name))
        missing = is_empty(parameters.get(name)) and name in declared
        if missing or (limit is not None and 1 <= limit <= _FEW):
            text = f"The trigger takes {limit or 'one or two'} at a time."
            remedy = "Raise the limit when more can arrive between two runs."
            yield at(first, text, remedy, place=("parameters", name), evidence={"limit": limit})


def _kind(subject: Subject) -> str:
    kind = as_object(subject.scheduling).get("type")
    return kind if isinstance(kind, str) else ""


def _is_bundled(subject: Subject) -> bool:
    """Tell whether the schedule stands in the document, so that a fix can reach it."""
    return subject.surroundings.scheduling is None


def _on_type(subject: Subject, text: str, remedy: str, evidence: JsonObject | None = None) -> Hit:
    fixable = _is_bundled(subject)
    return overall(text, remedy, place=_TYPE, evidence=evidence, fixable=fixable)


def _surely_not_instant(subject: Subject) -> bool:
    """Tell whether the first module is known to be none that others can start."""
    first = subject.first
    if first is None or subject.is_instant:
        return False
    saved = field_types(first.module, "parameters")
    if any(kind_of_type(type_) == "hook" for type_ in saved.values()):
        return False
    return subject.known(first) is not None or bool(saved)


def _is_polling(subject: Subject, first: Visit) -> bool:
    if subject.known(first) is not None:
        return subject.kind(first) == "trigger"
    return _WATCH.match(first.name) is not None


def _moment(date: JsonValue) -> datetime | None:
    """Read a full date and time with zone, else None."""
    if not isinstance(date, str) or not _DATE_TIME.fullmatch(date):
        return None
    try:
        return datetime.fromisoformat(date.upper())
    except ValueError:
        return None


def _watched_place(visit: Visit) -> dict[str, str]:
    """Read which sheet, table, folder … of which account a module works on; empty when unknown."""
    parameters = as_object(visit.module.get("parameters"))
    fields = parameters | as_object(visit.module.get("mapper"))
    found: dict[str, str] = {}
    for name in _WATCHED_PLACES:
        value = fields.get(name)
        if isinstance(value, (str, int)) and value != "":
            found[name] = str(value).lstrip("/")
    if not found or any("{{" in value for value in found.values()):
        return {}
    return found | {"connection": str(parameters.get("__IMTCONN__"))}


def _is_guarded(subject: Subject, visit: Visit) -> bool:
    """Tell whether a filter or a branch stands before a module."""
    on_the_way = [visit, *subject.before(visit)]
    return any(
        each.role == "branch" or as_object(each.module.get("filter")).get("conditions")
        for each in on_the_way
    )
