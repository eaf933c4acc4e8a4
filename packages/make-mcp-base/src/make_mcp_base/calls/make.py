"""What a tool is given: Make, as far as this call may use it.

Reads go straight to the API. Writes say in the same breath how they are taken back, and pass the
call's writer, which plans, confirms, journals and sends them (`make_mcp_base.calls.writers`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
from pydantic import BaseModel, TypeAdapter, ValidationError

from make_mcp_base.calls.ports import Delivery
from make_mcp_base.calls.requests import (
    STAND_IN,
    Irreversible,
    Request,
    Undo,
    Write,
)
from make_mcp_base.calls.writers import PlanEnds
from make_mcp_base.definition.models import Input, Json
from make_mcp_base.errors import Failure
from make_mcp_base.safety.redaction import HIDDEN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

    from pydantic import JsonValue

    from make_mcp_base.calls.account import Account
    from make_mcp_base.calls.ports import Api, Caller
    from make_mcp_base.calls.writers import Writer
    from make_mcp_base.kernel import Kernel

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
R = TypeVar("R")
Query = Input | Mapping[str, Any] | None
Reversal = Undo | Irreversible

_PAGE = 1_000
_LONGEST_LIST = 100_000
_LEASE_LOOK_SECONDS = 0.1


def _no_terms(body: str) -> tuple[str, ...]:
    """What a document is found by when nobody searches."""
    return ()


@dataclass(slots=True)
class Make:
    """Make.com, as one call of a tool sees it.

    Attributes:
        api: Where requests go.
        writer: What becomes of writes.
        caller: Who hears of progress.
        kernel: The server's own parts; for the server tools only.
        scope: The scope of the tool, named in failures.
        team_default: Team from the configuration, or None.
        organization_default: Organization from the configuration, or None.
        organization_id: Organization whose rate budget this call spends, once it is known.
        warnings: What was repaired, assumed or left out.
        impact: What else a change touches, for its plan.
        diff: The change in words, for its plan.
        assumed: Arguments that were filled in from the configuration or the account.
    """

    api: Api
    writer: Writer
    caller: Caller
    kernel: Kernel | None = None
    scope: str = ""
    team_default: int | None = None
    organization_default: int | None = None
    organization_id: int | None = None
    warnings: list[str] = field(default_factory=list[str])
    impact: list[str] = field(default_factory=list[str])
    diff: list[str] = field(default_factory=list[str])
    assumed: dict[str, int] = field(default_factory=dict[str, int])
    _new: dict[int, str] = field(default_factory=dict[int, str])

    # Reading

    async def get(
        self,
        path: str,
        query: Query = None,
        *,
        into: type[M],
        scope: str = "",
        fresh_for: float = 0,
        max_bytes: int | None = None,
    ) -> M:
        """Read something.

        Args:
            path: API path with its ids filled in (`/teams/12`).
            query: Arguments of the tool, or query members in Make's spelling; `cols` may be a list.
            into: Model of the answer, wrapper key included.
            scope: Make's permission it needs, when it is not the tool's own.
            fresh_for: How old an answer from the cache may be, in seconds.
            max_bytes: Refuse answers above this size.

        Raises:
            Failure: Make refused, could not be reached, or answered something else.
        """
        answer = await self.json(path, query, scope=scope, fresh_for=fresh_for, max_bytes=max_bytes)
        return _model(into, answer, path)

    async def json(
        self,
        path: str,
        query: Query = None,
        *,
        scope: str = "",
        fresh_for: float = 0,
        max_bytes: int | None = None,
    ) -> JsonValue:
        """Read something as plain JSON data; arguments and failures as in `get`."""
        self._must_exist(path)
        return await self.api.send(
            "GET",
            path,
            query=_members(query),
            scope=scope or self.scope,
            organization=self.organization_id,
            fresh_for=fresh_for,
            max_bytes=max_bytes,
        )

    async def text(
        self, path: str, query: Query = None, *, scope: str = "", max_bytes: int | None = None
    ) -> str:
        """Read an answer that is text (code of apps, a readme); JSON is written out.

        Args and failures as in `get`.
        """
        return (await self.raw(path, query, scope=scope, max_bytes=max_bytes)).decode()

    async def raw(
        self, path: str, query: Query = None, *, scope: str = "", max_bytes: int | None = None
    ) -> bytes:
        """Read an answer that is no JSON (an icon), byte for byte; else as `text`."""
        self._must_exist(path)
        return await self.api.read(
            path,
            query=_members(query),
            scope=scope or self.scope,
            organization=self.organization_id,
            max_bytes=max_bytes,
        )

    async def all(
        self,
        path: str,
        query: Query = None,
        *,
        key: str,
        item: type[M],
        scope: str = "",
        page: int = _PAGE,
    ) -> list[M]:
        """Read a whole list, page by page.

        Args:
            path: API path of the list.
            query: As in `get`.
            key: Wrapper key of the list in the answer.
            item: Model of one row.
            scope: As in `get`.
            page: Rows to ask for at once; for lists that are known to give more than 1,000.

        Raises:
            Failure: As in `get`; or the list has more than 100,000 rows.
        """
        rows: list[M] = []
        members = dict(_members(query))
        while True:
            asked = members | {"pg[limit]": page, "pg[offset]": len(rows)}
            answer = await self.json(path, asked, scope=scope)
            found = answer.get(key) if isinstance(answer, dict) else None
            if not isinstance(answer, dict) or not isinstance(found, list):
                raise _unexpected(path, f"`{key}` is missing")
            rows += _models(item, found, path)
            if "pg" not in answer or len(found) < _granted(answer["pg"], page):
                return rows
            if len(rows) >= _LONGEST_LIST:
                raise Failure(
                    f"The list {path} has more than {_LONGEST_LIST:,} rows.",
                    next_step="Narrow it with the tool's filters.",
                    code="too_many",
                )

    async def ask(
        self,
        path: str,
        body: JsonValue = None,
        *,
        into: type[M],
        query: Query = None,
        scope: str = "",
    ) -> M:
        """Send a POST request that changes nothing, such as the test of a connection.

        Args:
            path: As in `get`.
            body: What is asked, as JSON data.
            into: As in `get`.
            query: As in `get`.
            scope: As in `get`.

        Raises:
            Failure: As in `get`.
        """
        self._must_exist(path)
        answer = await self.api.send(
            "POST",
            path,
            query=_members(query),
            body=body,
            scope=scope or self.scope,
            organization=self.organization_id,
        )
        return _model(into, answer, path)

    async def each(
        self, items: Sequence[T], work: Callable[[T], Awaitable[R]], *, at_once: int = 5
    ) -> list[R]:
        """Do the same for several things, a few at once; results in the order of the things.

        Raises:
            Failure: The first one that failed; the others are cancelled.
        """
        results: dict[int, R] = {}
        room = anyio.CapacityLimiter(at_once)

        async def one(number: int, item: T) -> None:
            async with room:
                results[number] = await work(item)

        try:
            async with anyio.create_task_group() as tasks:
                for number, item in enumerate(items):
                    tasks.start_soon(one, number, item)
        except BaseExceptionGroup as several:
            raise _first(several) from several
        return [results[number] for number in range(len(items))]

    async def remembered(
        self,
        kind: str,
        scope: str,
        versions: Mapping[str, str],
        fetch: Callable[[str], Awaitable[str]],
        *,
        terms: Callable[[str], Iterable[str]] = _no_terms,
        wanted: Iterable[str] = (),
        whole: bool = True,
    ) -> dict[str, str]:
        """Give documents by key, fetching only those whose version has changed.

        What is kept stays on this machine's disk: keep structure, not payloads. Where it cannot be
        kept or read, everything is fetched, with a warning.

        Args:
            kind: What the documents are and how they and their terms are made (`scenario-1`).
            scope: Where they live (`team:12`).
            versions: What changes when a document changes (Make's `lastEdit`), by key.
            fetch: Makes the document of a key.
            terms: Tells what a document is found by.
            wanted: Give only the documents that have all these terms.
            whole: `versions` names all documents of the scope; others are forgotten.

        Raises:
            Failure: What `fetch` raises; or Make's calls of this minute are used up for too long.
        """
        each = self.recalled(kind, scope, versions, fetch, terms=terms, wanted=wanted, whole=whole)
        return {key: body async for key, body in each}

    async def recalled(
        self,
        kind: str,
        scope: str,
        versions: Mapping[str, str],
        fetch: Callable[[str], Awaitable[str]],
        *,
        terms: Callable[[str], Iterable[str]] = _no_terms,
        wanted: Iterable[str] = (),
        whole: bool = True,
    ) -> AsyncGenerator[tuple[str, str]]:
        """Give the same one by one, in the order of `versions`.

        What is kept is read as it is asked for, so that a caller who has enough has read little.
        Args and failures as in `remembered`.
        """
        from make_mcp_base.calls.remembering import Remembering, home_of, store_of

        home, store = home_of(self), await store_of(self)
        look = Remembering(
            self, store, kind, f"{home} {scope}", versions, fetch, terms, whole, frozenset(wanted)
        )
        async with aclosing(look.each()) as documents:
            async for key, body in documents:
                yield key, body

    async def keep(self, name: str, value: Json, seconds: float) -> None:
        """Keep a small note for this account, readable by every process that shares the store."""
        if self.kernel:
            text = json.dumps(value).encode()
            store = await self.kernel.store()
            await store.cache_put(f"note:{self.kernel.account_key}:{name}", text, seconds)

    async def kept(self, name: str) -> Json:
        """Give a note that was kept, or None when there is none or its time is over."""
        if self.kernel is None:
            return None
        found = await (await self.kernel.store()).cache_get(
            f"note:{self.kernel.account_key}:{name}"
        )
        return None if found is None else json.loads(found)

    @asynccontextmanager
    async def alone(self, name: str, *, seconds: float = 60.0) -> AsyncGenerator[None]:
        """Do something that no other call of this account does at the same time, in any process.

        Args:
            name: What is done ("start scenario 12").
            seconds: When others may go on although this call has not ended: its process died.
        """
        store = await self.kernel.store() if self.kernel else None
        owner, lease = secrets.token_hex(8), f"call:{name}"
        if store and self.kernel:
            lease = f"call:{self.kernel.account_key}:{name}"
            while not await store.lease(lease, owner, seconds):  # noqa: ASYNC110 - ends by itself
                await anyio.sleep(_LEASE_LOOK_SECONDS)
        try:
            yield
        finally:
            if store:
                with anyio.CancelScope(shield=True):
                    await store.lease_release(lease, owner)

    # Writing

    async def write(
        self,
        request: Request,
        *,
        into: type[M],
        says: str,
        undo: Reversal | Callable[[M], Reversal],
        before: JsonValue = None,
        predict: JsonValue = None,
    ) -> M:
        """Change something: send a request made with `post`, `put`, `patch` or `delete`.

        Args:
            request: Exactly what is sent.
            into: Model of the answer.
            says: One short sentence of what it does ("Switch on scenario 12").
            undo: How it is taken back, given the answer where that is needed; or why it cannot be.
            before: The state this rests on. A plan is void once it has moved.
            predict: The answer a plan goes on with. Without it a plan ends here, so only the last
                write of a tool may leave it out. New ids come from `new_id`.

        Raises:
            Failure: As in `get`, and when the journal cannot be written, a policy forbids the
                change, or the plan that was confirmed no longer holds.
        """
        self._refuse_hidden(request.body, says)
        path = request.path

        def reverse(answer: JsonValue) -> Reversal:
            return undo(_model(into, answer, path)) if callable(undo) else undo

        scoped = replace(request, scope=request.scope or self.scope)
        answer = await self.writer.write(Write(scoped, says, before), reverse, predict)
        return _model(into, answer, path)

    async def deliver(
        self,
        method: str,
        url: str,
        *,
        says: str,
        body: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Delivery:
        """Send a request to an address outside the API, such as a webhook's.

        Raises:
            Failure: The address may not be reached from here, or did not answer.
        """
        request = Request(method, url, {"text": body, "headers": dict(headers or {})})
        return await self.write(
            request,
            into=Delivery,
            says=says,
            undo=Irreversible("A request that was sent cannot be called back."),
        )

    @property
    def planning(self) -> bool:
        """True while the call only plans: nothing is sent, and its result is thrown away."""
        return self.writer.planning

    def confirm(self, reason: str) -> None:
        """Ask that a plan be confirmed before the first write of this call.

        Args:
            reason: Why, for the person who decides ("The scenario is active").
        """
        self.writer.confirm(reason)

    def affects(self, *lines: str) -> None:
        """Add lines to the plan's list of what else the change touches."""
        self.impact.extend(lines)

    def shows(self, *lines: str) -> None:
        """Add lines to the plan's diff."""
        self.diff.extend(lines)

    def new_id(self, kind: str) -> int:
        """Give a stand-in, for plans, for the id of a thing that does not exist yet."""
        stand_in = int(STAND_IN) - len(self._new)
        self._new[stand_in] = kind
        return stand_in

    def warn(self, text: str) -> None:
        """Tell the caller of something that was repaired, assumed or left out."""
        self.warnings.append(text)

    # Where the call acts

    async def account(self) -> Account:
        """Tell who the token is and what it reaches; at most five minutes old."""
        return await self.api.account()

    async def team(self, given: int | None = None) -> int:
        """Give the team to act in: the given one, the configured one, or the only one.

        Raises:
            Failure: There are several; the failure lists them.
        """
        account = await self.account()
        chosen = given or self.team_default or _only([team.id for team in account.teams])
        if chosen is None:
            names = [f"{team.id} ({team.name})" for team in account.teams]
            raise _choose("team_id", "team", names, account)
        if chosen != given:
            self.assumed["team_id"] = chosen
        found = account.organization_of(chosen)
        self.organization_id = found.id if found else self.organization_id
        return chosen

    async def organization(self, given: int | None = None) -> int:
        """Give the organization to act in, as `team` does.

        Raises:
            Failure: There are several; the failure lists them.
        """
        account = await self.account()
        ids = [organization.id for organization in account.organizations]
        chosen = given or self.organization_default or _only(ids)
        if chosen is None:
            names = [f"{o.id} ({o.name})" for o in account.organizations]
            raise _choose("organization_id", "organization", names, account)
        if chosen != given:
            self.assumed["organization_id"] = chosen
        self.organization_id = chosen
        return chosen

    async def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tell the caller how far the work has come."""
        if not self.planning:
            await self.caller.progress(done, total, message)

    def page_url(self, path: str) -> str:
        """Give the address of a page of Make's own interface."""
        return self.api.page_url(path)

    def describe_path(self, path: str) -> str:
        """Write a path with the stand-ins of new ids in words."""
        for stand_in, kind in self._new.items():
            path = path.replace(f"/{stand_in}", f"/{{new {kind} id}}")
        return path

    def _must_exist(self, path: str) -> None:
        """End a plan at the first read of a thing that does not exist yet."""
        if self.planning and any(f"/{stand_in}" in path for stand_in in self._new):
            raise PlanEnds

    def _refuse_hidden(self, body: JsonValue, says: str) -> None:
        if body is not None and HIDDEN in json.dumps(body):
            raise Failure(
                f"Not sent: {says}",
                why=f"The data holds `{HIDDEN}`, which stands for a secret that is not shown.",
                next_step="Change only what you mean to change, for example with `scenario_patch`.",
                code="hidden_value",
            )


def _members(query: Query) -> Mapping[str, Any]:
    if isinstance(query, Input):
        drop = {"limit", "cursor", "fields"}
        return {
            _camel(key): value
            for key, value in query.model_dump(mode="json", exclude_none=True).items()
            if key not in drop
        }
    return query or {}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _model(into: type[M], answer: JsonValue, path: str) -> M:
    try:
        return into.model_validate(answer)
    except ValidationError as wrong:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()[:5]
        )
        raise _unexpected(path, faults) from wrong


