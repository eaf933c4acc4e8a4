"""Run tools: a scenario as a tool of its own, with the scenario's inputs as its arguments.

They are made while a server runs, from what the account has, and only where the operator named the
scenarios (`--run-tools`, MAKE_MCP_RUN_TOOLS). So they are in no catalog; a category that can make
them says so with `Category.run_tools`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from make_mcp_base.calls.make import Make
    from make_mcp_base.definition.schema import Schema

    Maker = Callable[["Make", tuple[str, ...]], Awaitable["RunTools"]]

_EVERY_WRITE = ("dry_run", "plan_id")
"""Arguments that every tool takes that writes; an input of the same name goes first."""
MOST_RUN_TOOLS = 30
"""More would cost every conversation more than they help; the rest is reached by `scenario_run`."""


@dataclass(frozen=True, slots=True)
class RunTool:
    """Another tool under a name of its own, some of its arguments filled in.

    Attributes:
        name: Begins with `run_`.
        description: What a model reads before it chooses; texts of the account in it are quoted.
        schema: JSON Schema of the scenario's inputs, an object.
        tool: Name of the tool that does the work.
        filled: Arguments that are given already.
        takes: Name of the argument that gets the caller's arguments, as one object.
        formerly: Other names it answers to.
    """

    name: str
    description: str
    schema: Schema
    tool: str
    filled: Mapping[str, Any]
    takes: str
    formerly: tuple[str, ...] = ()

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments of the tool that does the work."""
        inputs = self.schema.get("properties", {})
        own = {name for name in _EVERY_WRITE if name in given and name not in inputs}
        data = {name: value for name, value in given.items() if name not in own}
        return {**self.filled, **{name: given[name] for name in own}, self.takes: data}


@dataclass(frozen=True, slots=True)
class RunTools:
    """The run tools of an account.

    Attributes:
        tools: At most `MOST_RUN_TOOLS`.
        left_out: What the operator named and is not offered, each with its reason.
    """

    tools: tuple[RunTool, ...] = ()
    left_out: tuple[str, ...] = field(default=())
