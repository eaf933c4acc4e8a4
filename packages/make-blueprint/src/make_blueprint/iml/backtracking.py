r"""Regular expressions that end: the same matches as Python's `re`, in a bounded number of steps.

`re` cannot be interrupted, and a pattern such as `^(a+)+$` takes it a time that doubles with every
character. This reads the patterns that `ecmascript` writes and matches them with a memory of what
has failed already, so the steps grow with the length of the pattern times that of the text, and it
counts them. `risk` tells the patterns for which that is worth it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from make_blueprint.iml.errors import Refused

MAX_STEPS = 2_000_000
"""Steps that all the matches of one text may take, one or two seconds."""

MAX_PROGRAM = 50_000
"""Steps of a pattern whose counted repetitions are written out."""

_OPEN = re.compile(r"\((?:\?(?:\((?P<reference>[0-9]+)\)\\[0-9]+\)|(?P<kind>:|<?[=!])))?")
_ATOM = re.compile(
    r"\\x[0-9a-f]{2}|\\[\s\S]|\[\^?(?:\\[\s\S]|[^\\\]])(?:\\[\s\S]|[^\\\]])*\]|[^\\]", re.ASCII
)
_TIMES = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>[0-9]+)(?P<more>,(?P<most>[0-9]*))?\})\??")
_SIGNS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


# The shape of a pattern


@dataclass(frozen=True)
class _One:
    """One character, or the start or end of the text."""

    source: str


@dataclass(frozen=True)
class _Reference:
    group: int


@dataclass(frozen=True)
class _Group:
    """A group: captured under a number, looked around at (`=`, `!`, `<=`, `<!`), or neither."""

    choices: list[list[_Node]]
    number: int = 0
    look: str = ""


@dataclass(frozen=True)
class _Repeat:
    body: _Node
    least: int
    most: int | None
    lazy: bool


_Node = _One | _Reference | _Group | _Repeat


class _Reader:
    """Reads a translated pattern, which `re` has accepted."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self.groups = 0

    def choices(self) -> list[list[_Node]]:
        read: list[list[_Node]] = [[]]
        while self._at < len(self._source) and self._source[self._at] != ")":
            if self._source[self._at] == "|":
                self._at += 1
                read.append([])
            else:
                read[-1].append(self._repeated(self._node()))
        self._at += 1
        return read

    def _node(self) -> _Node:
        opening = _OPEN.match(self._source, self._at)
        if opening is None:
            atom = _ATOM.match(self._source, self._at)
            assert atom is not None
            self._at = atom.end()
            return _One(atom[0])
        self._at = opening.end()
        if opening["reference"]:
            return _Reference(int(opening["reference"]))
        number = 0
        if opening["kind"] is None:
            self.groups += 1
            number = self.groups
        look = (opening["kind"] or "").removeprefix(":")
        return _Group(self.choices(), number, look)

    def _repeated(self, body: _Node) -> _Node:
        times = _TIMES.match(self._source, self._at)
        if times is None:
            return body
        self._at = times.end()
        least, most = _SIGNS.get(times["sign"] or "", (0, None))
        if times["sign"] is None:
            least = int(times["least"])
            most = least if times["more"] is None else int(times["most"]) if times["most"] else None
        lazy = times[0].endswith("?") and times[0] != "?"
        return _Repeat(body, least, most, lazy)


@lru_cache(maxsize=512)
def _read(pattern: re.Pattern[str]) -> tuple[list[list[_Node]], int]:
    """The alternatives of a pattern and the number of its groups."""
    reader = _Reader(pattern.pattern)
    return reader.choices(), reader.groups


# What a pattern may cost


def risk(pattern: re.Pattern[str], length: int) -> float:
    """How often a backtracking search may at worst step, as a power of two.

    Args:
        pattern: A pattern written by `ecmascript`.
        length: Characters of the text.
    """
    return math.log2(length + 1) + _bits_of(_read(pattern)[0], length)


def _bits_of(choices: list[list[_Node]], length: int) -> float:
    bits = [sum(_bits(node, length) for node in sequence) for sequence in choices]
    return math.log2(len(bits)) + max(bits)


def _bits(node: _Node, length: int) -> float:
    if isinstance(node, _Group):
        return _bits_of(node.choices, length)
    if not isinstance(node, _Repeat):
        return 0
    often = length if node.most is None else min(node.most, length)
    counts = math.log2(max(1, often - min(node.least, often)) + 1)
    return _bits(node.body, length) * max(1, often) + (counts if node.most != node.least else 0)


