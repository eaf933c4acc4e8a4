"""Asking people for access: new connections and keys, and more scopes. API reference, 2.11."""

from __future__ import annotations

from typing import ClassVar, Literal

from make_blueprint.bindings import bindings
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Timestamp,
    Undo,
    Watch,
    call,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.connection_uses import read_blueprint
from make_mcp_core_tools.connections.credential_requests import (
    BASE,
    RequestRecord,
    link_of,
    wait_call,
)
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    READ_SCENARIOS,
    ConnectionRecord,
    OneScenario,
    connections_of,
    read_connection,
)
from make_mcp_core_tools.connections.types import near_connection_types, needed_by

WRITE = "credential-requests:write"

# Inputs


class Wanted(Input):
    """Something to authorize: by type, or by the modules of an app."""

    kind: Literal["connection", "key"] = "connection"
    type: str | None = None
    """Type of the connection or key, such as `google`."""
    scopes: list[str] = []
    app: str | None = None
    """Or an app whose modules need it."""
    modules: list[str] = ["*"]
    """Module names without the app; `*` means all."""
    version: int | None = None
    name: str | None = Field(default=None, max_length=128)
    """Name of the connection or key that is made."""
    description: str | None = Field(default=None, max_length=512)


class Recipient(Input):
    """Another person; Make sends a new one an e-mail."""

    user_id: int | None = None
    """A Make user (`user_list`)."""
    name: str | None = Field(default=None, max_length=255)
    email: str | None = Field(default=None, max_length=256, pattern=r"^[^@\s]+@[^@\s]+$")


class CreateRequest(Input):
    team_id: TeamId | None = None
    items: list[Wanted] = Field(default=[], max_length=64)
    """What to authorize."""
    scenario_id: ScenarioId | None = None
    """Instead of `items`: ask for the connections its blueprint needs and the team lacks."""
    name: str | None = Field(default=None, max_length=255)
    """What the person reads first."""
    description: str | None = Field(default=None, max_length=512)
    """More text for the person."""
    recipient: Recipient | None = None
    """Leave out to pass the link on yourself."""


class ExtendConnection(Input):
    connection_id: ConnectionId
    scopes: list[str] = []
    """Scopes it shall carry."""
    modules: list[str] = []
    """Or modules (`app:module`) whose scopes it shall carry."""
    scenario_id: ScenarioId | None = None
    """Or a scenario that uses it: what its modules need."""


# Outputs


class RequestCreated(Output):
    reveals: ClassVar[tuple[str, ...]] = ("authorize_url",)

    request_id: str
    authorize_url: str
    """The link to open; pass it to the person."""
    status: str
    expires: Timestamp | None = None
    asks_for: list[str] = []
    emailed: bool = False
    next_calls: list[NextCall] = []


class Extended(Output):
    reveals: ClassVar[tuple[str, ...]] = ("authorize_url",)

    connection_id: int
    changed: bool
    """False when every scope is there already."""
    scopes_present: list[str]
    scopes_missing: list[str] = []
    request_id: str | None = None
    authorize_url: str | None = None
    next_calls: list[NextCall] = []


class OpenedRequest(Output):
    request: RequestRecord
    public_uri: str = ""


# Asking


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=(
        "credential-requests_create",
        "credential-requests_create-by-credentials",
        "credential-requests_create-action",
    ),
    words=("authorize", "oauth link", "ask a person", "missing connections"),
    examples=[
        CreateRequest(items=[Wanted(type="slack", scopes=["chat:write"])]),
        CreateRequest(items=[Wanted(app="google-sheets", modules=["addRow"])], name="Sheets"),
    ],
)
async def credential_request_create(make: Make, args: CreateRequest) -> RequestCreated:
    """Ask a person to authorize connections or keys; gives the link they open.

    Items by type, by modules of an app, or the missing ones of a scenario. No secret passes here.
    """
    items = list(args.items) or await _missing(make, args)
    _refuse_faulty(items, args)
    opened = await open_request(
        make,
        args.team_id or 0,
        items,
        name=args.name,
        description=args.description,
        recipient=args.recipient,
    )
    return RequestCreated(
        request_id=opened.request.id,
        authorize_url=opened.public_uri or link_of(make, opened.request),
        status=opened.request.status,
        expires=opened.request.expires_at,
        asks_for=[_words(item) for item in items],
        emailed=opened.request.should_send_email,
        next_calls=[wait_call(opened.request.id)],
    )


def _words(item: Wanted) -> str:
    return f"{item.kind} {item.type}" if item.type else f"{item.app}: {', '.join(item.modules)}"


