"""Credentials on their way to Make: sent as given, shown and recorded without a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from make_mcp_base.authoring import Json, Request
from pydantic import PlainSerializer

HIDDEN = "[hidden]"


def _names_only(data: dict[str, Json] | None) -> dict[str, str] | None:
    return None if data is None else dict.fromkeys(data, HIDDEN)


Credentials = Annotated[
    dict[str, Json],
    PlainSerializer(_names_only, return_type=dict[str, str] | None, when_used="json"),
]
"""Parameters of a connection or key; written as JSON, for the journal, only their names remain."""


@dataclass(frozen=True, slots=True)
class ConfidentialRequest(Request):
    """A request whose body holds credentials under names that nobody can foresee.

    Plans and the journal show a request through `as_json`; only the members named in `open` keep
    their values there.

    Attributes:
        open: Members of the body that are no secret.
    """

    open: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the request as JSON data without the credentials in it."""
        data = Request.as_json(self)
        if isinstance(self.body, dict):
            body = self.body
            data["body"] = {k: v if k in self.open else HIDDEN for k, v in body.items()}
        return data
