"""Secrets: values of a blueprint that must not be shown, found by the names they stand under."""

from __future__ import annotations

import re
from itertools import pairwise

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, check_data

MASK = "***"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ANYWHERE = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "authorization", "credential"}
    | {"credentials", "bearer", "cookie", "pkey", "apikey"}
)
_LAST = frozenset({"token", "pass"})
_PAIRS = frozenset(
    (first, "key")
    for first in ("api", "private", "access", "auth", "signing", "encryption", "secret", "master")
)
_NAME_KEYS = ("name", "key")
_SECRET_TYPES = ("password", "pkey", "cert")
_ONE_EXPRESSION = re.compile(r"\{\{[^{}\"']*\}\}")


def is_secret_name(name: str) -> bool:
    """Tell whether a value under a name is likely to be a secret: `apiKey`, `X-Auth-Token`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] == "keychain":
        return False  # a keychain field holds the id of a key, not the key
    if words[-1] in _LAST or _ANYWHERE.intersection(words):
        return True
    return any(pair in _PAIRS for pair in pairwise(words))


def masked(value: JsonValue, name: str = "") -> JsonValue:
    """Copy a JSON value with every secret replaced by `***`.

    A value is secret under a telling key, as the value of a `{name, value}` pair with a telling
    name (headers, query fields), and where a module's own schema declares a password field. An
    expression without literal text shows no secret and stays.

    Args:
        value: Any JSON value; it stays as it is.
        name: The key it stands under.
    """
    copy: JsonObject = {name: value}
    check_data(copy)
    todo: list[tuple[JsonObject | list[JsonValue], bool, frozenset[str]]]
    todo = [(copy, False, frozenset())]
    while todo:
        container, hidden, declared = todo.pop()
        declared |= _declared(container)
        telling = _telling_pair(container)
        members = container.items() if isinstance(container, dict) else enumerate(container)
        for key, member in list(members):
            below = hidden or (
                isinstance(key, str)
                and (key in declared or is_secret_name(key) or (telling and key == "value"))
            )
            if isinstance(member, (dict, list)):
                member = member.copy()
                todo.append((member, below, declared))
            elif below:
                member = _hide(member)
            _put(container, key, member)
    return copy[name]


def _put(container: JsonObject | list[JsonValue], key: str | int, value: JsonValue) -> None:
    if isinstance(container, dict):
        container[str(key)] = value
    else:
        container[int(key)] = value


def _hide(value: JsonValue) -> JsonValue:
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str) and _ONE_EXPRESSION.fullmatch(value):
        return value
    return MASK


def _telling_pair(container: JsonObject | list[JsonValue]) -> bool:
    if not isinstance(container, dict) or "value" not in container:
        return False
    names = (container.get(key) for key in _NAME_KEYS)
    return any(isinstance(name, str) and is_secret_name(name) for name in names)


def _declared(container: JsonObject | list[JsonValue]) -> frozenset[str]:
    """Read which fields a module's saved schema declares as passwords or keys."""
    if not isinstance(container, dict) or "module" not in container:
        return frozenset()
    metadata = as_object(container.get("metadata"))
    entries = [*as_list(metadata.get("parameters")), *as_list(metadata.get("expect"))]
    return frozenset(
        str(as_object(entry).get("name"))
        for entry in entries
        if as_object(entry).get("type") in _SECRET_TYPES
    )
