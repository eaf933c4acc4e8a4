"""Connections: list, look at, change and delete them. API reference, chapter 2.10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Timestamp,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.confidential import ConfidentialRequest, Credentials
from make_mcp_core_tools._engine.vault_secrets import SecretReference, with_referenced
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    Changed,
    ConnectionRecord,
    OneConnection,
    connections_of,
    read_connection,
)
from make_mcp_core_tools.connections.types import needed_by
from make_mcp_core_tools.connections.usage import Users, users_of
from make_mcp_core_tools.connections.verifying import check_connection

NAME = Field(default=None, min_length=1, max_length=128)

# Inputs


class ListConnections(PageInput):
    team_id: TeamId | None = None
    types: list[str] = []
    """Connection types, such as `slack`."""
    module: str | None = Field(default=None, pattern=r"^[^:]+:[^:]+$")
    """Only those this module can use: `app:module`."""
    scopes: list[str] = []
    """Only those that carry all these scopes; needs `types`."""
    name_contains: str | None = None
    """Part of the name, in any case."""
    unused: bool = False
    """Only those no scenario uses."""
    expiring_days: int | None = Field(default=None, ge=0, le=3650)
    """Only those that have expired or will within so many days."""


class GetConnection(Input):
    connection_id: ConnectionId
    include: list[Literal["editable", "scopes", "usage"]] = []
    """`editable`: parameters that can be entered again; `usage`: scenarios, hooks, agents."""


class UpdateConnection(Input):
    connection_id: ConnectionId
    name: str | None = NAME
    """New name."""
    data: Credentials | None = None
    """All parameters anew: those left out are emptied. `connection_get` lists them."""
    from_vault: dict[str, SecretReference] = Field(default={}, max_length=20)
    """Those taken from the secret manager, unseen: `{"apiKey": "secret/crm/api#token"}`."""


class DeleteConnection(Input):
    connection_id: ConnectionId
    ignore_dependents: bool = False
    """Delete although something uses it; then with `name`."""
    name: str | None = None
    """Its exact name; needed when something uses it."""


# Outputs


class ConnectionRow(Output):
    id: int
    name: str
    type: str
    account: str | None = None
    """Whose account it is."""
    expires: Timestamp | None = None
    used_by: int | None = None
    """Scenarios that use it."""


class Connections(Page):
    connections: list[ConnectionRow]


class Connection(Output):
    id: int
    name: str
    type: str
    app: str
    account: str | None = None
    access: str
    """`oauth` is granted in a browser, `basic` has parameters."""
    expires: Timestamp | None = None
    team_id: int
    scopes: list[str] | None = None
    editable: bool
    parameters: list[str] | None = None
    """Names of what `connection_update` takes as `data`."""
    used_by: list[str] | None = None
    not_checked: list[str] | None = None
    next_calls: list[NextCall] = []


class ConnectionUpdated(Output):
    connection_id: int
    name: str
    changed: bool
    verified: bool | None = None
    """Whether the new credentials work, by Make's own test."""
    problem: str | None = None
    next_calls: list[NextCall] = []


class ConnectionBackup(Output):
    """What is left of a deleted connection; credentials are not."""

    name: str
    type: str
    access: str
    scopes: list[str] = []


class ConnectionDeleted(Output):
    deleted: int
    backup: ConnectionBackup
    was_used_by: list[str] = []


class Deleted(Output):
    connection: int


class Editable(Output):
    editable_parameters: list[str] = []


# Reading


@category.tool(
    scope="connections:read",
    effect="read",
    formerly=("connections_list", "list-connections"),
    words=("credentials", "accounts", "expired"),
)
async def connection_list(make: Make, args: ListConnections) -> Connections:
    """List a team's connections: type, account, expiry, number of scenarios that use each.

    `module` finds those a module can use, `unused` what may go, `expiring_days` what needs care.
    """
    types, scopes = list(args.types), list(args.scopes)
    if args.module:
        need = await needed_by(make, args.module)
        types, scopes = [t for t in need.types if not types or t in types], [*scopes, *need.scopes]
    if scopes and not types:
        raise Failure(
            "`scopes` needs to know of which connection type they are.",
            next_step="Call `connection_list` again with `types` or `module`.",
            code="invalid_arguments",
        )
    query = {"type": types, **{name: scopes for name in types if scopes}}
    rows = await connections_of(make, args.team_id or 0, query)
    page, more = page_of([_row(one) for one in rows if _is_wanted(one, args, types)], args)
    return Connections(connections=page, **more)


