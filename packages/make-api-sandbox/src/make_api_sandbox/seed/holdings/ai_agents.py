"""AI agents of both companies, what they know, a conversation, and the tokens used so far."""

from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.agents import LABEL
from make_api_sandbox.agents.ports import Document
from make_api_sandbox.agents.providers import MAKES_OWN, MOST_TOKENS, provider_of
from make_api_sandbox.agents.stand_in import Outcome, Situation, answer, look_up, next_call
from make_api_sandbox.agents.tokens import coefficient
from make_api_sandbox.clock import stamp
from make_api_sandbox.seed.assets import OTHER_TYPES, Assets, Connection
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

SORTS_MAIL, TIER = "support.inbox", "small"
"""The scenario that asks Make's own provider, and the tier it asks."""

PROMPT_SHARE = 0.8
"""Share of tokens that went in; a one-word answer follows a whole mail."""


@dataclass(frozen=True)
class Tool:
    """A scenario an agent may call."""

    scenario: str
    approval: bool = False


@dataclass(frozen=True)
class AgentPlan:
    """One agent.

    Args:
        team: Whose it is.
        name: As shown.
        connection: Its connection to an AI provider.
        model: Tier or name.
        prompt: What it is told about itself.
        age: Days since it was set up.
        tools: What it may call.
        documents: Name and text of its contexts.
        asked: What it was asked lately, in one thread.
    """

    team: str
    name: str
    connection: str
    model: str
    prompt: str
    age: float
    tools: tuple[Tool, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()


RETURNS = (
    "Returns are free within 30 days.\n"
    "Lamps and furniture are collected at the door.\n"
    "Refunds arrive within five working days.\n"
)
WORKSHOPS = (
    "workshop,day,seats\nWheel throwing,Saturday,8\nGlazing,Sunday,6\nHand building,Wednesday,10\n"
)

PLANS = (
    AgentPlan(
        "support",
        "Support desk",
        "ai-support",
        "medium",
        "You answer customers of a shop for lamps and furniture, briefly and kindly.",
        46,
        (Tool("support.address"), Tool("support.greeting", approval=True)),
        (("Return policy.txt", RETURNS),),
        ("How long do refunds take?", "And are lamps collected at the door?"),
    ),
    AgentPlan(
        "marketing",
        "Headline writer",
        "openai",
        "gpt-4.1-mini",
        "You write headlines of at most eight words for a shop of lamps and furniture.",
        19,
    ),
    AgentPlan(
        "studio",
        "Workshop helper",
        "ai-studio",
        "small",
        "You tell visitors of a pottery studio about its workshops.",
        8,
        documents=(("Workshops.csv", WORKSHOPS),),
        asked=("On which day is glazing?",),
    ),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the agents with what belongs to them, and the tokens of 90 days."""
    assets.connections["ai-studio"] = _studio_connection(world, directory)
    for plan in PLANS:
        agent = _agent(world, directory, assets, plan)
        for name, text in plan.documents:
            _context(world, directory, plan, agent, name, text)
        _conversation(world, directory, plan, agent)
    _tokens(world, directory, assets)


def _studio_connection(world: World, directory: Directory) -> Connection:
    name, kind = "AI provider (studio)", OTHER_TYPES[MAKES_OWN]
    ident = world.insert(
        "connections",
        team_id=directory.teams["studio"],
        name=name,
        type=MAKES_OWN,
        label=kind.label,
        account_type=kind.account_type,
        theme=kind.theme,
        editable=True,
        author_id=directory.people["greta"],
    )
    return Connection(ident, name, MAKES_OWN)


def _agent(world: World, directory: Directory, assets: Assets, plan: AgentPlan) -> str:
    connection = assets.connections[plan.connection]
    provider = provider_of(connection.type)
    ident = world.fresh_uuid()
    world.insert(
        "ai_agents",
        id=ident,
        team_id=directory.teams[plan.team],
        connection_id=connection.id,
        provider_id=provider.id if provider else 0,
        name=plan.name,
        default_model=plan.model,
        system_prompt=plan.prompt,
        created=stamp(world.clock.now() - timedelta(days=plan.age)),
        invocation_config={"recursionLimit": 300},
        history_config={"iterationsFromHistoryCount": 10},
        llm_config={"maxTokens": MOST_TOKENS},
        tool_scenarios=[
            {
                "makeScenarioId": assets.scenarios[tool.scenario],
                "approvalMode": "approval-required" if tool.approval else "auto-run",
            }
            for tool in plan.tools
        ],
        mcp_configs=[],
    )
    return ident


def _context(
    world: World, directory: Directory, plan: AgentPlan, agent: str, name: str, text: str
) -> None:
    world.insert(
        "ai_contexts",
        id=world.fresh_uuid(),
        agent_id=agent,
        team_id=directory.teams[plan.team],
        document_name=name,
        description=" ".join((LABEL, text.partition("\n")[0])),
        created=stamp(world.clock.now() - timedelta(days=plan.age)),
        format=name.rpartition(".")[2],
        is_temporary=False,
        document=text.encode(),
    )


def _conversation(world: World, directory: Directory, plan: AgentPlan, agent: str) -> None:
    """What was said, as the stand-in would say it again."""
    thread, before = world.fresh_uuid(), list[str]()
    for question in plan.asked:
        said = (("user", question), ("assistant", _answer(plan, question, before)))
        iteration = world.fresh_uuid()
        for role, text in said:
            world.insert(
                "ai_messages",
                team_id=directory.teams[plan.team],
                owner=f"agent/{agent}",
                thread_id=thread,
                iteration_id=iteration,
                role=role,
                said=text,
            )
        before.append(question)


def _answer(plan: AgentPlan, question: str, before: list[str]) -> str:
    known = [Document(name, text) for name, text in plan.documents]
    now = Situation(question, list(before), documents=known)
    call = next_call(now)
    if call is not None:
        now.outcomes.append(Outcome(call, ok=True, result=look_up(known, question)))
    return answer(now)


def _tokens(world: World, directory: Directory, assets: Assets) -> None:
    """One row a day: what the runs cost beyond their operations was paid for tokens."""
    price = coefficient(TIER)
    days = world.rows(
        "SELECT max(timestamp_ms) AS last, sum(centicredits) - 100 * sum(operations) AS paid"
        " FROM executions WHERE scenario_id = ? AND operations > 0"
        " GROUP BY substr(timestamp, 1, 10)",
        assets.scenarios[SORTS_MAIL],
    )
    rows: list[dict[str, object]] = []
    for day in days:
        tokens = round(day["paid"] / price)
        prompt = round(tokens * PROMPT_SHARE)
        rows.append(
            {
                "team_id": directory.teams["support"],
                "timestamp_ms": day["last"],
                "model": TIER,
                "prompt_tokens": prompt,
                "completion_tokens": tokens - prompt,
                "centicredits": day["paid"],
            }
        )
    world.insert_many("ai_token_usage", [row for row in rows if row["centicredits"]])
