"""What is wrong with the code of a custom app, found without sending it anywhere."""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import parse_qsl

from make_blueprint import iml
from make_blueprint.lint.credentials import credentials, is_opaque, is_placeholder
from make_blueprint.masking import is_secret_name

from make_mcp_core_tools._engine.app_expressions import asked, misspelled
from make_mcp_core_tools._engine.javascript_syntax import syntax_faults
from make_mcp_core_tools._engine.jsonc import JsoncError, read_jsonc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from make_blueprint.document import JsonValue

LISTS = frozenset(
    {"groups", "parameters", "expect", "interface", "installSpec", "inputParameters"}
    | {"outputParameters"}
)
"""Sections that are lists, or an `rpc://` text in place of one."""
OBJECTS = frozenset({"common", "install", "attach", "detach", "update", "epoch", "scopes"})
FIELDS = frozenset({"parameters", "expect", "interface", "installSpec", "inputParameters"})
"""Sections that hold fields of forms."""
TEXTS = frozenset({"readme", "code", "test"})
"""Sections that are no JSON."""
_DESCRIBED = frozenset({"common", "scopes"})
"""Sections in which names say nothing of their values: secrets by right, texts about scopes."""
VISUAL = frozenset({"banner", "markdown", "html", "separator"})
_TYPES = """
text password email url filename color uuid path cert pkey timezone time timestamp date hidden file
folder buffer number integer uinteger port boolean checkbox any json select radio list collection
array filter filestorage udtspec udttype dynamicCollection account hook keychain device datastore
udt aiagent scenario
"""
FIELD_TYPES = frozenset(_TYPES.split()) | VISUAL
"""Types of fields that Make's form library knows."""
_HEX = re.compile(r"[0-9a-fA-F]{24,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


class Fault(NamedTuple):
    """One thing that is wrong in a section.

    Attributes:
        path: Where below the section, "" for the whole.
        severity: `error` when Make or a run will refuse it.
    """

    severity: str
    code: str
    path: str
    problem: str
    fix: str = ""


def section_faults(section: str, text: str, functions: Collection[str] = ()) -> list[Fault]:
    """Check one section.

    Args:
        section: Its name.
        text: Its code; an empty one is fine.
        functions: The app's own IML functions.
    """
    if section in ("code", "test"):
        return [*_script_faults(text), *_secret_faults("", text)]
    if section in TEXTS:
        return list(_secret_faults("", text))
    try:
        value = read_jsonc(text)
    except JsoncError as error:
        return [Fault("error", "json", "", f"{error}.", "JSON with comments is expected.")]
    if value is None:
        return []
    faults = list(_shape_faults(section, value))
    for path, name, leaf in strings(value):
        faults += _text_faults(path, leaf, functions)
        if section not in _DESCRIBED:
            faults += _secret_faults(path, leaf, name)
    if section in FIELDS and isinstance(value, list):
        faults += _field_faults(value, "")
    return faults


def blank(section: str) -> str:
    """Give the code of a section without any."""
    if section in TEXTS:
        return ""
    return "[]" if section in LISTS or section == "scope" else "{}"


def strings(value: JsonValue, path: str = "", name: str = "") -> Iterator[tuple[str, str, str]]:
    """Give path, key and value of every text in a value."""
    if isinstance(value, str):
        yield path, name, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from strings(member, f"{path}.{key}" if path else key, key)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from strings(item, f"{path}[{at}]", name)


def _shape_faults(section: str, value: JsonValue) -> Iterator[Fault]:
    if section in LISTS and not isinstance(value, list | str):
        yield Fault("error", "shape", "", "has to be a list.")
    elif section in OBJECTS and not isinstance(value, dict):
        yield Fault("error", "shape", "", "has to be an object.")
    elif not isinstance(value, dict | list | str):
        yield Fault("error", "shape", "", "has to be an object or a list.")


def _script_faults(text: str) -> Iterator[Fault]:
    for fault in syntax_faults(text) or []:
        place = f"line {fault.line}, column {fault.column}"
        yield Fault("error", "javascript", place, fault.problem)


def _text_faults(path: str, text: str, functions: Collection[str]) -> Iterator[Fault]:
    if "{{" not in text:
        return
    if text.count("{{") != text.count("}}"):
        yield Fault("error", "iml", path, "an expression is not closed.", "Write `{{…}}`.")
        return
    plain = expressions(text)
    try:
        iml.parse(plain)
    except iml.IMLError as error:
        yield Fault("error", "iml", path, f"{error}.")
        return
    yield from _name_faults(path, plain)
    known = {*iml.builtin_functions(), *functions}
    for used in iml.functions(plain):
        if used.name not in known:
            near = get_close_matches(used.name, known, n=1, cutoff=0.7)
            fix = f"Did you mean `{near[0]}`?" if near else ""
            yield Fault("error", "function", path, f"there is no function `{used.name}`.", fix)


def expressions(text: str) -> str:
    """Give a text with the expressions of apps as they are written in scenarios."""
    return _EXPRESSION.sub(_with_semicolons, text)


def _name_faults(path: str, plain: str) -> Iterator[Fault]:
    for root in dict.fromkeys(one.root for one in asked(plain)):
        if meant := misspelled(root):
            yield Fault("error", "name", path, f"nothing is named `{root}`.", f"Use `{meant}`?")


def _with_semicolons(found: re.Match[str]) -> str:
    """Separate arguments with semicolons: in code of apps commas do the same."""
    parts: list[str] = []
    end = 0
    for quoted in _QUOTED.finditer(found[0]):
        parts += [found[0][end : quoted.start()].replace(",", ";"), quoted[0]]
        end = quoted.end()
    return "".join([*parts, found[0][end:].replace(",", ";")])


def _secret_faults(path: str, text: str, name: str = "") -> Iterator[Fault]:
    fix = "Take it from the connection or from `common`."
    for found in credentials(text):
        yield Fault("error", "secret", path, f"holds a {found.kind}, {found.shown}.", fix)
        return
    if text.startswith("rpc://"):
        return
    for key, value in ((name, text), *_queried(text)):
        literal = len(value) > 7 and "{{" not in value and not is_placeholder(value)
        if key and literal and is_secret_name(key):
            severity = "error" if _is_made(value.rpartition(" ")[2]) else "warning"
            told = "looks like a secret written into the code."
            yield Fault(severity, "secret", path, told, fix)
            return


def _queried(text: str) -> list[tuple[str, str]]:
    """Give names and values of the query of an address."""
    return parse_qsl(text.partition("?")[2]) if "?" in text and len(text) < 4_000 else []


def _is_made(value: str) -> bool:
    """Tell whether a value was made by a machine, as keys are."""
    return is_opaque(value) or _HEX.fullmatch(value) is not None


def _field_faults(fields: list[JsonValue], path: str) -> Iterator[Fault]:
    names: Counter[str] = Counter()
    for at, field in enumerate(fields):
        place = f"{path}[{at}]"
        if isinstance(field, str):
            if not field.startswith(("rpc://", "{{")):
                yield Fault("error", "field", place, "a field is an object or `rpc://…`.")
        elif isinstance(field, dict):
            names[str(field.get("name"))] += "name" in field
            yield from _one_field(field, place)
        else:
            yield Fault("error", "field", place, "a field is an object or `rpc://…`.")
    for name, times in names.items():
        if times > 1:
            yield Fault("warning", "field", path, f"{times} fields are named `{name}`.")


def _one_field(field: dict[str, JsonValue], place: str) -> Iterator[Fault]:
    kind = str(field.get("type") or "")
    base = kind.partition(":")[0]
    if not kind:
        yield Fault("error", "field", place, "has no `type`.")
    elif base not in FIELD_TYPES and "{{" not in kind:
        near = get_close_matches(base, FIELD_TYPES, n=1, cutoff=0.6)
        fix = f"Did you mean `{near[0]}`?" if near else ""
        yield Fault("error", "field", place, f"there is no type `{kind}`.", fix)
    if "name" not in field and base not in VISUAL:
        yield Fault("error", "field", place, "has no `name`.")
    if base in ("select", "radio") and "options" not in field:
        yield Fault("error", "field", place, f"a {base} needs `options`.")
    for member in ("nested", "spec"):
        inner = field.get(member)
        if isinstance(inner, list):
            yield from _field_faults(inner, f"{place}.{member}")
        elif isinstance(inner, dict) and member == "spec":
            kind_of = cast("str", inner.get("type") or "")
            if not kind_of:
                yield Fault("error", "field", f"{place}.spec", "has no `type`.")
