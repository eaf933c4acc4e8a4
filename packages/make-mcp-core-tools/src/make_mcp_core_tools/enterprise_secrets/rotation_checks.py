"""What would make a rotation fail, told before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure, Problem

from make_mcp_core_tools._engine.vault_secrets import read_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from make_mcp_base.authoring import Document

    from make_mcp_core_tools._engine.vault import Vault
    from make_mcp_core_tools.enterprise_secrets.sinks import Binding, Form, Sink


def unbound(sink: Sink, form: Form, feeding: Sequence[Binding]) -> Iterator[Problem]:
    """Name what a sink cannot do without and no secret feeds."""
    bound = {one.parameter for one in feeding}
    for name in form.required:
        if name not in bound:
            yield Problem(f"{sink} {name}", "is not bound; Make would empty it.")


def useless(regenerate: Sequence[str], mine: Sequence[Binding]) -> Iterator[Problem]:
    """Name fields to make anew that nothing in Make is given."""
    fields = {one.field for one in mine}
    for name in regenerate:
        if name not in fields:
            yield Problem("regenerate", f"`{name}` is bound to nothing in Make.")


async def unreadable(vault: Vault, feeding: Mapping[Sink, Sequence[Binding]]) -> list[Problem]:
    """Name what this server's token may not read, or what is not there any more."""
    problems: list[Problem] = []
    known: dict[str, Document | Failure] = {}
    for one in (one for several in feeding.values() for one in several):
        place = str(one.place)
        if place not in known:
            known[place] = await _values(vault, one)
        kept = known[place]
        if isinstance(kept, Failure):
            problems.append(Problem(f"{one.sink} {one.parameter}", kept.what))
        elif one.field not in kept:
            text = f"`{place}` has no field `{one.field}` any more."
            problems.append(Problem(f"{one.sink} {one.parameter}", text))
    return problems


async def _values(vault: Vault, one: Binding) -> Document | Failure:
    try:
        return await read_values(vault, one.place)
    except Failure as failure:
        return failure
