"""Options of fields, in the spellings that manifests use for them, and the fields they bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import JsonObject, JsonValue

Ask = Callable[[str], "list[JsonValue] | None"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options of a field.

    Attributes:
        rows: The options.
        remote: Whether they were asked for.
        value: Member that holds an option's value.
        label: Member that holds its label.
        nested: Fields that any choice brings.
    """

    rows: list[JsonObject]
    remote: bool
    value: str = "value"
    label: str = "label"
    nested: JsonValue = None

    def find(self, value: JsonValue) -> JsonObject | None:
        """Find the option of a value; numbers and truth values may be written as text."""
        exact = [row for row in self.rows if _same(row.get(self.value), value)]
        loose = exact or [row for row in self.rows if _alike(row.get(self.value), value)]
        return loose[0] if loose else None

    def hint(self, value: JsonValue) -> str:
        """Name the options most like a value, or the first ones."""
        labels = {self._shown(row): row for row in self.rows}
        words = {str(text): shown for shown, row in labels.items() for text in self._texts(row)}
        near = get_close_matches(str(value), words, n=3, cutoff=0.5)
        shown = list(dict.fromkeys(words[one] for one in near)) or list(labels)[:8]
        return f"Options: {', '.join(shown)}." if shown else "There are no options."

    def _texts(self, row: JsonObject) -> list[JsonValue]:
        return [row.get(self.value), row.get(self.label)]

    def _shown(self, row: JsonObject) -> str:
        value, label = row.get(self.value), row.get(self.label)
        text = json.dumps(value, ensure_ascii=False)
        return text if label in (None, value) else f"{text} ({label})"


def listed(entry: JsonObject, ask: Ask) -> Chosen | None:
    """Give the options of a field; None when they could not be told or it has none.

    Args:
        entry: The field.
        ask: Gives what lies behind an address, or None.
    """
    given = entry.get("options")
    more = given if isinstance(given, dict) else {}
    store = more.get("store") if isinstance(given, dict) else given
    remote = isinstance(store, str)
    rows = ask(store) if isinstance(store, str) else store
    if not isinstance(rows, list):
        return None
    nested = more.get("nested", entry.get("nested"))
    value, label = more.get("value"), more.get("label")
    return Chosen(
        list(_flat(rows)),
        remote,
        value if isinstance(value, str) else "value",
        label if isinstance(label, str) else "label",
        nested,
    )


def may_bring(entry: JsonObject) -> bool:
    """Tell whether a choice in this field can make other fields appear."""
    if entry.get("nested"):
        return True
    given = entry.get("options")
    store = as_object(given).get("store") if isinstance(given, dict) else given
    if isinstance(store, str) or as_object(given).get("nested"):
        return True
    return any(row.get("nested") for row in _flat(as_list(store)))


def nested_fields(nested: JsonValue) -> tuple[list[JsonValue], str]:
    """Give the fields that a choice brings, and the domain they belong to ("": the same)."""
    if isinstance(nested, dict):
        found, _ = nested_fields(nested.get("store"))
        domain = str(nested.get("domain") or "")
        return found, "mapper" if domain == "expect" else domain
    if isinstance(nested, str):
        return [nested], ""
    return as_list(nested), ""


def spec_of(entry: JsonObject) -> list[JsonValue] | str | None:
    """Give the fields of a collection or of an array's items; a text is their address."""
    spec = entry.get("spec")
    if isinstance(spec, dict) and isinstance(spec.get("store"), str):
        return str(spec["store"])
    if isinstance(spec, dict) and "name" not in spec and spec.get("type") == "collection":
        return spec_of(spec)
    if isinstance(spec, dict):
        return [{key: member for key, member in spec.items() if key != "name"}]
    return spec if isinstance(spec, (list, str)) else None


def is_boolean_as_text(option: JsonObject, value: JsonValue) -> bool:
    """Tell a text where the option's value is a truth value: Make takes it for true."""
    return isinstance(option.get("value"), bool) and isinstance(value, str)


def _flat(rows: list[JsonValue]) -> Iterator[JsonObject]:
    """Give options, those of groups as well; a bare value is its own option."""
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("options"), list):
            yield from _flat(as_list(row["options"]))
        elif isinstance(row, dict):
            yield row
        elif row is not None:
            yield {"value": row}


def _same(one: JsonValue, other: JsonValue) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _alike(one: JsonValue, other: JsonValue) -> bool:
    return _text(one) == _text(other)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)
