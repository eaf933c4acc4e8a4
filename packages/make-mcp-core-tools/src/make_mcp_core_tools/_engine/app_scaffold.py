"""A custom app written from the description of a service.

Only what the description says is written; the rest is left out and named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio.to_thread

from make_mcp_core_tools._engine.app_scaffold_auth import (
    Auth,
    Credentials,
    credentials_of,
    default_scopes,
    oauth_api,
)
from make_mcp_core_tools._engine.app_scaffold_modules import (
    NotWritten,
    code,
    module_names,
    module_of,
)
from make_mcp_core_tools._engine.app_tree import TREE_SECTIONS, AppTree, Component
from make_mcp_core_tools._engine.custom_apps import SECTIONS
from make_mcp_core_tools._engine.openapi_texts import label, line, member, usable, words

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.openapi_operations import Description, Operation

MOST_MODULES = 50
CONNECTION = "connection"
_WHO = frozenset({"me", "whoami", "self", "account", "profile", "ping", "verify", "user"})
_TOLD = ("message", "error", "detail", "title", "description", "msg", "reason")


@dataclass(slots=True)
class Wish:
    """What a caller wants of an app.

    Attributes:
        name: Name of the app.
        title: Name that people see; "" for the service's.
        operations: Ids, or `GET /path`; empty for all.
        base_url: Address of the service; "" for the described one.
        credentials: Those a command uses, for where the document tells of none.
    """

    name: str
    title: str = ""
    operations: list[str] = field(default_factory=list[str])
    auth: Auth = "document"
    auth_name: str = ""
    base_url: str = ""
    credentials: Credentials | None = None


@dataclass(slots=True)
class Scaffold:
    """A new app.

    Attributes:
        modules: Operation of each module, as `GET /pets`.
        unknown: Operations that were asked for and are not there.
        left: What nobody said, to be done by hand.
    """

    tree: AppTree
    connection: str = ""
    modules: dict[str, str] = field(default_factory=dict[str, str])
    unknown: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])


async def scaffolded(service: Description, wish: Wish) -> Scaffold:
    """Write an app as `scaffold` does, in a thread of its own: documents may be large."""
    return await anyio.to_thread.run_sync(scaffold, service, wish)


def scaffold(service: Description, wish: Wish) -> Scaffold:
    """Write an app.

    Args:
        service: The service; its notes grow.
        wish: What is wanted.
    """
    service.server = wish.base_url.rstrip("/") or service.server
    credentials = credentials_of(service, wish.auth, wish.auth_name)
    if wish.auth == "document" and not credentials.kind and wish.credentials:
        credentials = wish.credentials
    title = wish.title or service.title or label(wish.name)
    meta: JsonObject = {"label": title, "theme": "#000000", "language": "en"}
    made = Scaffold(AppTree(meta, dict.fromkeys(TREE_SECTIONS, "")))
    made.connection = credentials.kind
    chosen, made.unknown = _chosen(service, wish.operations)
    if not service.server:
        made.left.append("No address of the service is known: write `baseUrl` into `base`.")
    made.left += credentials.notes
    if credentials.kind:
        _add_connection(made, service, credentials, title)
    _add_modules(made, service, chosen, CONNECTION if credentials.kind else "")
    kept = [one for one in chosen if one.title in made.modules.values()]
    made.tree.sections |= {
        "base": code(_base(service, credentials, kept)),
        "groups": code(_groups(made, kept, title)),
        "readme": _readme(made, service, title),
    }
    made.left += service.notes
    made.left += [f"`{line(ref, 120)}` is nowhere in the document." for ref in _missing(service)]
    if service.schemas.steps < 0:
        made.left.append(
            "The document is very large: the deeper parts of some fields are left out."
        )
    made.left = list(dict.fromkeys(made.left))
    return made


def _missing(service: Description) -> list[str]:
    return list(service.schemas.unresolved)[:5]


def _chosen(service: Description, wanted: list[str]) -> tuple[list[Operation], list[str]]:
    """Choose operations; deprecated ones only by name."""
    if not wanted:
        found = [one for one in service.operations if not one.deprecated]
        old = len(service.operations) - len(found)
        if old:
            service.notes.append(
                f"{old} deprecated operations are left out: name them to have them."
            )
        if len(found) > MOST_MODULES:
            rest = found[MOST_MODULES:]
            more = ", ".join(one.id or one.title for one in rest[:10])
            service.notes.append(
                f"{len(rest)} operations beyond {MOST_MODULES} are left out; name some in"
                f" `operations`: {more} …"
            )
        return found[:MOST_MODULES], []
    known: dict[str, Operation] = {}
    for one in service.operations:
        known.setdefault(one.title.lower(), one)
        known.setdefault(one.id.lower() or one.title.lower(), one)
    asked = [" ".join(name.split()).lower() for name in wanted]
    found = list({id(known[name]): known[name] for name in asked if name in known}.values())
    return found, [name for name, key in zip(wanted, asked, strict=True) if key not in known]


# The connection


def _add_connection(
    made: Scaffold, service: Description, credentials: Credentials, title: str
) -> None:
    """Write the connection; what it says of itself is proved by a request that needs nothing."""
    proof = _proof(service, credentials) if service.server else None
    oauth = credentials.kind.startswith("oauth")
    check: JsonObject | None = None
    if proof is None:
        place = "`info`" if oauth else "`api`"
        made.left.append(f"No operation can prove the connection: write one into its {place}.")
    else:
        check = {"url": f"{proof.server or service.server}{proof.path}", "method": "GET"}
        check |= credentials.parts("connection" if oauth else "parameters")
        made.left.append(f"The connection is proved by {proof.title}: see that it fits.")
    sections = dict.fromkeys((one for one in SECTIONS["connection"] if one != "common"), "")
    sections["api"] = code(oauth_api(credentials, check) if oauth else check or {})
    sections["parameters"] = code(credentials.asked)
    if scopes := default_scopes(credentials):
        sections["scopes"] = code(scopes)
    meta: JsonObject = {"label": title[:120], "type": credentials.kind}
    made.tree.components["connection", CONNECTION] = Component(
        "connection", CONNECTION, meta, sections
    )


def _proof(service: Description, credentials: Credentials) -> Operation | None:
    """Find a request to read that takes no arguments and needs these credentials."""
    fit = [
        one
        for one in service.operations
        if one.method == "get"
        and usable(one.path)
        and "{" not in one.path
        and not any(parameter.required for parameter in one.parameters)
        and (not credentials.scheme or _needs(one, credentials.scheme))
    ]
    return min(fit, key=_distance, default=None)


def _needs(operation: Operation, scheme: str) -> bool:
    return any(scheme in alternative for alternative in operation.security or [])


def _distance(operation: Operation) -> tuple[bool, int]:
    last = operation.path.rstrip("/").rsplit("/", 1)[-1]
    return not _WHO.intersection(word.lower() for word in words(last)), len(operation.path)


# The modules


def _add_modules(
    made: Scaffold, service: Description, chosen: list[Operation], connection: str
) -> None:
    silent = 0
    for name, operation in module_names(chosen).items():
        try:
            module = module_of(service, operation, name, connection)
        except NotWritten as reason:
            service.notes.append(f"{line(operation.title, 120)}: no module, {reason}")
            continue
        if scopes := _scopes(operation):
            module.sections["scope"] = code(scopes)
        made.tree.components["module", name] = module
        made.modules[name] = operation.title
        silent += not module.sections["interface"] and operation.status != "204"
    if silent:
        made.left.append(
            f"Modules whose outputs nobody describes: {silent}; write their `interface`."
        )


def _scopes(operation: Operation) -> list[JsonValue]:
    for alternative in operation.security or []:
        for scopes in alternative.values():
            if scopes:
                return [scope for scope in scopes if usable(scope)]
    return []


# The app itself


def _base(service: Description, credentials: Credentials, kept: list[Operation]) -> JsonObject:
    base: JsonObject = {"baseUrl": service.server} if service.server else {}
    base |= credentials.parts("connection")
    if said := _refusal(service, kept):
        base["response"] = {"error": {"message": f"[{{{{statusCode}}}}] {{{{{said}}}}}"}}
    return base


def _refusal(service: Description, kept: list[Operation]) -> str:
    """Find where the service says what went wrong."""
    for operation in kept:
        if operation.refusal is None or not operation.refusal.is_json:
            continue
        shape = service.schemas.shape(operation.refusal.schema)
        for name in _TOLD:
            inner = service.schemas.shape(shape.properties.get(name), shape.through)
            if inner.type == "string":
                return member(["body", name])
            for below in _TOLD:
                if service.schemas.shape(inner.properties.get(below)).type == "string":
                    return member(["body", name, below])
    return ""


def _groups(made: Scaffold, kept: list[Operation], title: str) -> list[JsonValue]:
    """Group modules by the first tag of their operations."""
    tags = {one.title: one.tag for one in kept}
    tagged = any(tags.values())
    groups: dict[str, list[JsonValue]] = {}
    for name, operation in made.modules.items():
        tag = tags.get(operation) or ("Other" if tagged else title)
        groups.setdefault(tag, []).append(name)
    return [{"label": tag, "modules": modules} for tag, modules in groups.items()]


def _readme(made: Scaffold, service: Description, title: str) -> str:
    version = f" {service.version}" if service.version else ""
    lines = [f"# {title}", "", f"Modules for {service.title or title}{version}."]
    if service.text:
        lines += ["", service.text]
    lines += ["", "## Modules", ""]
    for (_, name), one in made.tree.components.items():
        if one.kind == "module":
            lines.append(f"- {line(one.meta.get('label'), 120)}: `{made.modules[name]}`")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
