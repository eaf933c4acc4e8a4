"""The documents an agent may look up: its contexts, in Make's word."""

import base64

from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Make,
    Output,
    Problem,
    TeamId,
    Timestamp,
    Undo,
    delete,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.text_secrets import secret_lines
from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.files import CONTEXTS, file_request, unreadable_text
from make_mcp_core_tools.ai_agents.records import (
    READ,
    WRITE,
    Agent,
    AgentRef,
    Context,
    Nothing,
    read_agent,
)

MOST_FILES = 20
MOST_BYTES = 20_000_000
"""Of one file."""

# Inputs


class ListContexts(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None


class CreateContext(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    name: str = Field(min_length=1, max_length=120, pattern=r"^[\w \-.()]+$")
    """File name; its ending tells the format (.txt, .md, .csv, .json)."""
    text: str | None = Field(default=None, min_length=1)
    """The content."""
    file_base64: str | None = Field(default=None, min_length=1, max_length=28_000_000)
    """Instead: the bytes of a file (.pdf, .docx and the formats of text)."""
    temporary: bool = False
    """Keep it only until Make clears temporary files."""
    allow_secrets: bool = False
    """Upload it even when it holds what looks like credentials."""


class DeleteContext(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    context_id: str = Field(pattern=r"^[0-9a-fA-F-]{36}$")
    """`id` of `ai_agent_context_list`."""


# Outputs


class ContextRow(Output):
    id: str
    name: str
    description: str | None = None
    type: str | None = None
    created: Timestamp | None = None
    temporary: bool | None = None


class Contexts(Output):
    agent_id: str
    contexts: list[ContextRow]


class ContextSaved(Output):
    agent_id: str
    context_id: str | None = None
    name: str
    size_bytes: int
    files: int
    """Files the agent has now; Make takes 20."""


class ContextDeleted(Output):
    deleted: str
    name: str


# Make's answers


class _Contexts(RootModel[list[Context]]):
    pass


# Tools


@category.tool(scope=READ, effect="read", words=("knowledge", "files", "documents", "rag"))
async def ai_agent_context_list(make: Make, args: ListContexts) -> Contexts:
    """List the knowledge files of an agent. Their content cannot be read back."""
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    rows = await _contexts(make, agent)
    return Contexts(agent_id=agent.id, contexts=[_row(one) for one in rows])


async def _contexts(make: Make, agent: Agent) -> list[Context]:
    query = {"agentId": agent.id, "teamId": agent.team_id}
    return (await make.get(CONTEXTS, query, into=_Contexts, scope=READ)).root


def _row(context: Context) -> ContextRow:
    kind = (context.metadata or {}).get("type")
    return ContextRow(
        id=context.id,
        name=context.document_name,
        description=context.description,
        type=None if kind is None else str(kind),
        created=context.created_at,
        temporary=context.is_temporary or None,
    )


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=("ai_agent_context_add",),
    words=("upload", "knowledge", "add file", "rag"),
    examples=[CreateContext(agent_id="Order desk", name="Returns.txt", text="Returns are free.")],
)
async def ai_agent_context_create(make: Make, args: CreateContext) -> ContextSaved:
    """Give an agent a file to look things up in; a text with credentials is refused."""
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    kept = await _contexts(make, agent)
    content = content_of(args)
    _refuse(args, content, kept)
    if args.file_base64 is not None:
        request = file_request(agent, args.name, content)
        if unreadable_text(content):
            make.warn("It is no plain text, so it was not searched for credentials.")
    else:
        body = {"agentId": agent.id, "content": args.text, "name": args.name}
        body |= {} if args.temporary else {"autosave": "true"}
        request = post(CONTEXTS, body, teamId=team)
    made = await make.write(
        request,
        into=Nothing,
        says=f"Give the AI agent {agent.title} the file “{args.name}”",
        undo=lambda made: _taken_away(agent, made),
    )
    return ContextSaved(
        agent_id=agent.id,
        context_id=_id_of(made),
        name=args.name,
        size_bytes=len(content),
        files=len(await _contexts(make, agent)),
    )


def content_of(args: CreateContext) -> bytes:
    """Give the bytes that are uploaded.

    Raises:
        Failure: Both or none are given, or they are not base64.
    """
    if (args.text is None) == (args.file_base64 is None):
        why = "takes either `text` or `file_base64`"
    elif args.text is not None:
        return args.text.encode()
    elif args.temporary:
        why = "keeps files for good; `temporary` is for `text`"
    else:
        try:
            return base64.b64decode(args.file_base64 or "", validate=True)
        except ValueError:
            why = "takes `file_base64` in base64 (RFC 4648)"
    raise Failure(
        f"`ai_agent_context_create` {why}.",
        next_step="Call it again with that corrected.",
        code="invalid_context",
    )


def _refuse(args: CreateContext, content: bytes, kept: list[Context]) -> None:
    problems: list[Problem] = []
    size = len(content)
    if len(kept) >= MOST_FILES:
        text = f"The agent has {len(kept)} files; Make takes {MOST_FILES}."
        problems.append(Problem("agent_id", text, "Call `ai_agent_context_delete` for one first."))
    if size > MOST_BYTES:
        problems.append(Problem(_given(args), f"It has {size:,} bytes; Make takes {MOST_BYTES:,}."))
    if any(one.document_name == args.name for one in kept):
        problems.append(Problem("name", "The agent has a file of this name.", "Choose another."))
    if not args.allow_secrets:
        problems += secret_lines(content.decode("utf-8", "replace"), _given(args))
    if problems:
        raise Failure(
            "The file was not uploaded.",
            why="The agent may tell anyone it talks to what its files hold."
            if any(", line " in one.path for one in problems)
            else "",
            next_step="Mend what is listed, then call `ai_agent_context_create` again;"
            " allow_secrets=true uploads a false alarm.",
            code="invalid_context",
            problems=problems,
        )


def _given(args: CreateContext) -> str:
    return "text" if args.file_base64 is None else "file_base64"


def _id_of(made: Nothing) -> str | None:
    """Read the id off an answer whose body is not documented."""
    found = made.root.get("id") if isinstance(made.root, dict) else None
    return found if isinstance(found, str) else None


def _taken_away(agent: Agent, made: Nothing) -> Undo | Irreversible:
    ident = _id_of(made)
    if ident is None:
        return Irreversible("Make did not tell the id of the file; `ai_agent_context_list` does.")
    return Undo((delete(f"{CONTEXTS}/{ident}", teamId=agent.team_id),))


@category.tool(scope=WRITE, effect="delete", words=("remove file", "knowledge"))
async def ai_agent_context_delete(make: Make, args: DeleteContext) -> ContextDeleted:
    """Take a knowledge file away from an agent, for good: its content cannot be read back."""
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    rows = {one.id.lower(): one for one in await _contexts(make, agent)}
    found = rows.get(args.context_id.lower())
    if found is None:
        raise Failure(
            f"The agent {agent.title} has no file {args.context_id}.",
            next_step="Call `ai_agent_context_list` for its files.",
            code="not_found",
        )
    await make.write(
        delete(f"{CONTEXTS}/{found.id}", teamId=team),
        into=Nothing,
        says=f"Take the file “{found.document_name}” from the AI agent {agent.title}",
        undo=Irreversible("Make does not give the content of a file back."),
        before={"id": found.id, "name": found.document_name},
    )
    return ContextDeleted(deleted=found.id, name=found.document_name)
