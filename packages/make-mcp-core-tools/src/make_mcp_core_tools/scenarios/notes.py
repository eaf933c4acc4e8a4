"""Notes on the canvas of a scenario."""

import re
from html import escape, unescape
from typing import Any

from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
    Timestamp,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category

_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6])>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_LOOKS_LIKE_HTML = re.compile(
    r"<(?:p|br|b|i|ul|ol|li|a|strong|em|h[1-6]|div|span)\b", re.IGNORECASE
)

# Inputs


class ListNotes(Input):
    scenario_id: ScenarioId
    module_id: int | None = Field(default=None, ge=1)
    """Only notes on this module."""


class SetNote(Input):
    scenario_id: ScenarioId
    note_id: int | None = Field(default=None, ge=1)
    """Note to change; leave out to add one."""
    text: str | None = Field(default=None, min_length=1)
    """Plain text, or HTML as Make's editor writes it."""
    module_ids: list[int] | None = None
    """Modules it is about; `[]` puts it on the canvas."""
    color: str | None = None
    """As in other notes' `color`."""


class DeleteNote(Input):
    scenario_id: ScenarioId
    note_id: int = Field(ge=1)
    """`id` of `scenario_note_list`."""


# Outputs


class NoteRow(Output):
    id: int
    module_ids: list[int]
    text: str
    color: str | None = None
    on_filter: bool | None = None
    """True for a note on a filter."""
    created: Timestamp | None = None
    updated: Timestamp | None = None
    by: str | None = None


class Notes(Output):
    scenario_id: int
    notes: list[NoteRow]


class NoteSaved(NoteRow):
    scenario_id: int
    changed: bool


class NoteDeleted(Output):
    deleted: int
    text: str


# Make's answers


class _Person(Output):
    name: str | None = None


class RawNote(Output):
    """A note (Make API reference, chapter 2.27); its content is HTML."""

    id: int
    module_ids: list[int] = []
    metadata: Document | None = None
    content: str = ""
    created: Timestamp | None = None
    updated: Timestamp | None = None
    is_filter_note: bool = False
    created_by_user: _Person | None = None

    def body(self) -> Document:
        """Give it as Make takes it."""
        return {
            "moduleIds": self.module_ids,
            "metadata": self.metadata or {},
            "content": self.content,
            "isFilterNote": self.is_filter_note,
        }


class _Notes(Output):
    notes: list[RawNote]


class _OneNote(Output):
    note: RawNote


class _Gone(Output):
    id: int


# Tools


@category.tool(scope="scenarios:read", effect="read", words=("comments", "documentation"))
async def scenario_note_list(make: Make, args: ListNotes) -> Notes:
    """List the notes on a scenario and its modules, newest first, as plain text."""
    scenario = await read_scenario(make, args.scenario_id)
    rows = [
        _row(one)
        for one in await notes_of(make, scenario)
        if args.module_id in (None, *one.module_ids)
    ]
    return Notes(scenario_id=scenario.id, notes=rows)


async def notes_of(make: Make, scenario: Scenario) -> list[RawNote]:
    """Read the notes of a scenario, newest first."""
    path = f"/scenarios/{scenario.id}/notes"
    query = {"teamId": scenario.team_id}
    return (await make.get(path, query, into=_Notes, scope="scenarios:read")).notes


def _row(note: RawNote) -> NoteRow:
    color = (note.metadata or {}).get("color")
    person = note.created_by_user
    return NoteRow(
        id=note.id,
        module_ids=note.module_ids,
        text=plain(note.content),
        color=None if color is None else str(color),
        on_filter=note.is_filter_note or None,
        created=note.created,
        updated=note.updated,
        by=person.name if person else None,
    )


def plain(html: str) -> str:
    """Write the HTML of a note as plain text, a line for each paragraph."""
    return unescape(_TAG.sub("", _BREAK.sub("\n", html))).strip()


def _html(text: str) -> str:
    """Write plain text as paragraphs; what is HTML already stays."""
    if _LOOKS_LIKE_HTML.search(text):
        return text
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines())


