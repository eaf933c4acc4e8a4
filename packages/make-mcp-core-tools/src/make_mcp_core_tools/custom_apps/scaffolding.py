"""A custom app begun from what is written about a service: OpenAPI, or a curl command."""

from make_mcp_base.authoring import Failure, Input, Make, NextCall, Output, Problem
from pydantic import Field

from make_mcp_core_tools._engine.app_files import files_of
from make_mcp_core_tools._engine.app_folders import begin_folder
from make_mcp_core_tools._engine.app_scaffold import Scaffold, Wish, scaffolded
from make_mcp_core_tools._engine.app_scaffold_auth import Auth
from make_mcp_core_tools._engine.app_tree import AppTree
from make_mcp_core_tools._engine.openapi_operations import Description
from make_mcp_core_tools._engine.openapi_source import LONGEST
from make_mcp_core_tools._engine.service_descriptions import service_of
from make_mcp_core_tools.custom_apps.declared import category

_MOST_LEFT = 40
_MOST_SHOWN = 20
_CURL = "curl https://api.example.com/v1/pets -H 'Authorization: Bearer …'"

# Inputs


class ScaffoldApp(Input):
    name: str = Field(pattern=r"^[a-z][0-9a-z-]{1,60}[0-9a-z]$")
    """Name of the new app: lower-case letters, digits, hyphens."""
    spec: str | None = Field(default=None, min_length=1, max_length=LONGEST)
    """OpenAPI 3 document as JSON or YAML text, or its public address."""
    curl: str | None = Field(default=None, min_length=1, max_length=100_000)
    """A curl command; its values and secrets are not kept."""
    operations: list[str] = Field(default=[], max_length=200)
    """Operation ids or `GET /path`; by default all, up to 50."""
    label: str | None = Field(default=None, min_length=1, max_length=120)
    """Name that people see; default the document's title."""
    auth: Auth = "document"
    """How requests prove who sends them; `document`: as the document or command does."""
    auth_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,60}$")
    """With `header_key`, `query_key`: name of the header or parameter."""
    base_url: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9_.:/-]{3,300}$")
    """Address of the service, in place of the document's."""
    folder: str | None = Field(default=None, min_length=1, max_length=500)
    """Where to write it; default a folder of that name below the server's data directory."""


# Outputs


class ScaffoldedModule(Output):
    name: str
    type: str
    operation: str
    """Request it makes."""
    fields: int = 0
    """Fields it asks for."""


class AppScaffolded(Output):
    folder: str
    files: int
    label: str
    base_url: str | None = None
    connection: str | None = None
    """Type of the connection; absent without one."""
    modules: list[ScaffoldedModule]
    left_to_do: list[str]
    """What nobody said, and what was left out."""
    next_calls: list[NextCall] = []


# Tools


@category.tool(
    scope="",
    effect="read",
    outside=True,
    words=("openapi", "swagger", "curl", "generate app", "skeleton", "from api documentation"),
    examples=(
        ScaffoldApp(name="pet-shop", spec="https://api.example.com/openapi.yaml"),
        ScaffoldApp(name="pet-shop", curl=_CURL, auth="bearer"),
    ),
)
async def custom_app_scaffold(make: Make, args: ScaffoldApp) -> AppScaffolded:
    """Write the files of a new custom app from an OpenAPI 3 document, a curl command, or both.

    Nothing is sent to Make; nothing is invented: what is not described stands in `left_to_do`.
    """
    if args.spec is None and args.curl is None:
        raise Failure(
            "There is nothing to make an app of.",
            next_step="Call again with `spec` (OpenAPI text or address), `curl`, or both.",
            code="invalid_arguments",
        )
    service, credentials, called = await service_of(args.spec, args.curl)
    wish = Wish(
        args.name,
        args.label or "",
        [*args.operations, *called] if args.operations else [],
        args.auth,
        args.auth_name or "",
        args.base_url or "",
        credentials,
    )
    made = await scaffolded(service, wish)
    _refuse(service, made)
    files = files_of(made.tree, None, {})
    folder = str(await begin_folder(make, args.folder or args.name, files))
    return AppScaffolded(
        folder=folder,
        files=len(files),
        label=str(made.tree.meta["label"]),
        base_url=service.server or None,
        connection=made.connection or None,
        modules=_modules(made),
        left_to_do=_left(made),
        next_calls=_next(args, made.tree),
    )


# Parts


def _refuse(service: Description, made: Scaffold) -> None:
    if made.modules and not made.unknown:
        return
    known = [one.id or one.title for one in service.operations]
    problems = [Problem("operations", f"there is no `{name[:120]}`.") for name in made.unknown]
    if not problems:
        problems = [Problem("spec", note) for note in made.left[:_MOST_SHOWN]]
    some = f"Its operations are {', '.join(known[:_MOST_SHOWN])}" if known else "It has none"
    more = f" and {len(known) - _MOST_SHOWN} more." if len(known) > _MOST_SHOWN else "."
    raise Failure(
        "No app was written.",
        why=f"{some}{more}",
        next_step="Call `custom_app_scaffold` again with `operations` that are there, or without."
        if known
        else "Call `custom_app_scaffold` again with a document that has `paths`, or with `curl`.",
        code="nothing_to_scaffold",
        problems=problems,
    )


def _modules(made: Scaffold) -> list[ScaffoldedModule]:
    rows: list[ScaffoldedModule] = []
    for name, operation in made.modules.items():
        module = made.tree.components["module", name]
        fields = module.sections["expect"].count('\n        "name": ')
        kind = str(module.meta["type"])
        rows.append(ScaffoldedModule(name=name, type=kind, operation=operation, fields=fields))
    return rows


def _left(made: Scaffold) -> list[str]:
    more = len(made.left) - _MOST_LEFT
    return [*made.left[:_MOST_LEFT], *([f"… and {more} more."] if more > 0 else [])]


def _next(args: ScaffoldApp, tree: AppTree) -> list[NextCall]:
    folder = args.folder or args.name
    named = {"name": args.name, "label": tree.meta["label"]}
    deploy = {"folder": folder, "name": args.name}
    return [
        NextCall(tool="custom_app_validate", arguments={"folder": folder}, why="Check it."),
        NextCall(tool="custom_app_create", arguments=named, why="Make the app in Make."),
        NextCall(tool="custom_app_deploy", arguments=deploy, why="Put it there, under its name."),
    ]
