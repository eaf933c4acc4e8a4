"""The truths of the company as a table for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from make_api_sandbox.seed.truth import Truth
from make_api_sandbox.world import World

Lines = list[tuple[str, str]]
"""Question and answer."""


def tell(world: World, truth: Truth) -> str:
    """Write the truths down: one line an answer, then the credits of every team and day.

    Args:
        world: Where the names come from.
        truth: What `seed.truth.truth(world)` found.
    """
    found = cast("dict[str, Any]", truth)
    names = _Names(world)
    lines = [*_incidents(found, names), *_neglect(found, names), *_assets(found, names)]
    width = max(len(question) for question, _ in lines)
    table = [f"{question:<{width}}  {answer}" for question, answer in lines]
    return "\n".join([*table, "", *_credits(found["credits"], names), ""])


class _Names:
    """Names of things, with their ids."""

    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, table: str, ident: int) -> str:
        name = self._world.value(f"SELECT name FROM {table} WHERE id = ?", ident)
        return f"{name} ({ident})"

    def all(self, table: str, idents: Iterable[int]) -> str:
        return "; ".join(self.of(table, ident) for ident in idents) or "none"

    def scenarios(self, entries: Iterable[Mapping[str, Any]]) -> str:
        return self.all("scenarios", (entry["scenario_id"] for entry in entries))


def _incidents(found: dict[str, Any], names: _Names) -> Lines:
    regression, outage, off = found["regression"], found["outage"], found["deactivated"]
    before, after = (
        f"{share['errors']} of {share['runs']}"
        for share in (regression["before"], regression["after"])
    )
    return [
        (
            "Regressed",
            f"{names.of('scenarios', regression['scenario_id'])} with version"
            f" {regression['version']} at {regression['since']}: {before} runs failed before,"
            f" {after} since",
        ),
        (
            "Outage",
            f"{outage['connection_type']} from {outage['from']} to {outage['to']}:"
            f" {outage['errors']} failed runs of {names.all('scenarios', outage['scenario_ids'])}",
        ),
        ("Connection expired", _connection(found["expired_connection"], names)),
        ("Connection broken", _connection(found["broken_connection"], names)),
        (
            "Incomplete executions",
            f"{found['incomplete']['unresolved']} of"
            f" {names.of('scenarios', found['incomplete']['scenario_id'])}",
        ),
        (
            "Switched off by Make",
            f"{names.of('scenarios', off['scenario_id'])} at {off['at']}"
            f" after {off['errors']} errors",
        ),
    ]


def _connection(entry: Mapping[str, Any], names: _Names) -> str:
    used = names.all("scenarios", entry["scenario_ids"])
    connection = names.of("connections", entry["connection_id"])
    return f"{connection} since {entry['since']}; used by {used}"


def _neglect(found: dict[str, Any], names: _Names) -> Lines:
    reference = found["broken_reference"]
    return [
        ("Stale", names.all("scenarios", found["stale"])),
        ("Never anything to do", names.all("scenarios", found["only_check_runs"])),
        ("Connection missing", names.scenarios(found["missing_connection"])),
        (
            "Reference to nowhere",
            f"{names.of('scenarios', reference['scenario_id'])}, module {reference['module_id']}:"
            f" there is no module {reference['missing']}",
        ),
        (
            "Name breaks the convention",
            f"{names.all('scenarios', found['naming']['outliers'])};"
            f" convention {found['naming']['pattern']}",
        ),
        ("Not logged in for long", names.all("users", found["absent_people"])),
    ]


def _assets(found: dict[str, Any], names: _Names) -> Lines:
    secrets = "; ".join(
        f"{names.of('scenarios', one['scenario_id'])}, module {one['module_id']},"
        f" header {one['header']}"
        for one in found["secrets"]
    )
    personal = "; ".join(
        f"{names.of('scenarios', one['scenario_id'])}, module {one['module_id']}"
        f" ({one['module']}) reads {', '.join(one['fields'])}"
        for one in found["personal_data"]
    )
    stuck = "; ".join(
        f"{names.of('hooks', one['hook_id'])}: {one['queue']} requests for"
        f" {names.of('scenarios', one['scenario_id'])}"
        for one in found["stuck_hooks"]
    )
    full = "; ".join(
        f"{names.of('data_stores', one['data_store_id'])}: {one['used_bytes']} of"
        f" {one['max_bytes']} bytes"
        for one in found["nearly_full_stores"]
    )
    return [
        ("Secret in a blueprint", secrets),
        ("AI sees personal data", personal),
        ("Hooks without a scenario", names.all("hooks", found["orphan_hooks"])),
        ("Hooks switched off", names.all("hooks", found["disabled_hooks"])),
        ("Hooks with a stuck queue", stuck),
        ("Data stores nearly full", full),
        ("Connections nobody uses", names.all("connections", found["unused_connections"])),
    ]


def _credits(entries: Sequence[Mapping[str, Any]], names: _Names) -> list[str]:
    """One line a day, one column a team; credits with two decimals, days in UTC."""
    teams = sorted({entry["team_id"] for entry in entries})
    by_place = {(entry["date"], entry["team_id"]): entry["centicredits"] for entry in entries}
    titles = [names.of("teams", team) for team in teams]
    rows = [f"{'Credits':<10}  " + "  ".join(f"{title:>12}" for title in titles)]
    for day in sorted({entry["date"] for entry in entries}):
        cells = (
            f"{by_place.get((day, team), 0) / 100:>{max(12, len(title))}.2f}"
            for team, title in zip(teams, titles, strict=True)
        )
        rows.append(f"{day}  " + "  ".join(cells))
    return rows
