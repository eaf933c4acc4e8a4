"""Whatever the blueprint, a run ends with a result and its account adds up."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.run import execute

Json = Any

TEXTS = st.sampled_from(
    [
        "",
        "plain",
        "{{1.value}}",
        "{{2.array}}",
        "{{3.value + 1}}",
        "{{emptyarray}}",
        '{"a": [1, {"b": 2}]}',
        "{{1/0}}",
        "{{upper(",
        "{{now}}",
        "7",
    ]
)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(-3, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
NAMES = [
    "value",
    "array",
    "json",
    "object",
    "name",
    "scope",
    "variables",
    "duration",
    "key",
    "data",
    "input",
    "casesTable",
    "start",
    "repeats",
    "step",
    "status",
    "body",
    "url",
    "method",
    "message",
    "scenario",
]
SLUGS = st.sampled_from(
    [
        "util:ComposeTransformer",
        "util:SetVariable2",
        "util:GetVariables",
        "util:Switcher",
        "util:FunctionIncrement",
        "builtin:BasicFeeder",
        "builtin:BasicRepeater",
        "builtin:ThrowError",
        "builtin:ThrowWarning",
        "json:ParseJSON",
        "json:CreateJSON",
        "datastore:AddRecord",
        "datastore:SearchRecord",
        "gateway:WebhookRespond",
        "http:MakeRequest",
        "scenario-service:CallSubscenario",
        "acme:anything",
    ]
)
DIRECTIVES = st.sampled_from(["Ignore", "Resume", "Break", "Commit", "Rollback"])


@st.composite
def flows(draw: st.DrawFn, depth: int = 2) -> list[dict[str, Json]]:
    """A list of modules without ids, nested up to `depth`."""
    flow = [draw(modules(depth)) for _ in range(draw(st.integers(1, 3)))]
    if depth and draw(st.booleans()):
        routes = draw(st.lists(flows(depth - 1), min_size=1, max_size=2))
        router: Json = {
            "module": "builtin:BasicRouter",
            "routes": [{"flow": each} for each in routes],
        }
        if draw(st.booleans()):
            router["parameters"] = {"else": draw(st.integers(-1, 2))}
        flow.append(router)
    return flow


@st.composite
def modules(draw: st.DrawFn, depth: int) -> dict[str, Json]:
    """A module with a random mapper, and maybe a filter and an error route."""
    made: dict[str, Json] = {"module": draw(SLUGS), "parameters": {"datastore": 5}}
    made["mapper"] = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
    if draw(st.integers(0, 3)) == 0:
        condition = {"a": draw(TEXTS), "o": draw(st.sampled_from(["exist", "text:equal"])), "b": ""}
        made["filter"] = {"conditions": [[condition]]}
    if depth and draw(st.booleans()):
        directive = {"module": f"builtin:{draw(DIRECTIVES)}", "mapper": {"retry": True}}
        made["onerror"] = [*draw(flows(0)), directive]
    return made


def numbered(flow: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Give every module an id, in document order, and let some feeders be aggregated."""
    counter = iter(range(1, 10_000))

    def visit(nodes: list[dict[str, Json]]) -> None:
        for node in nodes:
            node |= {"id": next(counter), "version": 1}
            for route in node.get("routes", []):
                visit(route["flow"])
            visit(node.get("onerror", []))

    visit(flow)
    feeders = [node["id"] for node in flow if node["module"] == "builtin:BasicFeeder"]
    if feeders and flow[-1]["module"] != "builtin:BasicRouter":
        parameters = {"feeder": feeders[0]}
        mapper = {"v": "{{1.value}}"}
        aggregate = {
            "module": "builtin:BasicAggregator",
            "parameters": parameters,
            "mapper": mapper,
        }
        flow.append({"id": next(counter), "version": 1, **aggregate})
    return flow


def run(flow: list[dict[str, Json]], around: MemoryPorts, **scenario: bool) -> Execution:
    document: dict[str, Json] = {"flow": flow, "metadata": {"scenario": scenario}}
    limits = Limits(seconds=3600, steps=3000, bundles=50)
    return asyncio.run(execute(document, Start("e" * 32), around, limits))


@settings(max_examples=120, deadline=None)
@given(flow=flows().map(numbered), dlq=st.booleans(), commit=st.booleans())
def test_every_run_ends_with_a_result_that_adds_up(
    flow: list[dict[str, Json]], dlq: bool, commit: bool
) -> None:
    around = MemoryPorts()
    around.stores.stores[5] = {"seed": {"a": 1}}
    result = run(flow, around, dlq=dlq, autoCommit=commit)
    assert result.operations == sum(record.operations for record in result.records)
    assert result.transfer == sum(record.size for record in result.records)
    assert (result.error is not None) == (result.status is not Status.SUCCESS)
    if not dlq:
        assert result.incompletes == []
    if not commit and result.status is Status.ERROR:
        assert around.stores.stores[5] == {"seed": {"a": 1}}


@settings(max_examples=30, deadline=None)
@given(flow=flows().map(numbered))
def test_the_same_run_twice_gives_the_same_records(flow: list[dict[str, Json]]) -> None:
    first, second = (run(flow, _ports()) for _ in range(2))
    assert first == second


def _ports() -> MemoryPorts:
    around = MemoryPorts()
    around.stores.stores[5] = {}
    return around
