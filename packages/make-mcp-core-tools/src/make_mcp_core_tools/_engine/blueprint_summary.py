"""What the index keeps of a blueprint, how it is written down, and what it is found by.

Kept are module names, bindings, uses of variables and texts with secrets masked, never data of
runs. A summary is five sections: modules, bindings, uses of variables and places of texts as JSON,
and the texts as they are, so that a question decodes only the section it is about and a search for
text none at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from make_blueprint import iml
from make_blueprint.bindings import Binding, bindings
from make_blueprint.document import as_list, as_object
from make_blueprint.masking import masked
from make_blueprint.texts import strings
from make_blueprint.walk import path_text, walk
from make_mcp_base.safety.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_blueprint.walk import Pointer, Visit

FORM = "blueprint-1"
"""Kind of these summaries in the index; a new name wherever their form or their terms change."""
ANY = "*"
"""Stands for the name where an expression takes all variables and picks one as it runs."""

_LONGEST_TEXT = 10_000
_MOST_GRAMS = 24
# Control characters that stand between the parts of a summary; in texts they become blanks.
_SECTION, _MODULE, _TEXT = "\x1c", "\x1d", "\x1f"
_BLANKS = dict.fromkeys(map(ord, (_SECTION, _MODULE, _TEXT)), " ")
_PARTS = ("parameters", "mapper", "filter", "branches", "outputs", "filters", "flags")
_INSIDE = frozenset({"flow", "routes", "tools", "onerror"})
_NESTED = frozenset({"flow", "routes", "branches", "tools", "onerror", "metadata"})
_WHOLE = re.compile(r"\bvar\s*\.\s*(team|organization)\b(?!\s*\.)")


@dataclass(frozen=True, slots=True)
class Use:
    """One place of a blueprint that reads a variable.

    Attributes:
        owner: `team` or `organization`.
        name: Name of the variable, or `*` where it is only known as it runs.
        module_id: Id of the module; None outside of modules.
        path: Place in the blueprint.
    """

    owner: str
    name: str
    module_id: int | None
    path: str


@dataclass(slots=True)
class IndexedModule:
    """One module as the index keeps it.

    Attributes:
        version: Major version of the app.
        functions: Names of the IML functions its texts call.
    """

    id: int | None
    type: str
    version: int
    label: str
    path: str
    functions: list[str]
    _summary: Summary
    _at: int

    @property
    def app(self) -> str:
        """The part of the type before the colon."""
        return self.type.partition(":")[0]

    @property
    def needs(self) -> list[tuple[str, str]]:
        """Kind and value of each binding."""
        return self._summary.needs.get(self.id, [])

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Place below the module and text, secrets masked."""
        places = self._summary.places[self._at]
        return list(zip(places, self._summary.blocks[self._at].split(_TEXT), strict=False))

    @property
    def folded(self) -> str:
        """All its texts in small letters, one behind the other."""
        return self._summary.folded[self._at]


class Summary:
    """A blueprint as the index keeps it; each part is decoded when it is asked for."""

    def __init__(self, body: str) -> None:
        self._modules, self._needs, self._uses, self._places, self._texts = body.split(_SECTION)

    @cached_property
    def modules(self) -> list[IndexedModule]:
        """Its modules, in walk order."""
        rows = json.loads(self._modules)
        return [
            IndexedModule(ident, type_, version, label, path, functions, self, at)
            for at, (ident, type_, version, label, path, functions) in enumerate(rows)
        ]

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Everything outside that it needs."""
        return tuple(Binding(*need) for need in json.loads(self._needs))

    @cached_property
    def variables(self) -> tuple[Use, ...]:
        """The places that read variables of its team or organization."""
        return tuple(Use(*use) for use in json.loads(self._uses))

    @cached_property
    def needs(self) -> dict[int | None, list[tuple[str, str]]]:
        """Kind and value of each binding, by the id of its module."""
        found: dict[int | None, list[tuple[str, str]]] = {}
        for need in self.bindings:
            found.setdefault(need.module_id, []).append((need.kind, str(need.value)))
        return found

    @cached_property
    def places(self) -> list[list[str]]:
        """The places of each module's texts."""
        return json.loads(self._places)

    @cached_property
    def blocks(self) -> list[str]:
        """Each module's texts, as they are written down."""
        return self._texts.split(_MODULE)

    @cached_property
    def folded(self) -> list[str]:
        """Each module's texts in small letters."""
        return self._folded.split(_MODULE)

    @cached_property
    def _folded(self) -> str:
        return self._texts.casefold()

    def holds(self, lowered: str) -> bool:
        """Tell, without decoding, whether a text of any module holds one in small letters."""
        return lowered in self._folded

    def may_name(self, lowered: str) -> bool:
        """Tell, without decoding, whether a module's name and type may hold a text."""
        return " " in lowered or _json(lowered)[1:-1] in self._modules.casefold()


# Making summaries


