"""Interfaces: what goes into the scenario, what it gives back, and who is answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from make_blueprint.document import (
    JsonObject,
    as_list,
    as_object,
    clone_value,
    whole_number,
)
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.ways import fallback_of, is_filtered
from make_blueprint.walk import IF_ELSE, ROUTER, Pointer, Visit

_START = "scenario-service:StartSubscenario"
_RETURN = "scenario-service:ReturnData"
_RESPOND = "gateway:WebhookRespond"
_SLEEP = "util:FunctionSleep"
_ANSWER_SECONDS = 180


@rule("T06", "inputs-not-taken", "warning")
def inputs_not_taken(subject: Subject) -> Iterator[Hit]:
    """Inputs are declared, but nothing takes them in.

    The first module, Start a subscenario, hands them over; in older scenarios the modules read
    them as `{{var.input.<name>}}`.
    """
    first = subject.first
    if first is None or first.type == _START or not subject.inputs:
        return
    if any(
        "var.input." in text for visit in subject.running for _, text in _all_texts(subject, visit)
    ):
        return
    names = _names(subject.inputs)
    text = f"{_listed(names)} {'is' if len(names) == 1 else 'are'} declared and never used."
    remedy = f"Start with `{_START}`."
    yield at(first, text, remedy, place=("module",), evidence={"inputs": [*names]})


@rule("T07", "outputs-not-given", "error")
def outputs_not_given(subject: Subject) -> Iterator[Hit]:
    """Declared outputs are not given by Return data, or it gives others.

    An output that nothing gives arrives as null, and one that is not declared is dropped, both in
    silence. One that only some of several Return data give is a warning.
    """
    declared = _names(subject.outputs)
    if not declared:
        return
    givers = subject.of(_RETURN)
    if not givers:
        text = f"Nothing gives {_listed(declared)}."
        remedy = f"Add `{_RETURN}` and map the outputs."
        yield overall(text, remedy, evidence={"outputs": [*declared]})
    given = {name for visit in givers for name in as_object(visit.module.get("mapper"))}
    for visit in givers:
        mapper = as_object(visit.module.get("mapper"))
        lacking = [name for name in declared if name not in mapper]
        undeclared = [name for name in mapper if name not in declared]
        parts = [f"does not give {_listed(lacking)}"] if lacking else []
        parts += [f"gives {_listed(undeclared)}, not declared"] if undeclared else []
        if parts:
            evidence: JsonObject = {"missing": [*lacking], "undeclared": [*undeclared]}
            partly = not undeclared and given.issuperset(lacking)
            text, remedy = f"It {' and '.join(parts)}.", "Map exactly the declared outputs."
            severity = "warning" if partly else None
            place = ("mapper",)
            yield at(visit, text, remedy, place=place, evidence=evidence, severity=severity)


@rule("T08", "return-to-webhook", "warning")
def return_to_webhook(subject: Subject) -> Iterator[Hit]:
    """Return data stands in a scenario that a webhook starts.

    It answers a calling scenario, not the caller of a webhook, who gets the body of Webhook
    response.
    """
    if subject.is_instant:
        for visit in subject.of(_RETURN):
            text = "Return data does not answer a webhook."
            yield at(visit, text, f"Use `{_RESPOND}`.")


@rule("T12", "unanswered-way", "warning")
def unanswered_way(subject: Subject) -> Iterator[Hit]:
    """The caller of the webhook gets an answer on some ways through the scenario only.

    Judged are the ways that exclude the others: a router's fallback and the branches of an
    if-else. On them the caller gets Make's own `Accepted`. Add a Webhook response.
    """
    responses = subject.of(_RESPOND)
    if not responses or not subject.is_instant:
        return
    answered = _carried(subject, _is_response)
    ways = _ways_with(responses)
    for visit in subject.of(ROUTER, IF_ELSE):
        here = ways.get(id(visit.module), set())
        if not here or answered[id(visit.module)] or _answers_later(visit, ways):
            continue
        for place in _exclusive_ways(visit):
            if place not in here:
                text = "Here the caller of the webhook gets no answer, elsewhere it does."
                yield at(visit, text, "Add a Webhook response.", place=place)


@rule("T13", "late-answer", "warning")
def late_answer(subject: Subject) -> Iterator[Hit]:
    """The caller of the webhook waits longer for the answer than Make lets it.

    After 180 seconds Make answers `Accepted` in its own words. Answer before the Sleep.
    """
    seconds = _carried(subject, _sleeps) if subject.of(_SLEEP) else {}
    for visit in subject.of(_RESPOND):
        waited = seconds.get(id(visit.module), 0)
        if waited >= _ANSWER_SECONDS and subject.is_instant:
            text = f"Sleep modules in front wait {waited} seconds; the caller is answered by then."
            remedy = "Put the Webhook response in front of the Sleep."
            yield at(visit, text, remedy, evidence={"seconds": waited})


@rule("T14", "second-answer", "warning")
def second_answer(subject: Subject) -> Iterator[Hit]:
    """Two Webhook responses stand on one way; the second is never sent.

    The first one reached answers the caller, later ones are ignored.
    """
    answers = _carried(subject, _is_response)
    for visit in subject.of(_RESPOND):
        if answers[id(visit.module)]:
            text = "The caller was answered before; this response is ignored."
            yield at(visit, text, "Remove one of them.")


def _declare(subject: Subject, hit: Hit) -> None:
    metadata = as_object(hit.module.setdefault("metadata", {}))
    known = as_list(metadata.get("expect"))
    missing = as_list(hit.evidence["missing"])
    added = [clone_value(each) for each in subject.outputs if each.get("name") in missing]
    metadata["expect"] = [*known, *added]


@rule("T16", "outputs-not-sent", "warning", fix=_declare)
def outputs_not_sent(subject: Subject) -> Iterator[Hit]:
    """Return data does not list its outputs in its own form, so that they arrive as null.

    It is reported to send only what stands in its `metadata.expect`. The editor writes that; a
    module made otherwise lacks it. The fix adds the declared outputs.
    """
    declared = _names(subject.outputs)
    for visit in subject.of(_RETURN):
        metadata = visit.module.get("metadata")
        form = as_object(metadata).get("expect")
        listed = _names([as_object(field) for field in as_list(form)])
        wanted = declared or [*as_object(visit.module.get("mapper"))]
        missing = [name for name in wanted if name not in listed]
        if missing and (declared or not listed):
            fixable = bool(declared)
            fixable = fixable and (metadata is None or isinstance(metadata, dict))
            fixable = fixable and (form is None or isinstance(form, list))
            text = f"It does not list {_listed(missing)}."
            remedy = "List the outputs in `metadata.expect`."
            evidence: JsonObject = {"missing": [*missing]}
            place = ("metadata", "expect")
            yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


def _all_texts(subject: Subject, visit: Visit) -> Iterator[tuple[Pointer, str]]:
    """Give the texts of a module: its values, and the conditions and outputs of branchings."""
    yield from subject.strings(visit)
    for text in subject.texts(visit):
        yield text.pointer, text.text


def _names(fields: list[JsonObject]) -> list[str]:
    return [name for field in fields if isinstance(name := field.get("name"), str)]


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _is_response(visit: Visit) -> int:
    return int(visit.type == _RESPOND)


def _sleeps(visit: Visit) -> int:
    if visit.type != _SLEEP:
        return 0
    return whole_number(as_object(visit.module.get("mapper")).get("duration")) or 0


def _carried(subject: Subject, gain: Callable[[Visit], int]) -> dict[int, int]:
    """Add up what the modules on the way to each module bring, by the module's identity.

    What a failed module would have brought does not count on its error route.
    """
    before: dict[int, int] = {}
    ends: dict[int, int] = {}
    for visit in subject.running:
        amount = ends.get(id(visit.container))
        if amount is None:
            parent = visit.parent
            amount = before[id(parent.module)] if parent else 0
            amount += gain(parent) if parent and visit.role != "onerror" else 0
        before[id(visit.module)] = amount
        ends[id(visit.container)] = amount + gain(visit)
    return before


def _ways_with(responses: list[Visit]) -> dict[int, set[Pointer]]:
    """Find the routes and branches that hold a response, by the identity of the branching.

    A response on an error route is none for those that do not fail.
    """
    found: defaultdict[int, set[Pointer]] = defaultdict(set)
    for response in responses:
        current = response
        while current.parent is not None and current.role != "onerror":
            way = current.slot[:2]
            if way in found[id(current.parent.module)]:
                break
            found[id(current.parent.module)].add(way)
            current = current.parent
    return dict(found)


def _answers_later(visit: Visit, ways: dict[int, set[Pointer]]) -> bool:
    """Tell whether an answer may come behind a branching, where its branches have merged."""
    current: Visit | None = visit
    while current is not None:
        for item in current.container[current.index + 1 :]:
            if as_object(item).get("module") == _RESPOND or id(item) in ways:
                return True
        current = current.parent
    return False


def _exclusive_ways(visit: Visit) -> Iterator[Pointer]:
    """Give the ways of a branching that a bundle goes alone: the fallback, or every branch."""
    if visit.type == ROUTER:
        fallback = fallback_of(visit)
        if fallback is not None and not _is_open(visit, fallback):
            yield ("routes", fallback)
        return
    for number, branch in enumerate(map(as_object, as_list(visit.module.get("branches")))):
        off = branch.get("disabled") is True or not (
            branch.get("conditions") and branch.get("flow")
        )
        if branch.get("type") == "else" or not off:
            yield ("branches", number)


def _is_open(visit: Visit, fallback: int) -> bool:
    """Tell whether a route without filter lets everything in, so that the fallback never runs."""
    routes = as_list(visit.module.get("routes"))
    return any(not is_filtered(route) for number, route in enumerate(routes) if number != fallback)