def _models(item: type[M], rows: Sequence[JsonValue], path: str) -> list[M]:
    try:
        return _lists_of(item).validate_python(rows)
    except ValidationError:
        return [_model(item, row, path) for row in rows]  # tells what is wrong with which


@cache
def _lists_of(item: type[M]) -> TypeAdapter[list[M]]:
    return TypeAdapter(cast("Any", list)[item])


def _unexpected(path: str, faults: str) -> Failure:
    return Failure(
        f"Make's answer to {path} was not as documented.",
        why=f"{faults}.",
        next_step="Call `health_check`; if all is well, report this with what `server_info` says.",
        code="unexpected_answer",
    )


def _granted(told: JsonValue, asked: int) -> int:
    """Tell how long a page may be: Make repeats the limit it went by (API reference, 1.7)."""
    limit = told.get("limit") if isinstance(told, dict) else None
    return min(limit, asked) if isinstance(limit, int) and limit > 0 else asked


def _only(ids: Sequence[int]) -> int | None:
    return ids[0] if len(ids) == 1 else None


def _choose(argument: str, kind: str, names: Sequence[str], account: Account) -> Failure:
    if not names:
        return Failure(
            f"No {kind} can be found with this token.",
            why=" ".join(account.unreachable),
            next_step=f"Send `{argument}`, or give the token the scope `{kind}s:read`.",
            code="missing_argument",
        )
    return Failure(
        f"There are several {kind}s: {', '.join(names)}.",
        next_step=f"Call again with `{argument}` set to one of them.",
        code="missing_argument",
    )


def _first(several: BaseExceptionGroup[Any]) -> BaseException:
    """Give the first failure of parallel work, which is what its caller would have met alone."""
    first: BaseException = several.exceptions[0]
    return _first(cast("Any", first)) if isinstance(first, BaseExceptionGroup) else first
