"""The catalog: what the tools of a bundle look like, generated from their code and shipped.

`_catalog/<category>.json` holds names, descriptions, schemas, hints, scopes, aliases and examples.
Listing and searching read only these files, so a server that shows tools imports none of them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from make_mcp_base.definition.effects import hints_of
from make_mcp_base.definition.schema import (
    Schema,
    input_schema,
    listed,
    output_schema,
    unwrapped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from make_mcp_base.definition.bundle import Bundle
    from make_mcp_base.definition.category import Category, Tool
    from make_mcp_base.definition.effects import Effect

FOLDER = "_catalog"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One tool as the catalog knows it. Attributes as in `Tool`, schemas in place of models."""

    name: str
    category: str
    bundle: str
    package: str
    description: str
    input_schema: Schema
    output_schema: Schema
    effect: Effect
    scope: str
    outside: bool = False
    feature: str = ""
    formerly: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    examples: tuple[Schema, ...] = ()

    @property
    def writes(self) -> bool:
        """True when a call may change something in Make."""
        return self.effect != "read"

    @property
    def summary(self) -> str:
        """The first line of the description."""
        return self.description.split("\n", 1)[0]

    def wire(self) -> dict[str, Any]:
        """Give the tool as `tools/list` shows it (MCP 2026-07-28, tools)."""
        hints = hints_of(self.effect, outside=self.outside)
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": listed(self.output_schema),
            "annotations": {
                "readOnlyHint": hints.read_only,
                "destructiveHint": hints.destructive,
                "idempotentHint": hints.idempotent,
                "openWorldHint": hints.open_world,
            },
        }


def describe(tool: Tool) -> dict[str, Any]:
    """Generate the catalog's row of one tool."""
    row: dict[str, Any] = {
        "name": tool.name,
        "description": unwrapped(tool.description),
        "effect": tool.effect,
        "scope": tool.scope,
        "outside": tool.outside,
        "feature": tool.feature,
        "formerly": list(tool.formerly),
        "words": list(tool.words),
        "examples": [e.model_dump(mode="json", exclude_unset=True) for e in tool.examples],
        "input_schema": _arguments(tool),
        "output_schema": output_schema(tool.output, writes=tool.effect != "read"),
    }
    return {key: value for key, value in row.items() if value not in (False, "", [])}


def _arguments(tool: Tool) -> Schema:
    schema = input_schema(tool.input)
    if tool.effect == "read":
        return schema
    schema["properties"] |= {
        "dry_run": {"type": "boolean", "description": "Only show the plan."},
        "plan_id": {"type": "string", "description": "Apply this plan."},
    }
    return schema


def write(category: Category) -> str:
    """Render a category's catalog file."""
    page: dict[str, Any] = {
        "category": category.name,
        "summary": category.summary,
        "tools": [describe(category.tools[name]) for name in sorted(category.tools)],
        "documents": [
            {
                "name": document.name,
                "template": document.template,
                "description": document.description,
                "scope": document.scope,
                "references": document.references,
                "completed": sorted(document.completers),
            }
            for document in category.documents.values()
        ],
        "prompts": [
            {"name": p.name, "description": p.description, "arguments": list(p.arguments)}
            for p in category.prompts.values()
        ],
    }
    if category.makers:
        page["makes_run_tools"] = True
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource as the catalog knows it; attributes as in `Document`."""

    name: str
    category: str
    bundle: str
    template: str
    description: str
    scope: str
    references: dict[str, str]
    completed: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class PromptEntry:
    """A prompt as the catalog knows it; attributes as in `Prompt`."""

    name: str
    category: str
    bundle: str
    description: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A category as the catalog knows it."""

    category: str
    summary: str
    tools: tuple[Entry, ...]
    documents: tuple[Resource, ...] = ()
    prompts: tuple[PromptEntry, ...] = ()
    makes_run_tools: bool = False


@cache
def read(bundle: Bundle) -> tuple[Page, ...]:
    """Read the shipped catalog of a bundle, categories in alphabetical order."""
    return tuple(_page(json.loads(text), bundle) for _, text in sorted(_texts(bundle)))