def _is_wanted(one: ConnectionRecord, args: ListConnections, types: list[str]) -> bool:
    if (args.module or types) and one.account_name not in types:
        return False
    if not one.scoped or (args.unused and one.scenario_usages):
        return False
    if args.name_contains and args.name_contains.casefold() not in one.name.casefold():
        return False
    return args.expiring_days is None or expires_within(one, args.expiring_days)


def expires_within(one: ConnectionRecord, days: int) -> bool:
    """Tell whether a connection has expired or will within some days."""
    return one.expire is not None and one.expire <= datetime.now(UTC) + timedelta(days=days)


def _row(one: ConnectionRecord) -> ConnectionRow:
    return ConnectionRow(
        id=one.id,
        name=one.name,
        type=one.account_name,
        account=one.metadata.value if one.metadata else None,
        expires=one.expire,
        used_by=None if one.scenario_usages is None else len(one.scenario_usages),
    )


@category.tool(
    scope="connections:read", effect="read", formerly=("connections_get", "get-connection")
)
async def connection_get(make: Make, args: GetConnection) -> Connection:
    """Get one connection: type, account, expiry, scopes, and what uses it. Never its secrets."""
    one = await read_connection(make, args.connection_id)
    wants_usage = "usage" in args.include
    users = await users_of(make, one) if wants_usage else Users()
    editable = one.editable and "editable" in args.include
    return Connection(
        id=one.id,
        name=one.name,
        type=one.account_name,
        app=one.account_label,
        account=one.metadata.value if one.metadata else None,
        access=one.account_type,
        expires=one.expire,
        team_id=one.team_id,
        scopes=one.granted if "scopes" in args.include or one.is_oauth else None,
        editable=one.editable,
        parameters=await _parameters(make, one) if editable else None,
        used_by=users.lines(one.id) if wants_usage else None,
        not_checked=users.not_checked or None,
        next_calls=[
            NextCall(
                tool="connection_verify",
                arguments={"connection_ids": [one.id]},
                why="Test whether it works now.",
            )
        ],
    )


async def _parameters(make: Make, one: ConnectionRecord) -> list[str]:
    path = f"/connections/{one.id}/editable-data-schema"
    return (await make.get(path, into=Editable)).editable_parameters


# Changing


@category.tool(
    scope="connections:write",
    effect="update",
    outside=True,
    formerly=("connections_update", "connections_set-data", "update-connection"),
    words=("rename", "rotate", "reauthorize", "new api key"),
    examples=[UpdateConnection(connection_id=31, name="Slack, sales")],
)
async def connection_update(make: Make, args: UpdateConnection) -> ConnectionUpdated:
    """Rename a connection, or enter its credentials again and test them.

    `data` replaces all parameters and cannot be taken back, so it asks for a plan first.
    Connections granted in a browser take no `data`.
    """
    one = await read_connection(make, args.connection_id)
    enters = args.data is not None or bool(args.from_vault)
    data = await with_referenced(make, args.data or {}, args.from_vault, "data")
    if enters:
        await _check_data(make, one, data)
        make.confirm("All credentials of the connection are replaced; Make cannot give them back.")
    renames = args.name is not None and args.name != one.name
    if renames:
        await _rename(make, one, args.name or "")
    told = ConnectionUpdated(connection_id=one.id, name=args.name or one.name, changed=renames)
    return await _reenter(make, one, data, told) if enters else told


async def _rename(make: Make, one: ConnectionRecord, name: str) -> None:
    path = f"/connections/{one.id}"
    make.shows(f"name: {one.name} -> {name}")
    await make.write(
        patch(path, {"name": name}),
        into=OneConnection,
        says=f"Rename the connection “{one.name}” ({one.id}) to “{name}”",
        undo=Undo((patch(path, {"name": one.name}),), Watch(path, ("connection.name",))),
        before={"name": one.name},
        predict={"connection": one.model_copy(update={"name": name}).model_dump(mode="json")},
    )


