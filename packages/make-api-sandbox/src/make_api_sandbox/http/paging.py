"""`pg[...]`: slices, order and the echo of lists (API reference, chapter 1.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from make_api_sandbox.http.errors import ApiError, invalid_parameters
from make_api_sandbox.shapes import JsonObject

Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Paging:
    """What one list endpoint allows.

    Args:
        sort: SQL expression of each sortable member, the default first. Order expressions must be
            made unique by the query (add the id last).
        direction: Default `asc` or `desc`.
        limit: Default page size.
        maximum: Largest page size; more is a 400.
        keyset: Member that `pg[last]` refers to, for log endpoints.
        sorts: False for endpoints that echo only `limit` and `offset`.
    """

    sort: Mapping[str, str]
    direction: str = "asc"
    limit: int = 10_000
    maximum: int = 10_000
    keyset: str | None = None
    sorts: bool = True

    def read(self, query: Mapping[str, str]) -> "Page":
        """The page a request asks for.

        Raises:
            ApiError: 400 that lists every fault in `pg`.
        """
        faults: Faults = []
        page = Page(
            sort_by=_one_of(query, "sortBy", [*self.sort], next(iter(self.sort), ""), faults),
            direction=_one_of(query, "sortDir", ["asc", "desc"], self.direction, faults),
            limit=_number(query, "limit", self.limit, (1, self.maximum), faults),
            offset=_number(query, "offset", 0, (0, None), faults),
            last=query.get("pg[last]") if self.keyset else None,
            show_last=query.get("pg[showLast]") == "true",
            rules=self,
        )
        if faults:
            raise invalid_parameters(faults)
        _refuse_total(query)
        return page


@dataclass(frozen=True)
class Page:
    """A slice of a list, as asked for."""

    sort_by: str
    direction: str
    limit: int
    offset: int
    last: str | None
    show_last: bool
    rules: Paging

    def slice_sql(self, *, tie: str = "id") -> str:
        """The `ORDER BY … LIMIT … OFFSET …` of a query; holds no text of the caller's.

        Args:
            tie: Column that decides between equals.
        """
        order = f"{self.rules.sort[self.sort_by]} {self.direction}, {tie} {self.direction}"
        offset = 0 if self.last else self.offset
        return f" ORDER BY {order} LIMIT {self.limit} OFFSET {offset}"

    def keyset_sql(self, column: str) -> tuple[str, list[str]]:
        """The condition and its values that continue after `pg[last]`; empty without it.

        With `pg[showLast]=true` the entry of that key is shown again.
        """
        if not self.last:
            return "", []
        sign = "<" if self.direction == "desc" else ">"
        return f" AND {column} {sign}{'=' if self.show_last else ''} ?", [self.last]

    def cut(self, items: Sequence[Any]) -> list[Any]:
        """The slice of items already in order; for lists that are not read by SQL."""
        return list(items[self.offset : self.offset + self.limit])

    def echo(self) -> JsonObject:
        """The `pg` member of the answer."""
        if not self.rules.sorts:
            return {"limit": self.limit, "offset": self.offset}
        if self.last:
            return {
                "sortBy": self.sort_by,
                "sortDir": self.direction,
                "last": self.last,
                "showLast": self.show_last,
                "limit": self.limit,
            }
        return {
            "sortBy": self.sort_by,
            "limit": self.limit,
            "sortDir": self.direction,
            "offset": self.offset,
            "returnTotalCount": False,
        }


def _refuse_total(query: Mapping[str, str]) -> None:
    if query.get("pg[returnTotalCount]") == "true":
        text = "Parameter `pg[returnTotalCount]` is supported only for session authentication."
        raise ApiError(400, "SC400", text)


def _one_of(
    query: Mapping[str, str], name: str, allowed: list[str], default: str, faults: Faults
) -> str:
    value = query.get(f"pg[{name}]") or default
    if value not in allowed and value != default:
        faults.append((f"pg[{name}]", f"'{name}' should be one of: {', '.join(allowed)}."))
    return value


def _number(
    query: Mapping[str, str],
    name: str,
    default: int,
    bounds: tuple[int, int | None],
    faults: Faults,
) -> int:
    text = query.get(f"pg[{name}]")
    if text is None:
        return default
    low, high = bounds
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 13 else -1
    if value < low or (high is not None and value > high):
        upper = "" if high is None else f" and <= {high}"
        faults.append((f"pg[{name}]", f"'{name}' should be integer >= {low}{upper}."))
    return value
