"""The two base models of a tool: what it takes and what it returns.

Inputs forbid members they do not know, so that an agent's typo is answered. Outputs ignore them,
so that a new member in Make's API is not an outage.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasGenerator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

Json = JsonValue
"""Any JSON value."""

Document = dict[str, Any]
"""A JSON object that passes through unread, every member kept."""

Timestamp = datetime
"""A moment, ISO 8601 with zone on the wire."""


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


Counter = Annotated[int, BeforeValidator(_number)]
"""A count that Make sends as a number here and as decimal text there (API reference, 1.12)."""


class Input(BaseModel):
    """Arguments of a tool: snake_case on the wire, camelCase accepted, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_camel),
        extra="forbid",
        populate_by_name=True,
        use_attribute_docstrings=True,
        frozen=True,
    )

    def sent(self) -> set[str]:
        """Name the arguments the caller really gave, as against defaults."""
        return set(self.model_fields_set)


class Output(BaseModel):
    """A part of an answer: Make's camelCase in, snake_case out, unknown members left."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_camel),
        extra="ignore",
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class NextCall(Output):
    """A call that makes sense next, complete. Only calls that this surface reaches are shown."""

    tool: str
    arguments: Document
    why: str


class PageInput(Input):
    """Arguments shared by tools that list things."""

    limit: int = Field(default=25, ge=1, le=100)
    """Rows to return."""
    cursor: str | None = None
    """`next_cursor` of the answer before."""


class Page(Output):
    """An answer that may go on."""

    total: int | None = None
    """Rows that match, over all pages."""
    next_cursor: str | None = None
    """Send as `cursor` for the next rows; absent on the last page."""
