"""Values, settings, notes and the editor's data, set by two sides."""

import pytest
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    clone,
    compact,
)
from make_blueprint.merge import merge

from tests.make_blueprint.generate import blueprint, module, router
from tests.make_blueprint.merging.checked import clean, edited, get, merged, only


def test_one_value_set_differently_is_one_conflict() -> None:
    base = blueprint(module(1), module(2, mapper={"a": 1, "l": [{"k": 1}, 2], "m": [1]}))
    ours = blueprint(module(1), module(2, mapper={"a": 2, "l": [{"k": 3}, 2], "m": [1, 2]}))
    theirs = blueprint(module(1), module(2, mapper={"l": [{"k": 4, "n": 5}, 6], "m": [1, 3]}))
    result = merged(base, ours, theirs)
    assert [(c.path, c.base, c.ours, c.theirs) for c in result.conflicts] == [
        ("flow[1].mapper.a", 1, 2, None),
        ("flow[1].mapper.l[0].k", 1, 3, 4),
        ("flow[1].mapper.m", [1], [1, 2], [1, 3]),
    ]
    assert {(c.kind, c.module_id) for c in result.conflicts} == {("value", 2)}
    assert result.conflicts[0].problem == "Both sides changed `mapper.a` of module 2."
    wanted: JsonObject = {"a": 2, "l": [{"k": 3, "n": 5}, 6], "m": [1, 2]}
    assert get(result.blueprint, 2)["mapper"] == wanted
    result = merged(base, ours, theirs, "theirs")
    assert get(result.blueprint, 2)["mapper"] == {"l": [{"k": 4, "n": 5}, 6], "m": [1, 3]}


def test_a_missing_value_and_null_are_the_same_nothing() -> None:
    base = blueprint(module(1, filter=None))
    ours, theirs = blueprint(module(1)), blueprint(module(1, filter={"name": "Gate"}))
    assert get(clean(base, ours, theirs), 1)["filter"] == {"name": "Gate"}
    found = merged(blueprint(module(1, filter="x")), ours, base).conflicts
    assert [c.path for c in found] == ["flow[0].filter"]


def test_true_and_one_are_different_values() -> None:
    base = blueprint(module(1, mapper={"a": [1, {"b": 1}], "n": 1}))
    theirs = blueprint(module(1, mapper={"n": 1, "a": [True, {"b": 1}]}))
    found = as_object(get(clean(base, base, theirs), 1)["mapper"])
    assert as_list(found["a"])[0] is True


def test_editor_data_follow_who_changed_the_module_and_never_collide() -> None:
    def document(value: int, x: int, label: str) -> Blueprint:
        made = module(1, mapper={"a": value}, at=(x, 0))
        as_object(made["metadata"])["restore"] = {"expect": {"a": {"label": label}}}
        return blueprint(made)

    base, ours, theirs = document(1, 0, "a"), document(1, 5, "b"), document(2, 7, "c")
    assert clean(base, ours, theirs) == theirs
    assert clean(base, theirs, ours) == theirs
    moved = merged(base, ours, document(1, 7, "c"))
    assert (moved.conflicts, moved.blueprint) == ([], ours)
    assert merged(base, ours, document(1, 7, "c"), "theirs").blueprint == document(1, 7, "c")


def test_the_fields_a_return_sends_are_no_mere_editor_data() -> None:
    def document(*names: str) -> Blueprint:
        made = module(1, "scenario-service:ReturnData")
        as_object(made["metadata"])["expect"] = [{"name": name} for name in names]
        return blueprint(made)

    conflict = only(merged(document("a"), document("a", "b"), document("a", "c")))
    assert conflict.path == "flow[0].metadata.expect"


def test_settings_name_and_unknown_keys_merge_key_by_key() -> None:
    base = blueprint(module(1), extra={"a": 1})
    ours, theirs = clone(base), clone(base)
    ours["name"], theirs["later"] = "New name", {"b": None}
    as_object(as_object(ours["metadata"])["scenario"])["dlq"] = True
    as_object(as_object(theirs["metadata"])["scenario"]).pop("autoCommit")
    as_object(theirs["metadata"])["instant"] = True
    as_object(theirs["extra"])["c"] = [1]
    found = clean(base, ours, theirs)
    assert list(found) == ["name", "flow", "metadata", "extra", "later"]
    assert (found["name"], found["extra"]) == ("New name", {"a": 1, "c": [1]})
    scenario = as_object(as_object(found["metadata"])["scenario"])
    assert scenario == {"roundtrips": 1, "maxErrors": 3, "dlq": True}
    theirs["name"] = "Other name"
    conflict = only(merged(base, ours, theirs))
    assert (conflict.path, conflict.module_id) == ("name", None)
    assert conflict.problem == "Both sides changed `name` of the scenario."


def note(text: str, *numbers: JsonValue, **more: JsonValue) -> JsonObject:
    return {"moduleIds": [*numbers], "content": text, "isFilterNote": False, **more}


def noted(*notes: JsonValue) -> Blueprint:
    made = blueprint(module(1), module(2))
    as_object(made["metadata"])["notes"] = [*notes]
    return made


def notes_of(document: Blueprint) -> list[JsonValue]:
    return as_list(as_object(document["metadata"])["notes"])


