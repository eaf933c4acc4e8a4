"""Graphs: a scenario as a picture, for Mermaid, Graphviz or a program of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from make_blueprint.document import Blueprint, JsonObject, as_list, as_object, check_data, compact
from make_blueprint.outline import branch_name, describe_filter
from make_blueprint.walk import IF_ELSE, MERGE, ROUTER, Visit, walk

EdgeKind: TypeAlias = Literal["flow", "error", "tool"]

_LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Node:
    """A module.

    Attributes:
        key: Unique in the graph, also where ids are missing or used twice.
        id: Module id, or None.
        label: The user's name for it, else its module name.
        module: `<app>:<Name>`.
        shape: `start` or `branching` for what drawings tell apart, else `module`.
        detached: Whether it is not connected to the flow.
    """

    key: str
    id: int | None
    label: str
    module: str
    shape: Literal["start", "branching", "module"]
    detached: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A way bundles take; `label` names the route and the filter in front of the target."""

    source: str
    target: str
    label: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Graph:
    """A scenario's modules and the ways between them, both in walk order."""

    nodes: list[Node]
    edges: list[Edge]

    def to_json(self) -> str:
        """Write the graph as `{"nodes": […], "edges": […]}`."""
        nodes: list[JsonObject] = [asdict(node) for node in self.nodes]
        edges: list[JsonObject] = [asdict(edge) for edge in self.edges]
        return compact({"nodes": [*nodes], "edges": [*edges]})

    def to_mermaid(self) -> str:
        """Write the graph as a Mermaid flow chart, from left to right."""
        lines = ["flowchart LR"]
        lines += [f"    {_mermaid_node(node)}" for node in self.nodes]
        lines += [f"    {_mermaid_edge(edge)}" for edge in self.edges]
        detached = [node.key for node in self.nodes if node.detached]
        if detached:
            lines.append("    classDef detached stroke-dasharray: 4 4")
            lines.append(f"    class {','.join(detached)} detached")
        return "\n".join(lines)

    def to_dot(self) -> str:
        """Write the graph in the language of Graphviz, from left to right."""
        lines = ["digraph scenario {", "  rankdir=LR;", "  node [shape=box];"]
        lines += [f"  {_dot_node(node)}" for node in self.nodes]
        lines += [f"  {_dot_edge(edge)}" for edge in self.edges]
        return "\n".join([*lines, "}"])


def graph(blueprint: Blueprint) -> Graph:
    """Draw a blueprint: every module a node, every way between two of them an edge."""
    check_data(blueprint)
    visits = list(walk(blueprint))
    keys = {id(visit.module): f"m{number}" for number, visit in enumerate(visits)}
    nodes = [_node(visit, keys[id(visit.module)]) for visit in visits]
    edges = [edge for visit in visits for edge in _edges(visit, keys)]
    return Graph(nodes, edges)


def _node(visit: Visit, key: str) -> Node:
    label = visit.label or visit.type or "?"
    if visit.type in (ROUTER, IF_ELSE, MERGE):
        shape = "branching"
    elif visit.role == "flow" and visit.index == 0:
        shape = "start"
    else:
        shape = "module"
    return Node(key, visit.id, label, visit.type, shape, visit.in_orphan)


def _edges(visit: Visit, keys: dict[int, str]) -> Iterator[Edge]:
    """Give the ways that lead into a module."""
    target = keys[id(visit.module)]
    gate = describe_filter(visit.module.get("filter"))
    if visit.index:
        before = visit.container[visit.index - 1]
        for source in _ends(as_object(before)):
            if id(source) in keys:
                yield Edge(keys[id(source)], target, gate, "flow")
    elif visit.parent is not None:
        label = ": ".join(text for text in (branch_name(visit), gate) if text)
        kinds: dict[str, EdgeKind] = {"onerror": "error", "tool": "tool"}
        yield Edge(keys[id(visit.parent.module)], target, label, kinds.get(visit.role, "flow"))


def _ends(module: JsonObject) -> Iterator[JsonObject]:
    """Give the modules a list goes on from: behind an if-else the ends of its merging branches."""
    branches = [as_object(branch) for branch in as_list(module.get("branches"))]
    ends = [as_list(b.get("flow"))[-1:] for b in branches if b.get("merge") is True]
    merging = [as_object(end[0]) for end in ends if end]
    yield from merging or [module]


def _mermaid_node(node: Node) -> str:
    number = f"{node.id} · " if node.id is not None else ""
    text = f"{number}{node.label}"
    if node.module and node.module != node.label:
        text = f"{text}<br/>{node.module}"
    text = _mermaid_text(text)
    brackets = {"start": ('(["', '"])'), "branching": ('{{"', '"}}')}
    opening, closing = brackets.get(node.shape, ('["', '"]'))
    return f"{node.key}{opening}{text}{closing}"


def _mermaid_edge(edge: Edge) -> str:
    arrow = "-.->" if edge.kind != "flow" else "-->"
    label = f'|"{_mermaid_text(_short(edge.label))}"|' if edge.label else ""
    return f"{edge.source} {arrow}{label} {edge.target}"


def _mermaid_text(text: str) -> str:
    """Write text so that Mermaid shows it; line breaks that were asked for stay."""
    parts = " ".join(text.split()).split("<br/>")
    escapes = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"}
    table = str.maketrans(escapes)
    return "<br/>".join(part.translate(table) for part in parts)


def _dot_node(node: Node) -> str:
    number = f"{node.id} · " if node.id is not None else ""
    text = f"{number}{node.label}"
    if node.module and node.module != node.label:
        text = f"{text}\n{node.module}"
    shapes = {"start": ", shape=oval", "branching": ", shape=diamond"}
    style = ", style=dashed" if node.detached else ""
    return f"{node.key} [label={_dot_text(text)}{shapes.get(node.shape, '')}{style}];"


def _dot_edge(edge: Edge) -> str:
    attributes = [f"label={_dot_text(_short(edge.label))}"] if edge.label else []
    attributes += ["style=dashed"] if edge.kind != "flow" else []
    tail = f" [{', '.join(attributes)}]" if attributes else ""
    return f"{edge.source} -> {edge.target}{tail};"


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