def summarized(blueprint: Blueprint) -> str:
    """Write down what the index keeps of a blueprint.

    Raises:
        BlueprintError: The blueprint is no JSON data, or nested too deeply.
    """
    modules: list[JsonValue] = []
    places: list[JsonValue] = []
    blocks: list[str] = []
    for visit in walk(blueprint):
        texts = list(_shown_texts(visit.module))
        called = dict.fromkeys(
            call.name for _, text in texts if "{{" in text for call in iml.functions(text)
        )
        modules.append([*_head(visit), [*called]])
        places.append([place for place, _ in texts])
        blocks.append(_TEXT.join(text[:_LONGEST_TEXT].translate(_BLANKS) for _, text in texts))
    needs = [_without_secrets(need) for need in bindings(blueprint)]
    uses = [astuple(use) for use in variable_uses(blueprint)]
    parts = [*map(_json, (modules, needs, uses, places)), _MODULE.join(blocks)]
    return _SECTION.join(parts)


def variable_uses(blueprint: Blueprint) -> Iterator[Use]:
    """Give every place of a blueprint that reads a variable of its team or organization."""
    for visit in walk(blueprint):
        for pointer, text in _own_texts(visit.module):
            if "var" not in text or "{{" not in text:
                continue
            path = f"{visit.path}.{path_text(pointer)}"
            for use in dict.fromkeys((one.kind, one.name) for one in iml.variables(text)):
                if use[0] in ("team", "organization"):
                    yield Use(*use, visit.id, path)
            for whole in dict.fromkeys(_WHOLE.findall(text)):
                yield Use(whole, ANY, visit.id, path)


def _head(visit: Visit) -> list[JsonValue]:
    version = visit.module.get("version", 1)
    label = redact_text(visit.label)
    return [visit.id, visit.type, version if isinstance(version, int) else 1, label, visit.path]


def _without_secrets(need: Binding) -> list[JsonValue]:
    kind, value, *place, label, type_ = astuple(need)
    return [kind, value, *place, redact_text(label), type_]


def _shown_texts(module: JsonObject) -> Iterator[tuple[str, str]]:
    """Give the texts a module itself holds, those of nested modules left out, secrets masked."""
    for part in _PARTS:
        value = module.get(part)
        if part == "branches":
            branches: list[JsonValue] = [
                {k: v for k, v in as_object(branch).items() if k not in _INSIDE}
                for branch in as_list(value)
            ]
            value = branches
        hidden = as_object(masked({part: value}))[part]
        for place, text in strings(hidden, (part,)):
            yield path_text(place), redact_text(text)


def _own_texts(module: JsonObject) -> Iterator[tuple[Pointer, str]]:
    """Give the texts a module itself holds; those of modules inside it are left out."""
    for key, value in module.items():
        if key not in _NESTED:
            yield from strings(value, (key,))
    for kind in ("routes", "branches"):
        for number, each in enumerate(as_list(module.get(kind))):
            for key, value in as_object(each).items():
                if key not in _NESTED:
                    yield from strings(value, (kind, number, key))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


EMPTY = summarized({})
"""Summary of a blueprint that is gone, or was not asked for."""
NOTHING = Summary(EMPTY)


# Terms: what a summary is found by


def terms(body: str) -> set[str]:
    """Tell what a summary is found by: bindings, apps, modules, functions, and all its texts."""
    summary = Summary(body)
    found = {need_term(need.kind, need.value) for need in summary.bindings}
    found |= {
        variable_term(str(need.value))
        for need in summary.bindings
        if need.kind in ("team_variable", "organization_variable")
    }
    found |= {owner_term(use.owner) for use in summary.variables}
    for module in summary.modules:
        found |= {app_term(module.app), module_term(module.type)}
        found.update(map(function_term, module.functions))
        found |= _grams(f"{module.label} {module.type}".casefold())
        found |= _grams(module.folded)
    return found


def need_term(kind: str, value: int | str) -> str:
    """Term of what binds an object: 7, "7" and `SCN_7` are the same, letters in any case."""
    return f"need:{kind}:{str(value).removeprefix('SCN_')}".casefold()


def variable_term(name: str) -> str:
    """Term of what reads a variable of a team or organization by its name."""
    return f"var:{name}"


def owner_term(owner: str) -> str:
    """Term of what reads variables of a `team` or an `organization`, by name or all at once."""
    return f"reads:{owner}"


def app_term(app: str) -> str:
    """Term of what holds a module of an app."""
    return f"app:{app}"


def module_term(type_: str) -> str:
    """Term of what holds a module of a type, in any case."""
    return f"module:{type_.casefold()}"


def function_term(name: str) -> str:
    """Term of what calls a function."""
    return f"call:{name}"


def text_terms(lowered: str) -> Iterable[str]:
    """Terms that every summary has whose texts hold a text, given in small letters.

    They are the runs of three letters in it, or of two where it has no more; some of them when it
    is long. A single letter stands almost everywhere and has none.
    """
    if len(lowered) <= 2:
        return [lowered] if len(lowered) == 2 else []
    runs = [lowered[at : at + 3] for at in range(len(lowered) - 2)]
    step = -(-len(runs) // _MOST_GRAMS)
    return runs[::step]


def _grams(lowered: str) -> set[str]:
    """Cut a text into all its runs of two and of three letters."""
    pairs = {lowered[at : at + 2] for at in range(len(lowered) - 1)}
    return pairs | {lowered[at : at + 3] for at in range(len(lowered) - 2)}
