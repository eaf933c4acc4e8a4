"""What can be mapped where, field by field."""

from __future__ import annotations

import pytest
from make_blueprint.document import JsonObject, as_object
from make_blueprint.outputs import OutputField, Source, available_at
from make_blueprint.problem import BlueprintError

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router


def names(source: Source) -> list[str]:
    return [field.name for field in source.fields]


def hooked() -> JsonObject:
    start = module(1, "gateway:CustomWebHook", parameters={"hook": 7})
    saved: list[JsonObject] = [
        {"name": "total", "type": "number", "label": "Total"},
        {"name": "", "type": "text"},
    ]
    as_object(start["metadata"])["interface"] = [*saved, "not a field"]
    return start


def test_saved_fields_come_with_type_and_label() -> None:
    (source,) = available_at(blueprint(hooked(), module(2)), 2)
    assert source == Source(
        1, "gateway:CustomWebHook", "", (OutputField("total", "number", "Total"),)
    )


@pytest.mark.parametrize(
    ("giving", "expected"),
    [
        (module(1, "util:SetVariable2", mapper={"name": "rate", "value": "5"}), ["rate"]),
        (module(1, "util:GetVariable2", mapper={"name": "{{2.x}}"}), []),
        (
            module(1, "util:SetVariables", mapper={"variables": [{"name": "a"}, {"name": "b"}]}),
            ["a", "b"],
        ),
        (module(1, "util:GetVariables", mapper={"variables": ["a", "b"]}), ["a", "b"]),
        (merge(1, {"name": "text", "mappings": []}), ["text"]),
        (module(1, "util:ComposeTransformer"), ["value"]),
        (module(1, "some-app:anything"), []),
    ],
)
def test_fields_that_settings_or_the_catalogue_name_are_known(
    giving: JsonObject, expected: list[str]
) -> None:
    (source,) = available_at(blueprint(giving, module(2)), 2)
    assert names(source) == expected


def test_an_aggregator_gives_a_list_and_hides_what_it_collected() -> None:
    document = blueprint(
        module(1),
        module(2, "builtin:BasicFeeder"),
        module(3, "builtin:BasicAggregator", parameters={"feeder": 2}),
        module(4),
    )
    sources = available_at(document, 4)
    assert [source.id for source in sources] == [1, 3]
    assert sources[1].fields[0] == OutputField("array", "array")


def test_other_routes_and_branches_are_out_of_sight() -> None:
    document = blueprint(
        module(1),
        if_else(2, branch(module(3), merge=False), branch(module(4), merge=False)),
    )
    assert [source.id for source in available_at(document, 4)] == [1, 2]
    routed = blueprint(module(1), router(2, [module(3)], [module(4), module(5)]))
    assert [source.id for source in available_at(routed, 5)] == [1, 2, 4]


def test_a_module_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BlueprintError, match="no module 9"):
        available_at(blueprint(module(1)), 9)
