"""Request bodies: which members an endpoint takes, checked all at once.

A route declares `body=members(...)`; the handler finds the checked members in `call.body`. Missing
and unknown members, wrong types and broken bounds are reported together in one 400 (API reference,
chapter 1.4).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing
from make_api_sandbox.http.json_reading import read_json
from make_api_sandbox.shapes import JsonObject

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""


@dataclass(frozen=True)
class Member:
    """One member of a body."""

    check: Check
    required: bool = True
    nullable: bool = False

    def optional(self) -> "Member":
        """The same member, free to be absent."""
        return replace(self, required=False)

    def or_null(self) -> "Member":
        """The same member, free to be null."""
        return replace(self, nullable=True)

    def fault(self, value: Any) -> str | None:
        """What is wrong with `value`, or None."""
        return None if value is None and self.nullable else self.check(value)


@dataclass(frozen=True)
class Body:
    """What a body may hold.

    Args:
        members: By name.
        open: Also take members nobody declared (for endpoints with type-specific members).
    """

    members: Mapping[str, Member]
    open: bool = False

    def read(self, raw: bytes) -> JsonObject:
        """Parse and check a body.

        Raises:
            ApiError: 400 that lists every fault.
        """
        body = parse_object(raw)
        faults = self.faults(body)
        if faults:
            raise invalid_parameters(faults)
        return body

    def faults(self, body: JsonObject) -> list[tuple[str, str]]:
        """The members at fault, and what is wrong with each."""
        return [*self._missing(body), *self._unknown(body), *self._wrong(body)]

    def _missing(self, body: JsonObject) -> list[tuple[str, str]]:
        return [missing(n) for n, m in self.members.items() if m.required and n not in body]

    def _unknown(self, body: JsonObject) -> list[tuple[str, str]]:
        names = [] if self.open else [name for name in body if name not in self.members]
        return [(name, f"Unknown parameter '{name}'.") for name in names]

    def _wrong(self, body: JsonObject) -> list[tuple[str, str]]:
        found = ((n, m.fault(body[n])) for n, m in self.members.items() if n in body)
        return [(n, f"Invalid value of parameter '{n}': {f}.") for n, f in found if f]


def members(**named: Member) -> Body:
    """A body of exactly these members."""
    return Body(named)


def open_members(**named: Member) -> Body:
    """A body of these members and any others."""
    return Body(named, open=True)


def parse_object(raw: bytes) -> JsonObject:
    """Parse a body that must be a JSON object; an empty body is an empty object.

    Raises:
        ApiError: 400 when it is no JSON or no object.
    """
    try:
        body: Any = read_json(raw) if raw.strip() else {}
    except ValueError as error:
        raise ApiError(400, "SC400", "Invalid JSON body.", detail=str(error)) from error
    if not isinstance(body, dict):
        raise ApiError(400, "SC400", "Invalid JSON body.", detail="should be object")
    return cast(JsonObject, body)


# Kinds of members

LARGEST = 2**53 - 1
"""The largest whole number that travels exactly in JSON."""


def text(maximum: int | None = None, minimum: int = 0) -> Member:
    """Text of a length within bounds."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "should be string"
        if len(value) < minimum:
            return f"should NOT have fewer than {minimum} characters"
        if maximum is not None and len(value) > maximum:
            return f"should NOT have more than {maximum} characters"
        return None

    return Member(check)


def name_text(maximum: int = 128) -> Member:
    """A name: text of 1 to `maximum` characters."""
    return text(maximum, 1)


def integer(minimum: int = -LARGEST, maximum: int = LARGEST) -> Member:
    """A whole number within bounds."""

    def check(value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "should be integer"
        if value < minimum:
            return f"should be >= {minimum}"
        if value > maximum:
            return f"should be <= {maximum}"
        return None

    return Member(check)


def identifier() -> Member:
    """The id of a thing: a positive whole number."""
    return integer(1)


def boolean() -> Member:
    """True or false."""
    return Member(lambda value: None if isinstance(value, bool) else "should be boolean")


def mapping() -> Member:
    """A JSON object."""
    return Member(lambda value: None if isinstance(value, dict) else "should be object")


def choice(*allowed: str) -> Member:
    """One of the named texts."""
    listed = ", ".join(allowed)
    return Member(lambda value: None if value in allowed else f"should be one of: {listed}")


def anything() -> Member:
    """Any JSON; the handler looks at it."""
    return Member(lambda value: None)


def list_of(item: Member) -> Member:
    """A list whose items are all of one kind."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "should be array"
        items = cast("list[Any]", value)
        faults = (f"[{at}] {f}" for at, one in enumerate(items) if (f := item.fault(one)))
        return next(faults, None)

    return Member(check)


def json_text() -> Member:
    """JSON sent as text, as blueprints and scheduling travel (API reference, chapter 1.4)."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "should be string"
        try:
            read_json(value)
        except ValueError:
            return "should be JSON text"
        return None

    return Member(check)
