"""Custom IML functions of a team: small JavaScript functions for all its scenarios."""

from difflib import unified_diff
from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Timestamp,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.custom_functions import team_of_function
from make_mcp_core_tools._engine.function_calls import calling, returned
from make_mcp_core_tools._engine.javascript_syntax import (
    LONGEST_CODE,
    defines,
    is_name,
    syntax_faults,
)
from make_mcp_core_tools.custom_apps.declared import category

READ, WRITE = "functions:read", "functions:write"
FEATURE = "customFunctions"
_MOST_VERSIONS = 50

# Inputs


class ListFunctions(PageInput):
    team_id: TeamId | None = None
    name_contains: str | None = None
    """Only functions with this text in their name."""


class GetFunction(Input):
    function_id: int = Field(gt=0)
    """From `function_list`."""


class CreateFunction(Input):
    name: str = Field(min_length=1, max_length=128)
    """Name that expressions call; the code has to define a function of it."""
    code: str
    """JavaScript source, such as `function double(x) { return x * 2; }`."""
    team_id: TeamId | None = None
    description: str = Field(default="", max_length=128)
    """What it does."""


class UpdateFunction(Input):
    function_id: int = Field(gt=0)
    """From `function_list`. Its name cannot change."""
    code: str | None = None
    """New source."""
    description: str | None = Field(default=None, max_length=128)
    """New description."""


class DeleteFunction(Input):
    function_id: int = Field(gt=0)
    """From `function_list`."""


class CheckFunction(Input):
    code: str = Field(min_length=1)
    """JavaScript source."""
    team_id: TeamId | None = None
    args: list[Json] | None = Field(default=None, max_length=20)
    """Also call its first function with these."""


class GetHistory(Input):
    function_id: int = Field(gt=0)
    """From `function_list`."""
    detail: Literal["diff", "code"] = "diff"
    """`code` gives each former source whole."""


# Outputs


class FunctionRow(Output):
    id: int
    name: str
    args: str = ""
    """Parameters, with brackets."""
    description: str = ""
    updated_at: Timestamp | None = None


class Functions(Page):
    functions: list[FunctionRow]


class UsingScenario(Output):
    id: int
    name: str = ""


class FunctionDetail(FunctionRow):
    code: str = ""
    used_by: list[UsingScenario] = Field(default=[], validation_alias="scenarios")
    """Scenarios whose expressions call it."""


class FunctionSaved(Output):
    function: FunctionRow
    changed: bool = True
    next_calls: list[NextCall] = []


class FunctionDeleted(Output):
    deleted: int


class FunctionChecked(Output):
    ok: bool
    problems: list[str] = []
    """Line and column of what does not parse, or Make's own words."""
    returned: Json = None
    """With `args`: what the function gave; as JSON, so a date is text."""
    called: bool | None = None
    """With `args`: whether Make's engine told what it gave."""


class FormerCode(Output):
    id: int
    updated_at: Timestamp
    updated_by: str | None = None
    """Who replaced it."""
    diff: list[str] | None = None
    """What that change did."""
    code: str | None = None


class History(Output):
    function_id: int
    versions: list[FormerCode]
    """Newest first; the present code is not among them."""


# Make's answers


class _Listed(Output):
    functions: list[FunctionRow]


class _Detail(Output):
    function: FunctionDetail


class _One(Output):
    function: FunctionRow


class _Deleted(Output):
    success: bool = True


class _Checked(Output):
    success: bool
    error: str | None = None


class _Former(Output):
    id: int
    previous_code: str = ""
    updated_at: Timestamp
    updated_by: str | None = None


class _Kept(Output):
    function_history: list[_Former]


# Tools


@category.tool(
    scope=READ, effect="read", feature=FEATURE, formerly=("functions_list",), words=("javascript",)
)
async def function_list(make: Make, args: ListFunctions) -> Functions:
    """List the custom IML functions of a team."""
    answer = await make.get("/functions", {"teamId": args.team_id}, into=_Listed)
    wanted = (args.name_contains or "").casefold()
    page, more = page_of([f for f in answer.functions if wanted in f.name.casefold()], args)
    return Functions(functions=page, **more)


@category.tool(scope=READ, effect="read", feature=FEATURE, formerly=("functions_get",))
async def function_get(make: Make, args: GetFunction) -> FunctionDetail:
    """Show a custom IML function: its code, and the scenarios that call it."""
    return await _read(make, args.function_id)


@category.tool(
    scope=WRITE,
    effect="create",
    feature=FEATURE,
    formerly=("functions_create", "create-custom-function"),
    examples=(CreateFunction(name="double", code="function double(x) { return x * 2; }"),),
)
async def function_create(make: Make, args: CreateFunction) -> FunctionSaved:
    """Create a custom IML function; its code is parsed here first where that is possible."""
    _refuse(_faults(args.name, args.code), "function_create")
    body = {"name": args.name, "description": args.description, "code": args.code}
    made = await make.write(
        post("/functions", body, teamId=args.team_id),
        into=_One,
        says=f"Create the function `{args.name}` in team {args.team_id}",
        undo=lambda made: Undo((delete(f"/functions/{made.function.id}"),), _watch(made.function)),
    )
    return _saved(made.function)


