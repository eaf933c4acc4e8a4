"""Which scenarios use a data store.

Make tells it for data structures only (API reference, chapter 2.14), so the index of blueprints is
asked, for scenarios with a module of the Data store app.
"""

from make_mcp_base.authoring import Make, Output

from make_mcp_core_tools._engine.blueprint_index import listed, summaries
from make_mcp_core_tools._engine.blueprint_summary import need_term

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
    rows = await listed(make, team_id, _Scenario, _COLUMNS)
    asked = [row for row in rows if _APP in row.used_packages]
    wanted = [need_term("data_store", store_id)]
    found = await summaries(make, team_id, asked, wanted=wanted, whole=False)
    return [
        User(id=row.id, name=row.name, is_active=row.is_active) for row in asked if row.id in found
    ]
