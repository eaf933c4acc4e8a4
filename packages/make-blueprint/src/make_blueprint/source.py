r"""Source: an edited blueprint written back into the very text it was read from.

Plain data does not keep how a text spells it: `1e3` or `1000.0`, `\u00e9` or `é`, indentation.
`rewrite` copies every part whose data did not change from the original, character by character,
and writes only what changed, in the style of its surroundings. Nothing here recurses.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias, TypeGuard

from make_blueprint.alignment import aligned, unmoved
from make_blueprint.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Blueprint,
    JsonObject,
    JsonValue,
    check_data,
    compact,
    dump,
    unfold,
)
from make_blueprint.walk import Pointer, module_id, walk

_BRACKET = re.compile(r'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[\[\]{}]', re.DOTALL)
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(r'[^\s,\]}"]+')
_BLANK = re.compile(r"\s*")
_BLANK_OR_COMMA = re.compile(r"[\s,]*")
_BLANK_OR_COLON = re.compile(r"[\s:]*")
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.")
_ESCAPED_LETTER = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")


def rewrite(
    original: str, edited: Blueprint, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> str:
    """Write an edited blueprint in the text of the original.

    What did not change keeps its number form, escapes, spacing and key order; a change of nothing
    but the order of keys is none. Modules are recognised by id, so one that was added or moved
    leaves all others as they stand. Wrappers that `load` takes off stay around.

    Args:
        original: JSON text that `load` accepts.
        edited: What `load` made of it, or a copy, changed in any way.
        max_bytes: Largest accepted size of either, in bytes.
        max_depth: Deepest accepted nesting of either, in levels.

    Returns:
        A text that `load` reads as the edited blueprint; the original when nothing changed.

    Raises:
        BlueprintError: The text is none that `load` accepts, or the data are no JSON.
    """
    blueprint, layers = unfold(original, max_bytes, max_depth)
    check_data(edited, max_bytes, max_depth)
    if dump(blueprint) == dump(edited):
        return original
    kinds = _Kinds()
    scan = _Scan(layers[-1].text)
    pieces = _Rewriting(scan, scan.locate(scan.root, layers[-1].steps), blueprint, kinds).of(edited)
    for outer in reversed(layers[:-1]):
        pieces = _wrapped(_Scan(outer.text), outer.steps, pieces)
    return "".join(_text_of(piece, original) for piece in pieces)


class _Span(NamedTuple):
    """A part of the original text that is copied as it stands."""

    start: int
    end: int


_Piece: TypeAlias = "_Span | str"
"""What the outcome is made of: parts of the original and new text."""


class _Member(NamedTuple):
    """Where a member of an object, or an item of a list, stands in the text."""

    key: str
    start: int
    value: int
    end: int


class _Kinds:
    """Numbers JSON values: equal ones, and only those, get the same number.

    True is not 1; 1000 is 1e3; the order of keys does not count.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._containers: dict[int, int] = {}

    def number(self, value: JsonValue) -> int:
        """Give the number of a value; containers are looked at once, the innermost first."""
        if not isinstance(value, (dict, list)):
            return self._numbered(_scalar_key(value))
        if id(value) not in self._containers:
            for container in reversed(_containers_in(value)):
                self._containers[id(container)] = self._numbered(self._key(container))
        return self._containers[id(value)]

    def _key(self, container: JsonObject | list[JsonValue]) -> object:
        if isinstance(container, dict):
            return frozenset((key, self.number(value)) for key, value in container.items())
        return ("items", *map(self.number, container))

    def _numbered(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _scalar_key(value: JsonValue) -> object:
    return value if value is None or isinstance(value, str) else (isinstance(value, bool), value)


def _containers_in(
    value: JsonObject | list[JsonValue],
) -> list[JsonObject | list[JsonValue]]:
    """List a container and all within it, each before those it holds."""
    found: list[JsonObject | list[JsonValue]] = []
    todo: list[JsonObject | list[JsonValue]] = [value]
    while todo:
        container = todo.pop()
        found.append(container)
        members = container.values() if isinstance(container, dict) else container
        todo += [member for member in members if isinstance(member, (dict, list))]
    return found


class _Scan:
    """A valid JSON text, and where its values begin and end.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._members: dict[int, list[_Member]] = {}

    @cached_property
    def root(self) -> int:
        """Offset of the outermost value."""
        return self._after(_BLANK, 1 if self.text.startswith("\ufeff") else 0)

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Offset behind the closing bracket of each opening one."""
        ends: dict[int, int] = {}
        opened: list[int] = []
        for found in _BRACKET.finditer(self.text):
            end = found.end()
            if self.text[end - 1] in "[{":
                opened.append(end - 1)
            else:
                ends[opened.pop()] = end
        return ends

    def end(self, start: int) -> int:
        """Give the offset behind the value that begins at an offset."""
        if self.text[start] in "[{":
            return self._ends[start]
        return self._after(_STRING if self.text[start] == '"' else _SCALAR, start)

    def members(self, start: int) -> list[_Member]:
        """List what the container that begins at an offset holds."""
        if start not in self._members:
            self._members[start] = list(self._read(start))
        return self._members[start]

    def locate(self, start: int, pointer: Pointer | Sequence[str]) -> int:
        """Follow keys and indexes from the container at an offset to a value's offset."""
        for step in pointer:
            members = self.members(start)
            if isinstance(step, int):
                start = members[step].value
            else:
                start = next(member.value for member in members if member.key == step)
        return start

    def indent(self, at: int) -> str:
        """Give the blanks at the beginning of the line that an offset lies in."""
        line = self.text.rfind("\n", 0, at) + 1
        return self.text[line : self._after(_BLANK, line)] if line else ""

    def _read(self, start: int) -> Iterator[_Member]:
        end, keyed = self._ends[start] - 1, self.text[start] == "{"
        at = self._after(_BLANK, start + 1)
        while at < end:
            key, first = "", at
            if keyed:
                behind = self.end(at)
                key = str(json.loads(self.text[at:behind]))
                at = self._after(_BLANK_OR_COLON, behind)
            behind = self.end(at)
            yield _Member(key, first, at, behind)
            at = self._after(_BLANK_OR_COMMA, behind)

    def _after(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        return found.end() if found else at


@dataclass(frozen=True, slots=True)
class _Style:
    """How new text is written.

    Attributes:
        unit: What one more level is indented by; None when all stands on one line.
        newline: A line break with the blanks before it.
        space: What follows a comma on one line.
        colon: What stands between key and value.
        ascii: Whether letters beyond ASCII are escaped.
    """

    unit: str | None
    newline: str
    space: str
    colon: str
    ascii: bool

    def scalar(self, value: JsonValue) -> str:
        """Write a key or a value that holds no others."""
        return _scalar(value, ascii=self.ascii)


def _scalar(value: JsonValue, *, ascii: bool) -> str:
    return json.dumps(value) if ascii else compact(value)


def _escapes(text: str) -> bool:
    """Tell whether a text writes letters beyond ASCII as escapes."""
    return text.isascii() and bool(_ESCAPED_LETTER.search(text))


def _style_of(scan: _Scan, root: int) -> _Style:
    """Read the style of a text from its outermost object."""
    text, members = scan.text, scan.members(root)
    escapes = _escapes(text)
    if not members:
        return _Style(None, "\n", "", ":", escapes)
    lead = text[root + 1 : members[0].start]
    colon = text[scan.end(members[0].start) : members[0].value]
    spaced = " " if colon.endswith(" ") else ""
    if "\n" not in lead:
        if len(members) > 1:
            spaced = text[members[0].end : members[1].start].partition(",")[2]
        return _Style(None, "\n", spaced, colon, escapes)
    newline = "\r\n" if "\r\n" in lead else "\n"
    unit = lead.rpartition("\n")[2].removeprefix(scan.indent(root))
    return _Style(unit, newline, spaced, colon, escapes)


@dataclass(frozen=True, slots=True)
class _Task:
    """A value that is still to be written.

    Attributes:
        value: The value.
        old: What it was made from.
        at: Offset of that in the text, or -1 when it was made from nothing.
        indent: Blanks of the line it begins in, for new text; None to stay on one line.
    """

    value: JsonValue
    old: JsonValue
    at: int
    indent: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One member of a container in the outcome.

    Attributes:
        kept: Its index in the original container, or -1 when it did not stand there, in this order.
        key: Its key as text with what follows it, empty in lists; of a kept one its place.
        task: Its value.
    """

    kept: int
    key: _Piece
    task: _Task


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the members of one container.

    Attributes:
        start: Offset of the opening bracket.
        end: Offset behind the closing bracket.
        members: What stands between them.
        lead: Blanks behind the opening bracket.
        comma: What separates members.
        tail: Blanks before the closing bracket.
        colon: What separates key and value.
    """

    start: int
    end: int
    members: list[_Member]
    lead: str
    comma: str
    tail: str
    colon: str

    @property
    def indent(self) -> str | None:
        """Blanks of the line that a member begins in; None when all stand on one line."""
        _, line, blanks = self.comma.rpartition("\n")
        return blanks.replace(",", "") if line else None


class _Rewriting:
    """One document that is written in the text of another.

    Args:
        scan: The text.
        root: Offset of the blueprint in it.
        blueprint: The data the text stands for.
        kinds: Tells equal values.
    """

    def __init__(self, scan: _Scan, root: int, blueprint: Blueprint, kinds: _Kinds) -> None:
        self._scan = scan
        self._root = root
        self._blueprint = blueprint
        self._kinds = kinds
        self._style = _style_of(scan, root)
        self._modules: dict[int, tuple[JsonObject, Pointer]] = {}
        for visit in walk(blueprint):
            if visit.id is not None:
                self._modules.setdefault(visit.id, (visit.module, visit.pointer))

    def of(self, edited: Blueprint) -> list[_Piece]:
        """Write the edited document with everything around it."""
        pieces: list[_Piece] = [_Span(0, self._root)]
        todo: list[_Piece | _Task] = [_Task(edited, self._blueprint, self._root, "")]
        while todo:
            item = todo.pop()
            if isinstance(item, _Task):
                todo += reversed(self._write(item))
            else:
                pieces.append(item)
        return [*pieces, _Span(self._scan.end(self._root), len(self._scan.text))]

    def _write(self, task: _Task) -> list[_Piece | _Task]:
        """Take one step: copy a value, write a scalar, or open a container."""
        value, old = task.value, task.old
        if task.at < 0:
            return self._new(task)
        if self._kinds.number(value) == self._kinds.number(old):
            return [_Span(task.at, self._scan.end(task.at))]
        if isinstance(value, dict) and isinstance(old, dict):
            frame = self._frame(task)
            return self._body(frame, self._object(frame, old, value), "{}")
        if isinstance(value, list) and isinstance(old, list):
            frame = self._frame(task)
            return self._body(frame, self._list(frame, old, value), "[]")
        return self._new(_Task(value, None, -1, task.indent))

    # Containers that changed

    def _frame(self, task: _Task) -> _Frame:
        scan, style, start = self._scan, self._style, task.at
        text, members, end = scan.text, scan.members(start), scan.end(start)
        if not members:
            lead = tail = ""
            if style.unit is not None and task.indent is not None:
                tail = style.newline + scan.indent(start)
                lead = tail + style.unit
            comma = f",{lead}" if lead else f",{style.space}"
            return _Frame(start, end, members, lead, comma, tail, style.colon)
        lead = text[start + 1 : members[0].start]
        comma = f",{lead}" if "\n" in lead else f",{style.space}"
        if len(members) > 1:
            comma = text[members[0].end : members[1].start]
        colon = text[scan.end(members[0].start) : members[0].value]
        return _Frame(start, end, members, lead, comma, "", colon)

    def _object(self, frame: _Frame, old: JsonObject, new: JsonObject) -> list[_Entry]:
        """Line up members: those that stay in their order, new ones behind their predecessor."""
        behind: dict[str | None, list[_Entry]] = {None: []}
        last: str | None = None
        for key, value in new.items():
            if key in old:
                last = key
                behind[key] = []
            else:
                name = f"{self._style.scalar(key)}{frame.colon}"
                behind[last].append(_Entry(-1, name, _Task(value, None, -1, frame.indent)))
        entries = behind[None]
        for index, (key, start, at, _) in enumerate(frame.members):
            if key in new:
                task = _Task(new[key], old[key], at, frame.indent)
                entries.append(_Entry(index, _Span(start, at), task))
                entries += behind[key]
        return entries

    def _list(self, frame: _Frame, old: list[JsonValue], new: list[JsonValue]) -> list[_Entry]:
        """Line up items: modules by id, others by equality, what is left by its place."""
        found = aligned(*self._keys(old, new))
        kept = unmoved(found)
        self._pair_changed(new, found, kept, len(old))
        entries: list[_Entry] = []
        for position, (value, index) in enumerate(zip(new, found, strict=True)):
            task = _Task(value, None, -1, frame.indent)
            if index >= 0:
                task = _Task(value, old[index], frame.members[index].value, frame.indent)
            entries.append(_Entry(index if position in kept else -1, "", task))
        return entries

    def _keys(self, *lists: list[JsonValue]) -> Iterator[list[tuple[str, int]]]:
        """Give what the items of lists are recognised by: a module's id, else all they say.

        An id that one of the lists holds twice tells nothing.
        """
        ids = [[module_id(item) if _is_module(item) else None for item in one] for one in lists]
        counts = [Counter(one) for one in ids]
        for items, numbers in zip(lists, ids, strict=True):
            yield [
                ("id", number)
                if number is not None and all(count[number] <= 1 for count in counts)
                else ("kind", self._kinds.number(item))
                for item, number in zip(items, numbers, strict=True)
            ]

    def _pair_changed(
        self, new: list[JsonValue], found: list[int], kept: set[int], count: int
    ) -> None:
        """Pair items without a counterpart that stand between the same neighbours."""
        used = set(found)
        limits = [*(found[position] for position in sorted(kept)), count]
        passed = free = 0
        for position, value in enumerate(new):
            if position in kept:
                free, passed = found[position] + 1, passed + 1
            elif found[position] < 0 and self._known(value) is None:
                while free in used and free < limits[passed]:
                    free += 1
                if free < limits[passed]:
                    found[position] = free
                    kept.add(position)
                    free += 1

    def _body(self, frame: _Frame, entries: list[_Entry], brackets: str) -> list[_Piece | _Task]:
        """Put members between brackets; whoever kept its predecessor keeps the comma before it."""
        members = frame.members
        if not entries:
            return [brackets]
        pieces: list[_Piece | _Task] = []
        if members:
            pieces.append(_Span(frame.start, members[0].start))
        else:
            pieces.append(brackets[0] + frame.lead)
        for number, entry in enumerate(entries):
            if number and entry.kept > 0:
                before, own = members[entry.kept - 1 : entry.kept + 1]
                pieces.append(_Span(before.end, own.start))
            elif number:
                pieces.append(frame.comma)
            pieces += (entry.key, entry.task)
        if members:
            pieces.append(_Span(members[-1].end, frame.end))
        else:
            pieces.append(frame.tail + brackets[1])
        return pieces

    # What is new at its place

    def _new(self, task: _Task) -> list[_Piece | _Task]:
        value, style = task.value, self._style
        if not isinstance(value, (dict, list)) or not value:
            return [style.scalar(value)]
        known = self._known(value)
        if known is not None:
            module, pointer = known
            at = self._scan.locate(self._root, pointer)
            return [_Task(value, module, at, task.indent)]
        lead = tail = ""
        if style.unit is not None and task.indent is not None:
            tail = style.newline + task.indent
            lead = tail + style.unit
        comma = f",{lead}" if lead else f",{style.space}"
        frame = _Frame(-1, -1, [], lead, comma, tail, style.colon)
        if isinstance(value, dict):
            return self._body(frame, self._object(frame, {}, value), "{}")
        return self._body(frame, self._list(frame, [], value), "[]")

    def _known(self, value: JsonValue) -> tuple[JsonObject, Pointer] | None:
        """Find the module of the original that a value was, wherever it stood there."""
        number = module_id(value) if _is_module(value) else None
        return None if number is None else self._modules.get(number)


def _is_module(value: JsonValue) -> TypeGuard[JsonObject]:
    return isinstance(value, dict) and "module" in value


# Texts in texts


def _wrapped(scan: _Scan, steps: list[str], pieces: list[_Piece]) -> list[_Piece]:
    """Write the pieces of a text as pieces of the text in which it stands as a string."""
    start = scan.locate(scan.root, steps)
    end = scan.end(start)
    wanted = {offset for piece in pieces if isinstance(piece, _Span) for offset in piece}
    outer = _raw_offsets(scan.text, start + 1, sorted(wanted))
    ascii = _escapes(scan.text)
    inner: list[_Piece] = [
        _scalar(piece, ascii=ascii)[1:-1]
        if isinstance(piece, str)
        else _Span(outer[piece.start], outer[piece.end])
        for piece in pieces
    ]
    return [_Span(0, start + 1), *inner, _Span(end - 1, len(scan.text))]


def _raw_offsets(text: str, start: int, wanted: list[int]) -> dict[int, int]:
    """Find where in a string literal the characters of the string stand.

    Args:
        text: The text with the literal.
        start: Offset of the literal's first character.
        wanted: Offsets into the string, rising.
    """
    found: dict[int, int] = {}
    raw, decoded = start, 0
    escapes = _ESCAPE.finditer(text, start)
    escape = next(escapes, None)
    for offset in wanted:
        while escape is not None and decoded + escape.start() - raw < offset:
            decoded += escape.start() - raw + 1
            raw = escape.end()
            escape = next(escapes, None)
        found[offset] = raw + offset - decoded
    return found


def _text_of(piece: _Piece, text: str) -> str:
    return piece if isinstance(piece, str) else text[piece.start : piece.end]