async def _check_data(make: Make, one: ConnectionRecord, data: Credentials) -> None:
    """Refuse data that Make would refuse, and tell what would be emptied."""
    if not one.editable:
        raise Failure(
            f"The credentials of “{one.name}” ({one.id}) cannot be entered through the API.",
            why="It is granted in a browser." if one.is_oauth else "Make does not allow it.",
            next_step=f"Have its owner open {make.page_url(f'api/v2/oauth/reauth/{one.id}')}, or"
            f" ask somebody with `credential_request_create` for a new connection of type"
            f" `{one.account_name}`.",
            code="not_editable",
        )
    allowed = await _parameters(make, one)
    unknown = [name for name in data if name not in allowed]
    if unknown:
        fix = f"Valid: {', '.join(allowed)}."
        raise Failure(
            f"A connection of type `{one.account_name}` has no such parameters.",
            problems=[Problem(f"data.{name}", "is not a parameter.", fix) for name in unknown],
            next_step="Call `connection_update` again with the valid ones.",
            code="invalid_arguments",
        )
    if emptied := [name for name in allowed if name not in data]:
        make.warn(f"Emptied, because `data` does not hold them: {', '.join(emptied)}.")


async def _reenter(
    make: Make, one: ConnectionRecord, data: Credentials, told: ConnectionUpdated
) -> ConnectionUpdated:
    uses = len(one.scenario_usages or [])
    make.affects(f"{uses} scenarios use this connection." if uses else "Type " + one.account_name)
    done = await make.write(
        ConfidentialRequest("POST", f"/connections/{one.id}/set-data", data),
        into=Changed,
        says=f"Replace the credentials of “{one.name}” ({one.id})",
        undo=Irreversible("Make never gives back credentials that were replaced."),
        before={"name": one.name},
    )
    check = await check_connection(make, one)
    told.changed = told.changed or done.changed
    told.verified, told.problem = check.works, check.text or None
    told.next_calls = [] if check.works else [_diagnose(one)]
    return told


def _diagnose(one: ConnectionRecord) -> NextCall:
    return NextCall(
        tool="connection_diagnose",
        arguments={"connection_id": one.id},
        why="Make's test of the connection failed.",
    )


@category.tool(
    scope="connections:write",
    effect="delete",
    formerly=("connections_delete", "delete-connection"),
)
async def connection_delete(make: Make, args: DeleteConnection) -> ConnectionDeleted:
    """Delete a connection. Refused, with the list of users, while something uses it.

    Its credentials cannot be brought back. To move the users first: `connection_replace`; to delete
    it all the same, give its exact `name`.
    """
    one = await read_connection(make, args.connection_id)
    users = await users_of(make, one)
    lines = users.lines(one.id)
    if users and not (args.ignore_dependents and args.name == one.name):
        raise _in_use(one, lines, misnamed=args.ignore_dependents)
    for line in [*lines, *(f"Not checked: {text}" for text in users.not_checked)]:
        make.affects(line)
    backup = ConnectionBackup(
        name=one.name, type=one.account_name, access=one.account_type, scopes=one.granted
    )
    gone = await make.write(
        delete(f"/connections/{one.id}", confirmed=True),
        into=Deleted,
        says=f"Delete the connection “{one.name}” ({one.id}) of type {one.account_name}",
        undo=Irreversible("Make keeps nothing of a deleted connection, and never showed its data."),
        before={"name": one.name, "users": [*lines]},
    )
    return ConnectionDeleted(deleted=gone.connection, backup=backup, was_used_by=lines)


def _in_use(one: ConnectionRecord, lines: list[str], *, misnamed: bool) -> Failure:
    problems = [Problem("", line) for line in lines]
    if misnamed:
        problems.append(Problem("name", "is not the exact name of the connection."))
    return Failure(
        f"The connection {one.id} is in use; nothing was deleted.",
        problems=problems,
        next_step=f"Move the scenarios with `connection_replace` from_id={one.id}, delete app hooks"
        f" with `hook_delete`, or call `connection_delete` with connection_id={one.id},"
        " ignore_dependents=true and `name` set to its exact name (`connection_get`).",
        code="in_use",
    )
