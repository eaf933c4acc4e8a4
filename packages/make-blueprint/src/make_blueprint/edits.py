"""Edits: small changes of JSON data that each know how to be taken back exactly.

An edit is a list, so that it can be stored as JSON: `["put", pointer, value, position]`,
`["drop", pointer]`. `put` sets a key of an object (at a position among the keys when it is new) or
inserts an item into a list; `set` replaces what is there; `drop` removes. Taking back restores the
order of keys too.
"""

from __future__ import annotations

from typing import cast

from make_blueprint.document import JsonObject, JsonValue, clone_value
from make_blueprint.walk import Pointer

Edit = list[JsonValue]


class Editor:
    """Changes one document in place and remembers how to undo it.

    Args:
        root: The document that is changed.
    """

    def __init__(self, root: JsonObject) -> None:
        self.root = root
        self._undo: list[Edit] = []

    def get(self, pointer: Pointer) -> JsonValue:
        """Give the value at a pointer, or None when there is nothing."""
        value: JsonValue = self.root
        for key in pointer:
            value = _member(value, key)
        return value

    def set(self, pointer: Pointer, value: JsonValue) -> None:
        """Set a key of an object, or replace an item of a list."""
        holder, key = self._holder(pointer), pointer[-1]
        if isinstance(holder, dict) and key not in holder:
            self.apply(["put", [*pointer], value, len(holder)])
        else:
            self.apply(["set", [*pointer], value])

    def insert(self, pointer: Pointer, value: JsonValue) -> None:
        """Insert an item into a list; the last part of the pointer is its index."""
        self.apply(["put", [*pointer], value, 0])

    def drop(self, pointer: Pointer) -> None:
        """Remove a key or an item."""
        self.apply(["drop", [*pointer]])

    def apply(self, edit: Edit) -> None:
        """Carry out one edit and remember its opposite.

        Raises:
            LookupError: The pointer leads nowhere.
        """
        kind, pointer = edit[0], tuple(cast("list[str | int]", edit[1]))
        holder = self._holder(pointer)
        if kind == "put":
            self._put(holder, pointer[-1], edit[2], cast("int", edit[3]))
            self._undo.append(["drop", [*pointer]])
        elif kind == "set":
            old = _swap(holder, pointer[-1], edit[2])
            self._undo.append(["set", [*pointer], old])
        else:
            old, index = _take(holder, pointer[-1])
            self._undo.append(["put", [*pointer], old, index])

    def inverse(self) -> list[Edit]:
        """Give the edits that undo everything so far, in the order to carry them out."""
        return [cast("Edit", clone_value(edit)) for edit in reversed(self._undo)]

    def _holder(self, pointer: Pointer) -> JsonObject | list[JsonValue]:
        holder = self.get(pointer[:-1])
        if isinstance(pointer[-1], int) and pointer[-1] < 0:
            raise LookupError(f"An index is never negative, as in {pointer!r}.")
        if not isinstance(holder, (dict, list)):
            raise LookupError(f"There is no object or list for {pointer!r}.")
        return holder

    @staticmethod
    def _put(
        holder: JsonObject | list[JsonValue], key: str | int, value: JsonValue, position: int
    ) -> None:
        if isinstance(holder, list) and isinstance(key, int) and key <= len(holder):
            holder.insert(key, clone_value(value))
            return
        if not isinstance(holder, dict) or not isinstance(key, str) or key in holder:
            raise LookupError(f"There is no place {key!r}.")
        later = list(holder.items())[position:]
        for name, _ in later:
            del holder[name]
        holder[key] = clone_value(value)
        holder.update(later)


def is_edit(value: JsonValue) -> bool:
    """Tell whether a value has the form of a recorded edit."""
    if not isinstance(value, list) or len(value) < 2 or not isinstance(value[0], str):
        return False
    lengths = {"put": 4, "set": 3, "drop": 2}
    pointer = value[1]
    if lengths.get(value[0]) != len(value) or not isinstance(pointer, list) or not pointer:
        return False
    keys = all(isinstance(key, (str, int)) and not isinstance(key, bool) for key in pointer)
    return keys and (value[0] != "put" or isinstance(value[3], int))


def _member(holder: JsonValue, key: str | int) -> JsonValue:
    if isinstance(holder, dict) and isinstance(key, str):
        return holder.get(key)
    if isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder):
        return holder[key]
    return None


def _swap(holder: JsonObject | list[JsonValue], key: str | int, value: JsonValue) -> JsonValue:
    if isinstance(holder, dict) and isinstance(key, str):
        old, holder[key] = holder[key], clone_value(value)
        return old
    if isinstance(holder, list) and isinstance(key, int):
        old, holder[key] = holder[key], clone_value(value)
        return old
    raise LookupError(f"There is no place {key!r}.")


def _take(holder: JsonObject | list[JsonValue], key: str | int) -> tuple[JsonValue, int]:
    """Remove a member and give it with its position."""
    if isinstance(holder, dict) and isinstance(key, str) and key in holder:
        index = list(holder).index(key)
        return holder.pop(key), index
    if isinstance(holder, list) and isinstance(key, int):
        return holder.pop(key), key
    raise LookupError(f"There is no place {key!r}.")
