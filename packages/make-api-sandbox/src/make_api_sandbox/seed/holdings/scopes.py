"""What the company's connections were granted: all that the modules of their apps ask for."""

from make_api_sandbox.apps.catalogue import apps
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Grant the scopes; a connection that no manifest asks anything of keeps what it has."""
    wanted = scopes_by_type()
    for row in world.rows("SELECT id, type FROM connections WHERE account_type = 'oauth'"):
        if row["type"] in wanted:
            world.update("connections", row["id"], scopes=sorted(wanted[row["type"]]))


def scopes_by_type() -> dict[str, set[str]]:
    """Type of connection to the scopes that some module needs of it."""
    found: dict[str, set[str]] = {}
    for app in apps().values():
        for module in app.modules:
            accounts = app.connection if module.connection is None else module.connection
            for type_ in filter(None, accounts.split(",")):
                if module.scope:
                    found.setdefault(type_, set()).update(module.scope)
    return found
