"""Module forms: what a module takes, and values held against it as Make's editor does.

A form has two domains: `parameters`, which are fixed, and the `mapper`, whose values may hold
expressions. Nothing is read here. Options and fields that lie elsewhere, behind `rpc://` and
`api://` addresses, are named in `Checked.asked`; give their answers and check again, until nothing
new is asked.

Rules: Make's form rules as its own form validator states them (Make API reference, chapter 1.17).
A value with an expression is never held against options, types or bounds.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from make_blueprint import iml
from make_blueprint.document import as_list, as_object
from make_blueprint.iml.errors import IMLError

from make_mcp_core_tools._engine import form_options as options
from make_mcp_core_tools._engine import form_values as values

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.form_options import Chosen

Domain: TypeAlias = Literal["parameters", "mapper"]
DOMAINS: tuple[Domain, ...] = ("parameters", "mapper")
Answers: TypeAlias = "Mapping[str, list[JsonValue] | str]"
"""What each lookup gave, by its key: options or fields, or a text that says why it failed."""

MOST_FIELDS = 5_000
"""Fields looked at in one form: procedures may answer with fields that ask again, forever."""
DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a module (`parameters` and `expect` of its manifest)."""

    parameters: list[JsonValue]
    mapper: list[JsonValue]

    @classmethod
    def of(cls, module: JsonObject) -> Form:
        """Read the form off a module of a manifest, or off the `metadata` of a saved module."""
        return cls(as_list(module.get("parameters")), as_list(module.get("expect")))


