"""Write `docs/tools/*.md` and the tables of the READMEs from the catalogs and example calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from make_mcp_base.definition import catalog
from make_mcp_base.definition.bundle import SERVER_BUNDLE, installed_bundles
from make_mcp_base.surface.surface import SERVER_CATEGORY

from scripts.tool_examples import example_answers

TABLE = re.compile(r"(<!-- tools:(\w+) -->\n).*?(<!-- /tools -->)", re.DOTALL)
SOURCE_BUNDLES = ("analytics", "core")


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give the pages of the categories and the READMEs, and the pages that should be gone."""
    folder = root / "docs" / "tools"
    bundles = [*installed_bundles(SOURCE_BUNDLES), SERVER_BUNDLE]
    pages = {page.category: (b.name, page) for b in bundles for page in catalog.read(b)}
    examples = example_answers()
    missing = pages.keys() - examples.keys() - {SERVER_CATEGORY}
    if missing:
        raise LookupError(f"No example call in `scripts.tool_examples`: {sorted(missing)}")
    files: dict[Path, str | None] = dict.fromkeys(folder.glob("*.md"))
    for name, (_, page) in pages.items():
        files[folder / f"{name}.md"] = page_text(page, examples.get(name, ""))
    for readme in [root / "README.md", *root.glob("*/*/README.md")]:
        text = readme.read_text("utf-8")
        depth = "../" * (len(readme.relative_to(root).parts) - 1)

        def table(match: re.Match[str], depth: str = depth) -> str:
            rows = [page for name, page in pages.values() if name == match[2]]
            return match[1] + overview(rows, depth) + match[3]

        files[readme] = TABLE.sub(table, text)
    return files


def overview(pages: list[catalog.Page], depth: str) -> str:
    """Write a table of categories."""
    if not pages:
        return "No category yet.\n"
    lines = ["| category | tools | what it is for |", "| --- | --: | --- |"]
    for page in sorted(pages, key=lambda p: p.category):
        link = f"[{page.category}]({depth}docs/tools/{page.category}.md)"
        lines.append(f"| {link} | {len(page.tools)} | {page.summary} |")
    return "\n".join(lines) + "\n"


def page_text(page: catalog.Page, example: str) -> str:
    """Write the manual page of a category: its tools, an example call, each tool in detail."""
    lines = [f"# {page.category}", "", page.summary, ""]
    lines += ["| tool | effect | scope | does |", "| --- | --- | --- | --- |"]
    for tool in page.tools:
        scope = f"`{tool.scope}`" if tool.scope else ""
        lines.append(
            f"| [`{tool.name}`](#{tool.name}) | {tool.effect} | {scope} | {tool.summary} |"
        )
    if example:
        lines += ["", example]
    for tool in page.tools:
        lines += ["", *_tool(tool)]
    if page.documents:
        lines += ["", "## Resources", "", "| URI | holds |", "| --- | --- |"]
        lines += [f"| `{d.template}` | {_one_line(d.description)} |" for d in page.documents]
    if page.prompts:
        lines += ["", "## Prompts", "", "| prompt | arguments | for |", "| --- | --- | --- |"]
        lines += [
            f"| `{p.name}` | {', '.join(p.arguments)} | {_one_line(p.description)} |"
            for p in page.prompts
        ]
    return "\n".join(lines) + "\n"


def _tool(tool: catalog.Entry) -> list[str]:
    lines = [f"## {tool.name}", "", tool.description, ""]
    properties: dict[str, dict[str, Any]] = tool.input_schema.get("properties", {})
    required = set(tool.input_schema.get("required", []))
    if properties:
        lines += ["| argument | type | meaning |", "| --- | --- | --- |"]
    for name, schema in properties.items():
        star = " (required)" if name in required else ""
        meaning = _one_line(str(schema.get("description", "")))
        lines.append(f"| `{name}`{star} | {_type(schema)} | {meaning} |")
    if tool.formerly:
        lines += ["", f"Also answers to: {', '.join(f'`{name}`' for name in tool.formerly)}."]
    return lines


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(choice) for choice in schema["anyOf"]))
    kind = schema.get("type", "any JSON")
    if isinstance(kind, list):
        return " or ".join(str(one) for one in kind)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(kind)


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