async def _missing(make: Make, args: CreateRequest) -> list[Wanted]:
    """Find the connections a scenario's blueprint names that its team does not have."""
    if args.scenario_id is None:
        return []
    path = f"/scenarios/{args.scenario_id}"
    scenario = (await make.get(path, into=OneScenario, scope=READ_SCENARIOS)).scenario
    if scenario.team_id != args.team_id:
        raise Failure(
            f"Scenario {scenario.id} belongs to team {scenario.team_id}, not {args.team_id}.",
            next_step=f"Call `credential_request_create` again with team_id={scenario.team_id}.",
            code="other_team",
        )
    found = bindings(await read_blueprint(make, args.scenario_id))
    known = {str(one.id) for one in await connections_of(make, args.team_id or 0)}
    needed = [b for b in found if b.kind == "connection" and str(b.value) not in known]
    types = sorted({b.type for b in needed if b.type})
    untyped = sum(not b.type for b in needed)
    if untyped:
        make.warn(f"{untyped} bindings name no connection type and are left out.")
    if not types:
        raise Failure(
            f"Scenario {args.scenario_id} lacks no connection that can be asked for.",
            why=f"All connections of type known exist in team {args.team_id}.",
            next_step=f"Test them with `connection_verify` all_in_team={args.team_id}.",
            code="nothing_missing",
        )
    return [Wanted(type=name) for name in types]


def _refuse_faulty(items: list[Wanted], args: CreateRequest) -> None:
    problems = [p for at, item in enumerate(items) for p in _faults(at, item)]
    shapes = {item.type is None for item in items}
    if not items:
        problems.append(Problem("items", "is empty.", "Send `items`, or a `scenario_id`."))
    if len(shapes) == 2:
        fix = "Make takes them apart: send two requests."
        problems.append(Problem("items", "mixes items by type and by app.", fix))
    if args.recipient:
        problems += _recipient_faults(args.recipient, args.name, by_type=False in shapes)
    if problems:
        raise Failure(
            "The request cannot be made.",
            problems=problems,
            next_step="Call `credential_request_create` again with the corrections above.",
            code="invalid_arguments",
        )


def _faults(at: int, item: Wanted) -> list[Problem]:
    path = f"items[{at}]"
    if (item.type is None) == (item.app is None):
        return [Problem(path, "needs either `type` or `app`.")]
    if item.app and item.scopes:
        return [Problem(f"{path}.scopes", "go with `type`; modules bring their own.")]
    return []


def _recipient_faults(who: Recipient, name: str | None, *, by_type: bool) -> list[Problem]:
    problems: list[Problem] = []
    if who.user_id is None and not (who.name and who.email):
        problems.append(Problem("recipient", "needs `user_id`, or `name` and `email`."))
    if by_type:
        fix = "Use items by `app`, or leave it out and pass the link on."
        problems.append(Problem("recipient", "works only with items by `app`.", fix))
    if not name:
        problems.append(Problem("name", "is required together with `recipient`."))
    return problems


async def open_request(
    make: Make,
    team_id: int,
    items: list[Wanted],
    *,
    name: str | None = None,
    description: str | None = None,
    recipient: Recipient | None = None,
) -> OpenedRequest:
    """Open a credential request.

    Args:
        make: The call's Make.
        team_id: The team that gets the credentials.
        items: All by type, or all by app.
        name: Its title.
        description: Text for the person.
        recipient: Another person, for items by app.

    Raises:
        Failure: Make refused, for example because a type is unknown.
    """
    told = {"name": name, "description": description}
    body: Document = {"teamId": team_id, **{k: v for k, v in told.items() if v}}
    path = _fill(body, items, recipient)
    asked = ", ".join(_words(item) for item in items)
    try:
        return await make.write(
            post(path, body, scope=WRITE),
            into=OpenedRequest,
            says=f"Ask for {asked}",
            undo=_withdraw,
        )
    except Failure as failure:
        raise await _with_names(make, team_id, items, failure) from failure


def _fill(body: Document, items: list[Wanted], recipient: Recipient | None) -> str:
    """Write what is asked for into a body, and give where it is sent."""
    if items[0].type is None:
        body["credentials"] = [_by_app(item) for item in items]
        if recipient is None:
            return f"{BASE}/actions/create"
        body["provider"] = _provider(recipient)
        return f"{BASE}/requests/v2"
    for key, kind in (("connections", "connection"), ("keys", "key")):
        if wanted := [_by_type(item) for item in items if item.kind == kind]:
            body[key] = wanted
    return f"{BASE}/actions/create-by-credentials"


async def _with_names(make: Make, team_id: int, items: list[Wanted], failure: Failure) -> Failure:
    """Say where the name is found that Make does not know; anything else stays as it is."""
    said = (str(getattr(failure, "make_message", "")) + failure.what).lower()
    if failure.status == 404 and "package" in said:
        failure.next_step = "Find the app's name with `app_list`, then call again."
    elif failure.status == 404 and "user" in said:
        failure.next_step = "Find the person with `user_list`, then call again."
    elif failure.status == 400 and "type" in said:
        names = [await near_connection_types(make, i.type, team_id) for i in items if i.type]
        near = [name for found in names for name in found]
        known = f"Types of the team spelled alike: {', '.join(near)}. " if near else ""
        failure.next_step = (
            f"{known}`connection_type_get` module=app:module tells the type that a module takes;"
            " or ask by `app` and `modules`."
        )
    return failure


