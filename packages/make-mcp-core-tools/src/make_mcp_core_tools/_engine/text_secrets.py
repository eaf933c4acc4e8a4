"""Secrets seen in plain text before it goes somewhere it can be read back."""

from make_mcp_base.authoring import Problem
from make_mcp_base.safety.redaction import redact_text

from make_mcp_core_tools._engine.leak_detectors import MakeRules, Text

_MOST = 20


def secret_lines(text: str, path: str) -> list[Problem]:
    """Give the lines that hold something with the look of a credential, at most twenty.

    Args:
        text: Any text.
        path: Where it is, in the words of the caller.
    """
    found: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        kinds = sorted({one.kind for one in MakeRules().find([Text("", line)])})
        if kinds or redact_text(line) != line:
            what = ", ".join(kinds) or "a secret address or authorization"
            found.append(Problem(f"{path}, line {number}", f"It holds what looks like {what}."))
        if len(found) == _MOST:
            break
    return found
