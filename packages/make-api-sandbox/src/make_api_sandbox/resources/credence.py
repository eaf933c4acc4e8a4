"""The page of a credential request, where the person who is asked decides.

It stands under `/credence/{teamId}/{requestId}` below the API, without a credential: GET shows what
is asked, POST plays the person and grants it all. An optional JSON body `{"only": [credentialId],
"decline": {credentialId: reason}, "data": {credentialId: {…}}}` grants some, declines some, or
gives the parameters of types that are not granted in a browser.
"""

import html

from starlette.responses import HTMLResponse, Response

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.body import parse_object
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.key_types import KEY_TYPES
from make_api_sandbox.resources.credential_requests import (
    change_credential,
    connection_type,
    credential_rows,
    credentials_of,
)
from make_api_sandbox.shapes import JsonObject, Row


@route("GET", "/credence/{teamId}/{requestId}", open=True)
def show_page(call: Call) -> Response:
    """What the person sees."""
    row = _opened(call)
    lines = [
        f"<li>{html.escape(str(c['label']))}: {html.escape(str(c['state']))}</li>"
        for c in credentials_of(call.world, row["id"])
    ]
    title = html.escape(row["name"])
    form = '<form method="post"><button>Authorize</button></form>'
    return HTMLResponse(f"<title>{title}</title><h1>{title}</h1><ul>{''.join(lines)}</ul>{form}")


@route("POST", "/credence/{teamId}/{requestId}", open=True)
def authorize(call: Call) -> JsonObject:
    """Play the person: grant what is pending, or what the body says."""
    row = _opened(call)
    asked = row["extra"]["makeProviderId"] or row["extra"]["userId"]
    call.user = call.world.get("users", int(asked)) or {}
    is_json = "json" in call.request.headers.get("content-type", "")
    said = parse_object(call.raw_body) if is_json else {}
    if parse_stamp(row["extra"]["expiresAt"]) <= call.now():
        raise ApiError(410, "SC410", "Credential request has expired.")
    for credential in credential_rows(call.world, row["id"]):
        _answer(call, row, credential, said)
    return {"credentials": credentials_of(call.world, row["id"])}


def _opened(call: Call) -> Row:
    row = call.world.get("credential_requests", call.path("requestId"))
    if row is None or row["team_id"] != call.path_id("teamId"):
        raise not_found("Credential request")
    return row


def _answer(call: Call, request: Row, row: Row, said: JsonObject) -> None:
    declined: JsonObject = said.get("decline", {})
    if row["id"] in declined:
        change_credential(call, row, state="declined", declineReason=declined[row["id"]])
    elif row["extra"]["state"] in ("pending", "reauthorizing") and row["id"] in said.get(
        "only", [row["id"]]
    ):
        data: JsonObject = said.get("data", {}).get(row["id"], {})
        remote = _grant(call, request, row["extra"], data)
        scope = row["extra"]["scope"]
        change_credential(call, row, state="authorized", remoteId=str(remote), remoteScope=scope)


def _grant(call: Call, request: Row, credential: JsonObject, data: JsonObject) -> int:
    """Make the connection or key, or widen the connection that is to be extended."""
    name = credential["nameOverride"] or f"{credential['label']} of {request['name']}"
    if credential["component"] == "keychain":
        theme = KEY_TYPES[credential["name"]].theme
        return call.world.insert(
            "keys",
            team_id=request["team_id"],
            name=name[:128],
            type_name=credential["name"],
            theme=theme,
            parameters=data,
        )
    if credential["remoteId"]:
        known = int(credential["remoteId"])
        call.world.update(
            "connections", known, scopes=credential["scope"], state="valid", expire=None
        )
        return known
    kind = connection_type(call.world, credential["name"])
    return call.world.insert(
        "connections",
        team_id=request["team_id"],
        name=name[:128],
        type=credential["name"],
        label=kind.label,
        account_type=kind.account_type,
        theme=kind.theme,
        editable=kind.account_type == "basic",
        author_id=request["extra"]["userId"],
        scopes=credential["scope"],
        data=data,
    )
