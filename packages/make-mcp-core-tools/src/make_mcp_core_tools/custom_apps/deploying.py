"""Putting the app of a folder into Make: what differs, in an order in which everything is there."""

from dataclasses import dataclass, field

from make_blueprint.document import JsonObject
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Problem,
    Undo,
    delete,
    patch,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.app_code import whole_app
from make_mcp_core_tools._engine.app_deployment import (
    ORDER,
    conflicts,
    create_body,
    fixed_members,
    free_name,
    update_body,
)
from make_mcp_core_tools._engine.app_files import LOCK, digests_of, lock_text, pulled_digests
from make_mcp_core_tools._engine.app_folders import read_folder, write_folder
from make_mcp_core_tools._engine.app_lint import blank
from make_mcp_core_tools._engine.app_tree import (
    AppTree,
    Component,
    Key,
    differences,
    same_section,
    tree_of,
)
from make_mcp_core_tools._engine.app_validation import findings
from make_mcp_core_tools._engine.app_writing import changes, section_request
from make_mcp_core_tools._engine.custom_apps import UNVERSIONED, WRITE, AppName, Major, Place
from make_mcp_core_tools.custom_apps.declared import category

# Inputs


class ImportApp(Input):
    folder: str = Field(min_length=1, max_length=500)
    """Folder of the app, as `custom_app_export` made it."""
    name: AppName
    """App in Make to change; a fresh one comes from `custom_app_create`."""
    version: Major = 1
    """Its major version."""
    only: list[str] = Field(default=[], max_length=200)
    """Only these: `app`, or kind and name as in `custom_app_diff` (`module getStock`)."""
    overwrite: bool = False
    """Replace code that was changed in Make since it was pulled."""
    delete_missing: bool = False
    """Delete components that the folder no longer has."""


# Outputs


class AppImported(Output):
    name: str
    version: int
    changed: bool
    done: list[str]
    """What was created, changed or deleted, in order."""
    left: list[str] = []
    """Components in Make that the folder does not have."""
    next_calls: list[NextCall] = []


class _Answer(RootModel[Json]):
    """An answer of any form."""


# One deployment


@dataclass(slots=True)
class _Work:
    """A deployment under way.

    Attributes:
        ids: Make's names by kind and name in the folder.
        only: What is wanted; empty for everything.
    """

    make: Make
    place: Place
    local: AppTree
    remote: AppTree
    only: list[str]
    ids: dict[Key, str] = field(default_factory=dict[Key, str])
    done: list[str] = field(default_factory=list[str])

    def wants(self, title: str) -> bool:
        """Tell whether a component, or the app itself, is to be deployed."""
        return not self.only or title in self.only

    async def code(self, place: Place, section: str, former: str | None, text: str) -> None:
        """Replace one section; without former code it goes when its component does."""
        back = (
            () if former is None else (section_request(place, section, former or blank(section)),)
        )
        text = text or blank(section)
        former = former or ""
        self.make.shows(*(f"{place.title} {section}: {x}" for x in changes(section, former, text)))
        await self.make.write(
            section_request(place, section, text),
            into=_Answer,
            says=f"Replace `{section}` of the {place.title}",
            before={"former": len(former)},
            predict={},
            undo=Undo(back),
        )
        self.done.append(f"{place.title}: {section}")


# Tools


@category.tool(
    scope=WRITE,
    effect="update",
    confirm=True,
    words=("deploy", "push", "upload app", "vs code", "makecomapp"),
    examples=(ImportApp(folder="harbor-stock", name="harbor-stock-a1b2c3"),),
)
async def custom_app_deploy(make: Make, args: ImportApp) -> AppImported:
    """Deploy the app of a folder to Make: what differs, checked first, in one plan and one undo.

    Refuses to replace code that somebody changed in Make since it was pulled.
    """
    local, files = await read_folder(make, args.folder)
    place = Place(args.name, args.version)
    remote = tree_of(await whole_app(make, place))
    _refuse(local, remote, files, args)
    work = _Work(make, place, local, remote, args.only, dict(remote.ids))
    for kind in ORDER:
        for key, one in local.components.items():
            if key[0] == kind and work.wants(one.title):
                await _deploy(work, one, remote.components.get(key))
    await _deploy_app(work)
    gone = [one for key, one in remote.components.items() if key not in local.components]
    if args.delete_missing:
        await _delete(work, [one for one in gone if work.wants(one.title)])
        gone = []
    await _remember(work, args, files)
    return AppImported(
        name=args.name,
        version=args.version,
        changed=bool(work.done),
        done=work.done,
        left=[one.title for one in gone],
        next_calls=[
            NextCall(
                tool="custom_app_diff",
                arguments={"left": {"name": args.name}, "right": {"folder": args.folder}},
                why="Prove that both are the same.",
            )
        ],
    )


# Parts


