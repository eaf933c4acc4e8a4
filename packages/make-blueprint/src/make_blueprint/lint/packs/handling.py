"""Handling: what happens when a module fails, and what is lost without a sound."""

from __future__ import annotations

import re
from collections.abc import Iterator

from make_blueprint.bindings import written_like
from make_blueprint.document import JsonObject, JsonValue, Module, as_list, as_object, whole_number
from make_blueprint.layout import STEP, place, position
from make_blueprint.lint.deeds import WRITING, deed
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.ways import conditions_of, failing, fallback_of, is_filtered
from make_blueprint.references import Reference
from make_blueprint.walk import IF_ELSE, PLACEHOLDER, ROUTER, Pointer, Visit, next_id

_IGNORE, _RESUME, _BREAK = "builtin:Ignore", "builtin:Resume", "builtin:Break"
_COMMIT, _ROLLBACK = "builtin:Commit", "builtin:Rollback"
_DIRECTIVES = (_IGNORE, _RESUME, _BREAK, _COMMIT, _ROLLBACK)
_ENDS = (*_DIRECTIVES, "builtin:ThrowError", "builtin:ThrowWarning")
_OPEN_ENDS = (ROUTER, IF_ELSE, PLACEHOLDER)
_ANSWERS = ("gateway:WebhookRespond", "scenario-service:ReturnData")
_SETTINGS = ("metadata", "scenario")
_TRANSACTIONAL = re.compile(r"sql|postgres|oracle|database|db2|maria", re.IGNORECASE)
_FIRST_FIELD = re.compile(r"`([^`]*)`|[^.\[\]`]+")
_LIMITS = {"count": (1, 10_000), "interval": (1, 44_640)}
_LONGEST_WAIT = 30 * 24 * 60
_USUAL_ERRORS = 3
_TELLING_KEY = re.compile(r"key$|idempot|external.?id|unique|upsert", re.IGNORECASE)


def _store_incomplete(subject: Subject, hit: Hit) -> None:
    subject.settings["dlq"] = True


@rule("E01", "break-without-storage", "error", fix=_store_incomplete)
def break_without_storage(subject: Subject) -> Iterator[Hit]:
    """A Break handler stands in a scenario that stores no incomplete executions.

    Break puts the rest of the run aside to be finished later; without the storage there is no
    place for it. The fix switches the storage on (`dlq`).
    """
    if subject.settings.get("dlq") is not True:
        fixable = isinstance(subject.metadata.get("scenario"), dict)
        for visit in subject.of(_BREAK):
            text = "Break has no place to put the run aside."
            remedy = "Switch on storing incomplete executions."
            evidence: JsonObject = {"dlq": subject.settings.get("dlq")}
            yield at(visit, text, remedy, evidence=evidence, fixable=fixable)


def _append_ignore(subject: Subject, hit: Hit) -> None:
    route = as_list(hit.module.get("onerror"))
    x, y = position(as_object(route[-1])) or (0.0, 0.0)
    designer: JsonObject = {}
    place(designer, (x + STEP, y))
    ignore: Module = {"id": next_id(subject.blueprint), "module": _IGNORE, "version": 1}
    ignore["parameters"], ignore["mapper"] = {}, {}
    ignore["metadata"] = {"designer": designer}
    route.append(ignore)


@rule("E02", "open-error-route", "info", fix=_append_ignore)
def open_error_route(subject: Subject) -> Iterator[Hit]:
    """An error route does not end with a directive.

    The failure is then ignored, as by Ignore, which a reader does not see. The fix adds the
    Ignore.
    """
    for visit in subject.running:
        route = as_list(visit.module.get("onerror"))
        last = as_object(route[-1]).get("module") if route else None
        takes_route = visit.type not in (*_DIRECTIVES, ROUTER)
        if isinstance(last, str) and takes_route and last not in (*_ENDS, *_OPEN_ENDS):
            text = f"The error route ends with {last}, so the failure is ignored."
            remedy = f"End it with `{_IGNORE}`, or with what is meant."
            where = ("onerror", len(route) - 1)
            yield at(visit, text, remedy, place=where, evidence={"last": last})