def catalog_files(bundle: Bundle) -> list[str]:
    """Give the paths a bundle's catalog is read from: its folder and what is in it."""
    folder = _folder(bundle)
    present = os.listdir(folder) if os.path.isdir(folder) else []
    return [folder, *(os.path.join(folder, name) for name in sorted(present))]


def _folder(bundle: Bundle) -> str:
    return os.path.join(next(iter(import_module(bundle.package).__path__)), FOLDER)


def _texts(bundle: Bundle) -> list[tuple[str, str]]:
    """Read the catalog's files: from their folder, or from within what holds the package."""
    folder = _folder(bundle)
    if not os.path.isdir(folder):
        from importlib.resources import files

        inside = files(bundle.package).joinpath(FOLDER)
        found = inside.iterdir() if inside.is_dir() else ()
        return [(f.name, f.read_text("utf-8")) for f in found if f.name.endswith("json")]
    texts: list[tuple[str, str]] = []
    for name in os.listdir(folder):
        if name.endswith("json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                texts.append((name, file.read()))
    return texts


def _page(page: dict[str, Any], bundle: Bundle) -> Page:
    tools = tuple(
        Entry(
            category=page["category"],
            bundle=bundle.name,
            package=bundle.package,
            scope=row.pop("scope", ""),
            formerly=tuple(row.pop("formerly", ())),
            words=tuple(row.pop("words", ())),
            examples=tuple(row.pop("examples", ())),
            **row,
        )
        for row in page["tools"]
    )
    home = {"category": page["category"], "bundle": bundle.name}
    documents = tuple(Resource(**home, **row) for row in page.get("documents", ()))
    prompts = tuple(
        PromptEntry(**home, **row | {"arguments": tuple(row["arguments"])})
        for row in page.get("prompts", ())
    )
    makes = page.get("makes_run_tools", False)
    return Page(page["category"], page["summary"], tools, documents, prompts, makes)


def catalog_path(bundle: Bundle) -> Path:
    """Where a source checkout keeps the catalog of a bundle."""
    from importlib.resources import files
    from pathlib import Path

    return Path(str(files(bundle.package).joinpath(FOLDER)))


def refresh(bundle: Bundle, *, write_files: bool) -> list[str]:
    """Bring the shipped catalog up to date with the code.

    Args:
        bundle: The bundle.
        write_files: False to look only.

    Returns:
        Names of the files that were (or would be) written or removed.
    """
    folder = catalog_path(bundle)
    wanted = {f"{c.name}.json": write(c) for c in bundle.categories()}
    present = (
        {p.name: p.read_text("utf-8") for p in folder.glob("*.json")} if folder.is_dir() else {}
    )
    stale = sorted(n for n in wanted.keys() | present.keys() if wanted.get(n) != present.get(n))
    if write_files:
        folder.mkdir(exist_ok=True)
        for name in stale:
            if name in wanted:
                folder.joinpath(name).write_text(wanted[name], "utf-8")
            else:
                folder.joinpath(name).unlink()
    return stale


def catalog_faults(bundle: Bundle) -> list[str]:
    """Say what is wrong with a bundle's tools and their catalog; see `check_bundle`."""
    faults = [f"{name} is not up to date." for name in refresh(bundle, write_files=False)]
    seen: dict[str, str] = {}
    for category in bundle.categories():
        if not category.summary:
            faults.append(f"The category {category.name} has no summary.")
        for tool in category.tools.values():
            for name in (tool.name, *tool.formerly):
                if name in seen:
                    faults.append(f"`{name}` is claimed by {seen[name]} and {tool.name}.")
                seen[name] = tool.name
            faults += _schema_faults(tool)
    return faults


def _schema_faults(tool: Tool) -> list[str]:
    faults: list[str] = []
    schema = input_schema(tool.input)
    if any(key in schema for key in ("anyOf", "oneOf", "allOf")):
        faults.append(f"`{tool.name}`: the root of the arguments is not a plain object.")
    for name, member in schema["properties"].items():
        if not member.get("description"):
            faults.append(f"`{tool.name}`: the argument `{name}` has no description.")
    return faults
