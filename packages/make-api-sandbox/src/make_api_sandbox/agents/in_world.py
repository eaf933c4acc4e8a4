"""Agents of a team in a world: how they are set up, what they remember, what they used."""

from collections.abc import Sequence
from typing import cast

from make_api_sandbox.agents.ports import AgentProfile, Document, Said, Thread, Tool
from make_api_sandbox.agents.providers import MAKES_OWN
from make_api_sandbox.agents.tokens import DEFAULT_TIER, TokenUsage, coefficient, surcharge
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, period_start_ms
from make_api_sandbox.world import World

READABLE = ("csv", "json", "md", "txt")
"""Formats of contexts that the stand-in looks into; others are kept unread."""


class WorldAgents:
    """Agents of one team."""

    def __init__(self, world: World, team_id: int) -> None:
        self._world = world
        self._team_id = team_id

    def profile(self, agent: str) -> AgentProfile | None:
        """An agent of the team."""
        row = self._world.get("ai_agents", agent)
        if row is None or row["team_id"] != self._team_id:
            return None
        history: JsonObject = row["history_config"] or {}
        parser: JsonObject = row["output_parser"] or {}
        return AgentProfile(
            row["id"],
            row["connection_id"],
            row["default_model"],
            row["system_prompt"],
            self.tools(row["tool_scenarios"], row["mcp_configs"]),
            self.documents(row["id"]),
            history.get("iterationsFromHistoryCount"),
            row["llm_config"].get("maxTokens"),
            row["invocation_config"]["recursionLimit"],
            output_fields(parser),
        )

    def tools(self, scenarios: Sequence[JsonObject], mcp: Sequence[JsonObject]) -> tuple[Tool, ...]:
        """The scenarios and MCP tools an agent may call; deleted scenarios are left out."""
        found = [self._tool(one) for one in scenarios]
        named = [Tool(id, id, kind="mcp") for one in mcp for id in one.get("toolIds", [])]
        return (*(one for one in found if one), *named)

    def _tool(self, config: JsonObject) -> Tool | None:
        row = self._world.get("scenarios", config["makeScenarioId"])
        if row is None or row["team_id"] != self._team_id:
            return None
        interface: JsonObject = row["interface"] or {}
        approval = config.get("approvalMode") == "approval-required"
        return Tool(
            str(row["id"]),
            row["name"],
            row["description"],
            fields=tuple(interface.get("input") or ()),
            approval=approval,
        )

    def documents(self, agent: str) -> tuple[Document, ...]:
        """Contexts of an agent that can be read as text."""
        rows = self._world.rows(
            "SELECT document_name, document, format FROM ai_contexts WHERE agent_id = ?"
            " ORDER BY created, id",
            agent,
        )
        return tuple(
            Document(row["document_name"], cast(bytes, row["document"]).decode("utf-8", "replace"))
            for row in rows
            if row["format"] in READABLE
        )

    def is_makes_own(self, connection: int) -> bool:
        """Tell whether a connection leads to Make's own AI provider."""
        row = self._world.get("connections", connection)
        return row is not None and row["type"] == MAKES_OWN

    def history(self, thread: Thread, iterations: int | None) -> Sequence[Said]:
        """What was said in a thread, oldest first."""
        rows = self._world.rows(
            "SELECT iteration_id, role, said FROM ai_messages WHERE team_id = ? AND owner = ?"
            " AND thread_id = ? ORDER BY seq",
            self._team_id,
            thread.owner,
            thread.id,
        )
        known = list(dict.fromkeys(row["iteration_id"] for row in rows))
        kept = set(known if iterations is None else known[max(0, len(known) - iterations) :])
        return [Said(row["role"], row["said"]) for row in rows if row["iteration_id"] in kept]

    def remember(self, thread: Thread, iteration: str, said: Sequence[Said]) -> None:
        """Add the messages of one iteration to a thread."""
        rows = [
            {
                "team_id": self._team_id,
                "owner": thread.owner,
                "thread_id": thread.id,
                "iteration_id": iteration,
                "role": one.role,
                "said": one.content,
            }
            for one in said
        ]
        self._world.insert_many("ai_messages", rows)

    def spend(self, model: str, used: TokenUsage) -> None:
        """Note tokens of Make's own provider."""
        self._world.insert(
            "ai_token_usage",
            team_id=self._team_id,
            timestamp_ms=self._world.clock.milliseconds(),
            model=model,
            prompt_tokens=used.prompt,
            completion_tokens=used.completion,
            centicredits=surcharge(model, used),
        )

    def fresh_uuid(self) -> str:
        """A new name."""
        return self._world.fresh_uuid()


def output_fields(parser: JsonObject) -> tuple[JsonObject, ...] | None:
    """The fields an output parser asks for; None for text."""
    if parser.get("type") != "make-schema":
        return None
    return tuple(parser.get("schema") or ())


def llm_usage(world: World, organization: Row) -> JsonObject:
    """Tokens of Make's own provider in this period (API reference, chapter 2.34).

    What remains is not documented: tokens are paid with credits, so it is how many tokens of the
    medium tier the credits left would pay for, in either direction.
    """
    since = period_start_ms(organization)
    used = world.rows(
        "SELECT coalesce(sum(u.prompt_tokens), 0) AS prompt,"
        " coalesce(sum(u.completion_tokens), 0) AS completion FROM ai_token_usage u"
        " JOIN teams t ON t.id = u.team_id WHERE t.organization_id = ? AND u.timestamp_ms >= ?",
        organization["id"],
        since,
    )[0]
    bought = 100 * (organization["license"].get("operations") or 0)
    spent = consumed(world, "organization_id", organization["id"], since)["centicredits"]
    left = int(max(0, bought - spent) / coefficient(DEFAULT_TIER))
    names = ("usedInputTokens", "usedOutputTokens", "remainingInputTokens", "remainingOutputTokens")
    return dict(zip(names, (used["prompt"], used["completion"], left, left), strict=True))
