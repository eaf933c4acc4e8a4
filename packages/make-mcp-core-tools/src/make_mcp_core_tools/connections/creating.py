"""Making connections: from data, or by asking a person to grant them. API reference, 2.10, 2.11."""

from __future__ import annotations

from typing import ClassVar, Literal

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
)
from pydantic import Field

from make_mcp_core_tools._engine.confidential import ConfidentialRequest, Credentials
from make_mcp_core_tools._engine.vault_secrets import SecretReference, with_referenced
from make_mcp_core_tools.connections.credential_asking import (
    OpenedRequest,
    Wanted,
    open_request,
)
from make_mcp_core_tools.connections.credential_requests import wait_call
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import ConnectionRecord, OneConnection
from make_mcp_core_tools.connections.types import near_connection_types
from make_mcp_core_tools.connections.verifying import check_connection

RESERVED = ("accountName", "accountType", "scopes")

# Inputs


class CreateConnection(Input):
    type: str = Field(min_length=1, max_length=128)
    """Connection type, such as `slack` (`connection_type_get`)."""
    name: str = Field(min_length=1, max_length=128)
    """Shown in the list and in the editor."""
    team_id: TeamId | None = None
    data: Credentials | None = None
    """Parameters of the type, such as `{"apiKey": …}`. Without them a person is asked, and you get
    a link."""
    from_vault: dict[str, SecretReference] = Field(default={}, max_length=20)
    """Parameters taken from the secret manager, unseen: `{"apiKey": "secret/crm/api#token"}`."""
    scopes: list[str] = []
    """What an OAuth connection may do."""


# Outputs


class ConnectionCreated(Output):
    reveals: ClassVar[tuple[str, ...]] = ("authorize_url",)

    state: Literal["ready", "failing", "needs_authorization"]
    connection_id: int | None = None
    request_id: str | None = None
    authorize_url: str | None = None
    """Where a person grants access."""
    problem: str | None = None
    """What the service said to the test."""
    next_calls: list[NextCall] = []


# Tools


@category.tool(
    scope="connections:write",
    effect="create",
    outside=True,
    formerly=("connections_create", "create-connection"),
    words=("oauth", "api key", "authorize", "new account"),
    examples=[
        CreateConnection(type="slack", name="Slack, sales", scopes=["chat:write"]),
        CreateConnection(type="openai-gpt-3", name="OpenAI", data={"apiKey": "…"}),
    ],
)
async def connection_create(make: Make, args: CreateConnection) -> ConnectionCreated:
    """Create a connection from its parameters, or get a link on which a person grants it.

    Prefer the link, which works for OAuth types too, or `from_vault`: no secret passes here then.
    With parameters the new connection is tested at once.
    """
    if args.data is None and not args.from_vault:
        return await _ask(make, args)
    data = await with_referenced(make, args.data or {}, args.from_vault, "data")
    _refuse_reserved(data)
    one = await _make(make, args, data)
    if one.is_oauth:
        return ConnectionCreated(
            state="needs_authorization",
            connection_id=one.id,
            authorize_url=make.page_url(f"api/v2/oauth/auth/{one.id}"),
            next_calls=[_verify(one, "After the person has granted access.")],
        )
    check = await check_connection(make, one)
    return ConnectionCreated(
        state="ready" if check.works else "failing",
        connection_id=one.id,
        problem=check.text or None,
        next_calls=[] if check.works else [_verify(one, "Test it again.")],
    )


def _verify(one: ConnectionRecord, why: str) -> NextCall:
    return NextCall(tool="connection_verify", arguments={"connection_ids": [one.id]}, why=why)


async def _ask(make: Make, args: CreateConnection) -> ConnectionCreated:
    wanted = Wanted(kind="connection", type=args.type, scopes=args.scopes, name=args.name)
    try:
        opened: OpenedRequest = await open_request(
            make, args.team_id or 0, [wanted], name=f"Connection “{args.name}”"
        )
    except Failure as failure:
        raise await _with_near_types(make, args, failure) from failure
    return ConnectionCreated(
        state="needs_authorization",
        request_id=opened.request.id,
        authorize_url=opened.public_uri,
        next_calls=[wait_call(opened.request.id)],
    )


def _refuse_reserved(data: Credentials) -> None:
    clash = [name for name in RESERVED if name in data]
    if clash:
        raise Failure(
            "`data` holds members that are arguments of their own.",
            problems=[
                Problem(f"data.{name}", "is set by `name`, `type`, `scopes`.") for name in clash
            ],
            next_step="Call `connection_create` again without them in `data`.",
            code="invalid_arguments",
        )


async def _make(make: Make, args: CreateConnection, data: Credentials) -> ConnectionRecord:
    """Send the parameters. Make calls the display name `accountName` and the type `accountType`."""
    body = {"accountName": args.name, "accountType": args.type, **data}
    if args.scopes:
        body["scopes"] = list(args.scopes)
    try:
        made = await make.write(
            ConfidentialRequest(
                "POST", "/connections", body, {"teamId": args.team_id}, open=RESERVED
            ),
            into=OneConnection,
            says=f"Create the connection “{args.name}” of type {args.type}",
            undo=_undo,
        )
    except Failure as failure:
        raise await _with_near_types(make, args, failure) from failure
    return made.connection


def _undo(made: OneConnection) -> Undo:
    path = f"/connections/{made.connection.id}"
    return Undo((delete(path),), Watch(path, ("connection.name",)))


async def _with_near_types(make: Make, args: CreateConnection, failure: Failure) -> Failure:
    """Add the team's types to a refusal of the type; anything else stays as it is."""
    said = str(getattr(failure, "make_message", "")) + failure.what
    if failure.status != 400 or "type" not in said.lower():
        return failure
    near = await near_connection_types(make, args.type, args.team_id or 0)
    known = f"Types of the team spelled alike: {', '.join(near)}. " if near else ""
    failure.next_step = (
        f"{known}Make's API has no list of types: find the type that a module takes with"
        " `connection_type_get` module=app:module, then call `connection_create` again."
    )
    return failure