def test_notes_of_both_are_kept_and_told_apart_by_what_they_say() -> None:
    base = noted(note("a", 1), note("b", 2), note("gone", 1))
    ours = noted(note("a!", 1), note("b", 2), note("new", 2), note("both", 1))
    theirs = noted(note("a", 1), note("b", 1), note("gone", 1), note("both", 1), note("x", 1))
    found = as_object(clean(base, ours, theirs)["metadata"])["notes"]
    texts = ["a!", "b", "both", "x", "new"]
    assert [as_object(one)["content"] for one in as_list(found)] == texts
    assert as_object(as_list(found)[1])["moduleIds"] == [1]
    conflict = only(merged(base, ours, noted(note("a?", 1), note("b", 2), note("gone", 1))))
    assert conflict.path == "metadata.notes[0].content"
    odd = noted("free text", note("b", 2))
    assert clean(base, base, odd) == odd
    plain = blueprint(module(1), module(2))
    as_object(plain["metadata"])["notes"] = "none"
    assert merged(plain, blueprint(module(2), module(1)), plain).blueprint["name"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (note("why", 2), note("why", 1)),
        (note("why", 2), note("how", 2)),
        (note("why", 1, 2), note("why", 1)),
        (note("why", 2, color="red"), note("why", 2, color="blue")),
        (note("why", 8), note("why", 9)),
        (note("why", "x"), note("why", None)),
        (note("why"), note("why", 1)),
        ("why", "how"),
    ],
)
def test_new_notes_have_one_order_whichever_side_added_them(
    one: JsonValue, other: JsonValue
) -> None:
    base = noted(note("a", 1))
    found, swapped = (
        notes_of(merged(base, *sides).blueprint)
        for sides in (
            (noted(note("a", 1), one), noted(note("a", 1), other)),
            (noted(note("a", 1), other), noted(note("a", 1), one)),
        )
    )
    assert found == swapped
    assert sorted(map(compact, found)) == sorted(map(compact, [note("a", 1), one, other]))


def test_notes_on_a_new_module_stand_alike_whatever_id_it_gets() -> None:
    base = noted()
    ours, theirs = (
        blueprint(module(1), router(3, [module(2)], [module(4, name)])) for name in ("a:A", "b:B")
    )
    base["flow"] = [module(1), router(3, [module(2)])]
    for document in (ours, theirs):
        as_object(document["metadata"])["notes"] = [note("why", 4), note("why", 4, 2)]
    clean(base, ours, theirs)


def test_a_note_removed_by_one_side_is_gone_and_equal_ones_are_counted() -> None:
    kept, gone, new = note("a", 1), note("b", 2), note("c", 1)
    base = noted(kept, gone)
    assert notes_of(clean(base, noted(kept), noted(kept, gone, new))) == [kept, new]
    twice = noted(kept, gone, new, new)
    assert notes_of(clean(base, twice, noted(kept, gone, new))) == [kept, gone, new, new]
    changed = noted(note("A", 1), gone)
    assert notes_of(clean(base, changed, noted(kept, gone, note("A", 1)))) == [note("A", 1), gone]


def test_notes_that_are_no_list_survive_a_renumbering() -> None:
    base = blueprint(module(1), module(2))
    ours = blueprint(module(1), module(2), module(3, "a:A"))
    theirs = blueprint(module(1), module(3, "b:B"), module(2))
    as_object(theirs["metadata"])["notes"] = "none"
    result = merged(base, ours, theirs)
    assert (result.renumbered, as_object(result.blueprint["metadata"])["notes"]) == ({3: 4}, "none")


def test_a_canvas_that_lost_its_place_for_detached_modules_stays_without() -> None:
    bare, word = blueprint(module(1)), blueprint(module(1))
    bare["metadata"], word["metadata"] = {}, {"designer": "x"}
    result = merged(blueprint(module(1)), bare, word)
    assert only(result).path == "metadata.designer"
    assert result.blueprint["metadata"] == {}


@pytest.mark.parametrize("odd", [None, "text", 5, [5, "x"], [None], {}])
def test_lists_of_the_wrong_shape_survive(odd: JsonValue) -> None:
    base = blueprint(module(1), router(2, [module(3)]))
    theirs = clone(base)
    get(theirs, 2)["routes"] = odd
    theirs["odd"] = odd
    assert clean(base, base, theirs) == theirs
    assert clean(base, theirs, base) == theirs
    assert clean(theirs, theirs, base) == base
    changed = edited(base, {"op": "set_mapper", "module": 3, "name": "a", "value": 1})
    assert merged(base, changed, theirs).conflicts
    assert merged(base, changed, theirs, "theirs").conflicts


def test_a_list_against_another_shape_is_a_conflict_of_values() -> None:
    base, theirs = (blueprint(module(1, onerror=text)) for text in ("x", "y"))
    conflict = only(merged(base, blueprint(module(1, onerror=[])), theirs))
    assert (conflict.path, conflict.ours, conflict.theirs) == ("flow[0].onerror", [], "y")


def test_modules_without_metadata_are_merged() -> None:
    def document(value: int, version: int) -> Blueprint:
        made = module(1, mapper={"a": value}, version=version)
        return blueprint({**made, "metadata": None})

    assert clean(document(1, 1), document(2, 1), document(1, 2)) == document(2, 2)


def test_a_stray_key_named_like_the_list_of_detached_modules_is_kept() -> None:
    base = blueprint(module(1))
    stray = blueprint(module(1), orphans="a word")
    assert merge(base, base, stray).blueprint == stray
    assert merge(base, stray, base).blueprint == stray
