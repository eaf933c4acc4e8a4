"""Contexts: documents that an agent may look up (API reference, chapter 2.5).

Bodies of the answers are not documented; they are context objects as an agent shows them. Nor are
formats and sizes: the formats are those of `FORMATS`, the size is that of one file by the licence
(`fslimit`), and a context made of text is temporary unless `autosave` is given.
"""

import json
import re
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from make_api_sandbox.agents import LABEL
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import Member, choice, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.ai_agents.agents import READ, WRITE, agent_of
from make_api_sandbox.resources.ai_agents.bodies import uuid
from make_api_sandbox.resources.ai_agents.presentation import context, contexts_of

FORMATS = ("csv", "docx", "json", "md", "pdf", "txt")
NAME_FORM = re.compile(r"[\w \-.()]{1,120}")
DEFAULT_NAME = "Context.txt"
DESCRIPTION_LENGTH = 120
FILE_SIZE = 5_242_880
"""Bytes of a file where the licence says nothing: the smallest `fslimit`."""


def _name_fault(value: object) -> str | None:
    if isinstance(value, str) and NAME_FORM.fullmatch(value):
        return None
    return "should be 1 to 120 letters, digits, spaces and -_.()"


BODY = members(
    agentId=uuid(),
    content=text(None, 1),
    name=Member(_name_fault).optional(),
    autosave=choice("true").optional(),
)


@dataclass(frozen=True)
class Upload:
    """A document on its way in."""

    agent: str
    name: str
    format: str
    document: bytes
    temporary: bool


@route("GET", "/ai-agents/v1/contexts", scope=READ, context=query_team)
def list_contexts(call: Call) -> Response:
    """The contexts of an agent, oldest first."""
    asked = call.query("agentId")
    if asked is None:
        raise invalid_parameters([missing("agentId")])
    agent = agent_of(call, asked)
    return Json([context(row) for row in contexts_of(call.world, agent["id"])])


@route("POST", "/ai-agents/v1/contexts", scope=WRITE, context=query_team)
async def create_context(call: Call) -> Response:
    """Give an agent a document, as a file or as text."""
    kind = call.request.headers.get("content-type", "")
    multipart = kind.startswith("multipart/form-data")
    upload = await _from_form(call) if multipart else _from_json(call)
    agent = agent_of(call, upload.agent)
    if len(upload.document) > (call.license.get("fslimit") or FILE_SIZE):
        raise ApiError(413, None, "The file is larger than the licence allows.")
    ident = call.world.fresh_uuid()
    call.world.insert(
        "ai_contexts",
        id=ident,
        agent_id=agent["id"],
        team_id=call.team_id,
        document_name=upload.name,
        description=_description(upload),
        created=call.clock.stamp(),
        format=upload.format,
        is_temporary=upload.temporary,
        document=upload.document,
    )
    return Json(context(call.world.get("ai_contexts", ident) or {}), 201)


@route("DELETE", "/ai-agents/v1/contexts/{contextId}", scope=WRITE, context=query_team)
def delete_context(call: Call) -> Response:
    """Take a document away from its agent."""
    row = call.world.get("ai_contexts", call.path("contextId").lower())
    if row is None or row["team_id"] != call.team_id:
        raise not_found("Context")
    call.world.delete("ai_contexts", row["id"])
    return Response(status_code=204)


def _description(upload: Upload) -> str:
    """What a model would say about the document: its first line, in the stand-in's name."""
    lines = upload.document.decode("utf-8", "replace").split("\n", 1)
    first = lines[0].strip()[:DESCRIPTION_LENGTH] if upload.format not in ("docx", "pdf") else ""
    return f"{LABEL} {first or upload.name}"


def _format(name: str) -> str | None:
    extension = name.rpartition(".")[2].lower()
    return extension if extension in FORMATS else None


# Text


def _from_json(call: Call) -> Upload:
    body = BODY.read(call.raw_body)
    name = body.get("name", DEFAULT_NAME)
    format = _format(name) or ("json" if _is_json(body["content"]) else "txt")
    temporary = body.get("autosave") != "true"
    return Upload(body["agentId"], name, format, body["content"].encode(), temporary)


def _is_json(content: str) -> bool:
    try:
        return isinstance(json.loads(content), dict | list)
    except (ValueError, RecursionError):
        return False


# Files


async def _from_form(call: Call) -> Upload:
    fields = await _form(call)
    agent, file = fields.get("agentId"), fields.get("file")
    faults = [missing(name) for name in ("agentId", "file") if name not in fields]
    faults += [(n, f"Unknown parameter '{n}'.") for n in fields if n not in ("agentId", "file")]
    if faults:
        raise invalid_parameters(faults)
    if not isinstance(agent, str) or not isinstance(file, tuple):
        name = "agentId" if not isinstance(agent, str) else "file"
        raise invalid_parameters([(name, f"Invalid value of parameter '{name}'.")])
    name, document = file
    format = _format(name)
    if format is None:
        known = ", ".join(FORMATS)
        raise invalid_parameters([("file", f"'file' should be one of: {known}.")])
    return Upload(agent, name, format, document, temporary=False)


async def _form(call: Call) -> dict[str, str | tuple[str, bytes]]:
    """Fields of a multipart body; files as name and bytes."""

    async def receive() -> Message:
        return {"type": "http.request", "body": call.raw_body, "more_body": False}

    try:
        async with Request(call.request.scope, receive).form() as form:
            return {
                name: (value.filename or "", await value.read())
                if isinstance(value, UploadFile)
                else value
                for name, value in form.multi_items()
            }
    except (HTTPException, MultiPartException) as error:
        raise ApiError(400, "SC400", "Invalid multipart body.") from error