@category.tool(scope=WRITE, effect="update", feature=FEATURE, formerly=("functions_update",))
async def function_update(make: Make, args: UpdateFunction) -> FunctionSaved:
    """Change code or description of a custom IML function; the former code stays in its history.

    Scenarios that call it use the new code from their next run: the plan names them.
    """
    now = await _read(make, args.function_id)
    wanted: Document = {"code": args.code, "description": args.description}
    former: Document = {"code": now.code, "description": now.description}
    changes = {k: v for k, v in wanted.items() if v is not None and v != former[k]}
    if not changes:
        return _saved(FunctionRow(**now.model_dump()), changed=False)
    if "code" in changes:
        _refuse(_faults(now.name, changes["code"]), "function_update")
        make.shows(*_changes(now.code, changes["code"]))
        for one in now.used_by:
            make.affects(f"Scenario {one.id} “{one.name}” calls it.")
        if now.used_by:
            make.confirm("Scenarios call this function; their next runs use the new code.")
    before = {key: former[key] for key in changes}
    path = f"/functions/{now.id}"
    done = await make.write(
        patch(path, changes),
        into=_One,
        says=f"Change {' and '.join(changes)} of the function `{now.name}` ({now.id})",
        before=before,
        undo=Undo(
            (patch(path, before),), Watch(path, tuple(f"function.{name}" for name in changes))
        ),
    )
    return _saved(done.function)


@category.tool(scope=WRITE, effect="delete", feature=FEATURE, formerly=("functions_delete",))
async def function_delete(make: Make, args: DeleteFunction) -> FunctionDeleted:
    """Delete a custom IML function; the plan names the scenarios that break."""
    now = await _read(make, args.function_id)
    team = await team_of_function(make, now.id)
    for one in now.used_by:
        make.affects(f"Scenario {one.id} “{one.name}” calls it and will fail.")
    body = {"name": now.name, "description": now.description, "code": now.code}
    back = Undo(
        (post("/functions", body, teamId=team),), note="It gets a new id and loses its history."
    )
    await make.write(
        delete(f"/functions/{now.id}", confirmed=True),
        into=_Deleted,
        says=f"Delete the function `{now.name}` ({now.id})",
        before={"code": now.code, "used_by": [one.id for one in now.used_by]},
        undo=back if team else Irreversible("Its team is not known to this account."),
    )
    return FunctionDeleted(deleted=now.id)


@category.tool(
    scope=WRITE,
    effect="read",
    feature=FEATURE,
    formerly=("functions_check",),
    words=("syntax", "lint javascript"),
)
async def function_check(make: Make, args: CheckFunction) -> FunctionChecked:
    """Check JavaScript for a custom function: parsed here, then run by Make, called with `args`."""
    faults = syntax_faults(args.code) or []
    if faults:
        texts = [f"line {f.line}, column {f.column}: {f.problem}" for f in faults]
        return FunctionChecked(ok=False, problems=texts)
    told = await _evaluated(make, args, args.code)
    call = calling(args.code, args.args) if told.success and args.args is not None else None
    if call is None:
        return FunctionChecked(ok=told.success, problems=[told.error] if told.error else [])
    ended = await _evaluated(make, args, call)
    gave = returned(ended.error)
    problems = [] if gave.known else [ended.error or "Make did not tell what it returned."]
    return FunctionChecked(ok=gave.known, problems=problems, returned=gave.value, called=gave.known)


@category.tool(scope=READ, effect="read", feature=FEATURE, words=("versions", "former code"))
async def function_history_get(make: Make, args: GetHistory) -> History:
    """Show how the code of a custom IML function changed, newest first."""
    now = await _read(make, args.function_id)
    path = f"/functions/{args.function_id}/history"
    team = await team_of_function(make, args.function_id)
    kept = (await make.get(path, {"teamId": team}, into=_Kept)).function_history
    kept = kept[:_MOST_VERSIONS]
    newer = [now.code, *(one.previous_code for one in kept)]
    return History(
        function_id=args.function_id,
        versions=[
            FormerCode(
                id=one.id,
                updated_at=one.updated_at,
                updated_by=one.updated_by,
                diff=_changes(one.previous_code, newer[at]) if args.detail == "diff" else None,
                code=one.previous_code if args.detail == "code" else None,
            )
            for at, one in enumerate(kept)
        ],
    )


# Parts


async def _evaluated(make: Make, args: CheckFunction, code: str) -> _Checked:
    query: Document = {"teamId": args.team_id}
    return await make.ask("/functions/eval", {"code": code}, into=_Checked, query=query)


async def _read(make: Make, function_id: int) -> FunctionDetail:
    return (await make.get(f"/functions/{function_id}", into=_Detail, scope=READ)).function


def _faults(name: str, code: str) -> list[Problem]:
    problems: list[Problem] = []
    if not is_name(name):
        problems.append(Problem("name", "is no name that JavaScript allows for a function."))
    elif not defines(code, name):
        problems.append(
            Problem("code", f"defines no function `{name}`.", f"Begin with `function {name}(…)`.")
        )
    if len(code) > LONGEST_CODE:
        problems.append(Problem("code", f"is longer than {LONGEST_CODE} characters."))
    return problems + [
        Problem(f"code line {f.line}, column {f.column}", f.problem)
        for f in syntax_faults(code) or []
    ]


def _refuse(problems: list[Problem], tool: str) -> None:
    if problems:
        raise Failure(
            "The function was not saved.",
            next_step=f"Correct the code and call `{tool}` again; `function_check` tries it alone.",
            code="invalid_function",
            problems=problems,
        )


def _changes(before: str, after: str) -> list[str]:
    lines = unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="")
    return list(lines)[2:]


def _watch(function: FunctionRow) -> Watch:
    return Watch(f"/functions/{function.id}", ("function.code", "function.description"))


def _saved(function: FunctionRow, *, changed: bool = True) -> FunctionSaved:
    call = NextCall(
        tool="function_get", arguments={"function_id": function.id}, why="See who calls it."
    )
    return FunctionSaved(function=function, changed=changed, next_calls=[call])
