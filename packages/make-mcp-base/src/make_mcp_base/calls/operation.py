"""An operation: one call's writes, as the journal tells them and as they can be taken back."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from make_mcp_base.calls.requests import Irreversible, Request, Undo, Watch
from make_mcp_base.errors import Failure
from make_mcp_base.safety.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from make_mcp_base.calls.requests import Write
    from make_mcp_base.safety.policy import Verdict
    from make_mcp_base.store.port import Store

    Kind = Literal["opened", "intended", "done", "failed", "unknown", "closed", "undone"]


@dataclass(slots=True)
class Operation:
    """Writes one call's entries into the journal.

    Attributes:
        store: Where the journal is.
        account: Digest of the account that acts.
        tool: The tool that was called.
        arguments: Its arguments; redacted before they are written.
        seal: Encrypts what an undo needs, which may hold a scenario's own secrets.
    """

    store: Store
    account: str
    tool: str
    arguments: Mapping[str, Any]
    seal: Seal
    id: str = field(default_factory=lambda: f"op_{secrets.token_hex(8)}")
    says: list[str] = field(default_factory=list[str])
    finished: int = 0
    opened: bool = False

    async def intend(self, write: Write, verdicts: Sequence[Verdict] = ()) -> int:
        """Record that a request is about to be sent, and give its number.

        Args:
            write: What is about to be sent.
            verdicts: Breaches of policies that do not stop it.

        Raises:
            Failure: The journal cannot be written; the request must not be sent.
        """
        if not self.opened:
            await self._append("opened", {"arguments": redact(dict(self.arguments))})
            self.opened = True
        number = len(self.says)
        self.says.append(write.says)
        body = {"n": number, "says": write.says, "request": redact(write.request.as_json())}
        if verdicts:
            body["policies"] = [
                {"policy": v.policy, "mode": v.mode, "problem": v.problem} for v in verdicts
            ]
        await self._append("intended", body | {"before": redact(write.before)})
        return number

    async def done(
        self, number: int, answer: JsonValue, reversal: Undo | Irreversible, state: JsonValue
    ) -> None:
        """Record that a write took effect.

        Raises:
            Failure: The journal cannot be written; the failure says that the write did happen.
        """
        self.finished += 1
        body: dict[str, Any] = {"n": number, "answer": redact(_short(answer))}
        body["state"] = redact(state)
        if isinstance(reversal, Irreversible):
            body["irreversible"] = reversal.why
        else:
            body["undo"] = self.seal.close(_undo_json(reversal))
            body["note"] = reversal.note
        try:
            await self._append("done", body)
        except Failure as full:
            raise Failure(
                f"Done in Make, but not recorded: {self.says[number]}",
                why=str(full.what),
                effect="The change itself stands.",
                next_step=f"{full.next_step} Do not repeat this call; read the target instead.",
                code="journal_incomplete",
            ) from full

    async def failed(self, number: int, failure: Failure) -> None:
        """Record that a write was refused, or that nobody knows what became of it."""
        from make_mcp_base.client.failures import NOTHING_SENT

        refused = failure.effect in {"", NOTHING_SENT}
        kind = "failed" if refused else "unknown"
        await self._append(kind, {"n": number, "error": redact(failure.what), "code": failure.code})

    async def close(self) -> None:
        """Record that the call has ended, when it wrote at all."""
        if self.opened:
            await self._append("closed", {"writes": self.finished})

    async def _append(self, kind: Kind, body: dict[str, Any]) -> None:
        from make_mcp_base.store.port import NewEntry

        entry = NewEntry(
            operation_id=self.id,
            kind=kind,
            account=self.account,
            tool=self.tool,
            at=time.time(),
            body=body,
        )
        await self.store.journal_append(entry)


@dataclass(slots=True)
class Seal:
    """Encrypts what the journal keeps for undo (AES-GCM); the key lies outside the journal."""

    key: bytes

    def close(self, value: dict[str, Any]) -> str:
        """Encrypt JSON data."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(12)
        text = json.dumps(value, separators=(",", ":")).encode()
        return base64.b64encode(nonce + AESGCM(self.key).encrypt(nonce, text, None)).decode()

    def open(self, sealed: str) -> dict[str, Any]:
        """Decrypt what `close` gave.

        Raises:
            Failure: It was made with another key, or changed.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = base64.b64decode(sealed)
        try:
            return json.loads(AESGCM(self.key).decrypt(raw[:12], raw[12:], None))
        except InvalidTag:
            raise Failure(
                "The journal's undo data cannot be read.",
                why="It was written with another key, or changed since.",
                next_step="Put back the key file that was in the data directory at the time.",
                code="undo_unreadable",
            ) from None


def _short(answer: JsonValue) -> JsonValue:
    text = json.dumps(answer, separators=(",", ":"))
    return answer if len(text) <= 2_000 else {"bytes": len(text)}


def _undo_json(undo: Undo) -> dict[str, Any]:
    watch = undo.watch and {
        "path": undo.watch.path,
        "fields": list(undo.watch.fields),
        "query": dict(undo.watch.query or {}),
    }
    requests = [r.as_json() | ({"scope": r.scope} if r.scope else {}) for r in undo.requests]
    return {"requests": requests, "watch": watch, "note": undo.note}


def read_undo(data: Mapping[str, Any]) -> Undo:
    """Read an undo back from the journal."""
    seen = data["watch"]
    watch = seen and Watch(seen["path"], tuple(seen["fields"]), seen.get("query") or None)
    return Undo(tuple(Request(**r) for r in data["requests"]), watch, data["note"])
