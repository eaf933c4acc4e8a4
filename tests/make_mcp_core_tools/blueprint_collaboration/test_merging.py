"""Merging: random sides, ids used twice in every form of expression, conflicts decided."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from harness import Server
from make_blueprint.merge import merge
from make_blueprint.walk import walk

pytestmark = pytest.mark.anyio

Document = dict[str, Any]
Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

FORMS = [
    "{{@.v}}",
    "{{ @.v }}",
    "{{`@`}}",
    "{{@.`odd name`}}",
    "{{@.`a.b`.c}}",
    "{{@.items[1].name}}",
    "{{@.items[].id}}",
    '{{map(@.items; "name"; "9.x"; @.pick)}}',
    "{{if(@.a = 9; @.b; 1.v1)}}",
    "{{@.a + 9 * @.b - 9.5}}",
    "{{get(@.headers; @.number + 1)}}",
    '{{parseDate(@.when; "D.M.9.YYYY")}}',
    "before 9.v {{lower(@.name)}} after {{@.name}} {{1.v9}} 9",
    '{{switch(@.k; "9.v"; @.x; upper(trim(@.y)))}}',
    "{{@.__IMTLENGTH__}}/{{@.__IMTINDEX__}}",
    "{{add(@.list; @.`9`)}}",
    "{{@.a\n}}\n{{@.b}}",
    '{{length(split(@.text; "9."))}}',
]
"""Forms of references to a module, `@` for its id; every other 9 is none."""


def _module(number: int, random: Random, mapper: Document, name: str) -> Document:
    return {
        "id": number,
        "module": name,
        "version": 1,
        "parameters": {},
        "mapper": mapper,
        "metadata": {"designer": {"x": random.randint(0, 900), "y": random.randint(0, 900)}},
    }


def _document(flow: list[Document]) -> Document:
    return {"name": "Relay", "flow": flow, "metadata": {"version": 1, "designer": {"orphans": []}}}


def _forms(random: Random) -> list[str]:
    return [random.choice(FORMS) for _ in range(random.randint(1, 6))]


def _side(random: Random, base: Document, forms: list[str], number: int, name: str) -> Document:
    """Put a module 9 into a copy, and modules behind it that refer to it in these forms."""
    side = deepcopy(base)
    at = random.randint(1, len(side["flow"]))
    texts = [form.replace("@", str(number)) for form in forms]
    shapes: list[Document] = [{"v": text, "in": {"deep": [text]}} for text in texts]
    added = [_module(number, random, {"own": name}, f"{name}:Make")]
    added += [
        _module(20 + i + (name == "b") * 40, random, shape, f"{name}:Use")
        for i, shape in enumerate(shapes)
    ]
    side["flow"][at:at] = added
    return side


def _users(document: Document, name: str) -> list[Document]:
    return [one["mapper"] for one in document["flow"] if one["module"] == f"{name}:Use"]


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_merges_in_which_both_sides_added_a_module_9(part: int) -> None:
    for seed in range(part * 250, part * 250 + 250):
        random = Random(seed)
        base = _document(
            [_module(i, random, {"v": f"{i}"}, "util:Step") for i in range(1, random.randint(3, 8))]
        )
        ours_forms, theirs_forms = _forms(random), _forms(random)
        ours = _side(random, base, ours_forms, 9, "a")
        theirs = _side(random, base, theirs_forms, 9, "b")
        found = merge(base, ours, theirs)
        values = [one for one in found.conflicts if one.kind != "order"]
        assert not values, seed
        (new,) = found.renumbered.values()
        assert list(found.renumbered) == [9], seed
        for name, forms, number in (("a", ours_forms, 9), ("b", theirs_forms, new)):
            texts = [form.replace("@", str(number)) for form in forms]
            expected = [{"v": text, "in": {"deep": [text]}} for text in texts]
            assert _users(found.blueprint, name) == expected, seed
        numbers = [visit.id for visit in walk(found.blueprint)]
        assert len(numbers) == len(set(numbers)), seed
        if seed % 5 == 0:
            assert merge(base, base, theirs).blueprint == theirs, seed
            alike = merge(base, ours, ours)
            assert (alike.blueprint, alike.conflicts) == (ours, []), seed


async def test_the_tool_merges_what_the_engine_merges(core: Server) -> None:
    for seed in range(10):
        random = Random(seed)
        base = _document([_module(1, random, {"v": "1"}, "util:Step")])
        ours = _side(random, base, [], 9, "a")
        theirs = _side(random, base, ["{{@.v}}"], 9, "b")
        sides = {"base": base, "ours": ours, "theirs": theirs}
        told = await core.call(
            "blueprint_merge", **{name: {"blueprint": one} for name, one in sides.items()}
        )
        expected = merge(base, ours, theirs)
        assert told.data["renumbered"] == {"9": expected.renumbered[9]}
        assert len(told.data["conflicts"]) == len(expected.conflicts)
        if told.data["clean"]:
            assert told.data["blueprint"] == expected.blueprint


CLASHES: list[tuple[tuple[str | int, ...], Any, Any]] = [
    (("text",), "o", "t"),
    (("n",), 2, "2"),
    (("rows", 0, "to", "list", 1), "o", "t"),
    (("rows", 0, "to", "new"), "o", "t"),
    (("n",), {"a": 1}, [1]),
]
"""Where both sides put a value into a mapper, and which."""


def _with(base: Document, where: tuple[str | int, ...], value: Any) -> Document:
    side = deepcopy(base)
    holder: Any = side["flow"][0]["mapper"]
    for key in where[:-1]:
        holder = holder[key]
    holder[where[-1]] = value
    return side


async def test_both_edit_the_same_parameter_and_it_is_one_conflict_and_nothing_is_written(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    writes: Writes,
) -> None:
    deep = {"rows": [{"to": {"list": ["a", "b"]}}], "text": "1", "n": 1}
    base = blueprint(step(1, mapper=deep), step(2), step(3))
    for where, one, other in CLASHES:
        ours, theirs = _with(base, where, one), _with(base, where, other)
        theirs["flow"][2]["mapper"]["value"] = "only theirs"
        made = (await new_scenario(ours))["id"]
        before = await stored(made)
        await writes()
        given = {"base": {"blueprint": base}, "theirs": {"blueprint": theirs}}
        told = await core.call("blueprint_merge", ours={"scenario_id": made}, **given)
        (conflict,) = told.data["conflicts"]
        assert (conflict["kind"], conflict["module_id"]) == ("value", 1)
        assert conflict["path"].startswith("flow[0].mapper.")
        assert "blueprint" not in told.data
        ident = told.data["merge_id"]
        for take, side in (("ours", ours), ("theirs", theirs), ("base", base)):
            choices = [{"conflict_id": conflict["conflict_id"], "take": take}]
            arguments: Document = {"merge_id": ident, "choices": choices}
            decided = await core.call("blueprint_conflict_resolve", **arguments)
            flow = decided.data["blueprint"]["flow"]
            assert flow[2]["mapper"]["value"] == "only theirs"
            assert flow[0]["mapper"] == side["flow"][0]["mapper"], (where, take)
        assert await writes() == []
        assert await stored(made) == before


def _marked(mark: str, count: int) -> Document:
    """Build a flow each of whose values says whose it is."""
    values = [(i, {"a": f"{mark}{i}a", "b": f"{mark}{i}b"}) for i in range(1, count)]
    return _document([_module(i, Random(i), value, "util:Step") for i, value in values])


async def test_many_conflicts_are_each_decided_for_themselves(core: Server) -> None:
    for seed in range(12):
        random = Random(seed)
        count = random.randint(2, 6)

        sides = {name: _marked(name, count) for name in ("base", "ours", "theirs")}
        given = {name: {"blueprint": one} for name, one in sides.items()}
        told = await core.call("blueprint_merge", **given)
        conflicts = told.data["conflicts"]
        assert len(conflicts) == 2 * (count - 1)
        choices: list[Document] = []
        expected = sides["ours"]
        for conflict in conflicts:
            take = random.choice(["ours", "theirs", "base", "value"])
            name = conflict["path"].rpartition(".")[2]
            value = f"{take}{conflict['module_id']}{name}"
            choices.append({"conflict_id": conflict["conflict_id"], "take": take})
            if take == "value":
                choices[-1]["value"] = value
            expected["flow"][conflict["module_id"] - 1]["mapper"][name] = value
        random.shuffle(choices)
        ident = told.data["merge_id"]
        few = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=choices[1:])
        assert few.error["code"] == "unresolved_conflicts"
        assert len(few.error["problems"]) == 1
        done = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=choices)
        assert done.data["blueprint"]["flow"] == expected["flow"], seed
        twice = [*choices, choices[0] | {"take": "ours"}]
        doubled = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=twice)
        same = choices[0]["take"] == "ours"
        assert doubled.result.is_error is not same
        none = [{"conflict_id": one["conflict_id"], "take": "value"} for one in choices]
        lacking = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=none)
        assert len(lacking.error["problems"]) == len(choices)
