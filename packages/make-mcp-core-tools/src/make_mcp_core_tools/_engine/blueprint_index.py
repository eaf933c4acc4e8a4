"""The blueprints of a team, read once and kept: only what changed since is fetched again.

One index serves every question: search, usage of connections, variables, apps and data stores,
callers and dependencies. Asking again costs one list of scenarios and the blueprints that moved.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from make_blueprint.problem import BlueprintError
from make_mcp_base.authoring import Failure, Output
from make_mcp_base.client.failures import NotFound
from pydantic import BaseModel

from make_mcp_core_tools._engine import blueprint_summary
from make_mcp_core_tools._engine.scenarios import Scenario, read_stored

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.blueprint_summary import Summary

M = TypeVar("M", bound=BaseModel)

_LONGEST_PAGE = 10_000  # what Make gives of a list at once (API reference, chapter 1.7)
_CALLING = frozenset({"scenario-service", "ai-agent", "ai-local-agent"})


class Dated(Protocol):
    """A scenario of a list, with when it was edited."""

    @property
    def id(self) -> int:
        """Its id."""
        ...

    @property
    def last_edit(self) -> datetime | str | None:
        """When it was edited last."""
        ...


class Named(Output):
    """A scenario, as little of it as the index needs."""

    id: int
    name: str
    last_edit: str = ""


class _Row(Named):
    used_packages: list[str] = []


async def team_scenarios(make: Make, query: dict[str, Any]) -> list[Scenario]:
    """List all scenarios of a team or organization, every page.

    Args:
        make: The call's Make.
        query: `teamId` or `organizationId`, and other members in Make's spelling.
    """
    return await make.all(
        "/scenarios",
        query,
        key="scenarios",
        item=Scenario,
        scope="scenarios:read",
        page=_LONGEST_PAGE,
    )


async def listed(make: Make, team_id: int, item: type[M], columns: Sequence[str]) -> list[M]:
    """List all scenarios of a team, as little of each as is asked for, most often in one call.

    Args:
        make: The call's Make.
        team_id: The team.
        item: Model of one.
        columns: Members it needs (Make API reference, chapter 2.27).
    """
    return await make.all(
        "/scenarios",
        {"teamId": team_id, "cols": [*columns]},
        key="scenarios",
        item=item,
        scope="scenarios:read",
        page=_LONGEST_PAGE,
    )


async def summaries(
    make: Make,
    team_id: int,
    scenarios: Sequence[Dated],
    *,
    wanted: Iterable[str] = (),
    whole: bool = True,
) -> dict[int, Summary]:
    """Give what the index keeps of scenarios, fetching only those edited since the last time.

    Args:
        make: The call's Make.
        team_id: The team they live in.
        scenarios: Scenarios as listed.
        wanted: Give only those that have all these terms (`blueprint_summary`).
        whole: These are all scenarios of the team; others leave the index.

    Raises:
        Failure: The blueprints cannot be read.
    """
    each = each_summary(make, team_id, scenarios, wanted=wanted, whole=whole)
    return {ident: summary async for ident, summary in each}


async def each_summary(
    make: Make,
    team_id: int,
    scenarios: Sequence[Dated],
    *,
    wanted: Iterable[str] = (),
    whole: bool = True,
) -> AsyncGenerator[tuple[int, Summary]]:
    """Give the same one by one, in the order of the list; args and failures as in `summaries`."""
    done = 0

    async def fetch(key: str) -> str:
        nonlocal done
        done += 1
        await make.progress(done, len(scenarios), "Reading blueprints")
        return await _summarized(make, int(key))

    each = make.recalled(
        blueprint_summary.FORM,
        f"team:{team_id}",
        {str(one.id): _version(one.last_edit) for one in scenarios},
        fetch,
        terms=blueprint_summary.terms,
        wanted=wanted,
        whole=whole,
    )
    async with aclosing(each) as documents:
        async for key, body in documents:
            yield int(key), blueprint_summary.Summary(body)


async def callers_of(make: Make, scenario: Scenario) -> list[tuple[int, str]]:
    """Find the scenarios of the team that call a scenario, as id and name."""
    columns = ["id", "name", "lastEdit", "usedPackages"]
    rows = await listed(make, scenario.team_id, _Row, columns)
    likely = [row for row in rows if row.id != scenario.id and _CALLING & set(row.used_packages)]
    term = blueprint_summary.need_term("scenario", scenario.id)
    found = await summaries(make, scenario.team_id, likely, wanted=[term], whole=False)
    return [(row.id, row.name) for row in likely if row.id in found]


async def _summarized(make: Make, scenario_id: int) -> str:
    try:
        stored = await read_stored(make, scenario_id)
        return blueprint_summary.summarized(stored.blueprint)
    except NotFound:  # deleted since it was listed
        return blueprint_summary.EMPTY
    except BlueprintError as wrong:
        raise Failure(
            f"The blueprint of scenario {scenario_id} cannot be read.",
            why=wrong.message,
            next_step="Open the scenario in Make and save it again.",
            code="unexpected_answer",
        ) from wrong


def _version(last_edit: datetime | str | None) -> str:
    """Write a date in one way, whichever list it came from."""
    if isinstance(last_edit, str):
        try:
            last_edit = datetime.fromisoformat(last_edit)
        except ValueError:
            return str(last_edit)
    return str(last_edit)
