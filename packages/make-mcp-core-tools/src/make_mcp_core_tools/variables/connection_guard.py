"""Which failed runs a retry cannot help: a connection of their module does not work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.bindings import bindings
from make_mcp_base.authoring import Failure, Output
from make_mcp_base.client.failures import Forbidden

from make_mcp_core_tools._engine.call_minute import SPARE_CALLS, calls_of_minute
from make_mcp_core_tools._engine.incomplete_executions import (
    Incomplete,
    pattern_of,
    read_blueprint_of,
    read_kept,
)

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

_CALLS_A_GROUP = 9
_MOST_GROUPS = 200
_REFUSALS = frozenset({"invalid", "refused", "upstream_failed", "not_found"})
_OF_CONNECTIONS = frozenset({"AccountValidationError", "InvalidAccessTokenError"})


class HeldBack(Output):
    scenario_id: int
    connection_id: int | None = None
    count: int
    why: str
    """What the test of the connection said."""


class _Test(Output):
    verified: bool = False


@dataclass(slots=True)
class ConnectionGuard:
    """Tests the connections of failed modules, each once.

    Those of one scenario that failed alike are judged by one of them: they failed in the same
    module with the same text.

    Attributes:
        make: The call's Make.
        held_back: Groups that a retry cannot help.
        left: How many were not judged, for want of API calls.
    """

    make: Make
    held_back: list[HeldBack] = field(default_factory=list[HeldBack])
    left: int = 0
    _known: dict[int, str | None] = field(default_factory=dict[int, "str | None"])
    _may_not: bool = False

    async def passed(self, rows: dict[int, list[Incomplete]]) -> dict[int, list[Incomplete]]:
        """Give those that may be retried, by scenario; the others are noted in `held_back`."""
        groups: dict[tuple[int, str], list[Incomplete]] = {}
        for scenario_id, chosen in rows.items():
            for row in chosen:
                groups.setdefault((scenario_id, pattern_of(row.reason)), []).append(row)
        kept: dict[int, list[Incomplete]] = {}
        most = await self._most_groups()
        for (scenario_id, _), group in list(groups.items())[:most]:
            refusal = await self._refusal(group[0])
            if refusal is None:
                kept.setdefault(scenario_id, []).extend(group)
            else:
                connection, why = refusal
                self.held_back.append(
                    HeldBack(
                        scenario_id=scenario_id,
                        connection_id=connection,
                        count=len(group),
                        why=why,
                    )
                )
        self.left = sum(map(len, list(groups.values())[most:]))
        if self._may_not:
            self.make.warn(
                "Some connections could not be tested, which needs `connections:write`. What"
                " failed because of one of them is not retried."
            )
        return kept

    async def _most_groups(self) -> int:
        """Say how many groups a call judges: each takes three requests, in plan, check and run."""
        a_minute = await calls_of_minute(self.make)
        return max(1, (a_minute - 2 * SPARE_CALLS) // _CALLS_A_GROUP) if a_minute else _MOST_GROUPS

    async def _refusal(self, sample: Incomplete) -> tuple[int | None, str] | None:
        """Say why a retry cannot help, None when nothing speaks against it."""
        kept = await read_kept(self.make, sample.id)
        blueprint = await read_blueprint_of(self.make, sample.id)
        for binding in bindings(blueprint):
            if binding.kind != "connection" or binding.module_id != kept.module_id:
                continue
            text = str(binding.value)
            why = await self._test(int(text)) if text.isdigit() else None
            if why:
                return int(text), why
        if self._may_not and kept.type in _OF_CONNECTIONS:
            return None, f"it failed with {kept.type}, and no connection could be tested."
        return None

    async def _test(self, connection: int) -> str | None:
        if connection not in self._known:
            self._known[connection] = await self._ask(connection)
        return self._known[connection]

    async def _ask(self, connection: int) -> str | None:
        path = f"/connections/{connection}/test"
        try:
            answer = await self.make.ask(path, into=_Test, scope="connections:write")
        except Forbidden:
            self._may_not = True
            return None
        except Failure as failure:
            if failure.code not in _REFUSALS:
                raise
            return f"connection {connection} failed its test: {failure.what}"[:300]
        return None if answer.verified else f"connection {connection} failed its test."
