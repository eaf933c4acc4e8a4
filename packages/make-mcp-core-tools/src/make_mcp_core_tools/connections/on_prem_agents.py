"""On-premise agents: programs in a company's network that let scenarios reach it.

Make API reference, chapter 2.3; Enterprise. An agent is registered here, installed by a person
where it runs, and connects from there.
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Timestamp,
    Undo,
    Watch,
    call,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.vault import open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import (
    SecretReference,
    place_of,
    read_metadata,
    write_values,
)
from make_mcp_core_tools.connections.declared import category

READ, WRITE = "agents:read", "agents:write"
FEATURE = "onPremAgent"
"""Member of the licence that opens agents and connected systems."""
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

# Inputs


class ListAgents(PageInput):
    organization_id: OrganizationId | None = None


class GetAgent(Input):
    organization_id: OrganizationId | None = None
    agent_id: str = Field(pattern=UUID)
    """Id (`on_prem_agent_list`)."""


class CreateAgent(Input):
    organization_id: OrganizationId | None = None
    name: str = Field(min_length=1, max_length=128)
    """What it is called, for example after the place where it runs."""
    to_vault: SecretReference | None = None
    """Keep the agent's secret there, unseen, in place of showing it: a secret that does not exist
    yet and a field, such as `secret/agents/pier#secret`."""


class UpdateAgent(GetAgent):
    name: str = Field(min_length=1, max_length=128)
    """New name."""


class GetAppConfig(GetAgent):
    app: str = Field(min_length=1, max_length=128)
    """App that reaches systems through it (`connected_system_app_list`)."""


# Outputs


class Agent(Output):
    id: str
    name: str
    status: str
    """ACTIVE, STOPPED, NOT_RESPONDING or REGISTERED (never connected)."""
    version: str | None = None
    last_connection: Timestamp | None = None
    systems: int | None = None
    """How many connected systems it serves."""


class Agents(Page):
    agents: list[Agent]


class AgentDetail(Agent):
    connected: bool
    alerted: bool = False
    created: Timestamp | None = None


class AgentRegistered(Output):
    reveals: ClassVar[tuple[str, ...]] = ("client_secret",)

    agent: Agent
    client_secret: str | None = None
    """For the agent's installation; Make shows it only now. Absent when it went to the vault."""
    kept_at: str | None = None
    """Where the secret manager holds it."""
    next_calls: list[NextCall] = []


class AgentChanged(Output):
    agent: Agent
    changed: bool


class AgentDeleted(Output):
    agent: str
    """Id of the agent that was removed."""


class AppConfig(Output):
    app: str
    inputs: list[Json]
    """Fields a connected system of this app needs."""


# Make's answers


class RawAgent(Output):
    id: str
    name: str
    status: str = ""
    connected: bool = False
    alerted: bool = False
    version: str | None = None
    client_secret: str | None = None
    created_date: Timestamp | None = None
    last_connection_date: Timestamp | None = None
    system_connections_count: int | None = None

    @property
    def told(self) -> Agent:
        """The agent as tools show it."""
        return Agent(
            id=self.id,
            name=self.name,
            status=self.status,
            version=self.version,
            last_connection=self.last_connection_date,
            systems=self.system_connections_count,
        )


class OneAgent(Output):
    agent: RawAgent


class Group(Output):
    name: str
    spec: list[Document] = []


class Config(Output):
    inputs: list[Group] = []


# Tools


@category.tool(
    scope=READ,
    effect="read",
    feature=FEATURE,
    formerly=("on-prem-agent_list",),
    words=("on-premise", "local network"),
)
async def on_prem_agent_list(make: Make, args: ListAgents) -> Agents:
    """List the on-premise agents of an organization, with the state of their connection."""
    query = of_organization(args.organization_id)
    rows = await make.all("/agents", query, key="agents", item=RawAgent)
    page, more = page_of([row.told for row in rows], args)
    return Agents(agents=page, **more)


@category.tool(scope=READ, effect="read", feature=FEATURE, formerly=("on-prem-agent_get",))
async def on_prem_agent_get(make: Make, args: GetAgent) -> AgentDetail:
    """Show an on-premise agent: whether it is connected, since when, and its version."""
    raw = await agent_of(make, args.agent_id, args.organization_id)
    return AgentDetail(
        **raw.told.model_dump(),
        connected=raw.connected,
        alerted=raw.alerted,
        created=raw.created_date,
    )


@category.tool(
    scope=WRITE,
    effect="create",
    feature=FEATURE,
    formerly=("on-prem-agent_create",),
    examples=(CreateAgent(name="Warehouse bridge"),),
)
async def on_prem_agent_create(make: Make, args: CreateAgent) -> AgentRegistered:
    """Register an on-premise agent; a person then installs it with the secret of this answer.

    The secret is shown this once and kept nowhere here: hand it over, or have it put into the
    secret manager with `to_vault`.
    """
    of = of_organization(args.organization_id)
    if args.to_vault:
        await _must_be_free(make, args.to_vault)
    made = await make.write(
        post("/agent/register", {"name": args.name}, **of),
        into=OneAgent,
        says=f"Register the on-premise agent “{args.name}”",
        predict={"agent": {"id": str(make.new_id("agent")), "name": args.name, "clientSecret": ""}},
        undo=lambda answer: Undo(
            (delete(f"/agents/{answer.agent.id}", **of),),
            Watch(f"/agents/{answer.agent.id}", ("agent.status",), of),
        ),
    )
    look = NextCall(
        tool="on_prem_agent_get",
        arguments={"agent_id": made.agent.id, **_argument(args.organization_id)},
        why="See whether it has connected once it is installed.",
    )
    told = AgentRegistered(agent=made.agent.told, next_calls=[look])
    secret = made.agent.client_secret or ""
    if args.to_vault and await _kept(make, args.to_vault, secret, args.name):
        told.kept_at = args.to_vault
    else:
        told.client_secret = secret
    return told


