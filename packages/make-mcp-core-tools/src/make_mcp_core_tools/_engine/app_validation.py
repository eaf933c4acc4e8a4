"""What is wrong with a custom app as a whole: its code, its names, what it refers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from make_blueprint.document import as_list, as_object
from make_blueprint.iml import IMLError

from make_mcp_core_tools._engine.app_expressions import asked, field_names
from make_mcp_core_tools._engine.app_lint import Fault, expressions, section_faults, strings
from make_mcp_core_tools._engine.app_references import RPC
from make_mcp_core_tools._engine.custom_apps import MODULE_TYPES
from make_mcp_core_tools._engine.jsonc import JsoncError, read_jsonc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import JsonValue

    from make_mcp_core_tools._engine.app_tree import AppTree, Component

_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z]+[0-9a-zA-Z]")
_NAMED = ("module", "rpc", "function", "endpoint")
_FORMS = {
    "module": ("parameters", "expect"),
    "connection": ("parameters",),
    "endpoint": ("inputParameters",),
}
"""Sections that ask for the `parameters` of a component's requests."""
_LOCAL = {"connection": "connection", "altConnection": "connection", "webhook": "webhook"}


class Finding(NamedTuple):
    """A fault and where it is.

    Attributes:
        place: `app`, or `module getStock`.
        section: Section, or "" for the component itself.
    """

    place: str
    section: str
    fault: Fault


def findings(tree: AppTree) -> list[Finding]:
    """Check a whole app; errors first, in the order of the app otherwise."""
    functions = [name for kind, name in tree.components if kind == "function"]
    found = [
        Finding("app", section, fault)
        for section, text in tree.sections.items()
        for fault in section_faults(section, text, functions)
    ]
    found += [Finding("app", "groups", fault) for fault in _group_faults(tree)]
    found += [Finding("app", "base", fault) for fault in _base_faults(tree)]
    for one in tree.components.values():
        found += [Finding(one.title, "", fault) for fault in _meta_faults(tree, one)]
        for section, text in one.sections.items():
            faults = section_faults(section, text, functions)
            faults += _rpc_faults(tree, text)
            if section == "api":
                faults += _api_faults(one, text)
                faults += _field_faults(one, text)
            found += [Finding(one.title, section, fault) for fault in faults]
    return sorted(found, key=lambda finding: finding.fault.severity != "error")


def _meta_faults(tree: AppTree, one: Component) -> Iterator[Fault]:
    if one.kind in _NAMED and not _NAME.fullmatch(one.name):
        yield Fault("error", "name", "name", "has to be 3 letters or digits or more.")
    for member, kind in _LOCAL.items():
        name = one.meta.get(member)
        if isinstance(name, str) and not any(k == (kind, name) for k in tree.components):
            yield Fault("error", "reference", member, f"there is no {kind} `{name}`.")
    for name in as_list(one.meta.get("attachedAccounts")):
        if ("connection", name) not in tree.components:
            yield Fault("error", "reference", "attachedAccounts", f"no connection `{name}`.")
    if one.kind == "module":
        if one.meta.get("type") not in MODULE_TYPES:
            yield Fault("error", "type", "type", f"there is no type `{one.meta.get('type')}`.")
        if one.meta.get("type") == "instant_trigger" and not one.meta.get("webhook"):
            yield Fault("error", "reference", "webhook", "an instant trigger needs a webhook.")


def _rpc_faults(tree: AppTree, text: str) -> list[Fault]:
    names = {name for kind, name in tree.components if kind == "rpc"}
    return [
        Fault("error", "reference", "", f"there is no RPC `{name}`.")
        for name in dict.fromkeys(RPC.findall(text))
        if name not in names
    ]


def _api_faults(one: Component, text: str) -> list[Fault]:
    """Tell requests without an address, and options without label or value."""
    value = _value(text)
    requests = [as_object(row) for row in (value if isinstance(value, list) else [value])]
    silent = one.meta.get("type") in ("instant_trigger", "responder") or one.kind == "webhook"
    if silent or one.kind == "connection" or value is None:
        return []
    if requests and not any("url" in row for row in requests):
        return [Fault("warning", "request", "", "no request has a `url`.")]
    return []


def _field_faults(one: Component, text: str) -> Iterator[Fault]:
    """Tell parameters that the form of a component does not ask for."""
    forms: list[JsonValue] = [
        _value(one.sections.get(name, "")) or [] for name in _FORMS.get(one.kind, ())
    ]
    names = field_names(forms) if forms else None
    if names is None:
        return
    missing: dict[str, str] = {}
    for path, _, leaf in strings(_value(text)):
        if "{{" not in leaf:
            continue
        try:
            used = list(asked(expressions(leaf)))
        except IMLError:
            continue
        for root, name in used:
            if root == "parameters" and name and name not in names:
                missing.setdefault(name, path)
    for name, path in missing.items():
        yield Fault("warning", "field", path, f"the form has no field `{name}`.")


def _group_faults(tree: AppTree) -> list[Fault]:
    value = _value(tree.sections.get("groups", ""))
    grouped = [
        str(name) for row in as_list(value) for name in as_list(as_object(row).get("modules"))
    ]
    modules = [name for kind, name in tree.components if kind == "module"]
    missing = [
        Fault("error", "reference", "", f"there is no module `{name}`.")
        for name in dict.fromkeys(grouped)
        if name not in modules
    ]
    alone = [
        Fault("warning", "groups", "", f"the module `{name}` is in no group.")
        for name in modules
        if grouped and name not in grouped
    ]
    return missing + alone


def _base_faults(tree: AppTree) -> list[Fault]:
    """Tell when credentials go out with every request and would stand in logs."""
    base = as_object(_value(tree.sections.get("base", "")))
    uses = any("connection." in text for _, _, text in strings(as_object(base.get("headers"))))
    sanitized = as_list(as_object(base.get("log")).get("sanitize"))
    if uses and not sanitized:
        fix = 'Add `"log": {"sanitize": ["request.headers.authorization"]}`.'
        return [Fault("warning", "log", "log", "credentials in headers are logged.", fix)]
    return []


def _value(text: str) -> JsonValue:
    try:
        return read_jsonc(text)
    except JsoncError:
        return None
