"""Files on their way to an agent, as a form with a file in it (API reference, chapter 2.5)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from make_mcp_base.authoring import Request

if TYPE_CHECKING:
    from make_mcp_core_tools.ai_agents.records import Agent

CONTEXTS = "/ai-agents/v1/contexts"
_LOOKED_AT = 4_096


@dataclass(frozen=True, slots=True)
class FileRequest(Request):
    """A request whose body is a file; plans and the journal name it by size and digest.

    Attributes:
        shown: What stands for the body there.
    """

    shown: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the request as JSON data without the bytes of the file."""
        return Request.as_json(self) | {"body": self.shown}


def file_request(agent: Agent, name: str, content: bytes) -> Request:
    """Make the request that gives an agent a file (RFC 7578)."""
    mark = hashlib.sha256(content).hexdigest()
    form = b"".join(
        (
            f"--{mark}\r\n".encode(),
            b'content-disposition: form-data; name="agentId"\r\n\r\n',
            f"{agent.id}\r\n--{mark}\r\n".encode(),
            f'content-disposition: form-data; name="file"; filename="{name}"\r\n'.encode(),
            b"content-type: application/octet-stream\r\n\r\n",
            content,
            f"\r\n--{mark}--\r\n".encode(),
        )
    )
    return FileRequest(
        "POST",
        CONTEXTS,
        base64.b64encode(form).decode(),
        {"teamId": agent.team_id},
        media_type=f"multipart/form-data; boundary={mark}",
        shown=f"[{name}, {len(content):,} bytes, sha256 {mark[:12]}]",
    )


def unreadable_text(content: bytes) -> bool:
    """Tell whether bytes are something else than text."""
    if b"\0" in content[:_LOOKED_AT]:
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False
