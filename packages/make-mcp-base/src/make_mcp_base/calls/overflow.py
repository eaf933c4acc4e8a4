"""What did not fit into an answer, kept whole for an hour behind `make://result/…`."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from make_mcp_base.calls.answer import compact
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from make_mcp_base.calls.answer import Answer
    from make_mcp_base.kernel import Kernel

LIFETIME_SECONDS = 3_600
PREFIX = "make://result/"


async def keep(kernel: Kernel, result: Answer) -> Answer:
    """Store the uncut data and tell where it is; without a store, tell that too."""
    if result.whole is None:
        return result
    name = secrets.token_urlsafe(12)
    try:
        store = await kernel.store()
        text = json.dumps(result.whole, ensure_ascii=False).encode()
        await store.cache_put(_key(kernel, name), text, LIFETIME_SECONDS)
    except Failure as failure:
        note: dict[str, Any] = {"whole": f"Not kept: {failure.what}"}
    else:
        note = {"whole": f"{PREFIX}{name}"}
    data = result.data | note
    mark = result.text.split("\n", 1)[0]
    return replace(result, data=data, text=f"{mark}\n{compact(data)}", link=note["whole"])


async def fetch(kernel: Kernel, name: str) -> str | None:
    """Give the kept text of a result of this account, or None when it is gone."""
    found = await (await kernel.store()).cache_get(_key(kernel, name))
    return None if found is None else found.decode()


def _key(kernel: Kernel, name: str) -> str:
    return f"result:{kernel.account_key}:{name}"
