"""What a connection or hook of a type is made of, as far as Make's API tells.

The API has no list of connection types or hook types and no forms of them. What is told here comes
from documented places only: the modules of an app with their credentials (API reference, 2.11), the
two gateway hooks (2.20), and what the team already has.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal
from urllib.parse import quote

from make_mcp_base.authoring import Failure, Input, Make, NextCall, Output, TeamId
from pydantic import Field

from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    ConnectionRecord,
    connections_of,
    hooks_of,
    one_of,
    read_connection,
)

GATEWAY_OPTIONS = ("method", "headers", "stringify")
GATEWAY: dict[str, str] = {
    "gateway-webhook": "Custom webhook: an https address that takes any request.",
    "gateway-mailhook": "Custom mailhook: an e-mail address.",
}
SILENT = "Make's API does not describe this type"

# Inputs


class GetConnectionType(Input):
    type: str | None = None
    """Connection type, such as `slack`."""
    module: str | None = Field(default=None, pattern=r"^[^:]+:[^:]+$")
    """Or the module that needs it: `app:module`."""
    team_id: TeamId | None = None


class GetHookType(Input):
    type: str
    """Hook type, such as `gateway-webhook`."""
    team_id: TeamId | None = None


# Outputs


class TypeFact(Output):
    type: str
    access: Literal["oauth", "basic", "keychain", "unknown"]
    """`oauth` is granted in a browser; `basic` has parameters."""
    parameters: list[str] | None = None
    """Names `connection_create` takes as `data`, read from a connection of the organization."""
    known_from: str
    existing: list[int] = []
    """Connections of this type in the team."""
    create_with: Literal["connection_create", "credential_request_create"]


class ConnectionType(Output):
    types: list[TypeFact]
    scopes: list[str] = []
    """What the module asks for."""
    note: str | None = None
    next_calls: list[NextCall] = []


class HookField(Output):
    name: str
    type: str
    required: bool = False
    default: bool | None = None
    about: str = ""


class HookType(Output):
    type: str
    about: str
    fields: list[HookField]
    needs_connection: bool | None = None
    known_from: str
    next_calls: list[NextCall] = []


class CredentialModule(Output):
    """A module that needs a connection or a key."""

    id: str
    name: str = ""
    type: str = ""
    scope: list[str] | None = None


class CredentialModules(Output):
    app_modules: list[CredentialModule] = []


# What a module needs


@dataclass(frozen=True, slots=True)
class Need:
    """What a module is authorized with.

    Attributes:
        types: Types that fit, the preferred one first.
        scopes: Scopes the connection must carry.
        keychain: True when it is a key and no connection.
    """

    types: tuple[str, ...]
    scopes: tuple[str, ...]
    keychain: bool


async def needed_by(make: Make, module: str) -> Need:
    """Ask Make what a module is authorized with.

    Args:
        make: The call's Make.
        module: `app:module`.

    Raises:
        Failure: The app is unknown, or the module needs no credential.
    """
    app, _, name = module.partition(":")
    path = f"/credential-requests/apps/{quote(app, safe='')}/latest/modules-with-credentials"
    found = await make.get(path, into=CredentialModules, scope="apps:read", fresh_for=300)
    for one in found.app_modules:
        if name in (one.id, one.name) or one.id == "*":
            kind, _, types = one.type.partition(":")
            return Need(tuple(types.split(",")), tuple(one.scope or ()), kind == "keychain")
    near = get_close_matches(name, [one.id for one in found.app_modules], n=3, cutoff=0.4)
    raise Failure(
        f"`{module}` needs no connection, or `{app}` has no such module.",
        why=f"Modules of `{app}` with credentials that are spelled alike: {', '.join(near)}."
        if near
        else "",
        next_step=f"Find scenarios that use the app with `scenario_search` app={app}.",
        code="unknown_module",
    )


# Tools


@category.tool(
    scope="connections:read",
    effect="read",
    formerly=("connection-metadata_get", "connection-requirements_get"),
    words=("fields", "parameters", "how to create a connection"),
)
async def connection_type_get(make: Make, args: GetConnectionType) -> ConnectionType:
    """Tell what a connection type needs: browser consent or parameters, and its scopes.

    Says plainly where Make's API is silent; a credential request works for every type.
    """
    if (args.type is None) == (args.module is None):
        raise one_of("type", "module", "connection_type_get")
    need = await needed_by(make, args.module) if args.module else None
    wanted = need.types if need else (args.type or "",)
    keychain = bool(need and need.keychain)
    facts = [await _fact(make, name, args.team_id or 0, keychain=keychain) for name in wanted]
    silent = [fact.type for fact in facts if fact.access == "unknown"]
    return ConnectionType(
        types=facts,
        scopes=list(need.scopes) if need else [],
        note=await _silence(make, silent, args.team_id or 0) if silent else None,
        next_calls=[_request(facts[0], list(need.scopes) if need else [])] if facts else [],
    )


async def _fact(make: Make, name: str, team_id: int, *, keychain: bool) -> TypeFact:
    if keychain:
        return TypeFact(
            type=name,
            access="keychain",
            known_from="the app's modules",
            create_with="credential_request_create",
        )
    alike = await _of_type(make, name, team_id)
    known = alike or await _elsewhere(make, name, team_id)
    if not known:
        return TypeFact(
            type=name,
            access="unknown",
            known_from="nothing: no connection of this type in the teams of the organization",
            create_with="credential_request_create",
        )
    model = await read_connection(make, known[0].id)
    parameters = await _parameters(make, model.id) if model.editable else None
    place = "the team" if alike else f"team {model.team_id}"
    return TypeFact(
        type=name,
        access="oauth" if model.is_oauth else "basic",
        parameters=parameters,
        known_from=f"connection {model.id} “{model.name}” of {place}",
        existing=[one.id for one in alike],
        create_with="connection_create" if parameters else "credential_request_create",
    )


async def _of_type(make: Make, name: str, team_id: int) -> list[ConnectionRecord]:
    found = await connections_of(make, team_id, {"type": [name]})
    return [one for one in found if one.account_name == name]


async def _elsewhere(make: Make, name: str, team_id: int) -> list[ConnectionRecord]:
    """Look for a type in the other teams of the organization, as far as the token sees them."""
    account = await make.account()
    organization = account.organization_of(team_id)
    others = [team.id for team in organization.teams if team.id != team_id] if organization else []
    found = await make.each(others, lambda other: _of_type(make, name, other))
    return [one for rows in found for one in rows]


class _Editable(Output):
    editable_parameters: list[str] = []


async def _parameters(make: Make, connection_id: int) -> list[str]:
    path = f"/connections/{connection_id}/editable-data-schema"
    return (await make.get(path, into=_Editable)).editable_parameters


async def _silence(make: Make, silent: list[str], team_id: int) -> str:
    near = await near_connection_types(make, silent[0], team_id)
    like = f" Types of the team that are spelled alike: {', '.join(near)}." if near else ""
    return f"{SILENT}: {', '.join(silent)}.{like} A credential request shows its form to a person."


def _request(fact: TypeFact, scopes: list[str]) -> NextCall:
    if fact.create_with == "connection_create":
        data = dict.fromkeys(fact.parameters or [], "")
        arguments = {"type": fact.type, "name": f"New {fact.type}", "data": data}
        return NextCall(tool="connection_create", arguments=arguments, why="Create it from data.")
    component = "key" if fact.access == "keychain" else "connection"
    item = {"kind": component, "type": fact.type, **({"scopes": scopes} if scopes else {})}
    return NextCall(
        tool="credential_request_create",
        arguments={"items": [item]},
        why="Ask a person to authorize it.",
    )


async def near_connection_types(make: Make, name: str, team_id: int) -> list[str]:
    """Give types of the team's connections that are spelled like a name."""
    known = sorted({one.account_name for one in await connections_of(make, team_id)})
    return get_close_matches(name.lower(), known, n=3, cutoff=0.4)


