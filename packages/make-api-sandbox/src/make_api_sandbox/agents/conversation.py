"""One run of an agent: messages in, tools called, an answer out, step by step."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps

from make_api_sandbox.agents import LABEL, stand_in
from make_api_sandbox.agents.ports import AgentProfile, Agents, Said, Thread, Tool
from make_api_sandbox.agents.stand_in import Outcome, Situation, ToolCall
from make_api_sandbox.agents.tokens import TokenUsage, clipped, count
from make_api_sandbox.shapes import JsonObject

TOKEN_LIMIT = 128_000
"""Most tokens of one prompt."""

ToolRunner = Callable[[ToolCall], Awaitable[Outcome]]
"""Calls a tool; failures are outcomes, not exceptions."""


class PromptTooLongError(Exception):
    """The prompt holds more tokens than any model of the sandbox takes."""


@dataclass(frozen=True)
class Step:
    """One message of a run (API reference, chapter 2.5, `executionSteps`)."""

    id: str
    index: int
    role: str
    content: str
    iteration: str
    milliseconds: int | None = None
    usage: TokenUsage | None = None
    call: ToolCall | None = None
    outcome: Outcome | None = None

    def present(self) -> JsonObject:
        """As the API shows it, without absent members."""
        shown: JsonObject = {
            "id": self.id,
            "index": self.index,
            "role": self.role,
            "content": self.content,
            "executionTimeMs": self.milliseconds,
            "tokenUsage": self.usage.present() if self.usage else None,
            "toolCalls": [_call(self.call, self.id)] if self.call else None,
            "toolResponse": _response(self.outcome) if self.outcome else None,
            "agentIterationId": self.iteration,
        }
        return {name: value for name, value in shown.items() if value is not None}


def _call(call: ToolCall, id: str) -> JsonObject:
    tool = call.tool
    shown: JsonObject = {"id": f"call_{id[:8]}", "name": tool.name, "toolType": tool.kind}
    return {**shown, "arguments": call.arguments}


def _response(outcome: Outcome) -> JsonObject:
    shown = {
        "name": outcome.call.tool.name,
        "result": outcome.result,
        "status": "ok" if outcome.ok else "fail",
        "toolType": outcome.call.tool.kind,
        "executionLink": outcome.link,
    }
    return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Conversation:
    """One run of an agent.

    Args:
        profile: The agent, with what this run overrides.
        agents: Names, memory and the account of tokens.
        thread: Where the conversation goes on; None to forget it.
        run_tool: Calls a tool.
        now: The time.
    """

    profile: AgentProfile
    agents: Agents
    thread: Thread | None
    run_tool: ToolRunner
    now: Callable[[], datetime]
    used: TokenUsage = field(default_factory=TokenUsage)
    response: str = ""
    fields: JsonObject | None = None
    iteration: str = ""
    steps: list[Step] = field(default_factory=list[Step])
    _history: Sequence[Said] = ()

    async def run(self, messages: Sequence[Said]) -> None:
        """Go through all steps."""
        async for _ in self.walk(messages):
            pass

    async def walk(self, messages: Sequence[Said]) -> AsyncGenerator[Step]:
        """Go through the steps, giving each one as it happens.

        Raises:
            PromptTooLongError: Messages and thread are too long.
        """
        self.iteration = self.agents.fresh_uuid()
        if self.thread:
            self._history = self.agents.history(self.thread, self.profile.iterations)
        told = [self._step(one.role, one.content) for one in messages]
        self._prompt()
        for step in told:
            yield step
        situation = self._situation(messages)
        async for step in self._turns(situation):
            yield step
        self._remember(messages)

    def _situation(self, messages: Sequence[Said]) -> Situation:
        said = [one.content for one in (*self._history, *messages) if one.role == "user"]
        last = said.pop() if said else messages[-1].content
        return Situation(last, said, self.profile.tools, self.profile.documents)

    async def _turns(self, situation: Situation) -> AsyncGenerator[Step]:
        for _ in range(self.profile.recursion_limit - 1):
            began, call = self.now(), stand_in.next_call(situation)
            if call is None:
                break
            yield self._speak("", began, call)
            outcome = await self._outcome(call, situation)
            situation.outcomes.append(outcome)
            yield self._step("tool", _written(outcome), began=began, outcome=outcome)
        yield self._conclude(situation, self.now())

    async def _outcome(self, call: ToolCall, situation: Situation) -> Outcome:
        tool: Tool = call.tool
        if tool is stand_in.KNOWLEDGE:
            found = stand_in.look_up(situation.documents, situation.message)
            return Outcome(call, ok=True, result=found)
        if tool.approval:
            return Outcome(call, ok=False, result="A person has to approve this call.")
        return await self.run_tool(call)

    def _conclude(self, situation: Situation, began: datetime) -> Step:
        text = stand_in.answer(situation)
        if self.profile.output is not None:
            self.fields = stand_in.as_fields(self.profile.output, situation, text)
            text = f"{LABEL} {dumps(self.fields, ensure_ascii=False)}"
        self.response = clipped(text, self.profile.max_tokens)
        return self._speak(self.response, began)

    # Steps

    def _speak(self, content: str, began: datetime, call: ToolCall | None = None) -> Step:
        """A step of the assistant, which is what tokens are counted for."""
        written = content + (dumps(call.arguments) if call else "")
        usage = TokenUsage(self._prompt(), count(written))
        self.used += usage
        return self._step("assistant", content, began=began, usage=usage, call=call)

    def _prompt(self) -> int:
        """Tokens of all that a model would have to read now."""
        told = [f"{tool.name} {tool.description}" for tool in self.profile.tools]
        said = [one.content for one in (*self._history, *self.steps)]
        tokens = count(self.profile.system_prompt, *told, *said)
        if tokens > TOKEN_LIMIT:
            raise PromptTooLongError(f"The prompt has {tokens} tokens, at most {TOKEN_LIMIT} fit.")
        return tokens

    def _step(
        self,
        role: str,
        content: str,
        *,
        began: datetime | None = None,
        usage: TokenUsage | None = None,
        call: ToolCall | None = None,
        outcome: Outcome | None = None,
    ) -> Step:
        took = None if began is None else round((self.now() - began).total_seconds() * 1000)
        ident = self.agents.fresh_uuid()
        index = len(self.steps) + 1
        step = Step(ident, index, role, content, self.iteration, took, usage, call, outcome)
        self.steps.append(step)
        return step

    def _remember(self, messages: Sequence[Said]) -> None:
        if self.thread:
            said = [*messages, Said("assistant", self.response)]
            self.agents.remember(self.thread, self.iteration, said)
        if self.agents.is_makes_own(self.profile.connection):
            self.agents.spend(self.profile.model, self.used)


def _written(outcome: Outcome) -> str:
    """What a tool returned, as the text a model would read."""
    return outcome.result if isinstance(outcome.result, str) else dumps(outcome.result)
