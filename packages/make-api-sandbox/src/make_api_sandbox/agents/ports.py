"""What agents need from their surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from make_api_sandbox.agents.tokens import TokenUsage
from make_api_sandbox.shapes import JsonObject


@dataclass(frozen=True)
class Tool:
    """Something an agent may call.

    Args:
        id: Whatever finds it again: a scenario's id, an MCP tool's name, a position.
        name: What the stand-in looks for in a message.
        description: For people.
        kind: `scenario`, `mcp` or `rag`, Make's word for the type of a tool.
        fields: Its inputs, as field objects (API reference, chapter 1.17).
        approval: True when a person would have to approve each call.
    """

    id: str
    name: str
    description: str = ""
    kind: str = "scenario"
    fields: tuple[JsonObject, ...] = ()
    approval: bool = False


@dataclass(frozen=True)
class Document:
    """A context of an agent that can be read as text."""

    name: str
    text: str


@dataclass(frozen=True)
class Said:
    """One message of a thread."""

    role: str
    content: str


@dataclass(frozen=True)
class Thread:
    """A conversation that goes on over several runs.

    Args:
        owner: Whose it is: `agent/<uuid>`, or `module/<scenario id>/<module id>`.
        id: The thread's own name, chosen by the caller or generated.
    """

    owner: str
    id: str


@dataclass(frozen=True)
class AgentProfile:
    """An agent as it is set up.

    Args:
        id: Its uuid.
        connection: Connection to the AI provider.
        model: Name or tier of its model.
        system_prompt: What it is told about itself.
        tools: What it may call.
        documents: What it may look up.
        iterations: Past iterations of a thread it is reminded of; None for all.
        max_tokens: Most tokens of an answer; None without a bound.
        recursion_limit: Most steps of one run.
        output: The fields its answer is to have; None for text.
    """

    id: str
    connection: int
    model: str
    system_prompt: str
    tools: tuple[Tool, ...] = ()
    documents: tuple[Document, ...] = ()
    iterations: int | None = None
    max_tokens: int | None = None
    recursion_limit: int = 300
    output: tuple[JsonObject, ...] | None = None


class Agents(Protocol):
    """Agents of a team, their memory, and the account of their tokens."""

    def profile(self, agent: str) -> AgentProfile | None:
        """An agent of the team; None when there is none of this id."""
        ...

    def is_makes_own(self, connection: int) -> bool:
        """Tell whether a connection leads to Make's own AI provider."""
        ...

    def history(self, thread: Thread, iterations: int | None) -> Sequence[Said]:
        """What was said in a thread, oldest first, in its last so many iterations."""
        ...

    def remember(self, thread: Thread, iteration: str, said: Sequence[Said]) -> None:
        """Add the messages of one iteration to a thread."""
        ...

    def spend(self, model: str, used: TokenUsage) -> None:
        """Note tokens of Make's own provider."""
        ...

    def fresh_uuid(self) -> str:
        """A new name for a thread, an iteration or a step."""
        ...


@dataclass
class MemoryAgents:
    """Agents without a world: nothing outlives the object, and every provider is one's own."""

    profiles: dict[str, AgentProfile] = field(default_factory=dict[str, AgentProfile])
    makes_own: set[int] = field(default_factory=set[int])
    said: dict[Thread, list[tuple[str, Said]]] = field(
        default_factory=dict[Thread, list[tuple[str, Said]]]
    )
    spent: list[tuple[str, TokenUsage]] = field(default_factory=list[tuple[str, TokenUsage]])
    names: int = 0

    def profile(self, agent: str) -> AgentProfile | None:
        """An agent."""
        return self.profiles.get(agent)

    def is_makes_own(self, connection: int) -> bool:
        """True for the connections in `makes_own`."""
        return connection in self.makes_own

    def history(self, thread: Thread, iterations: int | None) -> Sequence[Said]:
        """What was said."""
        entries = self.said.get(thread, [])
        known = list(dict.fromkeys(iteration for iteration, _ in entries))
        kept = set(known if iterations is None else known[max(0, len(known) - iterations) :])
        return [said for iteration, said in entries if iteration in kept]

    def remember(self, thread: Thread, iteration: str, said: Sequence[Said]) -> None:
        """Keep messages."""
        self.said.setdefault(thread, []).extend((iteration, each) for each in said)

    def spend(self, model: str, used: TokenUsage) -> None:
        """Keep the count."""
        self.spent.append((model, used))

    def fresh_uuid(self) -> str:
        """Counted names."""
        self.names += 1
        return f"00000000-0000-4000-8000-{self.names:012d}"