@dataclass(frozen=True, slots=True)
class Lookup:
    """Options or fields that have to be asked for.

    Attributes:
        address: `rpc://<procedure>` or `api://<place>`.
        data: The values of the form that a procedure may depend on.
    """

    address: str
    data: JsonObject

    @property
    def key(self) -> str:
        """What tells this lookup from others."""
        if self.address.startswith("api://"):
            return self.address
        return f"{self.address} {json.dumps(self.data, sort_keys=True)}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a value.

    Attributes:
        severity: Errors are refused; warnings are accepted and likely wrong; infos may be fine.
        path: Where, as `mapper.headers[0].name`.
        fix: What to send instead, or "".
    """

    severity: Literal["error", "warning", "info"]
    path: str
    problem: str
    fix: str = ""


@dataclass(slots=True)
class Checked:
    """What came of a check.

    Attributes:
        faults: In the order of the form.
        asked: Lookups that were not answered yet.
        unresolved: Places whose options or fields could not be told.
        fields: The fields in force, by domain, with those that chosen options brought.
        states: What the editor keeps of each field (`metadata.restore`), by domain.
    """

    faults: list[Fault] = field(default_factory=list[Fault])
    asked: dict[str, Lookup] = field(default_factory=dict[str, Lookup])
    unresolved: list[str] = field(default_factory=list[str])
    fields: dict[Domain, list[JsonObject]] = field(
        default_factory=lambda: {"parameters": [], "mapper": []}
    )
    states: dict[Domain, JsonObject] = field(
        default_factory=lambda: {"parameters": {}, "mapper": {}}
    )

    @property
    def errors(self) -> list[Fault]:
        """The faults that Make refuses."""
        return [fault for fault in self.faults if fault.severity == "error"]


def check_form(
    form: Form,
    given: Mapping[Domain, JsonObject],
    answers: Answers | None = None,
    *,
    strict: bool = False,
) -> Checked:
    """Hold the values of a module against its form.

    Args:
        form: The module's fields.
        given: `parameters` and `mapper` of the module.
        answers: What lookups gave so far.
        strict: Make unknown fields errors instead of infos.
    """
    checking = _Checking(given, answers or {}, strict)
    checking.domain("parameters", form.parameters)
    checking.domain("mapper", [*form.mapper, *checking.brought["mapper"]])
    return checking.checked


@dataclass(slots=True)
class _Place:
    """Where fields are looked at.

    Attributes:
        path: Path of the holder.
        dynamic: Whether expressions are allowed.
        root: The domain while at its root, where states are kept.
    """

    domain: Domain
    path: str
    dynamic: bool
    depth: int = 0
    root: bool = True

    def below(self, path: str) -> _Place:
        return _Place(self.domain, path, self.dynamic, self.depth + 1, root=False)


class _Checking:
    """One check of a form."""

    def __init__(self, given: Mapping[Domain, JsonObject], answers: Answers, strict: bool) -> None:
        self.given, self.answers, self.strict = given, answers, strict
        self.checked = Checked()
        self.brought: dict[Domain, list[JsonValue]] = {"parameters": [], "mapper": []}
        self.seen = 0
        flat = {**given.get("parameters", {}), **given.get("mapper", {})}
        self.data = {name: value for name, value in flat.items() if values.is_fixed(value)}
        self.partly_mapped = len(self.data) < len(flat)

    def fault(self, path: str, problem: str, fix: str = "", severity: str = "error") -> None:
        level = cast("Literal['error', 'warning', 'info']", severity)
        self.checked.faults.append(Fault(level, path, problem, fix))

    def ask(self, address: str, path: str) -> list[JsonValue] | None:
        """Give what a lookup gave; None while it is open, or when it failed."""
        lookup = Lookup(address, self.data)
        answer = self.answers.get(lookup.key)
        if answer is None:
            self.checked.asked[lookup.key] = lookup
            self.checked.unresolved.append(path)
        elif isinstance(answer, str):
            self.fault(path, f"{address} could not be asked: {answer}", severity="warning")
            self.checked.unresolved.append(path)
        elif not answer and self.partly_mapped and address.startswith("rpc://"):
            self.checked.unresolved.append(path)  # it may depend on a mapped value
        else:
            return answer
        return None

    # Levels

    def domain(self, domain: Domain, fields: list[JsonValue]) -> None:
        place = _Place(domain, domain, dynamic=domain == "mapper")
        self.level(fields, self.given.get(domain, {}), place)

    def level(self, fields: list[JsonValue], holder: JsonObject, place: _Place) -> None:
        """Check the fields of one level, with those that options and procedures bring."""
        known, is_open, todo = set[str](), False, deque(fields)
        while todo and self.seen < MOST_FIELDS:
            entry = todo.popleft()
            self.seen += 1
            if isinstance(entry, str):
                found = self.ask(entry, place.path)
                is_open |= found is None
                todo.extendleft(reversed(found or []))
            elif isinstance(entry, dict) and (name := values.name_of(entry)):
                known.add(name)
                brought, opened = self.field(entry, holder.get(name), f"{place.path}.{name}", place)
                is_open |= opened
                todo.extendleft(reversed(brought))
                if place.root:
                    self.checked.fields[place.domain].append(entry)
        if not is_open and not todo:
            self._unknown(holder, known, place)

    def _unknown(self, holder: JsonObject, known: set[str], place: _Place) -> None:
        for name in holder:
            if name not in known and not name.startswith("__IMT"):
                near = values.nearest(name, known)
                fix = f"Did you mean {near}?" if near else "Leave it out."
                severity = "error" if self.strict else "info"
                self.fault(f"{place.path}.{name}", f"Unknown field '{name}'.", fix, severity)

    # Fields

    def field(
        self, entry: JsonObject, value: JsonValue, path: str, place: _Place
    ) -> tuple[list[JsonValue], bool]:
        """Check one field.

        Returns:
            Fields that the chosen options bring to the same level, and whether some are unknown.
        """
        brings = options.may_bring(entry)
        if values.is_empty(value):
            if entry.get("required") is True and values.base(entry) != "hidden":
                default = entry.get("default")
                fix = f"Default: {json.dumps(default)}." if default is not None else ""
                self.fault(path, "Field is mandatory.", fix)
            return [], False
        if values.has_expression(value):
            self._expression(entry, str(value), path, place)
            return [], brings
        if place.depth > DEEPEST:
            return [], False
        return self._literal(entry, value, path, place)

    def _expression(self, entry: JsonObject, value: str, path: str, place: _Place) -> None:
        if place.root:
            self.checked.states[place.domain][str(entry.get("name"))] = {"mode": "edit"}
        if values.is_chosen_per_run(entry, value):
            return
        if not place.dynamic or entry.get("mappable") is False:
            fix = "Send a fixed value; expressions belong into the mapper."
            self.fault(path, "Expressions are not allowed here.", fix)
            return
        try:
            iml.parse(value)
        except IMLError as error:
            self.fault(path, f"{error}.", "Correct the expression.")

    def _literal(
        self, entry: JsonObject, value: JsonValue, path: str, place: _Place
    ) -> tuple[list[JsonValue], bool]:
        kind = values.base(entry)
        if kind in values.REFERENCES:
            self._reference(entry, value, path, place)
        elif kind in ("select", "radio", "list") or (entry.get("multiple") is True):
            return self._choice(entry, value, path, place)
        elif kind in ("collection", "dynamicCollection"):
            self._collection(entry, value, path, place)
        elif kind == "array":
            self._array(entry, value, path, place)
        elif kind == "filter":
            for where, problem in values.filter_faults(value, path):
                self.fault(where, problem)
        else:
            for one in values.plain_faults(entry, value, numeric_text=place.dynamic):
                self.fault(path, one.problem, one.fix, one.severity)
        return self._nested_of_switch(entry, value, place)

    def _nested_of_switch(
        self, entry: JsonObject, value: JsonValue, place: _Place
    ) -> tuple[list[JsonValue], bool]:
        """Give the fields that a field brings when it is switched on."""
        if values.base(entry) in ("boolean", "checkbox") and value is not True:
            return [], False
        return self._brought(entry.get("nested"), place.domain), False

    def _brought(self, nested: JsonValue, domain: Domain) -> list[JsonValue]:
        """Give nested fields of this domain, and keep those of the other."""
        found, other = options.nested_fields(nested)
        if other and other != domain:
            self.brought["mapper"] += found
            return []
        return found

    # Kinds

    def _choice(
        self, entry: JsonObject, value: JsonValue, path: str, place: _Place
    ) -> tuple[list[JsonValue], bool]:
        several = entry.get("multiple") is True
        if several != isinstance(value, list):
            wanted = "array" if several else "text"
            self.fault(path, values.wrong_type(wanted, value))
            return [], options.may_bring(entry)
        listed = options.listed(entry, lambda address: self.ask(address, path))
        if values.base(entry) not in ("select", "radio", "list") or listed is None:
            return [], listed is None and options.may_bring(entry)
        brought: list[JsonValue] = []
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            where = f"{path}[{number}]" if several else path
            if not values.has_expression(one):
                brought += self._chosen(entry, one, where, place, listed)
        return brought, False

    def _chosen(
        self, entry: JsonObject, value: JsonValue, path: str, place: _Place, listed: Chosen
    ) -> list[JsonValue]:
        """Find an option for a value, and give the fields it brings."""
        option = listed.find(value)
        if option is None:
            self._no_option(entry, value, path, place, listed)
            return []
        if options.is_boolean_as_text(option, value):
            fix = f"Send {str(value).lower()} without quotation marks."
            self.fault(path, "A text stands for a truth value.", fix, "warning")
        if place.root and place.domain:
            label = option.get(listed.label)
            state: JsonObject = {"mode": "chose", "label": label if label is not None else value}
            self.checked.states[place.domain][str(entry.get("name"))] = state
        nested = option.get("nested")
        return self._brought(nested if nested is not None else listed.nested, place.domain)

    def _no_option(
        self, entry: JsonObject, value: JsonValue, path: str, place: _Place, listed: Chosen
    ) -> None:
        free = place.dynamic and entry.get("mappable") is not False
        typed = entry.get("editable") not in (None, False) or entry.get("dynamic") is True
        if typed:
            return
        soft = listed.remote and free
        shown = json.dumps(value, ensure_ascii=False)[:60]
        self.fault(
            path,
            f"Value {shown} is not among the options.",
            listed.hint(value),
            "warning" if soft else "error",
        )

    def _reference(self, entry: JsonObject, value: JsonValue, path: str, place: _Place) -> None:
        kind = values.base(entry)
        if not values.is_reference(kind, value):
            self.fault(path, values.wrong_type(values.REFERENCES[kind], value))
            return
        if values.is_placeholder(value):
            return
        address = values.reference_address(entry)
        found = self.ask(address, path) if address else None
        if found is None:
            return
        listed = options.Chosen([as_object(one) for one in found], remote=True)
        option = listed.find(str(value).removeprefix("SCN_"))
        if option is None:
            what = str(entry.get("type"))
            self.fault(path, f"{value} is no {what} of the team.", listed.hint(value))
        elif place.root:
            self.checked.states[place.domain][str(entry.get("name"))] = {
                "label": option.get("label"),
                **values.reference_state(entry),
            }

    def _collection(self, entry: JsonObject, value: JsonValue, path: str, place: _Place) -> None:
        if not isinstance(value, dict):
            self.fault(path, values.wrong_type("collection", value))
            return
        spec = options.spec_of(entry)
        if isinstance(spec, str):
            spec = self.ask(spec, path)
        if spec:
            self.level(spec, value, place.below(path))

    def _array(self, entry: JsonObject, value: JsonValue, path: str, place: _Place) -> None:
        if not isinstance(value, list):
            self.fault(path, values.wrong_type("array", value))
            return
        for problem in values.size_faults(entry, value):
            self.fault(path, problem)
        spec = options.spec_of(entry)
        if isinstance(spec, str):
            spec = self.ask(spec, path)
        for number, item in enumerate(value if spec else []):
            self._item(spec or [], item, place.below(f"{path}[{number}]"))

    def _item(self, spec: list[JsonValue], item: JsonValue, place: _Place) -> None:
        plain = as_object(spec[0]) if len(spec) == 1 else {}
        if plain and "name" not in plain:
            self.field({"required": False, **plain}, item, place.path, place)
        elif values.has_expression(item):
            self._expression({}, str(item), place.path, place)
        elif isinstance(item, dict):
            self.level(spec, item, place)
        elif not values.is_empty(item):
            self.fault(place.path, values.wrong_type("collection", item))
