"""Plans held against what is then sent, and undone changes against what was before."""

from dataclasses import dataclass
from typing import Any, cast

from harness import Company, Server

ASKS = ("/test", "/scoped")
MOVING = ("updatedAt", "createdAt", "expiresAt", "lastConnectionDate")


@dataclass
class Case:
    """A call, and where Make shows what it changes.

    Attributes:
        arguments: Of the call.
        shown: Where the changed thing is seen.
        lost: Whether what is done cannot be taken back.
    """

    arguments: dict[str, Any]
    shown: str
    lost: bool = False


async def look(company: Company, path: str) -> tuple[int, Any]:
    """What Make shows at a path, but for times that move by themselves."""
    headers = {"Authorization": f"Token {company.mounted.token}"}
    answer = await company.http.get(f"/api/v2{path}", headers=headers)
    return answer.status_code, still(answer.json())


def still(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: still(one) for name, one in members.items() if name not in MOVING}
    return [still(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


async def sent(company: Company) -> list[tuple[str, str]]:
    """What was sent to change something since the last look."""
    log = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    rows = [(one["method"], one["path"].removeprefix("/api/v2")) for one in log]
    return [(m, path) for m, path in rows if m != "GET" and not path.endswith(ASKS)]


async def hold(core: Server, company: Company, tool: str, case: Case) -> None:
    """Plan, do, and take back."""
    before = await look(company, case.shown)
    await company.control("DELETE", "/requests")
    planned = await core.call(tool, **case.arguments, dry_run=True)
    assert await sent(company) == []
    plan = planned.data["plan"]
    assert await look(company, case.shown) == before
    await company.control("DELETE", "/requests")
    done = await core.call(tool, **case.arguments, plan_id=plan["plan_id"])
    promised = [(one["method"], one["path"]) for one in plan["requests"]]
    assert done.data["operation_id"]
    assert await sent(company) == promised
    assert await look(company, case.shown) != before
    undo = {"operation_id": done.data["operation_id"]}
    if case.lost:
        assert plan["undo"].startswith("Not possible")
        assert (await core.call("operation_undo", **undo)).error["code"] == "not_undoable"
    else:
        await core.apply("operation_undo", **undo)
        assert await look(company, case.shown) == before
