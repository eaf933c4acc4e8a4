"""Shapes of JSON values, and where a value departs from one."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast


class Shape:
    """What a value may be."""

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape, one sentence a place.

        Args:
            value: Decoded JSON.
            at: Where the value stands, such as `scenario.lastEdit`; empty for the whole answer.
        """
        raise NotImplementedError


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


ATOMS: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "null": lambda value: value is None,
    "flag": lambda value: isinstance(value, bool),
    "int": _is_int,
    "id": lambda value: _is_int(value) and value > 0,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "digits": _matches(r"\d+"),
    "decimal": _matches(r"\d+(\.\d+)?"),
    "hex32": _matches(r"[0-9a-f]{32}"),
    "udid": _matches(r"[a-z0-9]{32}"),
    "uuid": _matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "time": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "moment": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "date": _matches(r"\d{4}-\d\d-\d\d"),
    "day": _matches(r"\d\d-\d\d-\d{4}"),
    "colour": _matches(r"#[0-9a-f]{6}"),
    "url": _matches(r"https?://\S+"),
    "email": _matches(r"[^@\s]+@[^@\s]+"),
}
"""The words for values without members.

`time` is UTC with milliseconds (chapter 1.12), `moment` any other ISO 8601 form of one.
"""


@dataclass(frozen=True)
class Atom(Shape):
    """A value without members, by one of the words of `ATOMS`."""

    word: str

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape."""
        if not ATOMS[self.word](value):
            yield f"{at or 'the answer'} should be {self.word}, not {_shown(value)}"


@dataclass(frozen=True)
class Literal(Shape):
    """Exactly this value."""

    value: str | int | bool

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape."""
        if type(value) is not type(self.value) or value != self.value:
            yield f"{at or 'the answer'} should be {self.value!r}, not {_shown(value)}"


@dataclass(frozen=True)
class Either(Shape):
    """One of several shapes."""

    shapes: tuple[Shape, ...]

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape."""
        attempts = [list(shape.faults(value, at)) for shape in self.shapes]
        if all(attempts):
            yield from self._nearest(value, attempts)

    def _nearest(self, value: Any, attempts: list[list[str]]) -> list[str]:
        """The faults against the alternative of the same kind that has fewest."""
        alike = [
            faults
            for shape, faults in zip(self.shapes, attempts, strict=True)
            if isinstance(shape, Members) == isinstance(value, dict)
            and isinstance(shape, Listed) == isinstance(value, list)
        ]
        return min(alike or attempts, key=len)


@dataclass(frozen=True)
class Listed(Shape):
    """A list of values of one shape."""

    item: Shape

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape."""
        if not isinstance(value, list):
            yield f"{at or 'the answer'} should be a list, not {_shown(value)}"
            return
        for place, one in enumerate(cast("list[Any]", value)):
            yield from self.item.faults(one, f"{at}[{place}]")


@dataclass(frozen=True)
class Member:
    """A member of an object.

    Args:
        shape: What its value may be.
        optional: It may be absent.
        on_request: It is shown only when `cols[]` asks for it.
    """

    shape: Shape
    optional: bool = False
    on_request: bool = False


@dataclass(frozen=True)
class Members(Shape):
    """An object: its members by name, and the shape of all others if there may be any."""

    named: Mapping[str, Member]
    others: Shape | None = None

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where `value` departs from this shape."""
        yield from self.faults_of(value, at, None)

    def faults_of(self, value: Any, at: str, cols: Collection[str] | None) -> Iterator[str]:
        """Like `faults`, for an answer whose columns were asked for.

        Args:
            value: Decoded JSON.
            at: Where it stands.
            cols: The columns asked for, `*` for all; None for the default ones.
        """
        if not isinstance(value, dict):
            yield f"{at or 'the answer'} should be an object, not {_shown(value)}"
            return
        found = cast("dict[str, Any]", value)
        place = f"{at}." if at else ""
        for name in self._absent(found, cols):
            yield f"{place}{name} is missing"
        for name, one in found.items():
            shape = self._allowed(name, cols)
            if shape is None:
                yield f"{place}{name} is unknown here ({_shown(one)})"
            else:
                yield from shape.faults(one, f"{place}{name}")

    def _absent(self, found: Mapping[str, Any], cols: Collection[str] | None) -> list[str]:
        return [
            name
            for name, member in self.named.items()
            if name not in found
            and not member.optional
            and (not member.on_request if cols is None else name in cols)
        ]

    def _allowed(self, name: str, cols: Collection[str] | None) -> Shape | None:
        member = self.named.get(name)
        if member is None:
            return self.others
        if cols is None:
            return None if member.on_request else member.shape
        return member.shape if "*" in cols or name in cols else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
