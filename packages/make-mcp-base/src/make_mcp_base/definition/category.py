"""A category: a manual page of tools. A tool: data with a handler.

The decorator takes what cannot be derived (scope and effect). Name, description, schemas and all
four MCP hints follow from the function.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from make_mcp_base.definition.effects import Effect, Hints, hints_of
from make_mcp_base.definition.models import Input, Output
from make_mcp_base.definition.naming import name_faults

if TYPE_CHECKING:
    from make_mcp_base.calls.make import Make
    from make_mcp_base.definition.run_tools import Maker

A = TypeVar("A", bound=Input)
R = TypeVar("R", bound=Output)
Handler = Callable[["Make", A], Awaitable[R]]
AnyHandler = Callable[["Make", Any], Awaitable[Output]]
Completer = Callable[["Make", dict[str, str]], Awaitable[Sequence[str]]]
"""Gives all values a variable of a resource may have, the variables filled in so far given."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as its author wrote it.

    Attributes:
        scope: Make's permission it needs, or "" for none (API reference, 1.3).
        effect: What a call does to Make.
        formerly: Other names it answers to: of the official server and of the old project.
        confirm: True when even a change that destroys nothing needs a plan first.
        outside: True when it reaches services outside Make (a connection test).
        feature: Member of the organization's licence it needs, or "".
        words: More words a search should find it by.
    """

    name: str
    category: str
    description: str
    input: type[Input]
    output: type[Output]
    handler: AnyHandler
    scope: str
    effect: Effect
    formerly: tuple[str, ...] = ()
    confirm: bool = False
    outside: bool = False
    feature: str = ""
    words: tuple[str, ...] = ()
    examples: tuple[Input, ...] = ()

    @property
    def hints(self) -> Hints:
        """The tool's MCP annotations."""
        return hints_of(self.effect, outside=self.outside)


@dataclass(frozen=True, slots=True)
class Document:
    """A readable resource under `make://`.

    Attributes:
        template: Its URI, with `{variables}` for ids (RFC 6570, level 1).
        references: What each variable names, for completion and names in place of ids.
        completers: Values of other variables, for completion.
    """

    name: str
    template: str
    description: str
    handler: Callable[..., Awaitable[Any]]
    scope: str
    references: dict[str, str] = field(default_factory=dict[str, str])
    completers: dict[str, Completer] = field(default_factory=dict[str, Completer])


@dataclass(frozen=True, slots=True)
class Prompt:
    """A ready question or task that a person picks in their client."""

    name: str
    description: str
    arguments: tuple[str, ...]
    handler: Callable[..., str]


@dataclass(frozen=True, slots=True)
class Category:
    """A named group of tools, one module or one folder of modules.

    Args:
        name: The name of its module.
        summary: One sentence for tables and instructions.
    """

    name: str
    summary: str
    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    makers: list[Maker] = field(default_factory=list["Maker"])

    def run_tools(self, maker: Maker) -> Maker:
        """Name the async function `(make, what the operator named) -> RunTools`."""
        self.makers.append(maker)
        return maker

    def document(
        self, template: str, *, scope: str, completers: Mapping[str, Completer] | None = None
    ) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
        """Make a resource of an async function `(make, variable, …) -> JSON data`.

        Args:
            template: Its URI; each `{variable}` is an argument of the function, annotated with
                its id type.
            scope: Make's permission it needs.
            completers: What gives the values of variables that are no ids, for completion.
        """

        def declare(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            name: str = handler.__name__  # pyright: ignore[reportFunctionMemberAccess]
            variables = list(inspect.signature(handler).parameters)[1:]
            self.documents[name] = Document(
                name=name,
                template=template,
                description=_described(handler, name),
                handler=handler,
                scope=scope,
                references=_references(handler, variables),
                completers=dict(completers or {}),
            )
            return handler

        return declare

    def prompt(self, handler: Callable[..., str]) -> Callable[..., str]:
        """Make a prompt of a function of strings that gives the text of a user's message."""
        name: str = handler.__name__  # pyright: ignore[reportFunctionMemberAccess]
        arguments = tuple(inspect.signature(handler).parameters)
        self.prompts[name] = Prompt(name, _described(handler, name), arguments, handler)
        return handler

    def tool(
        self,
        *,
        scope: str,
        effect: Effect,
        formerly: Sequence[str] = (),
        confirm: bool = False,
        outside: bool = False,
        feature: str = "",
        words: Sequence[str] = (),
        examples: Sequence[Input] = (),
    ) -> Callable[[Handler[A, R]], Handler[A, R]]:
        """Make a tool of an async function `(make, args) -> output`, and return the function.

        Raises:
            TypeError: The function is not of that form, has no docstring, or its name breaks the
                rules of `make_mcp_base.definition.naming`.
        """

        def declare(handler: Handler[A, R]) -> Handler[A, R]:
            takes, gives = _signature(handler)
            name: str = handler.__name__  # pyright: ignore[reportFunctionMemberAccess]
            faults = name_faults(name)
            description = inspect.getdoc(handler) or ""
            if not description:
                faults.append(f"`{name}` has no docstring; it is the tool's description.")
            if name in self.tools:
                faults.append(f"`{name}` is declared twice.")
            if faults:
                raise TypeError(" ".join(faults))
            self.tools[name] = Tool(
                name=name,
                category=self.name,
                description=description,
                input=takes,
                output=gives,
                handler=handler,
                scope=scope,
                effect=effect,
                formerly=tuple(formerly),
                confirm=confirm,
                outside=outside,
                feature=feature,
                words=tuple(words),
                examples=tuple(examples),
            )
            return handler

        return declare


def _signature(handler: Callable[..., object]) -> tuple[type[Input], type[Output]]:
    """Read the input and output models off a handler's annotations."""
    from make_mcp_base.calls.make import Make

    hints = get_type_hints(handler, localns={"Make": Make})
    parameters = list(inspect.signature(handler).parameters)
    takes = hints.get(parameters[1]) if len(parameters) == 2 else None
    gives = hints.get("return")
    if not inspect.iscoroutinefunction(handler) or takes is None or gives is None:
        raise TypeError(f"{handler!r} is not of the form async (make, args: Input) -> Output.")
    if not (issubclass(takes, Input) and issubclass(gives, Output)):
        raise TypeError(f"{handler!r} must take an Input and return an Output.")
    return takes, gives


def _described(handler: Callable[..., object], name: str) -> str:
    text = inspect.getdoc(handler)
    if not text:
        raise TypeError(f"`{name}` has no docstring; it is what people read before they choose it.")
    return text


def _references(handler: Callable[..., object], variables: Sequence[str]) -> dict[str, str]:
    """Name, for each variable, the kind of thing its id type refers to."""
    from make_mcp_base.calls.make import Make
    from make_mcp_base.definition.ids import Reference

    hints = get_type_hints(handler, localns={"Make": Make}, include_extras=True)
    found: dict[str, str] = {}
    for name in variables:
        marks = getattr(hints.get(name), "__metadata__", ())
        kinds = [mark.kind for mark in marks if isinstance(mark, Reference)]
        found |= dict.fromkeys([name] if kinds else [], "".join(kinds))
    return found