@category.tool(
    scope="scenarios:write",
    effect="update",
    words=("add note", "comment", "annotate"),
    examples=[SetNote(scenario_id=101, module_ids=[3], text="Ask Nora before changing this.")],
)
async def scenario_note_set(make: Make, args: SetNote) -> NoteSaved:
    """Add a note to a scenario or its modules, or change one."""
    scenario = await read_scenario(make, args.scenario_id)
    old = await _known(make, scenario, args.note_id) if args.note_id else None
    await _refuse(make, scenario, args, old)
    body = _body(args, old)
    if old and body == old.body():
        return _saved(scenario, old, changed=False)
    path, says = f"/scenarios/{scenario.id}/notes", f"a note on the scenario “{scenario.name}”"
    query: dict[str, Any] = {"teamId": scenario.team_id}
    if old is None:
        made = await make.write(
            post(path, body, **query),
            into=_OneNote,
            says=f"Add {says}",
            undo=lambda made: Undo((delete(f"{path}/{made.note.id}", **query),)),
        )
        return _saved(scenario, made.note, changed=True)
    make.shows(f"- {plain(old.content)}", f"+ {plain(str(body['content']))}")
    one = f"{path}/{old.id}"
    made = await make.write(
        patch(one, body, **query),
        into=_OneNote,
        says=f"Change {says}",
        undo=Undo((patch(one, old.body(), **query),), Watch(one, ("note.updated",), query)),
        before=old.body(),
    )
    return _saved(scenario, made.note, changed=True)


async def _known(make: Make, scenario: Scenario, note_id: int) -> RawNote:
    found = next((one for one in await notes_of(make, scenario) if one.id == note_id), None)
    if found is None:
        raise Failure(
            f"Scenario {scenario.id} has no note {note_id}.",
            next_step=f"Call `scenario_note_list` (scenario_id={scenario.id}) for its notes.",
            code="not_found",
        )
    return found


async def _refuse(make: Make, scenario: Scenario, args: SetNote, old: RawNote | None) -> None:
    problems: list[Problem] = []
    if old is None and not args.text:
        problems.append(Problem("text", "A new note needs a text."))
    if args.module_ids:
        known = {one.id for one in walk((await read_stored(make, scenario.id)).blueprint)}
        problems += [
            Problem("module_ids", f"The scenario has no module {ident}.")
            for ident in args.module_ids
            if ident not in known
        ]
    if problems:
        raise Failure(
            "The note was not saved.",
            next_step="Call `scenario_note_set` again; `scenario_get` shows the modules.",
            code="invalid_arguments",
            problems=problems,
        )


def _body(args: SetNote, old: RawNote | None) -> Document:
    body = (old or RawNote(id=0)).body()
    if args.text is not None and (old is None or plain(old.content) != args.text.strip()):
        body["content"] = _html(args.text)
    if args.module_ids is not None:
        body["moduleIds"] = args.module_ids
    if args.color is not None:
        body["metadata"] = body["metadata"] | {"color": args.color}
    return body


def _saved(scenario: Scenario, note: RawNote, *, changed: bool) -> NoteSaved:
    row = _row(note).model_dump()
    return NoteSaved.model_validate({**row, "scenario_id": scenario.id, "changed": changed})


@category.tool(scope="scenarios:write", effect="delete", words=("remove note", "comment"))
async def scenario_note_delete(make: Make, args: DeleteNote) -> NoteDeleted:
    """Delete a note; undo writes it again under a new id."""
    scenario = await read_scenario(make, args.scenario_id)
    note = await _known(make, scenario, args.note_id)
    path = f"/scenarios/{scenario.id}/notes"
    make.shows(f"- {plain(note.content)}")
    await make.write(
        delete(f"{path}/{note.id}", teamId=scenario.team_id),
        into=_Gone,
        says=f"Delete a note on the scenario “{scenario.name}”",
        undo=Undo(
            (post(path, note.body(), teamId=scenario.team_id),), note="The note gets a new id."
        ),
        before=note.body(),
    )
    return NoteDeleted(deleted=note.id, text=plain(note.content))
