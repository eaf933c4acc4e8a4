"""Scenarios as tools of their own, with the inputs of the scenario as arguments."""

from __future__ import annotations

from make_mcp_base.authoring import MOST_RUN_TOOLS, Make, RunTool, RunTools

from make_mcp_core_tools._engine.run_choices import chosen_scenarios
from make_mcp_core_tools._engine.run_tools import run_tool, tool_names
from make_mcp_core_tools.scenarios.declared import category


@category.run_tools
async def run_tools(make: Make, named: tuple[str, ...]) -> RunTools:
    """Make a tool of each scenario the operator named.

    Args:
        make: For reading.
        named: `12`, `folder:7` or `team:1`. Of folders and teams the active scenarios that are
            run on demand are taken, by name; a scenario named by its id needs only to be one that
            a call may start.
    """
    scenarios, left_out = await chosen_scenarios(make, named)
    offered = scenarios[:MOST_RUN_TOOLS]
    left_out += [
        f"Scenario {one.id}: more than {MOST_RUN_TOOLS} were named."
        for one in scenarios[MOST_RUN_TOOLS:]
    ]
    names = tool_names(offered)

    async def described(scenario_id: int) -> RunTool:
        scenario = next(one for one in offered if one.id == scenario_id)
        return await run_tool(make, scenario, names[scenario_id])

    tools = await make.each([one.id for one in offered], described)
    return RunTools(tuple(tools), tuple(left_out))