@rule("E03", "nothing-handles-failures", "info")
def nothing_handles_failures(subject: Subject) -> Iterator[Hit]:
    """Modules that call other services have no error handler, and nothing is stored either.

    When one fails, the run ends there and the rest of the bundle is lost. Storing incomplete
    executions (`dlq`) is often enough.
    """
    if subject.settings.get("dlq") is True:
        return
    ids: list[JsonValue] = [
        visit.id
        for visit in subject.running
        if visit.app != "datastore"
        and (visit.app == "http" or deed(visit) in (*WRITING, "ask"))
        and not visit.module.get("onerror")
        and failing(visit) is None
    ]
    if ids:
        text = f"Nothing is kept when {'module' if len(ids) == 1 else 'one of the modules'} "
        text += f"{', '.join(map(str, ids))} fails."
        remedy = "Store incomplete executions, or handle the failures that matter."
        yield overall(text, remedy, place=(*_SETTINGS, "dlq"), evidence={"modules": ids})


@rule("E04", "ignored-but-needed", "info")
def ignored_but_needed(subject: Subject) -> Iterator[Hit]:
    """A failure is ignored in a module whose output is needed later.

    Ignore drops the bundle: nothing behind the failed module runs for it. That is a warning where
    an answer to a caller stands behind it, because the caller then gets none. Resume goes on with
    a substitute.
    """
    answered = _before_answers(subject)
    for visit in subject.of(_IGNORE):
        failed = failing(visit)
        readers = _readers(subject, failed) if failed else []
        if failed is not None and readers:
            ids: list[JsonValue] = [*dict.fromkeys(use.module_id for use in readers)]
            text = f"When module {failed.id} fails, nothing behind it runs, also not "
            text += f"{', '.join(map(str, ids))}, which {_need(ids)} its output."
            unanswered = id(failed.module) in answered
            text += " The caller gets no answer." if unanswered else ""
            remedy = "Use Resume with a substitute when the run is to go on."
            severity = "warning" if unanswered else None
            evidence: JsonObject = {"failed": failed.id, "readers": ids}
            yield at(visit, text, remedy, evidence=evidence, severity=severity)


@rule("E05", "resume-without-values", "warning")
def resume_without_values(subject: Subject) -> Iterator[Hit]:
    """A Resume gives no substitute for fields that later modules read.

    They find the fields empty. Map a value for each of them, if only a text that says what
    happened.
    """
    for visit in subject.of(_RESUME):
        failed = failing(visit)
        given = as_object(visit.module.get("mapper"))
        needed = {_first_field(use): use.module_id for use in _readers(subject, failed)}
        lacking = [name for name in needed if name and name not in given]
        if failed is not None and lacking:
            readers: list[JsonValue] = [*dict.fromkeys(needed[name] for name in lacking)]
            text = f"There is no substitute for {', '.join(lacking)}, which "
            text += f"{', '.join(map(str, readers))} {_read(readers)} from module {failed.id}."
            evidence: JsonObject = {"fields": [*lacking], "readers": readers}
            yield at(visit, text, "Map a value.", place=("mapper",), evidence=evidence)


@rule("E06", "nothing-to-take-back", "warning")
def nothing_to_take_back(subject: Subject) -> Iterator[Hit]:
    """A Commit or Rollback stands in a scenario without a transactional module.

    Only data stores and databases can keep or take back what they wrote. Elsewhere these handlers
    merely stop the run, Commit as a success and Rollback as an error.
    """
    found = subject.of(_COMMIT, _ROLLBACK)
    if found and not any(_is_transactional(visit) for visit in subject.running):
        for visit in found:
            text = f"No module can take part in the {visit.name}."
            yield at(visit, text, "Use Ignore or Break, unless the run is only to stop.")


