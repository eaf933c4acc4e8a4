"""A blueprint made ready to run: linked nodes instead of nested lists.

Building is iterative, so nesting depth costs memory and never the Python stack.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from make_api_sandbox.engine.errors import CauseModule, ModuleError
from make_api_sandbox.engine.values import Json, Module, items, members, truth, whole

AGGREGATORS = frozenset(
    {
        "builtin:BasicAggregator",
        "util:TextAggregator",
        "util:FunctionAggregator2",
        "util:AggregateAggregator",
        "json:AggregateToJSON",
    }
)


@dataclass(frozen=True)
class Settings:
    """`metadata.scenario` of a blueprint; a missing key means its default."""

    roundtrips: int = 1
    max_errors: int = 3
    auto_commit: bool = True
    trigger_last: bool = True
    sequential: bool = False
    confidential: bool = False
    dataloss: bool = False
    dlq: bool = False

    @classmethod
    def of(cls, blueprint: dict[str, Json]) -> "Settings":
        """Read the settings of a blueprint."""
        raw = members(members(blueprint.get("metadata")).get("scenario"))
        return cls(
            roundtrips=max(1, whole(raw.get("roundtrips")) or 1),
            max_errors=max(1, whole(raw.get("maxErrors")) or 3),
            auto_commit=truth(raw.get("autoCommit", True)),
            trigger_last=truth(raw.get("autoCommitTriggerLast", True)),
            sequential=truth(raw.get("sequential")),
            confidential=truth(raw.get("confidential")),
            dataloss=truth(raw.get("dataloss")),
            dlq=truth(raw.get("dlq")),
        )


@dataclass(eq=False)
class Branch:
    """One branch of an if-else. `order` counts the merging branches only."""

    first: "Node | None"
    conditions: list[Json]
    is_else: bool
    merge: bool
    order: int


@dataclass(eq=False)
class Node:
    """A module with its neighbours."""

    id: int
    slug: str
    raw: Module
    next: "Node | None" = None
    previous: "Node | None" = None
    """The module before it on the path, across the borders of routes and branches."""
    routes: "list[Node | None]" = field(default_factory=list["Node | None"])
    branches: list[Branch] = field(default_factory=list[Branch])
    handler: "Node | None" = None
    """First module of the error route."""
    has_handler: bool = False
    owner: "tuple[Node, int] | None" = None
    """The if-else whose merging branch this node stands in, and the order of that branch."""
    error_route: int = 0
    """Which error route the node stands in; 0 is none."""

    @property
    def parameters(self) -> dict[str, Json]:
        """Static settings."""
        return members(self.raw.get("parameters"))

    @property
    def metadata(self) -> dict[str, Json]:
        """Schemas and editor data."""
        return members(self.raw.get("metadata"))

    @property
    def conditions(self) -> list[Json]:
        """Conditions of the filter in front of the module; empty lets everything pass."""
        return items(members(self.raw.get("filter")).get("conditions"))

    @property
    def cause(self) -> CauseModule:
        """How an error names this module."""
        return CauseModule.of(self.slug, self.id)

    @property
    def feeder(self) -> int | None:
        """The module whose bundles an aggregator collects; None for every other module."""
        return whole(self.parameters.get("feeder")) if self.slug in AGGREGATORS else None


@dataclass(eq=False)
class Plan:
    """A compiled blueprint."""

    first: Node
    nodes: dict[int, Node]
    settings: Settings
    closers: dict[int, list[Node]]
    """Feeder id → the aggregators that emit when one operation of the feeder is over."""


@dataclass
class _Pending:
    """A list of modules that still has to be linked."""

    flow: list[Json]
    index: int
    previous: Node | None
    owner: tuple[Node, int] | None
    error_route: int
    attach: "tuple[Node, str, int] | None"
    """Where the first node of the list belongs: (node, member, position)."""


def compile_blueprint(blueprint: dict[str, Json]) -> Plan:
    """Link the modules of a blueprint.

    Raises:
        ModuleError: `InvalidConfigurationError` when the flow is empty, a module has no usable id
            or name, two modules share an id, or an aggregator's feeder does not run before it.
    """
    nodes: dict[int, Node] = {}
    for node in _link(items(blueprint.get("flow"))):
        if node.id in nodes:
            raise _invalid(f"Module id {node.id} is used twice.")
        nodes[node.id] = node
    if not nodes:
        raise _invalid("The scenario has no modules.")
    first = next(iter(nodes.values()))
    return Plan(first, nodes, Settings.of(blueprint), _closers(nodes))


def _link(flow: list[Json]) -> Iterator[Node]:
    stack = [_Pending(flow, 0, None, None, 0, None)]
    routes_seen = 0
    while stack:
        at = stack.pop()
        if at.index >= len(at.flow):
            continue
        node = _node(at)
        yield node
        _attach(at, node)
        stack.append(_Pending(at.flow, at.index + 1, node, at.owner, at.error_route, None))
        if node.has_handler:
            routes_seen += 1
            handler = items(node.raw.get("onerror"))
            stack.append(_Pending(handler, 0, node, None, routes_seen, (node, "handler", 0)))
        stack.extend(reversed(_branches(node, at)))
        stack.extend(reversed(_routes(node, at)))


def _node(at: _Pending) -> Node:
    raw = members(at.flow[at.index])
    slug = raw.get("module")
    ident = whole(raw.get("id"))
    if ident is None or not isinstance(slug, str) or ":" not in slug:
        raise _invalid(f"Module {raw.get('id')!r} has no usable id or name.")
    return Node(
        ident,
        slug,
        raw,
        previous=at.previous,
        owner=at.owner,
        error_route=at.error_route,
        has_handler=bool(items(raw.get("onerror"))),
    )


def _attach(at: _Pending, node: Node) -> None:
    if at.attach is None:
        if at.index and at.previous:
            at.previous.next = node
        return
    owner, member, position = at.attach
    if member == "handler":
        owner.handler = node
    elif member == "routes":
        owner.routes[position] = node
    else:
        owner.branches[position].first = node


def _routes(node: Node, at: _Pending) -> list[_Pending]:
    flows = [items(members(route).get("flow")) for route in items(node.raw.get("routes"))]
    node.routes = [None] * len(flows)
    return [
        _Pending(flow, 0, node, None, at.error_route, (node, "routes", position))
        for position, flow in enumerate(flows)
    ]


def _branches(node: Node, at: _Pending) -> list[_Pending]:
    pending: list[_Pending] = []
    merging = 0
    for position, raw in enumerate(map(members, items(node.raw.get("branches")))):
        merge = truth(raw.get("merge"))
        branch = Branch(
            first=None,
            conditions=items(raw.get("conditions")),
            is_else=raw.get("type") == "else",
            merge=merge,
            order=merging,
        )
        node.branches.append(branch)
        owner = (node, merging) if merge else None
        merging += merge
        flow = items(raw.get("flow"))
        attach = (node, "branches", position)
        pending.append(_Pending(flow, 0, node, owner, at.error_route, attach))
    return pending


def _closers(nodes: dict[int, Node]) -> dict[int, list[Node]]:
    """Find for every feeder the aggregators that close its loop.

    Of two aggregators with the same feeder on one path only the first closes the loop.
    """
    closers: dict[int, list[Node]] = {}
    for node in nodes.values():
        feeder = node.feeder
        if node.slug not in AGGREGATORS:
            continue
        upstream = _upstream(node)
        if feeder is None or feeder not in (each.id for each in upstream):
            raise _invalid(f"The source module of aggregator {node.id} does not run before it.")
        between = upstream[: [each.id for each in upstream].index(feeder)]
        if not any(each.feeder == feeder for each in between):
            closers.setdefault(feeder, []).append(node)
    return closers


def _upstream(node: Node) -> list[Node]:
    path: list[Node] = []
    at = node.previous
    while at is not None:
        path.append(at)
        at = at.previous
    return path


def upstream_ids(node: Node) -> list[int]:
    """Ids of the modules before a node on its path, nearest first."""
    return [each.id for each in _upstream(node)]


def _invalid(message: str) -> ModuleError:
    return ModuleError("InvalidConfigurationError", message)
