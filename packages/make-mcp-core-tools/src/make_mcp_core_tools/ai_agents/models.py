"""Providers of language models, their models, and which of them a team's own AI features use."""

from typing import Any, Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    TeamId,
    Undo,
    Watch,
    patch,
)
from pydantic import Field, RootModel

from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.records import READ
from make_mcp_core_tools.ai_agents.tool_checks import missing_connections

PROVIDERS = "/ai-agents/v1/llm-providers"
_PURPOSES = {"mapping": "aiMapping", "toolkit": "aiToolkit"}

# Inputs


class ListProviders(Input):
    team_id: TeamId | None = None


class ListModels(Input):
    provider_id: int = Field(ge=1)
    """`id` of `llm_provider_list`."""
    team_id: TeamId | None = None


class GetModelChoice(Input):
    team_id: TeamId | None = None


class ModelChoice(Input):
    connection_id: ConnectionId | None = None
    """Connection to an AI service of your own."""
    model: str | None = Field(default=None, min_length=1)
    """Model at that connection."""
    tier: Literal["small", "medium", "large"] | None = None
    """Tier of Make's own provider; its tokens cost credits."""


class SetModelChoice(Input):
    team_id: TeamId | None = None
    mapping: ModelChoice | None = None
    """For AI that maps fields."""
    toolkit: ModelChoice | None = None
    """For the modules of the Make AI Toolkit."""


# Outputs


class Provider(Output):
    id: int
    provider: str
    account_name: str | None = None


class Providers(Output):
    providers: list[Provider]
    next_calls: list[NextCall] | None = None


class Model(Output):
    model: str
    provider: str = ""
    token_limit: int | None = None
    """Tokens of prompt and answer together."""
    max_tokens: int | None = None
    """Most tokens of one answer."""


class Models(Output):
    provider_id: int
    models: list[Model]


class Chosen(Output):
    connection_id: int | None = None
    model: str | None = None
    tier: str | None = None
    tier_model: str | None = None
    """Model that Make puts behind the tier now."""
    centicredits_coefficient: float | None = None
    """Make's price factor of the tier's tokens."""


class TeamModels(Output):
    team_id: int
    mapping: Chosen
    toolkit: Chosen
    changed: bool | None = None


# Make's answers


class _Providers(RootModel[list[Provider]]):
    pass


class _RawModel(Model):
    settings: Document = {}


class _Models(RootModel[list[_RawModel]]):
    pass


class _Configuration(RootModel[Document]):
    pass


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=("list-llm-providers", "create-llm-provider"),
    words=("openai", "anthropic", "gemini", "language model"),
)
async def llm_provider_list(make: Make, args: ListProviders) -> Providers:
    """List providers of language models for agents.

    A provider is not created: `connection_create` with a type of an AI app brings one's own key.
    """
    team = await make.team(args.team_id)
    found = (await make.get(PROVIDERS, {"teamId": team}, into=_Providers)).root
    calls = [
        NextCall(tool="llm_model_list", arguments={"provider_id": one.id}, why="See its models.")
        for one in found[:1]
    ]
    return Providers(providers=found, next_calls=calls or None)


@category.tool(scope=READ, effect="read", words=("language model", "gpt", "claude", "tokens"))
async def llm_model_list(make: Make, args: ListModels) -> Models:
    """List the models of a provider with their limits of tokens."""
    team = await make.team(args.team_id)
    rows = await models_of(make, team, args.provider_id)
    return Models(provider_id=args.provider_id, models=rows)


async def models_of(make: Make, team_id: int, provider_id: int) -> list[Model]:
    """Read the models of a provider."""
    path = f"{PROVIDERS}/{provider_id}/models"
    rows = (await make.get(path, {"teamId": team_id}, into=_Models, scope=READ)).root
    return [
        Model(
            model=row.model,
            provider=row.provider,
            token_limit=row.token_limit,
            max_tokens=row.settings.get("maxTokens"),
        )
        for row in rows
    ]


@category.tool(scope="teams:read", effect="read", words=("ai settings", "default model", "tier"))
async def team_llm_config_get(make: Make, args: GetModelChoice) -> TeamModels:
    """Show which models a team uses for AI mapping and for the AI Toolkit."""
    team = await make.team(args.team_id)
    return _shown(team, await _read(make, team))


@category.tool(
    scope="teams:write",
    effect="update",
    confirm=True,
    words=("ai settings", "default model", "tier"),
    examples=[SetModelChoice(team_id=12, toolkit=ModelChoice(tier="medium"))],
)
async def team_llm_config_set(make: Make, args: SetModelChoice) -> TeamModels:
    """Choose a team's models for AI mapping and the AI Toolkit; what is left out stays.

    All scenarios of the team that leave the choice to it use the new model from then on.
    """
    team = await make.team(args.team_id)
    old = await _read(make, team)
    body = _body(args)
    await _refuse(make, team, args, body)
    moved = {name: value for name, value in body.items() if old.get(name) != value}
    if not moved:
        return _shown(team, old, changed=False)
    make.shows(*(f"~ {name}: {old.get(name)} -> {value}" for name, value in moved.items()))
    path, back = f"/teams/{team}/llm-configuration", {name: old.get(name) for name in moved}
    answer = await make.write(
        patch(path, moved),
        into=_Configuration,
        says=f"Choose language models of team {team}",
        undo=Undo((patch(path, back),), Watch(path, tuple(moved))),
        before=back,
    )
    return _shown(team, answer.root, changed=True)


async def _read(make: Make, team_id: int) -> Document:
    path = f"/teams/{team_id}/llm-configuration"
    return (await make.get(path, into=_Configuration, scope="teams:read")).root


def _body(args: SetModelChoice) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for purpose, choice in (("mapping", args.mapping), ("toolkit", args.toolkit)):
        names = {"connection_id": "AccountId", "model": "ModelName", "tier": "BuiltinTier"}
        for name in choice.sent() if choice else ():
            body[f"{_PURPOSES[purpose]}{names[name]}"] = getattr(choice, name)
    return body


async def _refuse(make: Make, team: int, args: SetModelChoice, body: dict[str, Any]) -> None:
    wanted = {
        f"{name}.connection_id": choice.connection_id
        for name, choice in (("mapping", args.mapping), ("toolkit", args.toolkit))
        if choice and choice.connection_id
    }
    problems = await missing_connections(make, team, wanted)
    if not body:
        problems.append(Problem("mapping", "Nothing to change was given.", "Send a choice."))
    if problems:
        raise Failure(
            "The team's models were not changed.",
            next_step="Call `team_llm_config_set` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


def _shown(team_id: int, found: Document, *, changed: bool | None = None) -> TeamModels:
    return TeamModels(
        team_id=team_id,
        mapping=_choice(found, "aiMapping"),
        toolkit=_choice(found, "aiToolkit"),
        changed=changed,
    )


def _choice(found: Document, prefix: str) -> Chosen:
    info: Document = found.get(f"{prefix}BuiltinTierInfo") or {}
    return Chosen(
        connection_id=found.get(f"{prefix}AccountId"),
        model=found.get(f"{prefix}ModelName"),
        tier=found.get(f"{prefix}BuiltinTier"),
        tier_model=info.get("modelName"),
        centicredits_coefficient=info.get("centicreditsCoefficient"),
    )