def _commit_late(subject: Subject, hit: Hit) -> None:
    subject.settings["autoCommit"] = False


@rule("E07", "already-committed", "warning", fix=_commit_late)
def already_committed(subject: Subject) -> Iterator[Hit]:
    """A Rollback cannot take back what earlier modules wrote, because each commits at once.

    With auto commit every transactional module is committed directly after its operation. The fix
    switches it off, so that all are committed together at the end of the cycle.
    """
    for visit in subject.of(_ROLLBACK) if subject.settings.get("autoCommit") is not False else ():
        failed = failing(visit)
        written: list[JsonValue] = [
            other.id
            for other in (subject.before(failed) if failed else ())
            if _is_transactional(other) and deed(other) in WRITING
        ]
        if written:
            text = f"What {', '.join(map(str, written))} wrote is committed already."
            fixable = isinstance(subject.metadata.get("scenario"), dict)
            evidence: JsonObject = {"modules": written}
            remedy = "Switch auto commit off."
            yield at(visit, text, remedy, evidence=evidence, fixable=fixable)


def _clamp(subject: Subject, hit: Hit) -> None:
    mapper, name = as_object(hit.module.get("mapper")), str(hit.place[1])
    low, high = _LIMITS[name]
    number = _number(mapper[name]) or 0
    mapper[name] = written_like(mapper[name], low if number < low else high)


@rule("E08", "break-out-of-range", "error", fix=_clamp)
def break_out_of_range(subject: Subject) -> Iterator[Hit]:
    """A Break retries too often or too late.

    Make takes 1 to 10,000 attempts and 1 to 44,640 minutes between them; the fix takes the nearer
    bound. Attempts that go on for more than 30 days are a warning.
    """
    for visit in subject.of(_BREAK):
        mapper = as_object(visit.module.get("mapper"))
        if _is_false(mapper.get("retry")):
            continue
        waited = 1.0
        for name, (low, high) in _LIMITS.items():
            number = _number(mapper.get(name))
            if number is None or low <= number <= high:
                waited *= number or 0
                continue
            waited = 0
            text = f"`{name}` is {number}; Make takes {low} to {high}."
            evidence: JsonObject = {name: number}
            where: Pointer = ("mapper", name)
            yield at(visit, text, "Take a number in between.", place=where, evidence=evidence)
        if waited > _LONGEST_WAIT:
            text = f"It may go on trying for {waited / 24 / 60:,.0f} days."
            where = ("mapper",)
            yield at(visit, text, "Try less often.", place=where, fixable=False, severity="warning")


def _stop_on_error(subject: Subject, hit: Hit) -> None:
    domain, name = map(str, hit.place)
    as_object(hit.module.get(domain))[name] = True


@rule("E09", "http-errors-pass", "info", fix=_stop_on_error)
def http_errors_pass(subject: Subject) -> Iterator[Hit]:
    """A request counts refusals as success, and nobody looks at the status code.

    With `handleErrors` or `stopOnHttpError` off, answers 400 to 599 go on like any other. Where
    the module has an error handler, which then never runs, it is a warning and the fix switches
    the setting on.
    """
    for visit in subject.running:
        flag = _error_flag(visit)
        if flag is None or {"", "statusCode"} & {*map(_first_field, subject.uses_of(visit))}:
            continue
        handled = bool(visit.module.get("onerror"))
        text = "Refused requests count as success, and nothing reads the status code."
        text += " The error handler never sees them." if handled else ""
        severity = "warning" if handled else None
        remedy = f"Switch `{flag[1]}` on, or test the status code."
        yield at(visit, text, remedy, place=flag, fixable=handled, severity=severity)


