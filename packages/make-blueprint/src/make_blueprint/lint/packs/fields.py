"""Fields: values against the forms that the modules were saved with."""

from __future__ import annotations

from collections.abc import Iterator

from make_blueprint.bindings import kind_of_type
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, clone_value
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.schemas import SavedField, is_empty
from make_blueprint.lint.subject import Subject
from make_blueprint.masking import is_secret_name
from make_blueprint.walk import Pointer, Visit

_FREE_FORM = ("builtin:Resume", "scenario-service:ReturnData")
"""Their forms are made of the fields of something else, where `required` means another thing."""
_JUDGED_APART = frozenset({("util:SetVariable2", "scope")})
_SHOWN_OPTIONS = 20


def _put_default(subject: Subject, hit: Hit) -> None:
    holder, key = _holder(hit)
    holder[key] = clone_value(hit.evidence["default"])


@rule("B14", "required-field-empty", "error", fix=_put_default)
def required_field_empty(subject: Subject) -> Iterator[Hit]:
    """A field that must be filled in is empty.

    The module fails at every bundle with `BundleValidationError`. What is required is read from
    the form the module was saved with. Where that form has a default, Make may fill it in, so it
    is only a warning, and the fix writes the default.
    """
    for saved in subject.saved_fields:
        if saved.field.get("required") is True and is_empty(saved.value) and _counts(saved):
            label = saved.field.get("label")
            shown = f"`{saved.name}`"
            shown += f" ({label})" if isinstance(label, str) and label else ""
            default = saved.field.get("default")
            evidence: JsonObject = {"field": saved.name, "label": label, "default": default}
            yield at(
                saved.visit,
                f"The field {shown} is required and empty.",
                "Give it its default." if not is_empty(default) else "Fill it in.",
                place=saved.place,
                evidence=evidence,
                fixable=not is_empty(default),
                severity=None if is_empty(default) else "warning",
            )


@rule("B15", "no-such-option", "error")
def no_such_option(subject: Subject) -> Iterator[Hit]:
    """A value is not among the options of its field.

    The module refuses it when it runs. Options count where the saved form lists them; those that
    an app looks up are never judged, nor are values typed into a field that allows it.
    """
    for saved in subject.saved_fields:
        options = _options(saved)
        if not options or _may_be_typed(saved):
            continue
        known = {_spelling(option) for option in options}
        several = isinstance(saved.value, list)
        for number, value in enumerate(as_list(saved.value) if several else [saved.value]):
            if _is_choice(value) and _spelling(value) not in known:
                shown = "***" if is_secret_name(saved.name) else f"{value!s:.60}"
                text = f"`{saved.name}` is {shown}, which is none of its options."
                offered = ", ".join(_spelling(option) for option in options[:_SHOWN_OPTIONS])
                evidence: JsonObject = {"value": shown, "options": options[:_SHOWN_OPTIONS]}
                place = (*saved.place, number) if several else saved.place
                remedy = f"Choose one of {offered}."
                yield at(saved.visit, text, remedy, place=place, evidence=evidence)


def _to_boolean(subject: Subject, hit: Hit) -> None:
    holder, key = _holder(hit)
    holder[key] = str(holder[key]).lower() == "true"


@rule("B16", "boolean-as-text", "warning", fix=_to_boolean)
def boolean_as_text(subject: Subject) -> Iterator[Hit]:
    """A yes-or-no choice holds the text `"true"` or `"false"` instead of the value.

    Make accepts the text, and then takes `"false"` for a yes. The fix writes the value.
    """
    for saved in subject.saved_fields:
        if isinstance(saved.value, str) and saved.value.lower() in ("true", "false"):
            options = _options(saved)
            if options and all(isinstance(option, bool) for option in options):
                text = f"`{saved.name}` is the text {saved.value!r}."
                remedy = f"Write {saved.value.lower()} without quotes."
                yield at(saved.visit, text, remedy, place=saved.place)


def _counts(saved: SavedField) -> bool:
    """Tell whether the form's word on a required field is to be relied on here."""
    visit, name = saved.visit, saved.name
    if (
        visit.type in _FREE_FORM
        or (visit.type, name) in _JUDGED_APART
        or "condition" in saved.field
    ):
        return False
    if kind_of_type(saved.type) in ("connection", "hook") or name == "feeder":
        return False  # rules of their own
    return len(saved.place) > 2 or not _stands_elsewhere(visit, saved.place)


def _stands_elsewhere(visit: Visit, place: Pointer) -> bool:
    """Tell whether the field is filled in as a parameter where the form maps it, or reversely."""
    domain, name = map(str, place)
    other = "mapper" if domain == "parameters" else "parameters"
    return not is_empty(as_object(visit.module.get(other)).get(name))


def _options(saved: SavedField) -> list[JsonValue]:
    """Give the values a choice offers when the form itself lists every one; else none."""
    if saved.type not in ("select", "radio"):
        return []
    options = saved.field.get("options")
    if isinstance(options, dict):
        options = options.get("store")
    if options is None:
        return _plain(as_list(as_object(saved.field.get("validate")).get("enum")))
    values: list[JsonValue] = []
    todo = as_list(options)[::-1]
    while todo:
        option = todo.pop()
        if isinstance(option, dict) and isinstance(group := option.get("options"), list):
            todo += group[::-1]
        else:
            values.append(option.get("value") if isinstance(option, dict) else option)
    return _plain(values)


def _plain(values: list[JsonValue]) -> list[JsonValue]:
    """Give the values when every one is a text, number or boolean, and none is looked up."""
    fine = all(
        isinstance(value, (str, int, float)) and not str(value).startswith("rpc:")
        for value in values
    )
    return values if fine else []


def _may_be_typed(saved: SavedField) -> bool:
    """Tell whether any text may stand here, or whether the editor's note of it is out of reach."""
    if len(saved.place) > 2 or any(saved.field.get(key) for key in ("editable", "dynamic")):
        return True
    section = "expect" if "mapper" in saved.place[:1] else "parameters"
    restore = as_object(as_object(saved.visit.module.get("metadata")).get("restore"))
    state = as_object(as_object(restore.get(section)).get(saved.name))
    return state.get("mode") == "edit" or saved.field.get("mode") == "edit"


def _is_choice(value: JsonValue) -> bool:
    """Tell whether a value is a plain one that can be compared with options."""
    if isinstance(value, str):
        return value != "" and "{{" not in value
    return isinstance(value, (int, float))


def _spelling(value: JsonValue) -> str:
    """Write a value so that numbers and booleans equal the texts they are exported as."""
    if isinstance(value, bool) or str(value).lower() in ("true", "false"):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _holder(hit: Hit) -> tuple[JsonObject, str]:
    """Give the object that a hit's value stands in, and its key."""
    value: JsonValue = hit.module
    for key in hit.place[:-1]:
        value = as_list(value)[key] if isinstance(key, int) else as_object(value)[key]
    return as_object(value), str(hit.place[-1])
