import json
from collections.abc import Callable
from random import Random

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, clone, dump, load
from make_blueprint.patch import apply
from make_blueprint.problem import BlueprintError
from make_blueprint.source import rewrite
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, chain, module, router
from tests.make_blueprint.odd_json import OddText, odd_blueprint

PRETTY = """{
  "name": "Caf\\u00e9 \\/ Bar",
  "flow": [
    {
      "id": 1,
      "module": "gateway:CustomWebHook",
      "mapper": {},
      "metadata": {"designer": {"x": 1e2, "y": -0}}
    },
    {
      "id": 2,
      "module": "json:ParseJSON",
      "mapper": {"json": "{{1.body}}", "limit": 1.10},
      "big": 12345678901234567890123
    }
  ],
  "metadata": {
    "scenario": {}
  }
}
"""

DOCUMENTS = 10_000
CHUNKS = 20


def rewritten(text: str, change: Callable[[Blueprint], object]) -> str:
    """Change what a text says and write it back, holding what every rewrite promises."""
    edited = load(text)
    change(edited)
    result = rewrite(text, edited)
    assert same(load(result), edited)
    return result


def same(one: JsonValue, other: JsonValue) -> bool:
    """Compare as JSON does: 1 is 1.0 and not true, and the order of keys does not count."""
    return plain(one) == plain(other)


def plain(value: JsonValue) -> object:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, bool) else value


def flow(document: Blueprint) -> list[JsonValue]:
    return as_list(document["flow"])


def member(value: JsonValue, *steps: str | int) -> JsonObject:
    for step in steps:
        if isinstance(value, dict):
            value = value[str(step)]
        elif isinstance(value, list):
            value = value[int(step)]
    assert isinstance(value, dict)
    return value


def odd(seed: int) -> tuple[OddText, str]:
    random = Random(seed)
    style = OddText.drawn(random)
    return style, style.of(odd_blueprint(random))


def random_ops(random: Random, document: Blueprint) -> list[JsonObject]:
    """Draw one or two operations that may or may not fit."""
    known = [visit.id for visit in walk(document)]
    fresh: JsonValue = {"module": "util:FunctionSleep", "mapper": {"duration": "ü"}}
    place: JsonObject = {random.choice(("after", "before")): random.choice(known)}
    every: list[JsonObject] = [
        {"op": "add_module", "module": fresh, **place},
        {"op": "move_module", "module": random.choice(known), **place},
        {"op": "remove_module", "module": random.choice(known)},
        {"op": "set_mapper", "module": random.choice(known), "name": "new", "value": ["é", {}]},
        {"op": "set_param", "module": random.choice(known), "name": "limit", "value": 5.5},
        {"op": "set_filter", "module": random.choice(known), "filter": None},
        {"op": "rename_module", "module": random.choice(known), "name": "Nämé"},
        {"op": "set_error_handler", "module": random.choice(known), "handlers": [fresh]},
        {"op": "add_route", "router": random.choice(known), "flow": [fresh]},
        {"op": "remove_route", "router": random.choice(known), "route": 0},
    ]
    return random.sample(every, random.randint(1, 2))


def randomly_edited(random: Random, document: Blueprint) -> Blueprint:
    """Patch a document; where the operations do not fit, change some data by hand."""
    try:
        return apply(document, random_ops(random, document)).blueprint
    except BlueprintError:
        edited = clone(document)
        picked = random.choice(list(walk(edited)))
        picked.container.insert(random.randint(0, len(picked.container)), module(999))
        picked.module.pop(random.choice([key for key in picked.module if key != "id"]))
        picked.module["added"] = {"list": [1, "ö"]}
        return edited


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_untouched_part_of_ten_thousand_odd_texts_stays_byte_for_byte(chunk: int) -> None:
    size = DOCUMENTS // CHUNKS
    for seed in range(chunk * size, (chunk + 1) * size):
        style, text = odd(seed)
        document = load(text)
        assert rewrite(text, clone(document)) == text
        edited = randomly_edited(Random(seed), document)
        result = rewrite(text, edited)
        assert same(load(result), edited), seed
        before = {visit.id: dump(visit.module) for visit in walk(document)}
        for visit in walk(edited):
            if visit.id in style.modules and dump(visit.module) == before[visit.id]:
                start, end = style.modules[visit.id]
                assert text[start:end] in result, (seed, visit.path)


