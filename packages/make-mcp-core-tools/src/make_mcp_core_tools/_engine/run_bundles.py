"""Bundles that Make kept of a failed run: in its incomplete execution, module by module.

It is the only place where the API shows what a module was given or gave (Make API reference,
chapter 2.16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Document, Json, Output
from make_mcp_base.client.failures import Forbidden, NotFound

from make_mcp_core_tools._engine.moments import milliseconds

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.run_log import Entry

_SLACK_MS = 5_000
_MOST_LOOKED_AT = 5


class KeptBundle(Output):
    incomplete_execution_id: str
    failed_here: bool
    """True when the run broke off at this module."""
    bundle: Json = None
    """What the module gave; for the failed one its error."""


class _Incomplete(Output):
    id: str
    created: str
    execution_id: str = ""


class _Incompletes(Output):
    dlqs: list[_Incomplete] = []


class _OneIncomplete(Output):
    dlq: _Incomplete


class _Bundles(Output):
    response: Document = {}


async def kept_bundle(
    make: Make, scenario_id: int, entry: Entry, module_id: int
) -> KeptBundle | None:
    """Give what an incomplete execution of a run kept for a module, None when there is nothing.

    A token without `dlqs:read` gets the answer without it, and is told.
    """
    if entry.outcome == "success":
        return None
    try:
        ident = await _incomplete_of(make, scenario_id, entry)
        if ident is None:
            return None
        answer = await make.get(f"/dlqs/{ident}/bundle", into=_Bundles, scope="dlqs:read")
    except (Forbidden, NotFound) as failure:
        make.warn(f"Incomplete executions could not be looked at: {failure.why or failure.what}")
        return None
    bundle: Json = answer.response.get(str(module_id))
    failed = isinstance(bundle, dict) and isinstance(bundle.get("error"), dict)
    if bundle is None:
        return None
    return KeptBundle(incomplete_execution_id=ident, failed_here=failed, bundle=bundle)


async def _incomplete_of(make: Make, scenario_id: int, entry: Entry) -> str | None:
    """Find the incomplete execution a run left; the list tells times, the detail the run."""
    query: Document = {"scenarioId": scenario_id, "pg[limit]": 100}
    rows = (await make.get("/dlqs", query, into=_Incompletes, scope="dlqs:read")).dlqs
    begun, ended = entry.started_ms - _SLACK_MS, entry.ended_ms + _SLACK_MS
    near = [row for row in rows if begun <= milliseconds(row.created) <= ended]
    for row in near[:_MOST_LOOKED_AT]:
        detail = await make.get(f"/dlqs/{row.id}", into=_OneIncomplete, scope="dlqs:read")
        if detail.dlq.execution_id.replace("-", "") == entry.id:
            return row.id
    return None
