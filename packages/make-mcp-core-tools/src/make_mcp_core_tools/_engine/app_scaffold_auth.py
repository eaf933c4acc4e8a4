"""The connection of a scaffolded app: what it asks for, and how requests carry it.

Credentials never stand in code: requests take them from the connection. OAuth 2.0 as RFC 6749
lays it down, in the members Make's connections of type `oauth` have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from make_blueprint.document import as_object

from make_mcp_core_tools._engine.openapi_texts import camel, label, line, usable

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.openapi_operations import Description

Auth = Literal["document", "none", "header_key", "query_key", "basic", "bearer", "oauth2"]
_FLOWS = {
    "authorizationCode": "oauth",
    "clientCredentials": "oauth-clicre",
}
_CLIENT = {
    "client_id": "{{ifempty(parameters.clientId, common.clientId)}}",
    "client_secret": "{{ifempty(parameters.clientSecret, common.clientSecret)}}",
}


@dataclass(slots=True)
class Credentials:
    """How a service knows its callers.

    Attributes:
        kind: Type of the connection in Make; "" without one.
        scheme: Name of the scheme in the document, or "".
        headers: Headers of a request, with `{from}` where the values come from.
        asked: Fields of the connection.
        flow: Flow of OAuth 2.0, as the document has it.
        notes: What is left to do.
    """

    kind: str = ""
    scheme: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    query: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[JsonValue] = field(default_factory=list["JsonValue"])
    flow: JsonObject = field(default_factory=dict[str, "JsonValue"])
    notes: list[str] = field(default_factory=list[str])

    def parts(self, source: str) -> JsonObject:
        """Give headers, query and log of requests.

        Args:
            source: `connection` in requests of the app, `parameters` while it is being made.
        """
        made: JsonObject = {}
        for name, rows in (("headers", self.headers), ("qs", self.query)):
            if rows:
                made[name] = {key: value.replace("SOURCE", source) for key, value in rows.items()}
        hidden: list[JsonValue] = [f"request.headers.{name}" for name in self.headers]
        hidden += [f"request.qs.{name}" for name in self.query]
        if hidden:
            made["log"] = {"sanitize": hidden}
        return made


def credentials_of(service: Description, auth: Auth, name: str) -> Credentials:
    """Decide how an app proves who it is.

    Args:
        service: The service, for its schemes.
        auth: What the caller wants; `document` for what the service says.
        name: Name of the header or query parameter of a key, "" for the document's.
    """
    if auth != "document":
        return _wanted(service, auth, name)
    used = _used(service)
    for scheme in used:
        found = _of_scheme(scheme, service.schemes.get(scheme, {}))
        if found.kind:
            others = [line(one, 60) for one in used if one != scheme]
            if others:
                found.notes.append(f"Other credentials are described too: {', '.join(others)}.")
            return found
    notes = [f"The scheme `{line(one, 60)}` is none that is written here." for one in used]
    if not used:
        notes = ["The document asks for no credentials: requests carry none."]
    return Credentials(notes=notes)


def _used(service: Description) -> list[str]:
    """Name the schemes that operations use, the most used first."""
    times: dict[str, int] = {}
    for operation in service.operations:
        for alternative in operation.security or []:
            for name in alternative:
                times[name] = times.get(name, 0) + 1
    return sorted(times, key=lambda name: -times[name])


def _wanted(service: Description, auth: Auth, name: str) -> Credentials:
    if auth == "oauth2":
        schemes = [(key, row) for key, row in service.schemes.items() if row.get("type") == auth]
        for key, row in schemes:
            if (found := _of_scheme(key, row)).kind:
                return found
        return _oauth("", {}, "oauth")
    if auth == "none":
        return Credentials()
    if auth == "basic":
        return basic("")
    if auth == "bearer":
        return _key("", headers={"authorization": "Bearer {{SOURCE.apiKey}}"})
    for key, row in service.schemes.items():
        where, given = row.get("in"), row.get("name")
        if not name and f"{where}_key" == auth and isinstance(given, str) and usable(given):
            return _key_in(key, str(where), given)
    return _key_in("", auth.removesuffix("_key"), name or "api_key")


def _of_scheme(name: str, scheme: JsonObject) -> Credentials:
    kind, given = scheme.get("type"), scheme.get("name")
    if kind == "apiKey" and isinstance(given, str) and usable(given):
        return _key_in(name, str(scheme.get("in")), given)
    if kind == "http":
        how = str(scheme.get("scheme")).lower()
        if how == "basic":
            return basic(name)
        if how == "bearer":
            return _key(name, headers={"authorization": "Bearer {{SOURCE.apiKey}}"})
    if kind == "oauth2":
        flows = as_object(scheme.get("flows"))
        for flow, made in _FLOWS.items():
            if isinstance(flows.get(flow), dict):
                return _oauth(name, as_object(flows[flow]), made)
    return Credentials()


def _key_in(scheme: str, where: str, name: str) -> Credentials:
    if where == "query":
        return _key(scheme, query={name: "{{SOURCE.apiKey}}"})
    if where == "cookie":
        return _key(scheme, headers={"cookie": f"{name}={{{{SOURCE.apiKey}}}}"})
    return _key(scheme, headers={name.lower(): "{{SOURCE.apiKey}}"})


def _key(
    scheme: str, *, headers: dict[str, str] | None = None, query: dict[str, str] | None = None
) -> Credentials:
    asked: JsonObject = {"name": "apiKey", "type": "password", "label": "API key", "required": True}
    return Credentials("apikey", scheme, headers or {}, query or {}, [asked])


def basic(scheme: str) -> Credentials:
    """Give credentials of user name and password (RFC 7617)."""
    name: JsonObject = {"name": "username", "type": "text", "label": "User name", "required": True}
    word: JsonObject = {"name": "password", "type": "password", "label": "Password"}
    pair = "Basic {{base64(SOURCE.username + ':' + SOURCE.password)}}"
    return Credentials(
        "basic", scheme, {"authorization": pair}, {}, [name, word | {"required": True}]
    )


def _oauth(scheme: str, flow: JsonObject, kind: str) -> Credentials:
    asked: list[JsonValue] = [
        {"name": "clientId", "type": "text", "label": "Client ID", "advanced": True},
        {"name": "clientSecret", "type": "password", "label": "Client secret", "advanced": True},
    ]
    notes = [
        "Give the connection a client ID and secret: section `common` of the connection, or each"
        " person fills in their own."
    ]
    refreshed = kind == "oauth" and _address(flow.get("refreshUrl"))
    if kind == "oauth" and not refreshed:
        notes.append("The document names no address for refreshing tokens.")
    notes += [
        f"The document names no `{member}`: complete the connection's `api`."
        for member in _addresses(kind)
        if not _address(flow.get(member))
    ]
    header = {"authorization": "Bearer {{SOURCE.accessToken}}"}
    made = "oauth-refresh" if refreshed else kind
    return Credentials(made, scheme, header, {}, asked, flow, notes)


def with_secret(credentials: Credentials, name: str, source: str = "connection") -> str:
    """Have the connection ask for one more secret, and give the expression that holds it.

    Args:
        credentials: They grow.
        name: What the service calls it.
        source: Where the expression looks; `SOURCE` in headers and query of all requests.
    """
    taken = {str(as_object(row).get("name")) for row in credentials.asked}
    plain = own = "apiKey" if not taken else camel(name, "key")
    number = 2
    while own in taken:
        own, number = f"{plain}{number}", number + 1
    title = "API key" if own == "apiKey" else label(name)
    asked: JsonObject = {"name": own, "type": "password", "label": title, "required": True}
    credentials.asked.append(asked)
    credentials.kind = credentials.kind or "apikey"
    return f"{{{{{source}.{own}}}}}"


def oauth_api(credentials: Credentials, check: JsonObject | None) -> JsonObject:
    """Write the communication of a connection of OAuth 2.0.

    Args:
        credentials: A connection of OAuth 2.0.
        check: Request that proves it, or None.
    """
    flow, api = credentials.flow, dict[str, "JsonValue"]()
    grant: JsonObject = {"grant_type": "client_credentials"}
    if credentials.kind != "oauth-clicre":
        asking: JsonObject = {"response_type": "code", "client_id": _CLIENT["client_id"]}
        asking |= {"redirect_uri": "{{oauth.redirectUri}}", "scope": "{{join(oauth.scope, ' ')}}"}
        authorize = _with_url(flow.get("authorizationUrl"))
        authorize["qs"] = asking
        authorize["response"] = {"temp": {"code": "{{query.code}}"}}
        api["authorize"] = authorize
        grant = {"grant_type": "authorization_code", "code": "{{temp.code}}"}
        grant["redirect_uri"] = "{{oauth.redirectUri}}"
    else:
        grant["scope"] = "{{join(oauth.scope, ' ')}}"
    api["token"] = _token(flow.get("tokenUrl"), grant)
    if credentials.kind == "oauth-refresh":
        again: JsonObject = {"grant_type": "refresh_token"}
        again["refresh_token"] = "{{data.refreshToken}}"
        api["refresh"] = {"condition": "{{data.expires < addMinutes(now, 15)}}"} | _token(
            flow.get("refreshUrl"), again
        )
    if check:
        api["info"] = check
    return api


def default_scopes(credentials: Credentials) -> JsonObject:
    """Give the scopes of OAuth 2.0 and what each allows."""
    rows = as_object(credentials.flow.get("scopes"))
    return {name: line(text) or label(name) for name, text in rows.items() if usable(name)}


def _token(address: JsonValue, grant: JsonObject) -> JsonObject:
    kept = {"accessToken": "{{body.access_token}}", "refreshToken": "{{body.refresh_token}}"}
    kept["expires"] = "{{addSeconds(now, body.expires_in)}}"
    hidden = ["request.body.code", "request.body.client_secret", "request.body.refresh_token"]
    hidden += ["response.body.access_token", "response.body.refresh_token"]
    request = _with_url(address)
    request |= {"method": "POST", "type": "urlencoded", "body": {**grant, **_CLIENT}}
    request["response"] = {"data": {**kept}}
    request["log"] = {"sanitize": [*hidden]}
    return request


def _addresses(kind: str) -> tuple[str, ...]:
    return ("tokenUrl",) if kind == "oauth-clicre" else ("authorizationUrl", "tokenUrl")


def _with_url(value: JsonValue) -> JsonObject:
    return {"url": url} if (url := _address(value)) else {}


def _address(value: JsonValue) -> str:
    url = line(value, 500)
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    complete = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return url if complete and url == value else ""
