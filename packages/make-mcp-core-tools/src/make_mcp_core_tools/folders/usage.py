"""Which scenarios use a data store.

Make tells it for data structures only (API reference, chapter 2.14), so blueprints are read: those
of scenarios with a module of the Data store app, and of these only what changed since.
"""

import json

from make_blueprint.bindings import bindings
from make_blueprint.document import load
from make_blueprint.problem import BlueprintError
from make_mcp_base.authoring import Make, Output

READ = "scenarios:read"
_APP = "datastore"
_COLUMNS = ["id", "name", "isActive", "usedPackages", "lastEdit"]


class User(Output):
    """A scenario that uses something."""

    id: int
    name: str
    is_active: bool | None = None


class _Scenario(User):
    used_packages: list[str] = []
    last_edit: str = ""


async def scenarios_using_store(make: Make, team_id: int, store_id: int) -> list[User]:
    """Find the scenarios of a team with a module that is bound to the data store.

    Raises:
        Failure: The scenarios or their blueprints cannot be read.
    """
    query = {"teamId": team_id, "cols": _COLUMNS}
    rows = await make.all("/scenarios", query, key="scenarios", item=_Scenario, scope=READ)
    asked = {str(row.id): row for row in rows if _APP in row.used_packages}
    versions = {key: row.last_edit for key, row in asked.items()}

    async def fetch(key: str) -> str:
        return json.dumps(_stores_in(await make.json(f"/scenarios/{key}/blueprint", scope=READ)))

    found = await make.remembered("data_stores_of_scenario", f"team:{team_id}", versions, fetch)
    return [
        User(id=row.id, name=row.name, is_active=row.is_active)
        for key, row in asked.items()
        if str(store_id) in json.loads(found[key])
    ]


def _stores_in(answer: object) -> list[str]:
    """List the ids of the data stores a blueprint is bound to; none when it cannot be read."""
    try:
        found = bindings(load(json.dumps(answer)))
    except BlueprintError:
        return []
    return [str(each.value) for each in found if each.kind == "data_store"]
