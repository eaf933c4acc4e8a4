"""Custom apps on this machine: pulled into a folder, compared, checked."""

from typing import Any, Literal

from make_mcp_base.authoring import Failure, Input, Make, NextCall, Output
from pydantic import Field

from make_mcp_core_tools._engine.app_code import whole_app
from make_mcp_core_tools._engine.app_files import MANIFEST, digests_of, files_of
from make_mcp_core_tools._engine.app_folders import read_folder, write_folder
from make_mcp_core_tools._engine.app_tree import AppTree, Difference, differences, tree_of
from make_mcp_core_tools._engine.app_validation import Finding, findings
from make_mcp_core_tools._engine.custom_apps import READ, AppName, Major, Place
from make_mcp_core_tools.custom_apps.declared import category

_MOST = 300
_NAMES = {"added": "added", "removed": "removed", "changed": "changed"}

# Inputs


class Side(Input):
    """An app in Make, or in a folder."""

    name: AppName | None = None
    """Name of an app in Make."""
    version: Major = 1
    """Its major version."""
    folder: str | None = None
    """Or a folder of this machine."""


class ExportApp(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    folder: str = Field(min_length=1, max_length=500)
    """Below the server's data directory, or an allowed folder; a bare name will do."""


class DiffApps(Input):
    left: Side
    """The one to compare with."""
    right: Side
    """The other one."""


class ValidateApp(Side):
    severity: Literal["error", "warning"] = "warning"
    """`error` leaves warnings out."""


# Outputs


class AppExported(Output):
    folder: str
    manifest: str
    files: int
    components: dict[str, int]
    """By kind."""
    next_calls: list[NextCall] = []


class AppChange(Output):
    what: Literal["added", "removed", "changed"]
    place: str
    """`app`, or kind and name; connections and webhooks are `connection`, `connection2` …"""
    part: str | None = None
    """Section or property."""
    lines: list[str] = []


class AppsCompared(Output):
    same: bool
    changes: list[AppChange]
    """From left to right."""


class AppFault(Output):
    severity: Literal["error", "warning"]
    code: str
    place: str
    problem: str
    fix: str | None = None


class AppValidated(Output):
    valid: bool
    """True without errors."""
    errors: int
    warnings: int
    faults: list[AppFault]


# Tools


@category.tool(
    scope=READ,
    effect="read",
    words=("pull", "vs code", "makecomapp", "backup", "git", "local"),
    examples=(ExportApp(name="harbor-stock-a1b2c3", folder="harbor-stock"),),
)
async def custom_app_export(make: Make, args: ExportApp) -> AppExported:
    """Write a custom app into a folder of this machine, as Make's extension for VS Code does.

    Common data and other secrets of connections stay in Make. Exporting again updates the files.
    """
    tree = tree_of(await whole_app(make, Place(args.name, args.version)))
    origin = {
        "label": "Make",
        "baseUrl": make.page_url("api"),
        "appId": args.name,
        "appVersion": args.version,
        "apikeyFile": "../.secrets/apikey",
    }
    files = files_of(tree, dict(origin), digests_of(tree))
    path = await write_folder(make, args.folder, files)
    hard = [f for f in findings(tree) if f.fault.code == "secret"]
    for one in hard[:5]:
        make.warn(f"{one.place} {one.section} {one.fault.path} {one.fault.problem}")
    kinds: dict[str, int] = {}
    for kind, _ in tree.components:
        kinds[kind] = kinds.get(kind, 0) + 1
    arguments = {"folder": args.folder}
    return AppExported(
        folder=str(path),
        manifest=MANIFEST,
        files=len(files),
        components=kinds,
        next_calls=[NextCall(tool="custom_app_validate", arguments=arguments, why="Check it.")],
    )


@category.tool(scope=READ, effect="read", words=("compare", "local changes", "versions", "origin"))
async def custom_app_diff(make: Make, args: DiffApps) -> AppsCompared:
    """Compare two custom apps: versions, copies, or a folder with what is in Make."""
    left, right = await _tree(make, args.left, "left"), await _tree(make, args.right, "right")
    found = differences(left, right)
    if len(found) > _MOST:
        make.warn(f"{len(found) - _MOST} more differences are left out.")
    return AppsCompared(same=not found, changes=[_change(one) for one in found[:_MOST]])


@category.tool(
    scope=READ, effect="read", words=("lint", "check app", "review app", "hard-coded secret")
)
async def custom_app_validate(make: Make, args: ValidateApp) -> AppValidated:
    """Check a whole custom app: code, expressions, references, fields, names, written-in secrets.

    Nothing is sent to the service; `custom_app_test` tries the app.
    """
    found = findings(await _tree(make, args, ""))
    errors = sum(one.fault.severity == "error" for one in found)
    shown = [one for one in found if one.fault.severity == "error" or args.severity == "warning"]
    return AppValidated(
        valid=not errors,
        errors=errors,
        warnings=len(found) - errors,
        faults=[_fault(one) for one in shown[:_MOST]],
    )


# Parts


async def _tree(make: Make, side: Side, path: str) -> AppTree:
    if (side.name is None) == (side.folder is None):
        place = f"`{path}` has" if path else "The call has"
        raise Failure(
            f"{place} to name either an app or a folder.",
            next_step="Call again with `name` (and `version`), or with `folder`.",
            code="invalid_arguments",
        )
    if side.folder is not None:
        return (await read_folder(make, side.folder))[0]
    return tree_of(await whole_app(make, Place(side.name or "", side.version)))


def _change(one: Difference) -> AppChange:
    told: dict[str, Any] = {"what": _NAMES[one.what], "place": one.place}
    return AppChange(**told, part=one.part or None, lines=list(one.lines))


def _fault(one: Finding) -> AppFault:
    place = " ".join(part for part in (one.place, one.section, one.fault.path) if part)
    told: dict[str, Any] = {"severity": one.fault.severity, "code": one.fault.code}
    return AppFault(**told, place=place, problem=one.fault.problem, fix=one.fault.fix or None)