def _withdraw(opened: OpenedRequest) -> Undo:
    path = f"{BASE}/requests/{opened.request.id}"
    note = "What the person granted by then stays."
    return Undo((delete(path, scope=WRITE),), Watch(path, ("request.status",)), note)


def _decline(opened: OpenedRequest) -> Undo:
    """Close a request for more scopes: to delete it would delete the connection it is about."""
    path = f"{BASE}/requests/{opened.request.id}"
    back = call("credential_request_decline", request_id=opened.request.id)
    note = "The request is declined; the connection stays as it is."
    return Undo((back,), Watch(path, ("request.status",)), note)


def _by_app(item: Wanted) -> Document:
    body: Document = {"appName": item.app, "appModules": list(item.modules)}
    more = {
        "appVersion": item.version,
        "nameOverride": item.name,
        "description": item.description,
    }
    return body | {name: value for name, value in more.items() if value is not None}


def _by_type(item: Wanted) -> Document:
    body: Document = {"type": item.type}
    if item.kind == "connection" and item.scopes:
        body["scope"] = list(item.scopes)
    more = {"nameOverride": item.name, "description": item.description}
    return body | {name: value for name, value in more.items() if value is not None}


def _provider(who: Recipient) -> Document:
    if who.user_id is not None:
        return {"providerMakeUserId": who.user_id}
    return {"newUser": {"name": who.name, "email": who.email}}


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=("credential-requests_extend", "credential-requests_extend-connection"),
    words=("more scopes", "permissions", "missing scope"),
)
async def credential_request_extend(make: Make, args: ExtendConnection) -> Extended:
    """Ask for more scopes on an existing connection; gives the link they are granted on.

    Scopes that are there already are told and cost nothing: `changed` is false then.
    """
    one = await read_connection(make, args.connection_id)
    wanted = await _scopes_for(make, args, one)
    lacking = [scope for scope in wanted if scope not in one.granted]
    present = [scope for scope in wanted if scope in one.granted]
    if not lacking:
        return Extended(connection_id=one.id, changed=False, scopes_present=present)
    if not one.is_oauth:
        raise Failure(
            f"The connection “{one.name}” ({one.id}) has no scopes.",
            why=f"Its type `{one.account_name}` is not granted in a browser; what it may do is"
            " decided where its key was made.",
            next_step="Make a key with more rights in the app, and enter it with"
            f" `connection_update` connection_id={one.id}.",
            code="no_scopes",
        )
    opened = await make.write(
        post(f"{BASE}/actions/extend", {"connectionId": one.id, "scopes": lacking}),
        into=OpenedRequest,
        says=f"Ask for {len(lacking)} more scopes on “{one.name}” ({one.id})",
        undo=_decline,
        before={"scopes": [*one.granted]},
    )
    return Extended(
        connection_id=one.id,
        changed=True,
        scopes_present=present,
        scopes_missing=lacking,
        request_id=opened.request.id,
        authorize_url=opened.public_uri or link_of(make, opened.request),
        next_calls=[wait_call(opened.request.id)],
    )


async def _scopes_for(make: Make, args: ExtendConnection, one: ConnectionRecord) -> list[str]:
    """Gather the scopes a connection shall carry.

    Raises:
        Failure: Nothing says which.
    """
    modules = [*args.modules, *await _modules_with(make, args.scenario_id, one)]
    needs = await make.each(list(dict.fromkeys(modules)), lambda name: needed_by(make, name))
    wanted = list(dict.fromkeys([*args.scopes, *(s for need in needs for s in need.scopes)]))
    if wanted or modules:
        return wanted
    raise Failure(
        "No scope is named.",
        next_step="Call `credential_request_extend` again with `scopes`, `modules` or"
        " `scenario_id`.",
        code="invalid_arguments",
    )


async def _modules_with(make: Make, scenario_id: int | None, one: ConnectionRecord) -> list[str]:
    """Name the modules of a scenario's blueprint that use a connection.

    Raises:
        Failure: It has none.
    """
    if scenario_id is None:
        return []
    blueprint = await read_blueprint(make, scenario_id)
    bound = [b for b in bindings(blueprint) if b.kind == "connection"]
    ids = {b.module_id for b in bound if str(b.value) == str(one.id)}
    names = [visit.type for visit in walk(blueprint) if visit.id in ids and visit.type]
    if not names:
        raise Failure(
            f"Scenario {scenario_id} has no module that uses “{one.name}” ({one.id}).",
            next_step=f"See who does: `connection_usage_get` connection_id={one.id}.",
            code="invalid_arguments",
        )
    return names
