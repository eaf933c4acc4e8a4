"""Changes in the secret manager, on the same road as changes in Make.

They are planned, confirmed and journalled like any write; only the last step differs: the change is
carried to the secret manager in place of Make. What a plan and the journal show holds no value.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from make_mcp_base.authoring import Irreversible, Request
from make_mcp_base.calls.writers import Applying
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from make_mcp_base.authoring import Json, Make

M = TypeVar("M", bound=BaseModel)


async def change_vault(
    make: Make,
    request: Request,
    carry: Callable[[], Awaitable[Json]],
    *,
    into: type[M],
    says: str,
    undo: str,
    before: Json = None,
    predict: Json = None,
) -> M:
    """Change something in the secret manager.

    Args:
        make: The call's Make.
        request: What plans and the journal show, made with `vault_request`: no values.
        carry: Makes the change and gives an answer without values.
        into: Model of the answer.
        says: One short sentence of what it does.
        undo: How it is taken back by hand; `operation_undo` reaches Make only.
        before: The state it rests on.
        predict: The answer a plan goes on with.
    """
    writer = make.writer

    async def send(_: Request) -> Json:
        return await carry()

    if not isinstance(writer, Applying):
        return await make.write(
            request,
            into=into,
            says=says,
            undo=Irreversible(undo),
            before=before,
            predict=predict,
        )
    carrying = replace(writer, send=send)
    make.writer = carrying
    try:
        return await make.write(
            request, into=into, says=says, undo=Irreversible(undo), before=before
        )
    finally:
        writer.count, make.writer = carrying.count, writer


def vault_request(method: str, path: str, **shown: Json) -> Request:
    """Describe a change for plans and the journal; `shown` holds names and numbers, no values."""
    return Request(method, f"vault://{path}", dict(shown) or None)


@contextmanager
def going_back(make: Make) -> Generator[None]:
    """Let writes through that no plan could foresee: those that put back what was before."""
    writer = make.writer
    if not isinstance(writer, Applying):
        yield
        return
    free = replace(writer, planned=None)
    make.writer = free
    try:
        yield
    finally:
        writer.count, make.writer = free.count, writer
