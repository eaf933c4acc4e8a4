"""How the scenarios of a team hang together: what each binds, calls and reads.

Made from the index of blueprints, so a second look reads only what was edited since.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from make_mcp_core_tools._engine.blueprint_index import summaries, team_scenarios
from make_mcp_core_tools._engine.team_objects import PLACES, team_objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.blueprint_summary import Summary
    from make_mcp_core_tools._engine.scenarios import Scenario

LEFT_OUT = frozenset({"app"})
"""Kinds of needs that are no dependency: every module has an app."""
_MARK = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Node:
    """A scenario or something it needs.

    Attributes:
        key: `scenario:12`, `connection:7`, `function:round2`.
        missing: True when the team has no such object.
    """

    key: str
    kind: str
    value: str
    name: str
    active: bool | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A scenario needs something.

    Attributes:
        source: Key of the scenario.
        target: Key of what it needs.
        modules: Ids of the modules that need it.
    """

    source: str
    target: str
    modules: tuple[int | None, ...]


@dataclass(slots=True)
class TeamGraph:
    """All dependencies of a team.

    Attributes:
        scenarios: All scenarios of the team.
        unread: Kinds of objects whose list may not be read.
        unused: Objects that no scenario binds.
    """

    scenarios: list[Scenario]
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    edges: list[Edge] = field(default_factory=list[Edge])
    unread: list[str] = field(default_factory=list[str])
    unused: list[Node] = field(default_factory=list[Node])

    def around(self, key: str, depth: int) -> TeamGraph:
        """Cut out what is reached from a node, in both directions, over so many edges."""
        reached, edge_of = {key}, {key}
        for _ in range(depth):
            near = {
                end
                for edge in self.edges
                for end in (edge.source, edge.target)
                if edge.source in edge_of or edge.target in edge_of
            }
            edge_of = near - reached
            reached |= near
        edges = [one for one in self.edges if {one.source, one.target} <= reached]
        nodes = {name: node for name, node in self.nodes.items() if name in reached}
        return TeamGraph(self.scenarios, nodes, edges, self.unread)

    def cycles(self) -> list[list[str]]:
        """Find groups of scenarios that call each other in a circle, each in calling order."""
        calls: dict[str, list[str]] = {}
        for edge in self.edges:
            if edge.target.startswith("scenario:"):
                calls.setdefault(edge.source, []).append(edge.target)
        found: dict[frozenset[str], list[str]] = {}
        for start in sorted(calls):
            way = _circle(start, calls)
            if way:
                found.setdefault(frozenset(way), way)
        return list(found.values())

    def to_mermaid(self) -> str:
        """Write it as a Mermaid flowchart."""
        lines = ["flowchart LR"]
        for node in self.nodes.values():
            text = f"{node.kind} {node.name or node.value}".replace('"', "'")
            lines.append(f'  {_id(node.key)}["{text}"]')
        lines += [f"  {_id(edge.source)} --> {_id(edge.target)}" for edge in self.edges]
        return "\n".join(lines)

    def to_dot(self) -> str:
        """Write it for Graphviz."""
        lines = ["digraph dependencies {", "  rankdir=LR;"]
        for node in self.nodes.values():
            text = f"{node.kind} {node.name or node.value}".replace("\\", "\\\\")
            lines.append(f'  {_id(node.key)} [label="{_quoted(text)}"];')
        lines += [f"  {_id(edge.source)} -> {_id(edge.target)};" for edge in self.edges]
        return "\n".join([*lines, "}"])


async def team_graph(make: Make, team_id: int) -> TeamGraph:
    """Read the dependencies of a team's scenarios.

    Args:
        make: The call's Make.
        team_id: The team.
    """
    scenarios = await team_scenarios(make, {"teamId": team_id})
    found = await team_objects(make, team_id, [kind for kind in PLACES if kind != "scenario"])
    kept = await summaries(make, team_id, scenarios)  # last: it waits for calls, others do not
    graph = TeamGraph(scenarios)
    for one in scenarios:
        node = Node(f"scenario:{one.id}", "scenario", str(one.id), one.name, one.is_active)
        graph.nodes[node.key] = node
    names = {
        f"{kind}:{ident}": row.name
        for kind, rows in found.known.items()
        for ident, row in rows.items()
    }
    graph.unread = [f"{kind}: {why}" for kind, why in found.unread.items()]
    for one in scenarios:
        for key, users in _needs(kept[one.id]).items():
            if key not in graph.nodes:
                kind, _, value = key.partition(":")
                known = kind in found.known or kind == "scenario"
                missing = known and key not in names
                graph.nodes[key] = Node(key, kind, value, names.get(key, ""), missing=missing)
            graph.edges.append(Edge(f"scenario:{one.id}", key, tuple(users)))
    graph.unused = [
        Node(key, key.partition(":")[0], key.partition(":")[2], name)
        for key, name in names.items()
        if key not in graph.nodes
    ]
    return graph


def _needs(summary: Summary) -> dict[str, list[int | None]]:
    """Name what a blueprint needs, with the modules that do; None for its declared inputs."""
    found: dict[str, list[int | None]] = {}
    for need in summary.bindings:
        if need.kind not in LEFT_OUT:
            key = f"{need.kind}:{str(need.value).removeprefix('SCN_')}"
            found.setdefault(key, []).append(need.module_id)
    return found


def _circle(start: str, calls: dict[str, list[str]]) -> list[str]:
    """Find the shortest way from a scenario back to itself; empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        longer: list[list[str]] = []
        for way in ways:
            for target in calls.get(way[-1], []):
                if target == start:
                    return way
                if target not in seen:
                    seen.add(target)
                    longer.append([*way, target])
        ways = longer
    return []


def _id(key: str) -> str:
    return _MARK.sub("_", key)


def _quoted(text: str) -> str:
    return text.replace('"', '\\"')


Severity = Literal["high", "medium", "low"]


def severity(active: bool, ran: bool) -> Severity:
    """Weigh a dependent: high when it is active and ran lately, medium when active, else low."""
    return "low" if not active else "high" if ran else "medium"


def keys_of(edges: Iterable[Edge], target: str) -> list[Edge]:
    """Give the edges that lead to a thing."""
    return [edge for edge in edges if edge.target == target]
