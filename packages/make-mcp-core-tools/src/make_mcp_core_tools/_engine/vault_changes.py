"""Changes in the secret manager, on the same road as changes in Make.

They are planned, confirmed and journalled like any write; only the last step differs: the change is
carried to the secret manager in place of Make. What a plan and the journal show holds no value.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from make_mcp_base.authoring import Irreversible, Request
from make_mcp_base.calls.writers import Applying
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from contextlib import AbstractContextManager

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

    async def send(_: Request) -> Json:
        return await carry()

    with _writing(make, send=send):
        return await make.write(
            request, into=into, says=says, undo=Irreversible(undo), before=before, predict=predict
        )


def vault_request(method: str, path: str, **shown: Json) -> Request:
    """Describe a change for plans and the journal; `shown` holds names and numbers, no values."""
    return Request(method, f"vault://{path}", dict(shown) or None)


def going_back(make: Make) -> AbstractContextManager[None]:
    """Let writes through that no plan could foresee: those that put back what was before."""
    return _writing(make, planned=None)


@contextmanager
def _writing(make: Make, **changed: Any) -> Generator[None]:
    """Write in a slightly other way for a while; plans stay as they are."""
    writer = make.writer
    if not isinstance(writer, Applying):
        yield
        return
    other = replace(writer, **changed)
    make.writer = other
    try:
        yield
    finally:
        writer.count, make.writer = other.count, writer
