"""Connections, hooks and scenarios as Make tells of them (API reference, 2.10, 2.20, 2.27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import Counter, Document, Failure, Output, Timestamp

from make_mcp_core_tools._engine.connection_uses import BoundScenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

READ_CONNECTIONS, READ_HOOKS, READ_SCENARIOS = "connections:read", "hooks:read", "scenarios:read"


class Usage(Output):
    id: int
    name: str


class Scope(Output):
    id: str


class Account(Output):
    """Whose account it is, where Make shows it."""

    value: str | None = None


class ConnectionRecord(Output):
    """A connection as the API shows it; `account_name` is its type."""

    id: int
    name: str
    team_id: int
    account_name: str
    account_label: str = ""
    account_type: str = ""
    expire: Timestamp | None = None
    metadata: Account | None = None
    scopes_cnt: int = 0
    scoped: bool = True
    editable: bool = False
    upgradeable: bool = False
    scopes: list[Scope] = []
    scenario_usages: list[Usage] | None = None

    @property
    def is_oauth(self) -> bool:
        """True when a person grants it in a browser."""
        return self.account_type == "oauth"

    @property
    def granted(self) -> list[str]:
        """Names of its scopes."""
        return [scope.id for scope in self.scopes]


class OneConnection(Output):
    connection: ConnectionRecord


class HookRecord(Output):
    """A hook as the API shows it. Its address is a secret: who has it can start the scenario."""

    id: int
    name: str
    team_id: int
    type: Literal["web", "mail"] | str = "web"
    type_name: str = ""
    package_name: str | None = None
    url: str = ""
    enabled: bool = True
    gone: bool = False
    editable: bool = False
    queue_count: Counter = 0
    queue_limit: Counter = 0
    data: Document = {}
    scenario_id: int | None = None
    scenario_name: str | None = None
    scenario_is_active: bool | None = None

    @property
    def options(self) -> Document:
        """What `set-data` takes back: its data without what only the API adds."""
        return {name: value for name, value in self.data.items() if name != "teamId"}


class OneHook(Output):
    hook: HookRecord


class OneScenario(Output):
    scenario: BoundScenario


class Changed(Output):
    changed: bool = True


async def read_connection(make: Make, connection_id: int) -> ConnectionRecord:
    """Read one connection with its scopes.

    Raises:
        Failure: It does not exist, or as `Make.get`.
    """
    path = f"/connections/{connection_id}"
    return (await make.get(path, into=OneConnection, scope=READ_CONNECTIONS)).connection


async def connections_of(
    make: Make, team_id: int, query: Document | None = None
) -> list[ConnectionRecord]:
    """List the connections of a team by name; `query` as the API takes it."""
    return await make.all(
        "/connections",
        {"teamId": team_id, **(query or {})},
        key="connections",
        item=ConnectionRecord,
        scope=READ_CONNECTIONS,
    )


async def read_hook(make: Make, hook_id: int) -> HookRecord:
    """Read one hook.

    Raises:
        Failure: It does not exist, or as `Make.get`.
    """
    return (await make.get(f"/hooks/{hook_id}", into=OneHook, scope=READ_HOOKS)).hook


async def hooks_of(make: Make, team_id: int, query: Document | None = None) -> list[HookRecord]:
    """List the hooks of a team by name; `query` as the API takes it."""
    return await make.all(
        "/hooks",
        {"teamId": team_id, **(query or {})},
        key="hooks",
        item=HookRecord,
        scope=READ_HOOKS,
    )


def named(things: Sequence[Usage]) -> str:
    """Name things on one line."""
    return ", ".join(f"“{thing.name}” ({thing.id})" for thing in things)


def one_of(argument: str, other: str, tool: str) -> Failure:
    """Refuse a call that gives neither or both of two arguments."""
    return Failure(
        f"`{tool}` takes either `{argument}` or `{other}`.",
        next_step=f"Call `{tool}` again with one of them.",
        code="invalid_arguments",
    )
