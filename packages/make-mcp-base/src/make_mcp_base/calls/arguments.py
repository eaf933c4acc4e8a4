"""Arguments: what clients really send, made into what a tool takes.

Accepted without a word: camelCase names, numbers and objects written as strings, names in place
of ids. Refused, all faults in one answer: unknown names (with the nearest valid ones) and wrong
values.
"""

from __future__ import annotations

import json
import types
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from make_mcp_base.definition.models import Input
from make_mcp_base.errors import Failure, Problem

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails


A = TypeVar("A", bound=Input)


def canonical(model: type[Input], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give arguments their snake_case names and unpack JSON that came as a string."""
    spelled = {str(f.validation_alias): name for name, f in model.model_fields.items()}
    named = {spelled.get(key, key): value for key, value in raw.items()}
    fields = model.model_fields
    return {k: _unpacked(fields[k], v) if k in fields else v for k, v in named.items()}


def precheck(
    model: type[Input], arguments: Mapping[str, Any], tool: str, later: Collection[str]
) -> None:
    """Refuse what is wrong whatever the names among the arguments will turn out to mean.

    Args:
        model: The tool's input model.
        arguments: Canonical arguments.
        tool: Name of the tool.
        later: Arguments that are looked up, or filled in, before the real check.

    Raises:
        Failure: Something else is wrong; every such fault is listed.
    """
    try:
        model.model_validate(dict(arguments))
    except ValidationError as invalid:
        certain = [e for e in invalid.errors(include_url=False) if e["loc"]]
        certain = [e for e in certain if e["loc"][0] not in later]
        if certain:
            raise _refused(model, certain, tool) from None


def parse(model: type[A], arguments: Mapping[str, Any], tool: str) -> A:
    """Check arguments against a tool's input model.

    Raises:
        Failure: Something is wrong; every fault is listed.
    """
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as invalid:
        raise _refused(model, invalid.errors(include_url=False), tool) from None


def _refused(model: type[Input], errors: Sequence[ErrorDetails], tool: str) -> Failure:
    return Failure(
        f"The arguments of `{tool}` are not right.",
        next_step=f"Call `{tool}` again with the corrections above.",
        code="invalid_arguments",
        problems=[_problem(model, error) for error in errors],
    )


def _unpacked(field: FieldInfo, value: Any) -> Any:
    """Read a string as JSON where the argument is an object or a list and no text."""
    if not isinstance(value, str) or _takes(field.annotation, str):
        return value
    text = value.strip()
    if text[:1] not in "{[" or not text:
        return value
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return value


def _takes(annotation: Any, wanted: type) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_takes(choice, wanted) for choice in get_args(annotation))
    return annotation is wanted


def _problem(model: type[BaseModel], error: ErrorDetails) -> Problem:
    path = _path(error["loc"])
    if error["type"] == "extra_forbidden":
        return Problem(path, "is not an argument.", _nearest(model, error["loc"]))
    if error["type"] == "missing":
        return Problem(path, "is required.")
    return Problem(path, f"{error['msg']}.")


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _nearest(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    inner = _model_at(model, location[:-1])
    names = list(inner.model_fields) if inner else []
    close = get_close_matches(str(location[-1])[:100].lower(), names, n=2, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(f'`{name}`' for name in close)}?"
    return f"Valid: {', '.join(names)}." if names else ""


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, str) and current is not None:
            field = current.model_fields.get(part)
            current = field and _inner_model(field.annotation)
    return current


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for choice in get_args(annotation):
        if found := _inner_model(choice):
            return found
    return None