@category.tool(scope=WRITE, effect="update", feature=FEATURE, formerly=("on-prem-agent_update",))
async def on_prem_agent_update(make: Make, args: UpdateAgent) -> AgentChanged:
    """Rename an on-premise agent; nothing else of it can be changed from here."""
    raw = await agent_of(make, args.agent_id, args.organization_id)
    if raw.name == args.name:
        return AgentChanged(agent=raw.told, changed=False)
    path, of = f"/agents/{raw.id}", of_organization(args.organization_id)
    answer = await make.write(
        patch(path, {"name": args.name}, **of),
        into=OneAgent,
        says=f"Rename the agent “{raw.name}” to “{args.name}”",
        before={"name": raw.name},
        undo=Undo((patch(path, {"name": raw.name}, **of),), Watch(path, ("agent.name",), of)),
    )
    return AgentChanged(agent=answer.agent.told, changed=True)


@category.tool(scope=WRITE, effect="delete", feature=FEATURE, formerly=("on-prem-agent_delete",))
async def on_prem_agent_delete(make: Make, args: GetAgent) -> AgentDeleted:
    """Remove an on-premise agent with its connected systems; what goes through it stops working."""
    raw = await agent_of(make, args.agent_id, args.organization_id)
    of = of_organization(args.organization_id)
    systems = await make.all(
        "/connected-systems", {**of, "agentId": raw.id}, key="connectedSystems", item=_Named
    )
    make.affects(*(f"Connected system “{one.name}” goes with it." for one in systems))
    return await make.write(
        delete(f"/agents/{raw.id}", **of),
        into=AgentDeleted,
        says=f"Remove the on-premise agent “{raw.name}”",
        before={"name": raw.name, "systems": [one.name for one in systems]},
        undo=Irreversible("A new agent has a new secret and must be installed again."),
    )


@category.tool(
    scope=READ, effect="read", feature=FEATURE, formerly=("on-prem-agent_get-app-config",)
)
async def on_prem_agent_app_config_get(make: Make, args: GetAppConfig) -> AppConfig:
    """Show what an app must know of a system that an agent reaches."""
    return AppConfig(
        app=args.app,
        inputs=[*await inputs_of(make, args.agent_id, args.app, args.organization_id)],
    )


# The secret of a new agent


class _Version(Output):
    version: int


async def _must_be_free(make: Make, reference: str) -> None:
    """Refuse, before anything is registered, a place that cannot take the secret.

    Raises:
        Failure: There is no secret manager, no such engine, or a secret at that place.
    """
    async with open_vault(make) as vault:
        place = await place_of(vault, reference.partition("#")[0])
        if await read_metadata(vault, place) is not None:
            raise Failure(
                f"There is a secret `{place}` already; nothing was registered.",
                next_step="Call `on_prem_agent_create` again with a `to_vault` that is free.",
                code="in_use",
            )


async def _kept(make: Make, reference: str, secret: str, name: str) -> bool:
    """Put the secret of an agent where it was asked for; where that fails, it has to be shown."""
    path, _, member = reference.partition("#")
    try:
        async with open_vault(make) as vault:
            place = await place_of(vault, path)

            async def carry() -> Json:
                return {"version": await write_values(vault, place, {member: secret}, 0)}

            await make.write(
                vault_errand("POST", place.api("data"), carry, field=member),
                into=_Version,
                says=f"Keep the secret of “{name}” as `{member}` of `{place}`",
                undo=lambda told: Undo(
                    (call("secret_delete", path=str(place), versions=[told.version]),)
                ),
                predict={"version": 1},
            )
    except Failure as failure:
        make.warn(f"The secret could not be kept there and is shown: {failure.what}")
        return False
    return True


# For connected systems


async def agent_of(make: Make, agent_id: str, organization_id: int | None) -> RawAgent:
    """Read one agent."""
    of = of_organization(organization_id)
    return (await make.get(f"/agents/{agent_id}", of, into=OneAgent, scope=READ)).agent


async def inputs_of(
    make: Make, agent_id: str, app: str, organization_id: int | None
) -> list[Document]:
    """Read the fields an app asks for of a system: `{name, label, help?, required}` each."""
    path = f"/agents/{agent_id}/apps/{quote(app, safe='')}/config"
    config = await make.get(path, of_organization(organization_id), into=Config, scope=READ)
    return [field for group in config.inputs for field in group.spec]


class _Named(Output):
    name: str


def of_organization(organization_id: int | None) -> Document:
    """Give the query member that every call about agents needs."""
    return {"organizationId": organization_id}


def _argument(organization_id: int | None) -> Document:
    return {} if organization_id is None else {"organization_id": organization_id}
