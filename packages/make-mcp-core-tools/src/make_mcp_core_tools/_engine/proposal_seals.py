"""Seals on change requests: whether one is as a server wrote it, or was edited in git.

Anybody who may write to a repository may edit its branches, authors of commits included. What a
server writes is therefore sealed with a key that lies outside of the repository, and how far a
request had come is remembered there too, so that moving its branch back is noticed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint.document import as_list

from make_mcp_core_tools._engine.blueprint_files import canonical

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.blueprint_repository import Repository

KEY_VARIABLE = "MAKE_MCP_REVIEW_KEY"
"""A secret that servers with stores of their own share, so that they trust each other's reviews."""
_SEAL = "seal"
_REMEMBERED_SECONDS = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Seals:
    """Makes and checks the seals of one repository.

    Attributes:
        make: The call's Make.
        place: Name of the repository among those remembered.
        key: What seals are made with.
    """

    make: Make
    place: str
    key: bytes

    def sealed(self, data: JsonObject) -> JsonObject:
        """Give a document with its seal."""
        return {**data, _SEAL: self._mark(data)}

    def fault(self, data: JsonObject, steps: int) -> str:
        """Tell what is wrong with a sealed document; "" when nothing is.

        Args:
            data: The document with its seal.
            steps: How far it had come as this server knows.
        """
        if not hmac.compare_digest(str(data.get(_SEAL)).encode(), self._mark(data).encode()):
            return "it was edited outside of these tools, or written by a server that is not known"
        if _steps(data) < steps:
            return "its branch was moved back to an earlier state"
        return ""

    async def remember(self, ident: str, data: JsonObject) -> None:
        """Keep how far a request has come."""
        if self.make.kernel is not None:
            store = await self.make.kernel.store()
            number = str(max(_steps(data), await self.remembered(ident)))
            await store.cache_put(self._name(ident), number.encode(), _REMEMBERED_SECONDS)

    async def remembered(self, ident: str) -> int:
        """Give how far a request had come; 0 when that is not known."""
        if self.make.kernel is None:
            return 0
        found = await (await self.make.kernel.store()).cache_get(self._name(ident))
        return int(found) if found else 0

    def _name(self, ident: str) -> str:
        return f"change-request:{self.place}:{ident}"

    def _mark(self, data: JsonObject) -> str:
        text = canonical({name: value for name, value in data.items() if name != _SEAL})
        return hmac.new(self.key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


async def seals_of(repository: Repository) -> Seals:
    """Give the seals of a repository, with the shared key or the one of this server's store."""
    make = repository.make
    if make.kernel is None:
        raise RuntimeError("Seals need a server.")
    shared = make.kernel.setup.environment.get(KEY_VARIABLE, "")
    if shared:
        key = hashlib.sha256(shared.encode()).digest()
    else:
        key = await (await make.kernel.store()).secret("change-requests", 32)
    return Seals(make, str(repository.path), key)


def _steps(data: JsonObject) -> int:
    """Count what happened to a request: its reviews, and that it was applied."""
    return len(as_list(data.get("reviews"))) + (data.get("state") == "applied")
