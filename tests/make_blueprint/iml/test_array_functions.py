from datetime import UTC, datetime
from random import Random

import pytest
from make_blueprint.iml import EvaluationError, Scope, Value, evaluate

CONTACTS: list[Value] = [
    {"kind": "work", "mail": "w@example.org", "who": {"rank": 2}},
    {"kind": "home", "mail": "h@example.org", "who": {"rank": 1}},
    {"kind": "work", "mail": "v@example.org", "who": {"rank": 2}},
]
SCOPE = Scope(
    bundles={
        6: {
            "n": [5, 11, 2, 5],
            "m": [2, 3],
            "s": ["pear", "Apple", "apple", "Pear"],
            "deep": [1, [2, [3, [4]]]],
            "contacts": CONTACTS,
            "settings": {"theme": "dark", "size": 12},
            "pairs": [{"label": "a", "amount": 1}, {"label": "b", "amount": 2}],
            "mixed": ["1", 1, True, None, datetime(2020, 1, 1, tzinfo=UTC)],
        }
    },
    random=Random(4),
)


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("add(6.m; 4; 'five')", [2, 3, 4, "five"]),
        ("add(emptyarray; 1)", [1]),
        ("add(null; 1)", [1]),
        ("arrayDiff(6.n; 6.m)", [5, 11, 5]),
        ("arrayIntersect(6.n; 6.m)", [2]),
        ("contains(6.n; 11)", True),
        ("contains(6.n; '11')", False),
        ("contains(6.n[]; 12)", False),
        ("deduplicate(6.n)", [5, 11, 2]),
        ("deduplicate(merge(6.mixed; 6.mixed))", SCOPE.bundles[6]["mixed"]),
        ("distinct(6.contacts; 'kind')", CONTACTS[:2]),
        ("distinct(6.contacts; 'who.rank')", CONTACTS[:2]),
        ("distinct(6.n)", [5, 11, 2]),
        ("first(6.n)", 5),
        ("last(6.m)", 3),
        ("first(emptyarray)", None),
        ("last(null)", None),
        ("flatten(6.deep)", [1, 2, [3, [4]]]),
        ("flatten(6.deep; 2)", [1, 2, 3, [4]]),
        ("flatten(6.deep; 99)", [1, 2, 3, 4]),
        ("flatten(6.deep; 0)", [1, [2, [3, [4]]]]),
        ("join(6.s; '/')", "pear/Apple/apple/Pear"),
        ("join(6.n; emptystring)", "51125"),
        ("join(6.m; newline)", "2\n3"),
        ("keys(6.settings)", ["theme", "size"]),
        ("keys(6.m)", ["0", "1"]),
        ("length(6.n)", 4),
        ("length(emptyarray)", 0),
        ("map(6.contacts; 'mail')", ["w@example.org", "h@example.org", "v@example.org"]),
        ("map(6.contacts; 'mail'; 'kind'; 'home')", ["h@example.org"]),
        ("length(map(6.contacts; 'mail'; 'kind'; 'home,work'))", 3),
        ("map(6.contacts; 'mail'; 'kind'; 'other')", []),
        ("map(6.contacts; 'mail'; 'who.rank'; '1')", ["h@example.org"]),
        ("map(6.contacts; 'who.rank')", [2, 1, 2]),
        ("map(6.contacts; 'unheard')", [None, None, None]),
        ("first(map(6.pairs; 'amount'; 'label'; 'b'))", 2),
        ("get(map(6.pairs; 'amount'; 'label'; 'b'); 1)", 2),
        ("merge(6.m; 6.n)", [2, 3, 5, 11, 2, 5]),
        ("merge(6.m; 6.m; emptyarray)", [2, 3, 2, 3]),
        ("remove(6.n; 5; 2)", [11]),
        ("remove(6.n; '5')", [5, 11, 2, 5]),
        ("reverse(6.n)", [5, 2, 11, 5]),
        ("slice(6.n; 1)", [11, 2, 5]),
        ("slice(6.n; 0; 2)", [5, 11]),
        ("slice(6.n; -1)", [5]),
        ("slice(6.n; 9)", []),
        ("sort(6.n)", [2, 5, 5, 11]),
        ("sort(6.n; 'desc')", [11, 5, 5, 2]),
        ("sort(6.s)", ["Apple", "Pear", "apple", "pear"]),
        ("sort(6.s; 'desc')", ["pear", "apple", "Pear", "Apple"]),
        ("sort(6.s; 'asc ci')", ["Apple", "apple", "pear", "Pear"]),
        ("sort(6.s; 'desc ci')", ["pear", "Pear", "Apple", "apple"]),
        (
            "map(sort(6.contacts; 'mail'); 'mail')",
            ["h@example.org", "v@example.org", "w@example.org"],
        ),
        ("map(sort(6.contacts; 'desc'; 'who.rank'); 'who.rank')", [2, 2, 1]),
        ("toArray(6.settings)", [{"key": "theme", "value": "dark"}, {"key": "size", "value": 12}]),
        ("toCollection(6.pairs; 'label'; 'amount')", {"a": 1, "b": 2}),
        ("toCollection(toArray(6.settings); 'key'; 'value')", {"theme": "dark", "size": 12}),
        ("first(split('ana@example.org'; '@'))", "ana"),
    ],
)
def test_array_functions(expression: str, expected: Value):
    assert value(expression) == expected


def test_shuffling_keeps_every_item():
    numbers: list[Value] = list(range(50))
    scope = Scope(bundles={1: {"n": numbers}}, random=Random(2))
    shuffled = evaluate("{{shuffle(1.n)}}", scope)
    assert isinstance(shuffled, list)
    assert shuffled != numbers
    assert evaluate("{{sort(1.s)}}", Scope(bundles={1: {"s": shuffled}})) == numbers


def test_functions_leave_their_arguments_as_they_are():
    numbers: list[Value] = [3, 1, 2]
    scope = Scope(bundles={1: {"n": numbers}}, random=Random(2))
    for call in ("add(1.n; 9)", "sort(1.n)", "reverse(1.n)", "shuffle(1.n)", "merge(1.n; 1.n)"):
        evaluate("{{" + call + "}}", scope)
    assert numbers == [3, 1, 2]


@pytest.mark.parametrize(
    "expression",
    ["join('abc'; '-')", "map(5; 'x')", "first(6.settings)", "merge(6.n; 3)", "pick(6.n; 'a')"],
)
def test_another_type_than_an_array_or_collection_is_refused(expression: str):
    with pytest.raises(EvaluationError, match=r"is not a valid (array|collection)"):
        value(expression)
