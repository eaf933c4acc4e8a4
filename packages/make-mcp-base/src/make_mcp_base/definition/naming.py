"""How tools are named: `{subject}_{action}`, singular, snake_case, from a closed list of verbs."""

from __future__ import annotations

import re

LONGEST_NAME = 48

VERBS = frozenset(
    {
        "list", "get", "search", "create", "update", "patch", "delete", "set", "run", "replay",
        "retry", "stop", "clone", "verify", "diagnose", "validate", "diff", "merge", "restore",
        "export", "import", "plan", "apply",
    }
)  # fmt: skip
"""Verbs any category may use."""

DOMAIN_VERBS = frozenset(
    {
        "activate", "analyze", "assign", "backup", "check", "compare", "deactivate", "decline",
        "deploy", "destroy", "document", "execute", "extend", "generate", "info", "invite",
        "issue", "learn", "me", "move", "offboard", "optimize", "organize", "promote", "publish",
        "put", "query", "read", "replace", "report", "request", "resolve", "review", "revoke",
        "scaffold", "scan", "sync", "test", "transfer", "troubleshoot", "undo", "use", "wait",
        "write",
    }
)  # fmt: skip
"""Words of Make or of the server itself that say an action more exactly than a common verb."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def name_faults(name: str) -> list[str]:
    """Say everything that is wrong with a tool name; an empty list means it is a good one."""
    faults: list[str] = []
    if not _NAME.fullmatch(name):
        faults.append(f"`{name}` is not snake_case of the form subject_action.")
    if len(name) > LONGEST_NAME:
        faults.append(f"`{name}` is longer than {LONGEST_NAME} characters.")
    if name.rsplit("_", 1)[-1] not in VERBS | DOMAIN_VERBS:
        faults.append(f"`{name}` does not end with a known verb.")
    return faults
