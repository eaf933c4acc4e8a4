"""Calls per organization and minute (API reference, chapter 1.8).

The limit is `license.apiLimit`; without it the API is closed for the organization. Counts live in
the world, so processes that share a file share the budget. The minute is the world's own: a frozen
clock never starts a new one, which is why limits can be switched off (`/_sandbox/world`).
"""

from make_api_sandbox.http.errors import permission_denied, too_many_requests
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

SETTING = "rateLimits"
"""The setting that holds False while limits are off."""


def count_call(world: World, organization_id: int, license: JsonObject) -> None:
    """Count one call of an organization.

    Raises:
        ApiError: 429 with `Retry-After` when the minute's calls are used up, 403 without any.
    """
    if world.setting(SETTING) is False:
        return
    limit = license.get("apiLimit") or 0
    if limit == 0:
        raise permission_denied()
    minute, second = divmod(int(world.clock.now().timestamp()), 60)
    if _calls(world, organization_id, minute) >= limit:
        raise too_many_requests(60 - second)
    _add(world, organization_id, minute)


def _calls(world: World, organization_id: int, minute: int) -> int:
    sql = "SELECT calls FROM rate_windows WHERE organization_id = ? AND minute = ?"
    return world.value(sql, organization_id, minute) or 0


def _add(world: World, organization_id: int, minute: int) -> None:
    with world.write():
        world.execute(
            "DELETE FROM rate_windows WHERE organization_id = ? AND minute <> ?",
            organization_id,
            minute,
        )
        world.execute(
            "INSERT INTO rate_windows VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
            organization_id,
            minute,
        )