@category.tool(
    scope="hooks:read",
    effect="read",
    formerly=("hook-metadata_get", "hook-config_get"),
    words=("webhook fields", "webhook configuration"),
)
async def hook_type_get(make: Make, args: GetHookType) -> HookType:
    """Tell what `hook_create` takes for a hook type: fields, defaults, need of a connection.

    The gateway types are known in full; app types as far as the team has hooks of them.
    """
    if args.type in GATEWAY:
        return _gateway(args.type)
    alike = await hooks_of(make, args.team_id or 0, {"typeName": args.type})
    if not alike:
        known = await known_hook_types(make, args.team_id or 0)
        raise Failure(
            f"{SILENT}: `{args.type}`.",
            why=f"No hook of the team has it. Types known here: {', '.join(known)}."
            f"{_alike(near_hook_types(args.type, known))}",
            next_step="Use one of those, or add the app's trigger in Make's editor once, which"
            " makes the hook with its form.",
            code="not_described",
        )
    options = [name for name in alike[0].options if name != "__IMTCONN__"]
    connected = "__IMTCONN__" in alike[0].data
    return HookType(
        type=args.type,
        about=f"Hook of the app {alike[0].package_name or args.type}.",
        fields=[HookField(name=name, type="any") for name in options],
        needs_connection=connected,
        known_from=f"hook {alike[0].id} “{alike[0].name}” of the team; which fields are required"
        " Make's API does not tell",
    )


def _gateway(name: str) -> HookType:
    about = {
        "method": "Also give the HTTP method.",
        "headers": "Also give the request headers.",
        "stringify": "Give the JSON body as text instead of its members.",
    }
    fields = [
        HookField(name=option, type="boolean", default=False, about=about[option])
        for option in GATEWAY_OPTIONS
    ]
    fields.append(
        HookField(name="udt", type="data structure id", about="Refuse what does not fit it.")
    )
    fields.append(HookField(name="ip", type="text", about="Addresses that may send."))
    return HookType(
        type=name,
        about=GATEWAY[name],
        fields=fields,
        needs_connection=False,
        known_from="Make API reference",
        next_calls=[
            NextCall(
                tool="hook_create",
                arguments={"name": "New hook", "type": name},
                why="Create it; left out options are false.",
            )
        ],
    )


async def known_hook_types(make: Make, team_id: int) -> list[str]:
    """Name the gateway types and the types of the team's hooks."""
    return sorted({*GATEWAY, *(hook.type_name for hook in await hooks_of(make, team_id))})


def near_hook_types(name: str, known: list[str]) -> list[str]:
    """Give the known types most like a name; words like `webhook` mean the gateway's."""
    bare = name.lower().removeprefix("gateway:").replace("custom", "gateway-").replace("--", "-")
    close = get_close_matches(bare, known, n=3, cutoff=0.5)
    hinted = [t for t in GATEWAY if t.partition("-")[2] in bare.replace("-", "").replace("_", "")]
    return list(dict.fromkeys([*hinted, *close]))[:3]


def _alike(near: list[str]) -> str:
    return f" Most like it: {', '.join(near)}." if near else ""
