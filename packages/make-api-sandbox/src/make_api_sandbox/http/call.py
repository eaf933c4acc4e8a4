"""One authenticated request, as a handler sees it."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from make_api_sandbox.clock import Clock
from make_api_sandbox.http.errors import (
    confirmation_required,
    invalid_parameters,
    missing,
    not_found,
)
from make_api_sandbox.http.paging import Page, Paging
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox
    from make_api_sandbox.http.routing import RouteSpec


@dataclass
class Call:
    """What a handler works with.

    The context of the route (see `http.context`) fills `organization_id`, `team_id` and `entity`
    before the handler runs, once the caller's membership is proven.
    """

    request: Request
    sandbox: "Sandbox"
    spec: "RouteSpec"
    raw_body: bytes
    token: Row
    user: Row
    organization_id: int | None = None
    team_id: int | None = None
    entity: Row = field(default_factory=dict[str, Any])
    """The row the path names, for routes with an `entity` context."""

    @property
    def world(self) -> World:
        """The world behind the sandbox."""
        return self.sandbox.world

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.sandbox.world.clock

    def now(self) -> datetime:
        """The world's time."""
        return self.clock.now()

    @property
    def user_id(self) -> int:
        """Who calls."""
        return self.user["id"]

    @cached_property
    def body(self) -> JsonObject:
        """The checked body; `{}` for routes that declare none.

        Raises:
            ApiError: 400 that lists every fault.
        """
        return self.spec.body.read(self.raw_body) if self.spec.body else {}

    def path(self, name: str) -> str:
        """A path member as text."""
        return str(self.request.path_params[name])

    def path_id(self, name: str) -> int:
        """A path member that must be a positive whole number; anything else is a 400."""
        return whole_number(name, self.path(name))

    # Query

    def query(self, name: str) -> str | None:
        """A query member, or None when absent or empty."""
        return self.request.query_params.get(name) or None

    def query_list(self, name: str) -> list[str]:
        """A query array `name[]=a&name[]=b` (a single `name=a` counts as well)."""
        found = self.request.query_params.multi_items()
        return [value for key, value in found if key in (f"{name}[]", name) or _indexed(key, name)]

    def query_id(self, name: str) -> int | None:
        """A query member that must be a positive whole number when present."""
        value = self.query(name)
        return None if value is None else whole_number(name, value)

    def required_query_id(self, name: str) -> int:
        """A query member that must be there and be a positive whole number."""
        value = self.query_id(name)
        if value is None:
            raise invalid_parameters([missing(name)])
        return value

    def query_flag(self, name: str) -> bool | None:
        """A query boolean, None when absent; anything but `true` and `false` is a 400."""
        value = self.query(name)
        if value is None:
            return None
        if value not in ("true", "false", "1", "0"):
            raise invalid_parameters([(name, f"Parameter '{name}' should be boolean.")])
        return value in ("true", "1")

    @property
    def cols(self) -> Sequence[str]:
        """The columns asked for with `cols[]`."""
        return self.query_list("cols")

    def page(self, rules: Paging) -> Page:
        """The page asked for with `pg[...]`."""
        return rules.read(self.request.query_params)

    # Rules

    @property
    def confirmed(self) -> bool:
        """True with `confirmed=true`."""
        return self.query_flag("confirmed") is True

    def confirm(self, kind: str, data: Sequence[JsonObject] = ()) -> None:
        """Refuse with 406 unless the call is confirmed.

        Args:
            kind: What is asked for, shown as `metadata[0].type`.
            data: What would be affected; named scenarios are repeated as `suberrors`.
        """
        if self.confirmed:
            return
        named = [{"message": str(item["scenarioName"])} for item in data if "scenarioName" in item]
        raise confirmation_required(kind, data, suberrors=named or None)

    @cached_property
    def organization(self) -> Row:
        """The organization in context."""
        row = self.world.get("organizations", self.organization_id or 0)
        if row is None:
            raise not_found("Organization")
        return row

    @property
    def license(self) -> JsonObject:
        """The licence of the organization in context (API reference, chapter 1.20)."""
        return self.organization["license"]

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on after the answer; cancelled when the sandbox closes."""
        self.sandbox.background.start(work)


def whole_number(name: str, text: str) -> int:
    """A positive whole number from a path or query.

    Raises:
        ApiError: 400 that names the member.
    """
    if text.isascii() and text.isdigit() and len(text) < 16 and int(text) > 0:
        return int(text)
    raise invalid_parameters([(name, f"Parameter '{name}' should be a positive integer.")])


def _indexed(key: str, name: str) -> bool:
    return key.startswith(f"{name}[") and key.endswith("]") and key[len(name) + 1 : -1].isdigit()
