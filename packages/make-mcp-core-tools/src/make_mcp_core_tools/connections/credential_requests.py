"""Credential requests: a person authorizes what scenarios need. API reference, chapter 2.11."""

from __future__ import annotations

from typing import ClassVar, Literal

import anyio
from make_mcp_base.authoring import (
    Document,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    TeamId,
    Timestamp,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools.connections.declared import category

BASE = "/credential-requests"
READ = "credential-requests:read"
SETTLED = {"authorized", "declined", "invalid", "partially_authorized"}
Status = Literal[
    "authorized", "declined", "incomplete", "invalid", "partially_authorized", "pending"
]
REQUEST_ID = Field(pattern=r"^[0-9A-Za-z-]{6,64}$")

# Inputs


class ListRequests(PageInput):
    team_id: TeamId | None = None
    status: Status | None = None
    """Only those in this state."""
    name_contains: str | None = Field(default=None, max_length=255)
    """Part of the name."""


class GetRequest(Input):
    request_id: str = REQUEST_ID
    """Id (`credential_request_list`)."""


class WaitForRequest(Input):
    request_id: str = REQUEST_ID
    """Id (`credential_request_list`)."""
    timeout_seconds: int = Field(default=60, ge=1, le=600)
    """How long to wait for the person."""


# Outputs


class RequestRow(Output):
    id: str
    name: str
    status: str
    apps: list[str] = []
    asked: str | None = None
    """Who is asked."""
    expires: Timestamp | None = None


class Requests(Page):
    requests: list[RequestRow]


class CredentialState(Output):
    id: str
    kind: str
    type: str
    app: str | None = None
    state: str
    reason: str | None = None
    """Why it was declined."""
    scopes: list[str] = []
    connection_id: int | None = None
    key_id: int | None = None


class RequestDetail(Output):
    reveals: ClassVar[tuple[str, ...]] = ("authorize_url",)

    id: str
    name: str
    status: str
    description: str | None = None
    asked: str | None = None
    expires: Timestamp | None = None
    authorize_url: str
    credentials: list[CredentialState]


class Waited(Output):
    reveals: ClassVar[tuple[str, ...]] = ("authorize_url",)

    request_id: str
    done: bool
    """True when nothing is open any more."""
    status: str
    waited_seconds: int
    connection_ids: list[int] = []
    key_ids: list[int] = []
    authorize_url: str | None = None
    credentials: list[CredentialState] = []
    """Those that are not authorized."""
    next_calls: list[NextCall] = []


# Make's answers


class Provider(Output):
    name: str | None = None
    email: str | None = None


class RequestRecord(Output):
    id: str
    team_id: int
    name: str = ""
    status: str = "pending"
    description: str | None = None
    expires_at: Timestamp | None = None
    should_send_email: bool = False
    app_names: list[str] = []
    make_provider: Provider | None = None


class CredentialRecord(Output):
    id: str
    component: str = "account"
    name: str = ""
    state: str = "pending"
    scope: list[str] = []
    remote_id: str | int | None = None
    decline_reason: str | None = None
    app_name: str | None = None


class DetailRecord(RequestRecord):
    credentials: list[CredentialRecord] = []


class OneDetail(Output):
    request_detail: DetailRecord


# Reading


@category.tool(
    scope=READ,
    effect="read",
    formerly=("credential-requests_list",),
    words=("pending authorizations",),
)
async def credential_request_list(make: Make, args: ListRequests) -> Requests:
    """List the requests by which people are asked to authorize connections and keys."""
    query: Document = {"teamId": args.team_id, "status": args.status, "name": args.name_contains}
    given = {name: value for name, value in query.items() if value is not None}
    rows = await make.all(f"{BASE}/requests", given, key="requests", item=RequestRecord)
    page, more = page_of([_row(one) for one in rows], args)
    return Requests(requests=page, **more)


def _row(one: RequestRecord) -> RequestRow:
    return RequestRow(
        id=one.id,
        name=one.name,
        status=one.status,
        apps=one.app_names,
        asked=_asked(one),
        expires=one.expires_at,
    )


def _asked(one: RequestRecord) -> str | None:
    return (one.make_provider.name or one.make_provider.email) if one.make_provider else None


@category.tool(
    scope=READ,
    effect="read",
    formerly=("credential-requests_get", "credential-requests_get-detail"),
)
async def credential_request_get(make: Make, args: GetRequest) -> RequestDetail:
    """Show a credential request: the state of each credential, what it made, and the link."""
    one = await detail_of(make, args.request_id)
    return RequestDetail(
        id=one.id,
        name=one.name,
        status=one.status,
        description=one.description,
        asked=_asked(one),
        expires=one.expires_at,
        authorize_url=link_of(make, one),
        credentials=[_state(credential) for credential in one.credentials],
    )


async def detail_of(make: Make, request_id: str) -> DetailRecord:
    """Read a request with its credentials."""
    path = f"{BASE}/requests/{request_id}/detail"
    return (await make.get(path, into=OneDetail)).request_detail


def link_of(make: Make, one: RequestRecord) -> str:
    """Give the address of a request's page; its form is documented (API reference, 2.11)."""
    return make.page_url(f"credence/{one.team_id}/{one.id}")


def _state(one: CredentialRecord) -> CredentialState:
    told = str(one.remote_id or "")
    remote = int(told) if told.isdigit() else None
    is_key = one.component == "keychain"
    return CredentialState(
        id=one.id,
        kind="key" if is_key else "connection",
        type=one.name,
        app=one.app_name,
        state=one.state,
        reason=one.decline_reason,
        scopes=one.scope,
        connection_id=None if is_key else remote,
        key_id=remote if is_key else None,
    )


@category.tool(scope=READ, effect="read", words=("wait for authorization", "granted"))
async def credential_request_wait(make: Make, args: WaitForRequest) -> Waited:
    """Wait until the person has answered, and give the ids of the connections that were made.

    Returns early when everything is authorized or declined; otherwise with `done: false`.
    """
    begun = anyio.current_time()
    pause = 1.0
    while True:
        one = await detail_of(make, args.request_id)
        waited = anyio.current_time() - begun
        left = args.timeout_seconds - waited
        if is_settled(one) or left <= 0:
            return _waited(make, one, round(waited))
        await make.progress(waited, args.timeout_seconds, f"{one.name}: {one.status}")
        await anyio.sleep(min(pause, left))
        pause = min(pause * 1.5, 10)


def is_settled(one: DetailRecord) -> bool:
    """Tell whether no credential of a request is open any more."""
    if one.credentials:
        return all(c.state in SETTLED for c in one.credentials)
    return one.status in SETTLED


def _waited(make: Make, one: DetailRecord, seconds: int) -> Waited:
    states = [_state(credential) for credential in one.credentials]
    done = is_settled(one)
    granted = [state for state in states if state.state == "authorized"]
    return Waited(
        request_id=one.id,
        done=done,
        status=one.status,
        waited_seconds=seconds,
        connection_ids=[s.connection_id for s in granted if s.connection_id is not None],
        key_ids=[s.key_id for s in granted if s.key_id is not None],
        authorize_url=None if done else link_of(make, one),
        credentials=[state for state in states if state.state != "authorized"],
        next_calls=[] if done else [wait_call(one.id)],
    )


def wait_call(request_id: str) -> NextCall:
    """Give the call that waits for a request."""
    return NextCall(
        tool="credential_request_wait",
        arguments={"request_id": request_id},
        why="Get the connection id once the person has granted access.",
    )