@rule("E10", "storage-may-lose", "warning")
def storage_may_lose(subject: Subject) -> Iterator[Hit]:
    """Incomplete executions are stored, but may be lost when the storage is full.

    With `dataloss` the scenario goes on and drops what does not fit; without it, it is switched
    off, and somebody notices.
    """
    if subject.settings.get("dlq") is True and subject.settings.get("dataloss") is True:
        text = "When the storage is full, incomplete executions are dropped."
        remedy = "Switch `dataloss` off, unless going on matters more."
        yield overall(text, remedy, place=(*_SETTINGS, "dataloss"))


@rule("E11", "one-failure-blocks", "warning")
def one_failure_blocks(subject: Subject) -> Iterator[Hit]:
    """One stored failure stops the whole scenario, because it runs strictly in order.

    With `sequential` no run starts while an incomplete execution waits to be resolved. Keep both
    only where the order matters that much.
    """
    if subject.settings.get("dlq") is True and subject.settings.get("sequential") is True:
        text = "The first incomplete execution stops the scenario until it is resolved."
        remedy = "Watch the incomplete executions, or switch `sequential` off."
        yield overall(text, remedy, place=(*_SETTINGS, "sequential"))


@rule("E12", "retry-creates-twice", "warning")
def retry_creates_twice(subject: Subject) -> Iterator[Hit]:
    """A module that creates something is repeated automatically, and nothing prevents a double.

    A service that did the work and then failed to say so gets the same order again. Search before
    you create, or send a key that the service knows the order by.
    """
    for visit in subject.of(_BREAK):
        failed = failing(visit)
        retried = _is_true(as_object(visit.module.get("mapper")).get("retry"))
        if failed is not None and retried and _creates(failed) and not _has_key(failed):
            text = f"A repeated {failed.type} may create the same thing twice."
            remedy = "Search before it, or send an idempotency key."
            yield at(visit, text, remedy, evidence={"module": failed.id})


@rule("E13", "handler-on-trigger", "info")
def handler_on_trigger(subject: Subject) -> Iterator[Hit]:
    """The trigger has an error handler.

    When a trigger fails there is no bundle yet to go on with, and Make repeats the run by itself.
    """
    first = subject.first
    if first is None or not first.module.get("onerror"):
        return
    if subject.is_instant or subject.kind(first) == "trigger":
        text = f"The trigger {first.type} has an error handler."
        yield at(first, text, "Leave it out.", place=("onerror",))


@rule("E14", "odd-error-limit", "info")
def odd_error_limit(subject: Subject) -> Iterator[Hit]:
    """The number of errors that switches the scenario off is unusual.

    One stops it at the first hiccup, more than three let it fail for long. A scenario that starts
    instantly stops at its first error, whatever the number.
    """
    limit = whole_number(subject.settings.get("maxErrors"))
    by_clock = as_object(subject.scheduling).get("type") not in (None, "immediately")
    ignored = subject.is_instant and not by_clock
    if limit is None or limit == _USUAL_ERRORS or (limit == _USUAL_ERRORS - 1 and not ignored):
        return
    if ignored:
        text = f"It is {limit}, but an instant scenario stops at its first error."
    else:
        text = f"The scenario is switched off after {limit} failed run{'s' * (limit != 1)}."
    where = (*_SETTINGS, "maxErrors")
    yield overall(text, "Use 3.", place=where, evidence={"maxErrors": limit})


@rule("E15", "bundles-may-vanish", "info")
def bundles_may_vanish(subject: Subject) -> Iterator[Hit]:
    """Every route of a router is filtered, and none is the fallback.

    A bundle that no route lets in is gone without a trace. Make one route the fallback when that
    should not be.
    """
    for visit in subject.of(ROUTER):
        routes = as_list(visit.module.get("routes"))
        filtered = len(routes) > 1 and all(map(is_filtered, routes))
        if filtered and fallback_of(visit) is None and not _complement(routes):
            text = f"All {len(routes)} routes are filtered, and none is the fallback."
            evidence: JsonObject = {"routes": len(routes)}
            remedy = "Make one of them the fallback."
            yield at(visit, text, remedy, place=("routes",), evidence=evidence)


