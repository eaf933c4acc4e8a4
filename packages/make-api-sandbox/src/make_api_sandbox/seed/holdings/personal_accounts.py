"""Clients that people of the company let in, and one who is an affiliate partner."""

from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

CLIENTS = (
    # person, client, days since its last use, scopes
    ("mara", "Board report", 6.1, ["organizations:read", "scenarios:read", "teams:read"]),
    ("jonas", "Deployment pipeline", 0.4, ["scenarios:read", "scenarios:write", "teams:read"]),
    ("jonas", "Status page", 71, ["scenarios:read"]),
    ("ines", "Assistant on the desktop", 1.9, ["mcp:use"]),
)
PARTNER, PARTNER_CODE = "noor", "harborpine"


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Note the consents and the partner."""
    now = world.clock.now()
    for person, client, days, scopes in CLIENTS:
        world.insert(
            "oauth_connections",
            user_id=directory.people[person],
            client_name=client,
            last_used=stamp(now - timedelta(days=days)),
            scopes=scopes,
        )
    world.insert(
        "affiliate_partners",
        user_id=directory.people[PARTNER],
        partner_code=PARTNER_CODE,
        paypal_me_link="https://paypal.example.com/harborpine",
        registered=stamp(now - timedelta(days=210)),
    )