# The steps of a pattern

_CHARACTER, _SPLIT, _SAVE, _START, _STOP, _LOOK, _BACK, _MARK, _MOVED, _END = range(10)


_PLACES = {r"\A": _START, r"\Z": _STOP}


class _Set(dict[str, bool]):
    """Which characters an atom takes, remembered once asked."""

    def __init__(self, source: str, flags: int) -> None:
        super().__init__()
        self._match = re.compile(source, flags).match

    def __missing__(self, character: str) -> bool:
        self[character] = found = self._match(character) is not None
        return found


@lru_cache(maxsize=2048)
def _set(source: str, flags: int) -> _Set:
    return _Set(source, flags)


@dataclass
class _Step:
    kind: int
    value: int = 0
    other: int = 0
    """The second way of a split."""
    takes: _Set | None = None
    look: _Program | None = None
    negated: bool = False
    width: int = 0
    """Characters behind the place at which a look begins."""


class _Program:
    """A pattern, or the inside of a look, as steps."""

    def __init__(self, choices: list[list[_Node]], flags: int, groups: int) -> None:
        self._flags = flags
        self.groups = groups
        self.marks = 2 * groups + 2
        self.steps: list[_Step] = []
        self.remembers = True
        """False where a back-reference makes the same place differ from visit to visit."""
        self._choices(choices)
        self._add(_END)

    def _add(self, kind: int, value: int = 0) -> _Step:
        if len(self.steps) >= MAX_PROGRAM:
            raise Refused("the regular expression repeats too much")
        self.steps.append(_Step(kind, value))
        return self.steps[-1]

    def _choices(self, choices: list[list[_Node]]) -> None:
        """Alternatives in order; each but the last is tried by a split and ends in a jump."""
        jumps: list[_Step] = []
        for position, sequence in enumerate(choices):
            split = self._add(_SPLIT) if position + 1 < len(choices) else None
            if split is not None:
                split.value = len(self.steps)
            for node in sequence:
                self._node(node)
            if split is not None:
                jumps.append(self._add(_SPLIT))
                split.other = len(self.steps)
        for jump in jumps:
            jump.value = jump.other = len(self.steps)

    def _node(self, node: _Node) -> None:
        match node:
            case _One():
                self._one(node.source)
            case _Reference():
                self.remembers = False
                self._add(_BACK, node.group)
            case _Group() if node.look:
                self._look(node)
            case _Group():
                self._group(node)
            case _:
                self._repeat(node)

    def _one(self, source: str) -> None:
        if source in _PLACES:
            self._add(_PLACES[source])
        else:
            self._add(_CHARACTER).takes = _set(source, self._flags)

    def _group(self, node: _Group) -> None:
        if node.number:
            self._add(_SAVE, 2 * node.number)
        self._choices(node.choices)
        if node.number:
            self._add(_SAVE, 2 * node.number + 1)

    def _look(self, node: _Group) -> None:
        step = self._add(_LOOK)
        step.look = _Program(node.choices, self._flags, self.groups)
        step.negated = node.look.endswith("!")
        step.width = _width(node) if node.look.startswith("<") else 0
        self.remembers = self.remembers and step.look.remembers

    def _repeat(self, node: _Repeat) -> None:
        for _ in range(node.least):
            self._node(node.body)
        if node.most is None:
            self._loop(node)
            return
        ends: list[_Step] = []
        for _ in range(node.most - node.least):
            ends.append(self._choose(node.lazy))
            self._node(node.body)
        for split in ends:
            self._leave(split, node.lazy)

    def _loop(self, node: _Repeat) -> None:
        start = len(self.steps)
        split = self._choose(node.lazy)
        if isinstance(node.body, _One):
            self._node(node.body)
        else:
            mark = self.marks
            self.marks += 1
            self._add(_MARK, mark)
            self._node(node.body)
            self._add(_MOVED, mark)
        back = self._add(_SPLIT)
        back.value = back.other = start
        self._leave(split, node.lazy)

    def _choose(self, lazy: bool) -> _Step:
        """A split that goes on with the next step, at once or as its second way."""
        split = self._add(_SPLIT)
        split.value = split.other = len(self.steps)
        return split

    def _leave(self, split: _Step, lazy: bool) -> None:
        if lazy:
            split.value = len(self.steps)
        else:
            split.other = len(self.steps)


