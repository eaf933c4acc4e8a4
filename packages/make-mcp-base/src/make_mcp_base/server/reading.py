"""Resources, prompts and completions, as the bundles' catalogs describe them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp import MCPError, UriTemplate
from mcp.types import (
    INVALID_PARAMS,
    CompleteResult,
    Completion,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    PromptReference,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
)

from make_mcp_base.calls.overflow import PREFIX, fetch
from make_mcp_base.calls.reader import reader
from make_mcp_base.calls.resolve import named
from make_mcp_base.definition.ids import REFERENCES
from make_mcp_base.errors import Failure
from make_mcp_base.safety.redaction import redact
from make_mcp_base.safety.untrusted import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp.server import ServerRequestContext
    from mcp.types import (
        CompleteRequestParams,
        GetPromptRequestParams,
        PaginatedRequestParams,
        ReadResourceRequestParams,
    )

    from make_mcp_base.definition import catalog
    from make_mcp_base.definition.category import Category
    from make_mcp_base.kernel import Kernel

    Context = ServerRequestContext[Any, Any]

_MIME = "application/json"
_MOST_COMPLETIONS = 100
_RESULT = f"{PREFIX}{{name}}"


@dataclass(slots=True)
class Reading:
    """Answers for what a client reads rather than calls."""

    kernel: Kernel

    @property
    def documents(self) -> list[catalog.Resource]:
        """Resources of the categories that are reachable."""
        reachable = {e.category for e in self.kernel.surface.reachable(self.kernel.known_account)}
        return [
            document
            for page in self.kernel.surface.pages
            if page.category in reachable
            for document in page.documents
        ]

    async def list_resources(
        self, ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """Answer `resources/list`: the documents without variables."""
        fixed = [d for d in self.documents if "{" not in d.template]
        return ListResourcesResult(
            resources=[
                Resource(uri=d.template, name=d.name, description=d.description, mime_type=_MIME)
                for d in fixed
            ]
        )

    async def list_templates(
        self, ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """Answer `resources/templates/list`."""
        rows = [(d.template, d.name, d.description) for d in self.documents if "{" in d.template]
        rows.append((_RESULT, "result", "The whole of an answer that was cut, for an hour."))
        return ListResourceTemplatesResult(
            resource_templates=[
                ResourceTemplate(uri_template=t, name=n, description=text, mime_type=_MIME)
                for t, n, text in rows
            ]
        )

    async def read(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """Answer `resources/read`.

        Raises:
            MCPError: There is no such resource, or Make refused it.
        """
        try:
            text = await self._text(params.uri)
        except Failure as failure:
            raise MCPError(
                INVALID_PARAMS, clean(redact(str(failure))), {"uri": params.uri}
            ) from None
        contents = TextResourceContents(uri=params.uri, mime_type=_MIME, text=text)
        return ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")

    async def _text(self, uri: str) -> str:
        if uri.startswith(PREFIX):
            found = await fetch(self.kernel, uri.removeprefix(PREFIX))
            if found is None:
                raise _absent(uri)
            return found
        for document in self.documents:
            values = UriTemplate.parse(document.template).match(uri)
            if values is not None:
                return await self._document(document, {k: str(v) for k, v in values.items()})
        raise _absent(uri)

    async def _document(self, document: catalog.Resource, values: dict[str, str]) -> str:
        make = await reader(self.kernel, document.scope)
        ids: dict[str, Any] = dict(values)
        for name, kind in document.references.items():
            ids[name] = await named(REFERENCES[kind], values[name], make)
        handler = (
            self._category(document.bundle, document.category).documents[document.name].handler
        )
        data = clean(redact(await handler(make, **ids)))
        return json.dumps(data, ensure_ascii=False, indent=1)

    async def list_prompts(
        self, ctx: Context, params: PaginatedRequestParams | None
    ) -> ListPromptsResult:
        """Answer `prompts/list`."""
        return ListPromptsResult(
            prompts=[
                Prompt(
                    name=prompt.name,
                    description=prompt.description,
                    arguments=[PromptArgument(name=a, required=True) for a in prompt.arguments],
                )
                for prompt in self._prompts()
            ]
        )

    async def get_prompt(self, ctx: Context, params: GetPromptRequestParams) -> GetPromptResult:
        """Answer `prompts/get`.

        Raises:
            MCPError: No prompt has this name, or an argument is missing.
        """
        found = next((p for p in self._prompts() if p.name == params.name), None)
        given = params.arguments or {}
        if found is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name[:100]}")
        if missing := [name for name in found.arguments if not given.get(name)]:
            raise MCPError(INVALID_PARAMS, f"Missing arguments: {', '.join(missing)}")
        code = self._category(found.bundle, found.category).prompts[found.name]
        text = code.handler(**{name: given[name] for name in found.arguments})
        return GetPromptResult(
            messages=[PromptMessage(role="user", content=TextContent(text=text))]
        )

    async def complete(self, ctx: Context, params: CompleteRequestParams) -> CompleteResult:
        """Answer `completion/complete`: ids for digits, names for letters."""
        values: list[str] = []
        try:
            values = _fitting(await self._values(params), params.argument.value)
        except Failure as failure:
            self.kernel.counters.last_failure = failure.what
        shown = values[:_MOST_COMPLETIONS]
        return CompleteResult(
            completion=Completion(
                values=shown, total=len(values), has_more=len(values) > len(shown)
            )
        )

    async def _values(self, params: CompleteRequestParams) -> list[str]:
        """Give all values an argument of a prompt or a variable of a resource may have."""
        name, typed = params.argument.name, params.argument.value
        if isinstance(params.ref, PromptReference):
            return await self._named(name.removesuffix("_id").replace("_", " "), typed)
        uri = params.ref.uri
        document = next((d for d in self.documents if d.template == uri), None)
        if document is None:
            return []
        if name not in document.completed:
            return await self._named(document.references.get(name, ""), typed)
        code = self._category(document.bundle, document.category).documents[document.name]
        known = (params.context.arguments if params.context else None) or {}
        make = await reader(self.kernel, document.scope)
        return [clean(value) for value in await code.completers[name](make, known)]

    async def _named(self, kind: str, typed: str) -> list[str]:
        """Give the ids of all things of a kind for digits, else their names."""
        from make_mcp_base.calls.resolve import candidates

        if kind not in REFERENCES:
            return []
        rows = await candidates(REFERENCES[kind], {}, await reader(self.kernel))
        if typed.isdigit():
            return [ident for ident in (str(row[0]) for row in rows) if ident.startswith(typed)]
        return [clean(name) for _, name, _ in rows]

    def _prompts(self) -> list[catalog.PromptEntry]:
        reachable = {e.category for e in self.kernel.surface.reachable(self.kernel.known_account)}
        pages = [page for page in self.kernel.surface.pages if page.category in reachable]
        return [prompt for page in pages for prompt in page.prompts]

    def _category(self, bundle: str, category: str) -> Category:
        home = next(b for b in self.kernel.surface.bundles if b.name == bundle)
        return home.load(category)


def _fitting(values: Iterable[str], typed: str) -> list[str]:
    """Choose the values that hold what was typed, those that begin with it first."""
    wanted = typed.casefold()
    fits = {value for value in values if wanted in value.casefold()}
    return sorted(fits, key=lambda value: (not value.casefold().startswith(wanted), value))


def _absent(uri: str) -> Failure:
    return Failure(
        f"There is no resource {uri[:200]}.",
        next_step="List the resources and templates, or repeat the call that gave this link.",
        code="not_found",
    )
