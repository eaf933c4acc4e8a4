"""Making components of custom apps."""

import re
from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Problem,
    Undo,
    delete,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.custom_apps import (
    MODULE_TYPES,
    SECTIONS,
    UNVERSIONED,
    WRITE,
    AppName,
    Kind,
    Major,
    Place,
)
from make_mcp_core_tools.sdk.components import ComponentSaved, described
from make_mcp_core_tools.sdk.declared import category

CONNECTION_TYPES = (
    "oauth",
    "oauth-refresh",
    "oauth-resowncre",
    "oauth-clicre",
    "oauth-1",
    "apikey",
    "basic",
    "other",
)
WEBHOOK_TYPES = ("web", "web-shared")
_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z]+[0-9a-zA-Z]")
_TYPES: dict[Kind, tuple[str, ...]] = {
    "connection": CONNECTION_TYPES,
    "webhook": WEBHOOK_TYPES,
    "module": tuple(MODULE_TYPES),
}
_TAKES: dict[Kind, tuple[str, ...]] = {
    "connection": ("type", "label"),
    "webhook": ("type", "label", "connection"),
    "module": ("name", "type", "label", "description", "connection", "webhook", "crud", "like"),
    "rpc": ("name", "label", "connection"),
    "function": ("name",),
    "endpoint": ("name", "label", "description", "attached_accounts"),
}
_NEEDS: dict[Kind, tuple[str, ...]] = {
    "connection": ("type", "label"),
    "webhook": ("type", "label"),
    "module": ("name", "type", "label"),
    "rpc": ("name", "label"),
    "function": ("name",),
    "endpoint": ("name", "label"),
}

# Inputs


class CreateComponent(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    kind: Kind
    """Connections and webhooks serve all versions and are named by Make."""
    name: str | None = Field(default=None, max_length=100)
    """Letters and digits, such as `getStock`; for modules, RPCs, functions, endpoints."""
    label: str | None = Field(default=None, min_length=1, max_length=128)
    """Name that people see; functions have none."""
    type: str | None = None
    """Module: trigger, action, search, instant_trigger, responder, universal. Connection: oauth,
    oauth-refresh, oauth-resowncre, oauth-clicre, oauth-1, apikey, basic, other. Webhook: web
    (dedicated), web-shared."""
    description: str | None = None
    """Modules and endpoints."""
    connection: str | None = None
    """Modules, RPCs and webhooks: name of one of the app's connections."""
    webhook: str | None = None
    """Instant triggers: name of one of the app's webhooks."""
    crud: Literal["create", "read", "update", "delete"] | None = None
    """Action modules: what they do."""
    like: str | None = None
    """Modules: begin with the code of this module; `example` for example code."""
    attached_accounts: list[str] | None = None
    """Endpoints: names of connections."""


# Make's answers


class _Answer(RootModel[dict[str, Json]]):
    """An answer under the wrapper of its kind."""


# Tools


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=(
        "sdk-connections_create",
        "sdk-modules_create",
        "sdk-rpcs_create",
        "sdk-functions_create",
        "sdk-webhooks_create",
        "sdk-endpoints_create",
    ),
    examples=(
        CreateComponent(
            app="harbor-stock-a1b2c3", kind="module", name="getStock", type="action", label="Get"
        ),
        CreateComponent(app="harbor-stock-a1b2c3", kind="connection", type="apikey", label="Key"),
    ),
)
async def sdk_component_create(make: Make, args: CreateComponent) -> ComponentSaved:
    """Create a component of a custom app: connection, module, RPC, webhook, function, endpoint."""
    _refuse(_problems(args))
    place = Place(args.app, args.version, args.kind, args.name or "")
    body = _body(args)
    answer = await make.write(
        post(place.list_path, body),
        into=_Answer,
        says=f"Create the {args.kind} “{args.label or args.name}” of {args.app}",
        undo=lambda made: Undo((delete(place.of(args.kind, _name(made, place)).path),)),
    )
    name = _name(answer, place)
    if args.kind in UNVERSIONED:
        make.warn(f"Make named it `{name}`.")
    arguments: Document = {"app": args.app, "version": args.version, "kind": args.kind}
    arguments |= {"name": name, "section": SECTIONS[args.kind][0]}
    call = NextCall(tool="sdk_component_section_get", arguments=arguments, why="Read its code.")
    return ComponentSaved(component=described(args.kind, body | {"name": name}), next_calls=[call])


# Parts


def _name(answer: _Answer, place: Place) -> str:
    """Read the name that Make gave; types of the official client leave it out for webhooks."""
    found = answer.root.get(place.key)
    name = found.get("name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else place.name


def _body(args: CreateComponent) -> Document:
    body: Document = {
        "name": args.name,
        "label": args.label,
        "description": args.description,
        "connection": args.connection,
        "webhook": args.webhook,
        "crud": args.crud,
        "attachedAccounts": args.attached_accounts,
    }
    if args.kind == "module":
        body["typeId"] = MODULE_TYPES[args.type or ""]
        body |= _first_code(args.like)
    else:
        body["type"] = args.type
    return {key: value for key, value in body.items() if value is not None}


def _first_code(like: str | None) -> Document:
    if like is None:
        return {"moduleInitMode": "blank"}
    if like == "example":
        return {"moduleInitMode": "example"}
    return {"moduleInitMode": "module", "moduleInitSource": like}


def _problems(args: CreateComponent) -> list[Problem]:
    takes, needs = _TAKES[args.kind], _NEEDS[args.kind]
    given = args.sent() - {"app", "version", "kind"}
    problems = [
        Problem(name, f"is nothing that a {args.kind} has.", f"It takes {', '.join(takes)}.")
        for name in sorted(given - set(takes))
    ]
    problems += [
        Problem(name, f"is needed for a {args.kind}.")
        for name in needs
        if getattr(args, name) in (None, "")
    ]
    types = _TYPES.get(args.kind, ())
    if args.type and types and args.type not in types:
        problems.append(Problem("type", f"has to be one of {', '.join(types)}."))
    if args.name and "name" in takes and not _NAME.fullmatch(args.name):
        problems.append(Problem("name", "has to be 3 letters or digits or more, a letter first."))
    if args.kind == "module" and args.type == "instant_trigger" and not args.webhook:
        fix = "Create one with `sdk_component_create` kind=webhook."
        problems.append(Problem("webhook", "is needed for an instant trigger.", fix))
    return problems


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "The component was not created.",
            next_step="Call `sdk_component_create` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