def _width(node: _Node) -> int:
    match node:
        case _One():
            return 0 if node.source in _PLACES else 1
        case _Group():
            inside = 0 if node.look and not node.look.startswith("<") else 1
            return sum(map(_width, node.choices[0])) * inside
        case _Repeat():
            return _width(node.body) * node.least
        case _:
            return 0


# Matching


@dataclass
class _Search:
    """One search after another in a text, with one count of steps."""

    text: str
    ignores_case: bool
    left: int = MAX_STEPS
    failed: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def run(self, program: _Program, at: int, saved: list[int]) -> list[int] | None:
        """Match from `at` on; returns the groups' places, of which the first pair is the match."""
        slots = [*saved, *([-1] * (program.marks - len(saved)))]
        slots[0] = at
        ways: list[tuple[int, int, list[int]]] = [(0, at, slots)]
        failed = self.failed
        while ways:
            step_at, at, slots = ways.pop()
            while True:
                self._count()
                step = program.steps[step_at]
                step_at += 1
                if step.takes is not None:
                    if at < len(self.text) and step.takes[self.text[at]]:
                        at += 1
                        continue
                    break
                if step.kind == _SPLIT:
                    if step.other == step.value:
                        step_at = step.value
                        continue
                    if program.remembers:
                        if (step_at, at) in failed:
                            break
                        failed.add((step_at, at))
                    ways.append((step.other, at, slots))
                    step_at = step.value
                    continue
                if step.kind == _END:
                    slots[1] = at
                    return slots
                moved = self._other(step, at, slots)
                if moved is None:
                    break
                at, slots = moved
        return None

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            message = f"the regular expression takes more than {MAX_STEPS:,} steps on this text"
            raise Refused(message)

    def _other(self, step: _Step, at: int, slots: list[int]) -> tuple[int, list[int]] | None:
        if step.kind in (_SAVE, _MARK):
            return at, [*slots[: step.value], at, *slots[step.value + 1 :]]
        if step.kind == _LOOK:
            return self._look(step, at, slots)
        if step.kind == _BACK:
            return self._back(step.value, at, slots)
        if step.kind == _MOVED:
            passed = slots[step.value] != at
        else:
            passed = at == (0 if step.kind == _START else len(self.text))
        return (at, slots) if passed else None

    def _back(self, group: int, at: int, slots: list[int]) -> tuple[int, list[int]] | None:
        start, end = slots[2 * group], slots[2 * group + 1]
        if start < 0 or end < 0:
            return at, slots
        wanted, found = self.text[start:end], self.text[at : at + end - start]
        if self.ignores_case:
            wanted, found = wanted.lower(), found.lower()
        return (at + end - start, slots) if wanted == found else None

    def _look(self, step: _Step, at: int, slots: list[int]) -> tuple[int, list[int]] | None:
        start = at - step.width
        if step.look is None or start < 0:
            return (at, slots) if step.negated else None
        outer, self.failed = self.failed, set()
        found = self.run(step.look, start, slots)
        self.failed = outer
        if step.negated:
            return (at, slots) if found is None else None
        if found is None or (step.width and found[1] != at):
            return None
        groups = 2 * step.look.groups + 2
        return at, [*slots[:2], *found[2:groups], *slots[groups:]]


def searches(pattern: re.Pattern[str], text: str) -> Callable[[int], list[tuple[int, int]] | None]:
    """A function that finds the next match from a place on, as the spans of its groups.

    Span 0 is the match; a group that took no part has (-1, -1). The function raises `Refused` once
    all its searches together took more than `MAX_STEPS`.

    Raises:
        Refused: The pattern repeats too much to be written out.
    """
    program = _program(pattern)
    search = _Search(text, bool(pattern.flags & re.IGNORECASE))

    def find(at: int) -> list[tuple[int, int]] | None:
        search.failed = set()
        for start in _starts(program, text, at):
            found = search.run(program, start, [-1] * (2 * program.groups + 2))
            if found is not None:
                return list(zip(found[::2], found[1::2], strict=False))[: program.groups + 1]
        return None

    return find


@lru_cache(maxsize=128)
def _program(pattern: re.Pattern[str]) -> _Program:
    choices, groups = _read(pattern)
    return _Program(choices, pattern.flags & re.IGNORECASE, groups)


def _starts(program: _Program, text: str, at: int) -> Iterator[int]:
    """Places at which a match may begin."""
    first = program.steps[0]
    if first.kind == _START:
        yield from range(at, 1)
    elif first.takes is None:
        yield from range(at, len(text) + 1)
    else:
        takes = first.takes
        yield from (start for start in range(at, len(text)) if takes[text[start]])
