"""Where secrets go in Make: the parameters of connections and keys, and what feeds each of them.

A binding lives beside its secret, in the metadata that the secret manager keeps with it, so every
server that uses the same secret manager sees the same bindings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from make_mcp_base.authoring import Document, Failure, Output
from make_mcp_base.client.failures import NotFound

from make_mcp_core_tools._engine.confidential import ConfidentialRequest
from make_mcp_core_tools._engine.vault_secrets import (
    Place,
    SecretMetadata,
    mounts_of,
    read_metadata,
    secrets_below,
)
from make_mcp_core_tools.enterprise_secrets.key_records import KeyRecord, key_types, read_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make, Request

    from make_mcp_core_tools._engine.vault import Vault

Kind = Literal["connection", "key"]
MOST_SECRETS = 500
"""Secrets whose metadata is read to find bindings."""


class ConnectionRecord(Output):
    """A connection, as far as its parameters go."""

    id: int
    name: str
    team_id: int
    account_name: str
    editable: bool = False


class _OneConnection(Output):
    connection: ConnectionRecord


class _Editable(Output):
    editable_parameters: list[str] = []


class TestAnswer(Output):
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Sink:
    """A connection or key."""

    kind: Kind
    id: int

    def __str__(self) -> str:
        """Name it in words."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Binding:
    """One field of a secret that is one parameter of a connection or key.

    Attributes:
        place: The secret.
        field: Its field.
        sink: The connection or key.
        parameter: Its parameter.
        pushed: Version of the secret that Make was given last; 0 for none by this server.
        metadata: The secret's metadata as it was read.
    """

    place: Place
    field: str
    sink: Sink
    parameter: str
    pushed: int
    metadata: SecretMetadata

    @property
    def id(self) -> str:
        """What names the binding in calls."""
        return f"{self.sink.kind}/{self.sink.id}/{self.parameter}"

    @property
    def is_behind(self) -> bool:
        """True when Make was not given the newest version."""
        return self.pushed != self.metadata.current_version


@dataclass(frozen=True, slots=True)
class Form:
    """What a sink takes.

    Attributes:
        name: Its name in Make.
        type: Type of the connection or key.
        parameters: Names of all its parameters.
        required: Those it cannot do without.
    """

    name: str
    type: str
    team_id: int
    parameters: tuple[str, ...]
    required: tuple[str, ...]


def metadata_key(make: Make, sink: Sink, parameter: str) -> str:
    """Name a binding in the metadata of its secret: one zone's ids are not another's."""
    zone = urlsplit(make.page_url("")).netloc
    return f"make:{zone}:{sink.kind}:{sink.id}:{parameter}"


def metadata_value(name: str, pushed: int) -> str:
    """Write what the metadata keeps of a binding."""
    return json.dumps({"field": name, "pushed": pushed})


def bindings_in(make: Make, place: Place, metadata: SecretMetadata) -> list[Binding]:
    """Read the bindings of a secret to sinks of this zone."""
    zone = urlsplit(make.page_url("")).netloc
    found: list[Binding] = []
    for key, value in sorted((metadata.custom_metadata or {}).items()):
        parts = key.split(":", 4)
        if len(parts) < 5 or parts[:2] != ["make", zone] or not parts[3].isdigit():
            continue
        kept = json.loads(value)
        kind: Kind = "key" if parts[2] == "key" else "connection"
        sink = Sink(kind, int(parts[3]))
        field_name, pushed = str(kept.get("field")), int(kept.get("pushed") or 0)
        found.append(Binding(place, field_name, sink, parts[4], pushed, metadata))
    return found


async def all_bindings(make: Make, vault: Vault) -> tuple[list[Binding], list[str]]:
    """Read every binding our token may see, and tell what could not be looked at."""
    places: list[Place] = []
    not_checked: list[str] = []
    for mount in [one.path for one in await mounts_of(vault) if one.is_versioned]:
        try:
            places += await secrets_below(vault, mount, most=MOST_SECRETS + 1)
        except Failure as failure:
            if failure.code != "vault_forbidden":
                raise
            not_checked.append(f"{mount}: {failure.what}")
    if len(places) > MOST_SECRETS:
        not_checked.append(f"Only {MOST_SECRETS} secrets were looked at.")
    known = await make.each(places[:MOST_SECRETS], lambda place: read_metadata(vault, place))
    found = [
        one
        for place, metadata in zip(places, known, strict=False)
        if metadata
        for one in bindings_in(make, place, metadata)
    ]
    return found, not_checked


async def form_of(make: Make, sink: Sink) -> Form:
    """Read what a sink takes.

    Raises:
        Failure: It does not exist, or takes nothing through the API.
    """
    if sink.kind == "key":
        return await _form_of_key(make, await read_key(make, sink.id))
    path = f"/connections/{sink.id}"
    one = (await make.get(path, into=_OneConnection, scope="connections:read")).connection
    if not one.editable:
        raise Failure(
            f"The credentials of “{one.name}” ({one.id}) cannot be entered through the API.",
            why="It is granted in a browser.",
            next_step="Bind a connection made of parameters (`connection_list`), or a key.",
            code="not_editable",
        )
    told = await make.get(f"{path}/editable-data-schema", into=_Editable, scope="connections:read")
    names = tuple(told.editable_parameters)
    return Form(one.name, one.account_name, one.team_id, names, names)


async def _form_of_key(make: Make, key: KeyRecord) -> Form:
    known = next((one for one in await key_types(make) if one.name == key.type_name), None)
    fields = list(known.fields()) if known else []
    return Form(
        key.name,
        key.type_name,
        key.team_id,
        tuple(dict.fromkeys(one.name for one, _ in fields)),
        tuple(one.name for one, depends in fields if one.required and not depends),
    )


async def name_of(make: Make, sink: Sink) -> str | None:
    """Give the name of a sink; None when Make does not have it."""
    path = f"/{sink.kind}s/{sink.id}"
    try:
        answer = await make.json(path, scope=f"{sink.kind}s:read")
    except NotFound:
        return None
    one = answer.get(sink.kind) if isinstance(answer, dict) else None
    return str(one.get("name")) if isinstance(one, dict) else None


def push_request(sink: Sink, values: Document) -> Request:
    """Make the request that gives a sink all its parameters; plans show their names only."""
    if sink.kind == "key":
        return ConfidentialRequest(
            "PATCH", f"/keys/{sink.id}", {"parameters": values}, scope="keys:write"
        )
    path = f"/connections/{sink.id}/set-data"
    return ConfidentialRequest("POST", path, values, scope="connections:write")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Make's own test said of a sink; `works` is None where Make has no test."""

    works: bool | None
    text: str = ""


async def verify(make: Make, sink: Sink) -> Verdict:
    """Let Make test a connection; keys have no test."""
    if sink.kind == "key":
        return Verdict(None, "Make has no test of keys.")
    try:
        told = await make.ask(
            f"/connections/{sink.id}/test", into=TestAnswer, scope="connections:write"
        )
    except Failure as failure:
        if failure.code not in {"invalid", "refused", "upstream_failed"}:
            raise
        return Verdict(False, str(getattr(failure, "make_message", "")) or failure.what)
    return Verdict(told.verified, "" if told.verified else "The service refused it.")


def by_sink(bindings: Sequence[Binding]) -> dict[Sink, list[Binding]]:
    """Group bindings by what they feed, in a steady order."""
    found: dict[Sink, list[Binding]] = {}
    for one in sorted(bindings, key=lambda one: (one.sink.kind, one.sink.id, one.parameter)):
        found.setdefault(one.sink, []).append(one)
    return found
