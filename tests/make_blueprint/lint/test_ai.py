"""Rules about models, agents and their tools: A01–A13."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.surroundings import Connection, Surroundings

from tests.make_blueprint.generate import blueprint, branch, if_else, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

AGENT = "ai-local-agent:RunLocalAIAgent"
HOOK = module(1, "gateway:CustomWebHook", parameters={"hook": 7})


def ask(number: int, model: JsonValue = "small", **parameters: JsonValue) -> Module:
    static: JsonObject = {"makeConnectionId": 3, "model": model, **parameters}
    text = "{{1.text}}"
    return module(number, "ai-tools:Ask", version=2, parameters=static, mapper={"input": text})


def agent(number: int, *tools: JsonValue, kind: str = AGENT, **mapper: JsonValue) -> Module:
    fields: JsonObject = {"message": "{{1.text}}", **mapper}
    made = module(number, kind, version=0, parameters={"makeConnectionId": 3}, mapper=fields)
    return having(made, tools=list(tools)) if tools else made


def tool(name: JsonValue, *flow: JsonValue, description: JsonValue = "Finds") -> JsonObject:
    return {"name": name, "description": description, "flow": list(flow)}


def completion(number: int, text: str = "{{1.text}}", **mapper: JsonValue) -> Module:
    messages: JsonValue = [{"role": "user", "content": text}]
    return module(number, "openai-gpt-3:CreateCompletion", mapper={"messages": messages, **mapper})


def saved(made: Module, **metadata: JsonValue) -> Module:
    return having(made, metadata={**as_object(made["metadata"]), **metadata})


def connected(connection: str, label: str = "") -> JsonObject:
    state: JsonObject = {"label": label, "data": {"connection": connection}}
    return {"parameters": {"makeConnectionId": state}}


# A01


@pytest.mark.parametrize("model", [None, ""])
def test_a_module_without_a_model_is_found_and_given_one(model: JsonValue) -> None:
    document = blueprint(HOOK, ask(2, model))
    (finding,) = found("A01", document)
    assert (finding.path, finding.severity) == ("flow[1].parameters.model", "error")
    assert value_at(mended("A01", document), "flow", 1, "parameters", "model") == "medium"


def test_the_model_of_another_provider_is_not_guessed() -> None:
    told = Surroundings(connections={3: Connection("Ours", "openai-gpt-3")})
    (finding,) = found("A01", blueprint(HOOK, ask(2, "")), told)
    assert not finding.fixable
    document = blueprint(HOOK, saved(ask(2, ""), restore=connected("anthropic-claude")))
    assert not found("A01", document)[0].fixable
    document = blueprint(HOOK, saved(ask(2, ""), restore=connected("ai-provider")))
    assert found("A01", document)[0].fixable


def test_a_module_with_a_model_is_fine() -> None:
    mapped = module(3, "ai-tools:Ask", version=2, mapper={"model": "{{1.model}}"})
    assert places("A01", blueprint(HOOK, ask(2), mapped, module(4))) == []


# A02


def test_former_model_names_are_found_and_replaced() -> None:
    document = blueprint(HOOK, ask(2, "low"), ask(3, "high"), ask(4, "large"))
    first, second = found("A02", document)
    assert (first.path, first.severity) == ("flow[1].parameters.model", "warning")
    assert second.path == "flow[2].parameters.model"
    document = mended("A02", document)
    models = [value_at(document, "flow", at, "parameters", "model") for at in (1, 2, 3)]
    assert models == ["small", "large", "large"]


def test_the_id_of_a_model_that_makes_provider_lacks_is_found() -> None:
    state = connected("", "Make's AI Provider")
    document = blueprint(HOOK, saved(ask(2, "gpt-4o-mini"), restore=state))
    (finding,) = found("A02", document)
    assert not finding.fixable
    assert finding.evidence == {"model": "gpt-4o-mini"}


def test_the_models_of_other_providers_are_fine() -> None:
    document = blueprint(HOOK, ask(2, "gpt-4o-mini"), ask(3, "{{x}}"), ask(4, None), module(5))
    assert places("A02", document) == []
    connections = Surroundings(connections={3: Connection("Ours", "openai-gpt-3")})
    assert places("A02", document, connections) == []


# A03


def test_an_agent_with_the_wrong_connection_name_is_found_and_mended() -> None:
    made = saved(agent(2), restore={"parameters": {"__IMTCONN__": {"label": "Ours"}}})
    made["parameters"] = {"__IMTCONN__": 3}
    document = blueprint(HOOK, made)
    (finding,) = found("A03", document)
    assert (finding.path, finding.severity) == ("flow[1].parameters.__IMTCONN__", "error")
    document = mended("A03", document)
    assert value_at(document, "flow", 1, "parameters") == {"makeConnectionId": 3}
    restored = value_at(document, "flow", 1, "metadata", "restore", "parameters")
    assert restored == {"makeConnectionId": {"label": "Ours"}}


def test_an_agent_whose_connection_was_not_saved_is_mended_too() -> None:
    document = blueprint(HOOK, having(agent(2), parameters={"__IMTCONN__": 3}))
    mapped = value_at(mended("A03", document), "flow", 1, "parameters")
    assert mapped == {"makeConnectionId": 3}


def test_an_agent_with_its_connection_is_fine() -> None:
    both: JsonObject = {"__IMTCONN__": 3, "makeConnectionId": 4}
    assert places("A03", blueprint(HOOK, agent(2), having(agent(3), parameters=both))) == []


# A04


def test_tools_without_names_and_of_the_same_name_are_found() -> None:
    tools = [
        tool("", module(3)),
        tool("search", module(4)),
        tool("search", module(5)),
        tool("book", module(6), description=None),
        tool("mail", module(7)),
        "?",
    ]
    findings = found("A04", blueprint(HOOK, agent(2, *tools)))
    assert [finding.path for finding in findings] == [
        "flow[1].tools[0]",
        "flow[1].tools[1].name",
        "flow[1].tools[2].name",
        "flow[1].tools[3]",
        "flow[1].tools[5]",
    ]
    assert {finding.severity for finding in findings} == {"error"}


def test_tools_with_names_of_their_own_are_fine() -> None:
    assert places("A04", blueprint(HOOK, agent(2, tool("a", module(3)), tool("b")))) == []


# A05, A06


def looking_up(value: JsonValue, *, field: str = "formula", **metadata: JsonValue) -> Blueprint:
    made = module(3, "airtable:ActionSearchRecords", version=3, mapper={field: value})
    return blueprint(HOOK, agent(2, tool("search", saved(made, **metadata), module(4))))


HELPED: JsonObject = {"expect": {"formula": {"extra": {"aiHelp": "A formula"}}}}


def test_a_field_that_an_agent_fills_without_help_is_found() -> None:
    (finding,) = found("A05", looking_up("{{2.formula}}"))
    assert finding.path == "flow[1].tools[0].flow[0].mapper.formula"
    assert (finding.severity, finding.evidence) == ("warning", {"field": "formula"})


@pytest.mark.parametrize("value", ["{{1.name}}", "x {{2.formula}}", "{{`2`}}", 7, ["{{2.a}}"]])
def test_a_field_that_no_agent_fills_needs_no_help(value: JsonValue) -> None:
    assert places("A05", looking_up(value)) == []


def test_a_field_with_help_is_fine() -> None:
    assert places("A05", looking_up("{{2.formula}}", restore=HELPED)) == []
    assert places("A05", looking_up("{{2.formula}}", field="query", restore=HELPED)) == []


def test_a_field_that_the_tool_lacks_is_found() -> None:
    expect: JsonValue = [{"name": "formula"}, {"name": "sort", "spec": [{"name": "order"}]}, "?"]
    (finding,) = found("A06", looking_up("{{2.filter}}", expect=expect))
    assert finding.path == "flow[1].tools[0].flow[0].mapper.formula"
    assert (finding.severity, finding.remedy) == ("error", "Ask for formula.")


@pytest.mark.parametrize("asked", ["formula", "order", "first", "other"])
def test_a_field_of_the_tool_is_fine(asked: str) -> None:
    single: JsonObject = {"name": "other"}
    inner: JsonValue = [{"name": "order"}, [{"name": "first"}]]
    expect: JsonValue = [{"name": "sort", "spec": inner, "nested": single}]
    assert places("A06", looking_up(f"{{{{2.{asked}}}}}", expect=expect)) == []


def test_a_tool_without_a_saved_form_is_not_judged() -> None:
    assert places("A06", looking_up("{{2.filter}}")) == []


# A07, A08


def test_an_agent_without_tools_that_needs_one_is_told() -> None:
    document = blueprint(HOOK, agent(2, systemPrompt="Search the web for it", message=""))
    (finding,) = found("A07", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.systemPrompt", "info")
    assert finding.evidence == {"words": "Search the web"}


def test_an_agent_with_tools_or_a_plain_task_is_fine() -> None:
    prompt = "Tell today's weather"
    able = agent(2, tool("weather", module(3)), systemPrompt=prompt)
    assert places("A07", blueprint(HOOK, able, agent(4, systemPrompt="Be brief", message=7))) == []


CHAT = module(1, "telegram:WatchUpdates", parameters={"__IMTHOOK__": 7})


@pytest.mark.parametrize(
    ("kind", "key"), [(AGENT, "threadId"), ("ai-agent:RunAnAIAgent", "threadID")]
)
def test_an_agent_that_forgets_a_chat_is_told(kind: str, key: str) -> None:
    (finding,) = found("A08", blueprint(CHAT, agent(2, kind=kind)))
    assert (finding.path, finding.severity) == (f"flow[1].mapper.{key}", "info")
    assert places("A08", blueprint(CHAT, agent(2, kind=kind, **{key: "{{1.chat.id}}"}))) == []


def test_an_agent_outside_of_a_chat_needs_no_memory() -> None:
    assert places("A08", blueprint(HOOK, agent(2))) == []
    assert places("A08", blueprint(CHAT, agent(2, message="Good morning"))) == []
    assert places("A08", blueprint(module(1, "slack:CreateMessage", version=4), agent(2))) == []
    assert places("A08", blueprint()) == []


# A09


def parser(number: int, source: str) -> Module:
    return module(number, "json:ParseJSON", mapper={"json": source})


def test_the_answer_of_a_model_that_may_be_no_json_is_found() -> None:
    document = blueprint(HOOK, completion(2), parser(3, "{{2.result}}"))
    (finding,) = found("A09", document)
    assert (finding.path, finding.severity) == ("flow[2].mapper.json", "warning")
    assert finding.evidence == {"model": 2}


@pytest.mark.parametrize(
    "flow",
    [
        [HOOK, completion(2, response_format="json_object"), parser(3, "{{2.result}}")],
        [HOOK, completion(2), having(parser(3, "{{2.result}}"), onerror=[module(4)])],
        [HOOK, completion(2), parser(3, "{{1.value}}")],
        [HOOK, parser(3, "{{9.value}}")],
    ],
)
def test_json_that_is_certain_or_handled_is_fine(flow: list[JsonValue]) -> None:
    assert places("A09", blueprint(*flow)) == []


# A10


def search(number: int, **mapper: JsonValue) -> Module:
    fields: JsonObject = {"formula": "x", **mapper}
    return module(number, "airtable:ActionSearchRecords", version=3, mapper=fields)


def feeder(number: int, array: JsonValue) -> Module:
    return module(number, "builtin:BasicFeeder", mapper={"array": array})


def collect(number: int, source: JsonValue) -> Module:
    return module(number, "builtin:BasicAggregator", parameters={"feeder": source})


def test_a_model_for_every_result_of_a_search_is_found() -> None:
    (finding,) = found("A10", blueprint(HOOK, search(2), feeder(3, "{{2.rows}}"), completion(4)))
    assert (finding.path, finding.severity) == ("flow[3]", "warning")
    assert finding.evidence == {"loops": [2, 3]}


def test_a_model_for_every_item_of_a_list_is_told() -> None:
    document = blueprint(HOOK, feeder(2, "{{1.items}}"), completion(3), completion(4))
    findings = found("A10", document)
    assert [(f.path, f.severity) for f in findings] == [("flow[2]", "info"), ("flow[3]", "info")]
    gathered = [search(2), collect(3, 2), feeder(4, "{{3.array}}"), completion(5)]
    assert places("A10", blueprint(HOOK, *gathered)) == ["flow[4]"]
    lost = [collect(3, 99), feeder(4, "{{3.array}}"), completion(5)]
    assert places("A10", blueprint(HOOK, *lost)) == ["flow[3]"]


def test_a_model_in_a_loop_with_a_limit_is_fine() -> None:
    first = having(
        completion(3),
        filter={"conditions": [[{"a": "{{2.__IMTINDEX__}}", "o": "number:less", "b": "9"}]]},
    )
    limited: list[list[JsonValue]] = [
        [search(2, maxResults="20"), completion(3)],
        [feeder(2, ["a", "b"]), completion(3)],
        [feeder(2, "{{slice(1.items; 0; 5)}}"), completion(3)],
        [feeder(2, "{{1.items}}"), first],
        [search(2, limit=5), collect(3, 2), feeder(4, "{{3.array}}"), completion(5)],
        [search(2), collect(3, 2), completion(4)],
    ]
    for flow in limited:
        assert places("A10", blueprint(HOOK, *flow)) == []


# A11


@pytest.mark.parametrize(("timeout", "right"), [("30", "120"), (3600, 600)])
def test_a_timeout_out_of_bounds_is_told_and_clamped(timeout: JsonValue, right: JsonValue) -> None:
    document = blueprint(HOOK, agent(2, timeout=timeout))
    (finding,) = found("A11", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.timeout", "info")
    assert value_at(mended("A11", document), "flow", 1, "mapper", "timeout") == right


def test_a_timeout_of_the_model_settings_counts_as_well() -> None:
    document = blueprint(HOOK, agent(2, modelConfig={"timeout": "5"}), agent(3, modelConfig=7))
    assert places("A11", document) == ["flow[1].mapper.modelConfig.timeout"]
    mapper = value_at(mended("A11", document), "flow", 1, "mapper")
    assert value_at(mapper, "modelConfig") == {"timeout": "120"}


def test_a_model_without_a_limit_of_tokens_is_told() -> None:
    expect: JsonValue = [{"name": "model"}, {"name": "max_tokens", "type": "number"}]
    (finding,) = found("A11", blueprint(HOOK, saved(completion(2), expect=expect)))
    assert (finding.path, finding.fixable) == ("flow[1].mapper.max_tokens", False)
    document = blueprint(
        HOOK,
        saved(completion(2, max_tokens="500"), expect=expect),
        completion(3),
        agent(4, timeout="300"),
        agent(5),
    )
    assert places("A11", document) == []


# A12

MAIL = module(1, "google-email:TriggerNewEmail")


@pytest.mark.parametrize("first", [HOOK, CHAT, MAIL])
@pytest.mark.parametrize("key", ["systemPrompt", "system"])
def test_what_strangers_write_in_the_system_prompt_is_found(first: Module, key: str) -> None:
    document = blueprint(first, agent(2, **{key: "You help {{1.name}}."}))
    (finding,) = found("A12", document)
    assert (finding.path, finding.severity) == (f"flow[1].mapper.{key}", "warning")
    assert finding.evidence == {"fields": ["name"]}


def test_a_system_message_counts_as_system_prompt() -> None:
    messages: JsonValue = [
        {"role": "system", "content": "You help {{1.name}} with {{2.id}}."},
        {"role": "user", "content": "{{1.text}}"},
    ]
    document = blueprint(HOOK, module(2), completion(3, messages=messages))
    assert places("A12", document) == ["flow[2].mapper.messages[0].content"]


@pytest.mark.parametrize(
    "flow",
    [
        [HOOK, module(2), agent(3, systemPrompt="You help {{2.value}}.")],
        [module(1, "google-sheets:watchRows", version=2), agent(2, systemPrompt="{{1.name}}")],
        [HOOK, module(2, mapper={"systemPrompt": "{{1.name}}"})],
        [HOOK, completion(2, messages="{{1.messages}}")],
        [module(1, "slack:CreateMessage", version=4), agent(2, systemPrompt="{{1.name}}")],
        [],
    ],
)
def test_what_strangers_do_not_write_is_fine(flow: list[JsonValue]) -> None:
    assert places("A12", blueprint(*flow)) == []


# A13


def answer(number: int, body: str, **mapper: JsonValue) -> Module:
    fields: JsonObject = {"status": "200", "body": body, **mapper}
    return module(number, "gateway:WebhookRespond", mapper=fields)


def test_an_unchecked_answer_of_an_agent_is_found() -> None:
    document = blueprint(HOOK, agent(2), answer(3, "{{2.response}}"))
    (finding,) = found("A13", document)
    assert (finding.path, finding.severity) == ("flow[2].mapper.body", "warning")
    assert finding.evidence == {"agent": 2}


def test_an_answer_that_is_checked_or_substituted_is_fine() -> None:
    exists: JsonObject = {"a": "{{2.response}}", "o": "exist"}
    guarded = having(answer(3, "{{2.response}}"), filter={"conditions": [[exists]]})
    inside = router(3, [having(module(4), filter={"conditions": [[exists]]}), answer(5, "{{2.a}}")])
    choice = if_else(3, branch(answer(4, "{{2.response}}"), merge=False, test=exists))
    failing = having(agent(2), onerror=[answer(3, "{{2.error.message}}")])
    for flow in (
        [HOOK, agent(2), guarded],
        [HOOK, agent(2), inside],
        [HOOK, agent(2), choice],
        [HOOK, agent(2), answer(3, '{{ifempty(2.response; "?")}}')],
        [HOOK, agent(2), answer(3, "{{1.text}}")],
        [HOOK, failing],
    ):
        assert places("A13", blueprint(*flow)) == []


def test_the_company_uses_ai_well(company_blueprints: list[Blueprint]) -> None:
    for document in company_blueprints:
        assert lint(document, profile=Profile(frozenset({"A"}))).findings == []
