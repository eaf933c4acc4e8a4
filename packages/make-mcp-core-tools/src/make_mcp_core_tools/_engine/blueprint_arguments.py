"""Blueprints and operations as arguments: text or data, checked before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, cast

from make_blueprint.document import check_data, load
from make_blueprint.problem import BlueprintError
from make_mcp_base.authoring import Document, Failure, Problem
from pydantic import BeforeValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from make_blueprint import problem
    from make_blueprint.document import Blueprint, JsonValue

LARGEST_BYTES = 10 * 1024 * 1024
"""Largest blueprint taken; the largest exports met in practice are below a tenth of it."""


def _blueprint(value: object) -> object:
    if not isinstance(value, str | bytes | dict):
        return value
    try:
        return load(cast("str | bytes | dict[str, JsonValue]", value), max_bytes=LARGEST_BYTES)
    except BlueprintError as refused:
        raise ValueError(str(refused).removesuffix(".")) from refused


def _operations(value: object) -> object:
    """Unpack operations that came as text, and refuse data that no JSON could hold."""
    if not isinstance(value, list):
        return value
    unpacked = [_unpacked(op) for op in cast("list[object]", value)]
    try:
        check_data({"ops": cast("JsonValue", unpacked)}, LARGEST_BYTES)
    except BlueprintError as refused:
        text = str(refused).replace("The blueprint is", "The operations are")
        raise ValueError(text.removesuffix(".")) from refused
    return unpacked


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


BlueprintArgument = Annotated[Document, BeforeValidator(_blueprint)]
"""A blueprint: object or JSON text, API wrappers taken off, unknown keys kept."""

OperationsArgument = Annotated[list[Document], BeforeValidator(_operations)]
"""Operations of `make_blueprint.patch`, objects or JSON text each."""


def as_blueprint(document: Document) -> Blueprint:
    """Read a document as the blueprint it is."""
    return cast("Blueprint", document)


def told(problems: Iterable[problem.Problem], under: str = "blueprint") -> list[Problem]:
    """Write a blueprint's problems as problems of an argument.

    Args:
        problems: As `make_blueprint` found them.
        under: Name of the argument that their paths lie in; "" when they carry it already.
    """
    return [_told(found, under) for found in problems]


def _told(found: problem.Problem, under: str) -> Problem:
    path = found.path if not under else f"{under}.{found.path}" if found.path else under
    return Problem(path, found.problem, found.fix)


def refused(what: str, error: BlueprintError, next_step: str, **more: Any) -> Failure:
    """Make the failure for a blueprint or patch that was refused, with every reason."""
    why = "" if error.problems else error.message
    return Failure(
        what,
        why=why,
        next_step=next_step,
        code="invalid_blueprint",
        problems=told(error.problems, ""),
        **more,
    )