WRAPPERS: list[Callable[[str], str]] = [
    lambda text: text,
    lambda text: f"\ufeff {text} ",
    lambda text: json.dumps(text),
    lambda text: json.dumps(json.dumps("\ufeff" + text), ensure_ascii=False),
    lambda text: f'{{"code": "OK",\n "response" : {{"blueprint":{text}, "idSequence": 3.0}}}}',
    lambda text: f'{{"x":"\\u00e9\\\\","blueprint": {json.dumps(text)}}}',
    lambda text: json.dumps({"response": {"blueprint": json.dumps({"blueprint": text})}}),
]


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_wrappers_stay_around(wrap: Callable[[str], str]) -> None:
    def change(document: Blueprint) -> None:
        member(document, "flow", 1, "mapper")["json"] = "{{1.ä}}\n"

    for text in (PRETTY, odd(3)[1]):
        assert rewrite(wrap(text), load(wrap(text))) == wrap(text)
    assert load(rewritten(wrap(PRETTY), change)) == load(rewritten(PRETTY, change))
    # JSON writes the inner text in one way only where the wrapper itself was written plainly.
    assert rewritten(json.dumps(PRETTY), change) == json.dumps(rewritten(PRETTY, change))


def test_surrogate_pairs_inside_a_wrapped_text_are_counted_as_one_letter() -> None:
    text = json.dumps({"name": "😀é", "flow": [module(1)], "é😀": 1.0}, ensure_ascii=False)
    for wrapped in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        result = rewritten(wrapped, lambda document: flow(document).clear())
        assert result == wrapped.replace(wrapped[wrapped.index("[") + 1 : wrapped.index("]")], "")


def test_a_changed_value_is_all_that_changes() -> None:
    def change(document: Blueprint) -> None:
        member(document, "flow", 1, "mapper")["json"] = "{{1.é}}"

    assert rewritten(PRETTY, change) == PRETTY.replace("{{1.body}}", "{{1.\\u00e9}}")


def test_values_that_say_the_same_keep_their_spelling() -> None:
    def change(document: Blueprint) -> None:
        member(document, "flow", 0, "metadata", "designer").update({"y": -0.0, "x": 100})
        flow(document)[0] = dict(reversed(member(document, "flow", 0).items()))

    edited = load(PRETTY)
    change(edited)
    assert rewrite(PRETTY, edited) == PRETTY
    member(edited, "flow", 0, "metadata", "designer")["x"] = True
    assert rewrite(PRETTY, edited) == PRETTY.replace("1e2", "true")


def test_new_members_are_indented_like_their_neighbours() -> None:
    def change(document: Blueprint) -> None:
        flow(document).insert(1, {"id": 3, "module": "util:FunctionSleep", "mapper": {"a": [1]}})
        member(document, "flow", 0, "mapper")["to"] = ["x"]
        member(document, "flow", 2, "mapper")["also"] = {"a": 1, "b": []}
        member(document, "metadata", "scenario")["roundtrips"] = 1

    assert rewritten(PRETTY, change) == PRETTY.replace(
        """
    },
    {
      "id": 2""",
        """
    },
    {
      "id": 3,
      "module": "util:FunctionSleep",
      "mapper": {
        "a": [
          1
        ]
      }
    },
    {
      "id": 2""",
    ).replace(
        '"mapper": {},', '"mapper": {\n        "to": [\n          "x"\n        ]\n      },'
    ).replace('"limit": 1.10}', '"limit": 1.10, "also": {"a": 1, "b": []}}').replace(
        '"scenario": {}', '"scenario": {\n      "roundtrips": 1\n    }'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"flow":[],"a":{}}', '{"flow":[{"x":[1,2]}],"a":{"k":"v"}}'),
        ('{"flow" : [ ] , "a" : { } }', '{"flow" : [{"x" : [1, 2]}] , "a" : {"k" : "v"} }'),
        ('{"a": 1}', '{"a": {"k": "v"}, "flow": [{"x": [1, 2]}]}'),
        ("{}", '{"flow":[{"x":[1,2]}],"a":{"k":"v"}}'),
        (
            '{\r\n\t"a": {}\r\n}',
            '{\r\n\t"a": {\r\n\t\t"k": "v"\r\n\t},\r\n\t"flow": [\r\n\t\t{\r\n\t\t\t"x": [\r\n'
            "\t\t\t\t1,\r\n\t\t\t\t2\r\n\t\t\t]\r\n\t\t}\r\n\t]\r\n}",
        ),
    ],
)
def test_new_parts_take_on_the_style_of_the_text(text: str, expected: str) -> None:
    def change(document: Blueprint) -> None:
        document["flow"] = [{"x": [1, 2]}]
        document["a"] = {"k": "v"}

    edited: Blueprint = load(text)
    change(edited)
    assert rewrite(text, edited) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[1e1, 2.0 ,3, 4]", [10, 3, 4], "[1e1 ,3, 4]"),
        ("[1e1, 2.0 ,3, 4]", [2, 3, 4], "[2.0 ,3, 4]"),
        ("[1e1, 2.0 ,3, 4]", [10, 2, 3], "[1e1, 2.0 ,3]"),
        ("[1e1, 2.0 ,3, 4]", [4, 10, 2, 3], "[4, 1e1, 2.0 ,3]"),
        ("[1e1, 2.0 ,3, 4]", [10, 2, 9, 3, 4], "[1e1, 2.0, 9 ,3, 4]"),
        ("[1e1, 2.0 ,3, 4]", [10, 7, 3, 4], "[1e1, 7 ,3, 4]"),
        ("[1e1, 2.0 ,3, 4]", [2, 10, 9, 4], "[2.0, 1e1 ,9, 4]"),
        ("[1e1, 2.0 ,3, 4]", [], "[]"),
        ("[1e1, 2.0 ,3, 4]", None, "null"),
        ("[1e0, 1, 1.0]", [1, 1, 1, 1], "[1e0, 1, 1.0, 1]"),
        ("[ 7 ]", [7, 8], "[ 7,8 ]"),
        ('{"b": 1e0, "a" :2}', {"a": 2, "c": 3, "b": 1}, '{"b": 1e0, "a" :2, "c": 3}'),
        ('{"b": 1e0, "a" :2}', {"c": [], "a": 2}, '{"c": [], "a" :2}'),
        ('{"b": 1e0}', {}, "{}"),
        ('{"b": 1e0}', [1], "[1]"),
        ("[null, 1e0, 2]", [None, [None, 1], 2], "[null, [null,1], 2]"),
    ],
)
def test_lists_and_objects_keep_what_stays(old: str, new: JsonValue, expected: str) -> None:
    text = f'{{"flow":[],"x": {old}}}'
    edited = load(text)
    edited["x"] = new
    assert rewrite(text, edited) == f'{{"flow":[],"x": {expected}}}'


