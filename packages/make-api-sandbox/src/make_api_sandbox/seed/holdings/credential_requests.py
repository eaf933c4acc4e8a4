"""Requests for credentials in the company: one still open, one answered, one declined."""

from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.connection_types import TYPES
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

LIFETIME = timedelta(days=31)


@dataclass(frozen=True)
class RequestPlan:
    """One request for one connection.

    Args:
        team: Whose connection it is to be.
        name: What it is called.
        description: What the person is told.
        asker: Who asks.
        provider: Who is asked.
        app: The app that needs it, with a module.
        type: Type of the connection.
        age: Days ago.
        state: What became of it.
        connection: The connection that was made, by the word the seed knows.
        reason: Why it was declined.
    """

    team: str
    name: str
    description: str
    asker: str
    provider: str
    app: tuple[str, str, int]
    type: str
    age: float
    state: str = "pending"
    connection: str = ""
    reason: str | None = None


PLANS = (
    RequestPlan(
        "marketing",
        "Google for the visitor sheet",
        "The old grant has ended; please connect Google again.",
        "jonas",
        "noor",
        ("google-sheets", "updateRow", 2),
        "google",
        1.5,
    ),
    RequestPlan(
        "sales",
        "Slack bot for the sales channel",
        "Needed to announce demo requests.",
        "ines",
        "mara",
        ("slack", "CreateMessage", 4),
        "slack",
        300,
        "authorized",
        "slack-sales",
    ),
    RequestPlan(
        "finance",
        "Stripe test account",
        "For trying out refunds.",
        "lucia",
        "pavel",
        ("stripe", "listCharges", 1),
        "stripe",
        47,
        "declined",
        reason="Use the sandbox of the shop instead.",
    ),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Make the requests, each with its credential."""
    for plan in PLANS:
        asked = world.clock.now() - timedelta(days=plan.age)
        ident = world.fresh_uuid()
        world.insert(
            "credential_requests",
            id=ident,
            team_id=directory.teams[plan.team],
            name=plan.name,
            extra={
                "organizationId": directory.organization_of(plan.team),
                "userId": directory.people[plan.asker],
                "description": plan.description,
                "externalProviderId": None,
                "makeProviderId": directory.people[plan.provider],
                "createdAt": stamp(asked),
                "updatedAt": stamp(asked),
                "expiresAt": stamp(asked + LIFETIME),
                "shouldSendEmail": False,
                "emailSentAt": None,
            },
        )
        extra = {"createdAt": stamp(asked), "updatedAt": stamp(asked), **_credential(assets, plan)}
        world.insert("requested_credentials", id=world.fresh_uuid(), request_id=ident, extra=extra)


def _credential(assets: Assets, plan: RequestPlan) -> JsonObject:
    app, module, version = plan.app
    kind = TYPES[plan.type]
    made = assets.connections.get(plan.connection)
    return {
        "component": "account",
        "type": kind.account_type,
        "name": plan.type,
        "label": kind.label,
        "description": plan.description,
        "scope": [],
        "remoteId": str(made.id) if made else None,
        "remoteScope": [],
        "tokenId": None,
        "state": plan.state,
        "declineReason": plan.reason,
        "appName": app,
        "appModules": [module],
        "appVersion": str(version),
        "nameOverride": None,
    }