def _before_answers(subject: Subject) -> set[int]:
    """Find the modules on whose success an answer to a caller depends, by identity."""
    found: set[int] = set()
    otherwise: set[int] = set()
    for answer in subject.of(*_ANSWERS):
        failed = failing(answer)
        if failed is not None:
            otherwise.add(id(failed.module))
            continue
        for visit in subject.before(answer):
            if id(visit.module) in found:
                break  # from here on the way is known
            found.add(id(visit.module))
    return found - otherwise


def _readers(subject: Subject, failed: Visit | None) -> list[Reference]:
    """Give the uses of a module's output outside of its own error route."""
    if failed is None:
        return []
    inside = f"{failed.path}.onerror["
    uses = subject.uses_of(failed)
    return [
        use
        for use in uses
        if not use.path.startswith(inside)
        and use.module_id != failed.id
        and not use.path.endswith((".parameters.feeder", ".parameters.target"))
    ]


def _first_field(use: Reference) -> str:
    """Read which field of a module's output is used, "" for the whole bundle."""
    match = _FIRST_FIELD.match(use.field)
    return (match[1] or match[0]) if match else ""


def _need(ids: list[JsonValue]) -> str:
    return "needs" if len(ids) == 1 else "need"


def _read(ids: list[JsonValue]) -> str:
    return "reads" if len(ids) == 1 else "read"


def _is_transactional(visit: Visit) -> bool:
    """Tell whether a module may take part in a transaction; of custom apps nobody knows."""
    app = visit.app
    return app == "datastore" or app.startswith("app#") or bool(_TRANSACTIONAL.search(app))


def _number(value: JsonValue) -> float | None:
    """Read a number, also one written as text."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", value):
        return float(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_true(value: JsonValue) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _is_false(value: JsonValue) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _error_flag(visit: Visit) -> tuple[str, str] | None:
    """Give the place of the setting that makes a request swallow refusals, if it does."""
    if visit.app == "http":
        for domain, name in (("parameters", "handleErrors"), ("mapper", "stopOnHttpError")):
            if _is_false(as_object(visit.module.get(domain)).get(name)):
                return domain, name
    return None


def _creates(visit: Visit) -> bool:
    if visit.app != "http":
        return deed(visit) == "create"
    method = as_object(visit.module.get("mapper")).get("method")
    return isinstance(method, str) and method.lower() == "post"


def _has_key(visit: Visit) -> bool:
    """Tell whether a module passes something that the service knows a repetition by."""
    mapper = as_object(visit.module.get("mapper"))
    named = {name for name, value in mapper.items() if value not in (None, "", False)}
    for pair in map(as_object, as_list(mapper.get("headers"))):
        named.add(str(pair.get("name")))
    return any(_TELLING_KEY.search(name) for name in named)


_OPPOSITE = {
    "exist": "notexist",
    "equal": "notequal",
    "contain": "notcontain",
    "startwith": "notstartwith",
    "endwith": "notendwith",
    "pattern": "notpattern",
    "greater": "lessorequal",
    "less": "greaterorequal",
}
_OPPOSITES = _OPPOSITE | {right: left for left, right in _OPPOSITE.items()}


def _complement(routes: list[JsonValue]) -> bool:
    """Tell whether two routes ask the same question and take one answer each."""
    questions: set[tuple[str, str, str]] = set()
    for route in routes:
        groups = conditions_of(as_object(as_list(as_object(route).get("flow"))[0]))
        if len(groups) == 1 and len(as_list(groups[0])) == 1:
            condition = as_object(as_list(groups[0])[0])
            operator, left, right = (str(condition.get(key)) for key in ("o", "a", "b"))
            opposite = ":".join(_OPPOSITES.get(word, word) for word in operator.split(":"))
            if (opposite, left, right) in questions:
                return True
            questions.add((operator, left, right))
    return False
