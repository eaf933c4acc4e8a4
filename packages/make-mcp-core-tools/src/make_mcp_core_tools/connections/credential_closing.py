"""Closing credential requests: decline, take back what was granted, delete. API reference, 2.11."""

from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
    Output,
    Undo,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools.connections.credential_requests import (
    BASE,
    REQUEST_ID,
    CredentialRecord,
    DetailRecord,
    detail_of,
)
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import read_connection
from make_mcp_core_tools.connections.usage import users_of

WRITE = "credential-requests:write"

# Inputs


class OneCredentialOf(Input):
    request_id: str = REQUEST_ID
    """Id of the request (`credential_request_list`)."""
    credential_id: str | None = Field(default=None, pattern=r"^[0-9A-Za-z-]{6,64}$")
    """Id of the credential in it (`credential_request_get`); needed when it has several."""


class Decline(OneCredentialOf):
    reason: str | None = Field(default=None, min_length=1, max_length=2048)
    """Told to whoever asked."""


class DeleteRequest(Input):
    request_id: str = REQUEST_ID
    """Id (`credential_request_list`)."""
    with_credentials: bool = False
    """Also delete the connections and keys that were made from it."""


# Outputs


class CredentialClosed(Output):
    credential_id: str
    state: str
    changed: bool = True
    next_calls: list[NextCall] = []


class RequestDeleted(Output):
    deleted: bool


# Make's answers


class OneCredential(Output):
    credential: CredentialRecord


# Tools


@category.tool(scope=WRITE, effect="update", formerly=("credential-requests_credential-decline",))
async def credential_request_decline(make: Make, args: Decline) -> CredentialClosed:
    """Decline one credential of a request; declining again changes the reason."""
    one = await _credential(make, args)
    if one.state == "declined" and one.decline_reason == args.reason:
        return CredentialClosed(credential_id=one.id, state=one.state, changed=False)
    if one.state == "authorized":
        raise Failure(
            f"The credential {one.id} was granted already and cannot be declined.",
            next_step="Take it back with `credential_request_credential_delete`.",
            code="granted",
        )
    answer = await make.write(
        post(_path(one, "decline"), {"reason": args.reason} if args.reason else {}),
        into=OneCredential,
        says=f"Decline the credential {one.name} ({one.id})",
        before={"state": one.state, "reason": one.decline_reason},
        undo=_open_again(one),
    )
    return CredentialClosed(credential_id=one.id, state=answer.credential.state)


@category.tool(scope=WRITE, effect="delete", formerly=("credential-requests_credential-delete",))
async def credential_request_credential_delete(
    make: Make, args: OneCredentialOf
) -> CredentialClosed:
    """Delete the connection or key a person granted; the credential is then pending again.

    See who uses the connection first: `connection_usage_get`.
    """
    one = await _credential(make, args)
    if one.remote_id is None:
        return CredentialClosed(credential_id=one.id, state=one.state, changed=False)
    kind = "key" if one.component == "keychain" else "connection"
    make.affects(f"The {kind} {one.remote_id} is deleted; scenarios that use it stop working.")
    make.affects(*await _users(make, [one]))
    answer = await make.write(
        post(_path(one, "delete-remote")),
        into=OneCredential,
        says=f"Delete the {kind} {one.remote_id} granted for {one.name}",
        before={"state": one.state, "remote": one.remote_id},
        undo=Irreversible("The person must grant it again."),
    )
    return CredentialClosed(credential_id=one.id, state=answer.credential.state)


@category.tool(scope=WRITE, effect="delete", formerly=("credential-requests_delete",))
async def credential_request_delete(make: Make, args: DeleteRequest) -> RequestDeleted:
    """Delete a credential request; what was granted through it stays only if you take it out first.

    Make deletes a request with granted credentials only together with them.
    """
    request = await detail_of(make, args.request_id)
    granted = [one for one in request.credentials if one.remote_id is not None]
    if granted and not args.with_credentials:
        raise Failure(
            f"The request “{request.name}” was not deleted.",
            why=f"{_names(granted)} came from it, and Make would delete them with it.",
            next_step="Call again with with_credentials=true if they shall go too.",
            code="in_use",
        )
    if granted:
        make.affects(f"Deleted with it: {_names(granted)}.")
        make.affects(*await _users(make, granted))
    return await make.write(
        delete(f"{BASE}/requests/{request.id}", confirmed=True if granted else None),
        into=RequestDeleted,
        says=f"Delete the credential request “{request.name}”",
        before={"status": request.status, "granted": [str(one.remote_id) for one in granted]},
        undo=Irreversible("Its link is gone; ask again with `credential_request_create`."),
    )


# Parts


async def _credential(make: Make, args: OneCredentialOf) -> CredentialRecord:
    request: DetailRecord = await detail_of(make, args.request_id)
    wanted = args.credential_id
    found = [one for one in request.credentials if wanted in (None, one.id)]
    if len(found) != 1:
        known = ", ".join(f"{one.id} ({one.name})" for one in request.credentials)
        raise Failure(
            f"The request has no credential {wanted}." if wanted else "Which credential is meant?",
            why=f"It has {known or 'none'}.",
            next_step="Call again with one of these ids.",
            code="not_found",
        )
    return found[0]


def _open_again(one: CredentialRecord) -> Undo | Irreversible:
    """Make a declined credential pending again, which deletes what it is already tied to."""
    if one.remote_id is not None:
        return Irreversible("Ask again for the scopes with `credential_request_extend`.")
    return Undo((post(_path(one, "delete-remote")),), note="The credential is pending again.")


async def _users(make: Make, granted: list[CredentialRecord]) -> list[str]:
    """Name what uses the connections that go."""
    lines: list[str] = []
    for one in granted:
        told = str(one.remote_id)
        if one.component != "keychain" and told.isdigit():
            connection = await read_connection(make, int(told))
            lines += (await users_of(make, connection)).lines(connection.id)
    return lines


def _path(one: CredentialRecord, action: str) -> str:
    return f"{BASE}/credentials/{one.id}/{action}"


def _names(granted: list[CredentialRecord]) -> str:
    kinds = {"keychain": "key"}
    return ", ".join(f"{kinds.get(c.component, 'connection')} {c.remote_id}" for c in granted)
