"""Agents in the company's warehouse and office, from when it tried the Enterprise plan.

Its licence no longer has them, so the API refuses them until `onPremAgent` is licensed again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

Systems = tuple[tuple[str, str, dict[str, str]], ...]


@dataclass(frozen=True)
class AgentPlan:
    """One agent; `seen` is how many days ago it last called, None when it never did."""

    name: str
    status: str
    age: float
    version: str | None = None
    seen: float | None = None
    systems: Systems = field(default=())
    """Name, app and inputs of each connected system."""


def _sap(client: str) -> dict[str, str]:
    return {"ashost": "erp.harborpine.example.com", "sysnr": "00", "client": client}


PLANS = (
    AgentPlan(
        "Warehouse bridge",
        "ACTIVE",
        190,
        "1.2.3",
        0.0004,
        (
            ("ERP production", "sap-agent", _sap("100")),
            ("ERP test", "sap-agent", _sap("200")),
            ("Label printer", "http", {"url": "http://labels.harborpine.example.com:8080"}),
        ),
    ),
    AgentPlan(
        "Office bridge",
        "NOT_RESPONDING",
        165,
        "1.1.0",
        12.6,
        (("Door system", "http", {"url": "https://doors.harborpine.example.com"}),),
    ),
    AgentPlan("Shop bridge", "REGISTERED", 18),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the agents and the systems they reach."""
    for plan in PLANS:
        agent = _agent(world, directory.organizations[0], plan)
        for name, app, inputs in plan.systems:
            world.insert(
                "connected_systems",
                id=world.fresh_uuid(),
                agent_id=agent,
                name=name,
                app_name=app,
                inputs=inputs,
            )


def _agent(world: World, organization: int, plan: AgentPlan) -> str:
    now, agent = world.clock.now(), world.fresh_uuid()
    world.insert(
        "on_prem_agents",
        id=agent,
        organization_id=organization,
        name=plan.name,
        client_secret=world.fresh_hex(),
        status=plan.status,
        version=plan.version,
        created=stamp(now - timedelta(days=plan.age)),
        last_connection=None if plan.seen is None else stamp(now - timedelta(days=plan.seen)),
    )
    return agent