def _refuse(local: AppTree, remote: AppTree, files: dict[str, str], args: ImportApp) -> None:
    problems = [
        Problem(f"{f.place} {f.section} {f.fault.path}".strip(), f.fault.problem, f.fault.fix)
        for f in findings(local)
        if f.fault.severity == "error"
    ]
    problems += [
        Problem(one.title, f"its {member} cannot be changed.", "Delete it in Make first.")
        for key, one in local.components.items()
        for member in fixed_members(one, remote.components.get(key))
    ]
    titles = {"app", *(one.title for one in local.components.values())}
    titles |= {one.title for one in remote.components.values()}
    problems += [
        Problem("only", f"there is no `{name}`.") for name in args.only if name not in titles
    ]
    pulled = pulled_digests(files)
    if pulled and pulled[:2] == (args.name, args.version) and not args.overwrite:
        problems += [
            Problem(one, told, "Send `overwrite` to have it as the folder says.")
            for one, told in conflicts(
                local, remote, pulled[2], deleting=args.delete_missing
            ).items()
        ]
    if problems:
        raise Failure(
            "Nothing was deployed.",
            next_step="Solve the points above, then call `custom_app_deploy` again; "
            "`custom_app_diff` shows both sides.",
            code="not_deployable",
            problems=problems,
        )


async def _deploy(work: _Work, one: Component, there: Component | None) -> None:
    """Create or change one component, then its code."""
    if there is None:
        await _create(work, one)
    elif body := update_body(one, there, work.ids):
        former = update_body(there, one, work.ids)
        place = work.place.of(one.kind, work.ids[one.kind, one.name])
        await work.make.write(
            patch(place.path, body),
            into=_Answer,
            says=f"Change {', '.join(body)} of the {place.title}",
            before=former,
            predict={},
            undo=Undo((patch(place.path, former),)),
        )
        work.done.append(f"{one.title}: {', '.join(body)}")
    place = work.place.of(one.kind, work.ids[one.kind, one.name])
    for section, text in one.sections.items():
        former_text = there.sections.get(section, "") if there else None
        if not same_section(former_text or "", text) or (there is None and text.strip()):
            await work.code(place, section, former_text, text)


async def _create(work: _Work, one: Component) -> None:
    name = free_name(one, work.place.app, work.ids)
    place = work.place.of(one.kind, name)
    key = place.key
    body = create_body(one, work.ids)

    def made(answer: _Answer) -> str:
        row = answer.root.get(key) if isinstance(answer.root, dict) else None
        given = row.get("name") if isinstance(row, dict) else None
        return given if isinstance(given, str) else name

    answer = await work.make.write(
        post(place.list_path, body),
        into=_Answer,
        says=f"Create the {one.title}",
        before={"there": False},
        predict={key: {"name": name}},
        undo=lambda answer: Undo((delete(work.place.of(one.kind, made(answer)).path),)),
    )
    work.ids[one.kind, one.name] = made(answer)
    if one.kind not in UNVERSIONED and made(answer) != one.name:
        work.make.warn(f"Make named the {one.title} `{made(answer)}`.")
    work.done.append(f"{one.title}: created")
    more = update_body(one, Component(one.kind, one.name, _created_meta(one), {}), work.ids)
    if more:
        path = work.place.of(one.kind, made(answer)).path
        await work.make.write(
            patch(path, more),
            into=_Answer,
            says=f"Complete the {one.title}: {', '.join(more)}",
            predict={},
            undo=Undo(()),
        )


def _created_meta(one: Component) -> Document:
    """Give what of a component its creation already set."""
    later = ("altConnection", "context", "annotations")
    return {name: value for name, value in one.meta.items() if name not in later}


async def _deploy_app(work: _Work) -> None:
    if not work.wants("app"):
        return
    found = [one for one in differences(work.remote, work.local) if one.place == "app"]
    meta = {
        one.part: work.local.meta.get(one.part) or ""
        for one in found
        if one.part in work.local.meta
    }
    if meta:
        former: JsonObject = {name: work.remote.meta.get(name) or "" for name in meta}
        await work.make.write(
            patch(work.place.path, meta),
            into=_Answer,
            says=f"Change {', '.join(meta)} of the app",
            before=former,
            predict={},
            undo=Undo((patch(work.place.path, former),)),
        )
        work.done.append(f"app: {', '.join(meta)}")
    for one in found:
        if one.part in work.local.sections:
            there, text = work.remote.sections[one.part], work.local.sections[one.part]
            await work.code(work.place, one.part, there, text)


async def _delete(work: _Work, gone: list[Component]) -> None:
    """Delete components, those first that need others."""
    for kind in reversed(ORDER):
        for one in gone:
            if one.kind != kind:
                continue
            place = work.place.of(kind, work.ids[kind, one.name])
            work.make.affects(f"The {one.title} is deleted; its code stays in no other place.")
            await work.make.write(
                delete(place.path),
                into=_Answer,
                says=f"Delete the {one.title}",
                predict={},
                undo=Undo((), note=f"The {one.title} does not come back."),
            )
            work.done.append(f"{one.title}: deleted")


async def _remember(work: _Work, args: ImportApp, files: dict[str, str]) -> None:
    """Note what Make holds now, so that later changes there are noticed."""
    pulled = pulled_digests(files)
    if work.make.planning or args.only or not pulled or pulled[:2] != (args.name, args.version):
        return
    now = lock_text(args.name, args.version, digests_of(work.local))
    await write_folder(work.make, args.folder, {**files, LOCK: now})
