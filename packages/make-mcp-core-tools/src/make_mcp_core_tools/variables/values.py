"""Types and values of variables, and which of them look like secrets.

Types: Make API reference, chapter 2.23; Make keeps every value readable to all members.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from make_blueprint.masking import is_secret_name
from make_mcp_base.authoring import Failure, Json, Problem
from make_mcp_base.safety.redaction import HIDDEN, redact_text
from pydantic import Field

from make_mcp_core_tools._engine.moments import iso

if TYPE_CHECKING:
    from collections.abc import Callable

TypeName = Literal["number", "text", "boolean", "date"]
TYPE_IDS: dict[TypeName, int] = {"number": 1, "text": 2, "boolean": 3, "date": 4}
TYPE_NAMES: dict[int, TypeName] = {number: name for name, number in TYPE_IDS.items()}

Value = str | int | float | bool
"""What a variable can hold; a text that looks like JSON stays a text."""

NewName = Annotated[str, Field(pattern=r"^[A-Za-z$_][A-Za-z0-9$_]{0,127}$")]
"""A name by Make's rules: letters, digits, `$`, `_`, no digit first, at most 128 characters."""
KnownName = Annotated[str, Field(pattern=r"^[A-Za-z0-9$_]{1,128}$")]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def guessed_type(value: Json) -> TypeName:
    """Name the type of a value that comes without one; a text stays a text."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def fitted(type: TypeName, value: Json) -> Json:
    """Give a value as Make takes it for a type.

    Raises:
        ValueError: It does not fit; the text says what would.
    """
    return _FITTING[type](value)


def _as_number(value: Json) -> Json:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = float(value)
        value = int(value) if re.fullmatch(r"[+-]?\d{1,15}", value.strip()) else number
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("should be a number, such as 12 or 0.19")
    return value


def _as_text(value: Json) -> Json:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | bool):
        return json.dumps(value)
    raise ValueError("should be a text; lists and objects fit no variable, only a data store")


def _as_boolean(value: Json) -> Json:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError("should be true or false")


def _as_date(value: Json) -> Json:
    text = value.strip() if isinstance(value, str) else ""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("should be ISO 8601, such as 2026-10-05T08:00:00Z") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return iso(round(aware.timestamp() * 1_000))


_FITTING: dict[TypeName, Callable[[Json], Json]] = {
    "number": _as_number,
    "text": _as_text,
    "boolean": _as_boolean,
    "date": _as_date,
}


def checked(type: TypeName | None, value: Json, path: str = "value") -> tuple[TypeName, Json]:
    """Give type and value as Make takes them.

    Args:
        type: None takes the type of the value.
        value: As it was given.
        path: Where it stood in the arguments.

    Raises:
        Failure: The value does not fit.
    """
    kind = type or guessed_type(value)
    try:
        return kind, fitted(kind, value)
    except ValueError as wrong:
        raise Failure(
            "Nothing was sent: the value does not fit its type.",
            next_step=f"Send a value of type {kind}, or another `type`.",
            code="invalid_arguments",
            problems=[Problem(path, f"{wrong}.")],
        ) from wrong


# Secrets


def secret_reason(name: str, value: Json) -> str:
    """Say why a variable looks like a secret; "" when it does not."""
    if not isinstance(value, str) or not value or value == HIDDEN:
        return ""
    if redact_text(value) != value:
        return "its value has the form of a key, a token or a hook address"
    return "its name is one of a secret" if is_secret_name(name) else ""


def shown(name: str, value: Json) -> Json:
    """Give a value as results may hold it: secrets are masked."""
    return HIDDEN if secret_reason(name, value) else value


def refuse_secrets(variables: dict[str, Json], tool: str, *, allowed: bool) -> None:
    """Refuse to keep secrets where everybody can read them.

    Raises:
        Failure: Some look like secrets and `allow_plaintext` was not sent.
    """
    found = {name: why for name, value in variables.items() if (why := secret_reason(name, value))}
    if not found or allowed:
        return
    raise Failure(
        "Nothing was sent: variables are kept in the clear, and this looks like a secret.",
        why="Every member can read a variable, and so can every scenario and its logs.",
        next_step="Keep it in a connection (`connection_create`) or ask for it with"
        " `credential_request_create`; or, if it is no secret, call"
        f" `{tool}` again with allow_plaintext=true.",
        code="plaintext_secret",
        problems=[Problem(name, f"{why}.") for name, why in found.items()],
    )
