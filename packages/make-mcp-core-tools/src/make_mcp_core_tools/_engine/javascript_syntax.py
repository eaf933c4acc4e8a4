"""What is wrong with a JavaScript source, found without running it.

Below it lies tree-sitter, the extra `javascript`, loaded at first use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

EXTRA = "make-mcp-core-tools[javascript]"
LONGEST_CODE = 5_000
"""Characters of a custom function's code (Make's help page on custom functions)."""
RESERVED = frozenset(
    [
        *("await", "break", "case", "catch", "class", "const", "continue", "debugger", "default"),
        *("delete", "do", "else", "enum", "export", "extends", "false", "finally", "for"),
        *("function", "if", "implements", "import", "in", "instanceof", "interface", "let", "new"),
        *("null", "package", "private", "protected", "public", "return", "static", "super"),
        *("switch", "this", "throw", "true", "try", "typeof", "var", "void", "while", "with"),
        "yield",
    ]
)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
_MOST = 5


class SyntaxFault(NamedTuple):
    """One place that does not parse."""

    line: int
    column: int
    problem: str


def is_name(name: str) -> bool:
    """Tell whether a function may have a name."""
    return name not in RESERVED and _NAME.fullmatch(name) is not None


def defines(code: str, name: str) -> bool:
    """Tell whether a source defines a function of that name."""
    return re.search(rf"\bfunction\s+{re.escape(name)}\s*\(", code) is not None


def syntax_faults(code: str) -> list[SyntaxFault] | None:
    """Give the places of a source that do not parse; None without the extra."""
    parser = _parser()
    if parser is None:
        return None
    found: list[SyntaxFault] = []
    waiting: list[Node] = [parser.parse(code.encode()).root_node]
    while waiting and len(found) < _MOST:
        node = waiting.pop()
        if node.is_missing:
            found.append(_fault(node, f"`{node.type}` is missing."))
        elif node.type == "ERROR":
            text = (node.text or b"").decode(errors="replace").strip().split("\n")[0][:40]
            found.append(_fault(node, f"`{text}` was not expected." if text else "does not parse."))
        elif node.has_error:
            waiting.extend(reversed(node.children))
    return sorted(found)


def _fault(node: Node, problem: str) -> SyntaxFault:
    row, column = node.start_point
    return SyntaxFault(row + 1, column + 1, problem)


def _parser() -> Parser | None:
    try:
        import tree_sitter_javascript
        from tree_sitter import Language, Parser
    except ImportError:
        return None
    return Parser(Language(tree_sitter_javascript.language()))