def test_a_module_is_copied_wherever_it_went() -> None:
    second = '{"id":2,"module":"a:c","v":1e1 }'
    text = f'{{"flow":[{{"id":1e0,"module":"a:b"}},{second},{{"id":3,"module":"a:d"}}]}}'
    edited = load(text)
    routes: JsonValue = [{"flow": [flow(edited).pop(1)]}]
    flow(edited)[-1] = {"id": 4, "module": "builtin:BasicRouter", "routes": routes}
    result = rewrite(text, edited)
    assert load(result) == edited
    assert f'[{{"flow":[{second}]}}]' in result
    member(edited, "flow", 1, "routes", 0, "flow", 0)["w"] = None
    assert '{"id":2,"module":"a:c","v":1e1,"w":null }' in rewrite(text, edited)


def test_routes_of_which_one_was_put_in_front_keep_their_modules() -> None:
    slot: JsonValue = {"id": None, "module": "placeholder:Placeholder"}
    document = blueprint(module(1), router(2, [module(3)], [module(4)], [slot]))
    style = OddText(Random(5), "  ", wild=True)
    text = style.of(document)

    def change(document: Blueprint) -> None:
        as_list(member(document, "flow", 1)["routes"]).insert(0, {"flow": [module(5)]})
        member(document, "flow", 1, "routes", 2, "flow", 0)["mapper"] = {"a": 1}

    result = rewritten(text, change)
    start, end = style.modules[3]
    assert text[start:end] in result


def test_duplicate_ids_are_told_apart_by_what_they_say() -> None:
    text = '{"flow":[{"id":1,"module":"a:b","v":1e1},{"id":1,"module":"a:b","v":2e1}]}'
    result = rewritten(text, lambda document: flow(document).pop(0))
    assert result == '{"flow":[{"id":1,"module":"a:b","v":2e1}]}'
    added = rewritten(text, lambda document: flow(document).insert(0, module(1)))
    assert added.endswith('{"id":1,"module":"a:b","v":1e1},{"id":1,"module":"a:b","v":2e1}]}')


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    text = '{"flow":[],"ü":1}'
    result = rewritten(text, lambda document: document.update({"x": "\ud83d"}))
    assert result == '{"flow":[],"ü":1,"x":"\\ud83d"}'


def test_what_cannot_be_read_or_written_is_refused() -> None:
    with pytest.raises(BlueprintError, match="not JSON"):
        rewrite("{", {})
    with pytest.raises(BlueprintError, match="nan"):
        rewrite("{}", {"x": float("nan")})
    loop: JsonObject = {}
    loop["x"] = loop
    with pytest.raises(BlueprintError, match="deeper"):
        rewrite("{}", loop)


def test_nesting_beyond_what_a_call_stack_holds_is_written() -> None:
    deep: JsonValue = 1
    for _ in range(900):
        deep = [deep]
    text = f'{{"flow":[],"x":{"[" * 900}1e0{"]" * 900}}}'
    document = load(text, max_depth=1000)
    assert rewrite(text, document, max_depth=1000) == text
    document["y"] = [deep, 2]
    result = rewrite(text, document, max_depth=1000)
    assert result == f'{text[:-1]},"y":[{"[" * 900}1{"]" * 900},2]}}'


def test_two_thousand_modules_are_rewritten_in_well_under_two_seconds() -> None:
    text = json.dumps(chain(2000), indent=2)
    edited = load(text)
    flow(edited)[:] = [*flow(edited)[1000:], module(5000), *flow(edited)[:1000]]
    assert load(rewrite(text, edited)) == edited
