"""Plans: what a change would do, shown before it is done, sealed so that only that is done."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from make_mcp_base.calls.requests import Irreversible, digest
from make_mcp_base.errors import Failure
from make_mcp_base.safety.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.calls.make import Make
    from make_mcp_base.calls.writers import Planning
    from make_mcp_base.store.port import Store

LIFETIME_SECONDS = 15 * 60
_LONGEST_VALUE = 600


def view(planning: Planning, make: Make) -> dict[str, Any]:
    """Write a plan for the one who decides: requests, diff, what it touches, the way back."""
    requests = [_request(write.request.as_json(), make) for write in planning.writes]
    plan: dict[str, Any] = {
        "steps": [write.says for write in planning.writes],
        "requests": requests,
        "diff": make.diff,
        "affects": make.impact,
        "confirm_because": planning.reasons,
        "undo": _way_back(planning),
        "warnings": [*make.warnings, *planning.warnings],
    }
    return {key: value for key, value in plan.items() if value}


def _request(request: dict[str, Any], make: Make) -> dict[str, Any]:
    shown = redact(_abridged(request))
    return shown | {"path": make.describe_path(request["path"])}


def _abridged(value: Any) -> Any:
    """Name long texts by size and digest; the diff says what is in them."""
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"[{len(value):,} characters, sha256 {digest(value)[:12]}]"
    if isinstance(value, dict):
        return {k: _abridged(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_abridged(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _way_back(planning: Planning) -> str:
    stuck = [r.why for r in planning.reversals if isinstance(r, Irreversible)]
    if stuck:
        return "Not possible: " + " ".join(dict.fromkeys(stuck))
    notes = [r.note for r in planning.reversals if not isinstance(r, Irreversible) and r.note]
    return " ".join(["`operation_undo` takes it back.", *dict.fromkeys(notes)])


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals plans into the store and opens them once."""

    store: Store
    account: str

    async def seal(self, tool: str, arguments: Mapping[str, Any], planning: Planning) -> str:
        """Keep a plan's fingerprint and give the id that applies it, once, within 15 minutes."""
        from make_mcp_base.store.port import StoredPlan

        now = time.time()
        plan = StoredPlan(
            plan_id=f"plan_{secrets.token_urlsafe(18)}",
            tool=tool,
            account=self.account,
            arguments_digest=digest(dict(arguments)),
            fingerprint=planning.fingerprint(),
            body=json.dumps(planning.fingerprints()),
            created=now,
            expires=now + LIFETIME_SECONDS,
        )
        await self.store.plan_put(plan)
        return plan.plan_id

    async def check(
        self, plan_id: str, tool: str, arguments: Mapping[str, Any], planning: Planning
    ) -> list[str]:
        """Use up a plan, when it is for this call and Make is still as it was.

        Returns:
            The fingerprints of the writes that were confirmed, in order.

        Raises:
            Failure: Unknown, used, expired, of another call or account, or Make has moved.
        """
        plan = await self.store.plan_get(plan_id)
        if plan is None or plan.account != self.account:
            raise _void("No plan has this id.", tool)
        if plan.tool != tool or plan.arguments_digest != digest(dict(arguments)):
            raise _void("The plan was made for another call or other arguments.", tool)
        if plan.used_at is not None:
            raise _void("The plan was applied before.", tool)
        if plan.expires <= time.time():
            raise _void("The plan is older than 15 minutes.", tool)
        if plan.fingerprint != planning.fingerprint():
            raise _void("Make has changed since the plan was made; nothing was done.", tool)
        if await self.store.plan_take(plan_id, time.time()) is None:
            raise _void("The plan was applied before.", tool)
        return json.loads(plan.body)


def _void(why: str, tool: str) -> Failure:
    return Failure(
        "The plan cannot be applied.",
        why=why,
        next_step=f"Call `{tool}` again without `plan_id` to get a new plan, and read it.",
        code="plan_void",
    )
