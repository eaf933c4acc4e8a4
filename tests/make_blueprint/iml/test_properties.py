from datetime import UTC, datetime
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_blueprint.iml import (
    OPERATORS,
    IMLError,
    NotEvaluated,
    Scope,
    Template,
    Value,
    builtin_functions,
    evaluate,
    functions,
    is_expression,
    parse,
    passes,
    references,
    variables,
    write,
)
from make_blueprint.iml.filters import Condition
from make_blueprint.iml.nodes import (
    At,
    Bundle,
    Call,
    Chain,
    Expression,
    Field,
    Literal,
    Name,
    Node,
    Path,
    Text,
    Unary,
)

LEVELS = [
    st.sampled_from(signs.split()) for signs in ("|", "&", "= !=", "< <= > >=", "+ -", "* / %")
]

readable = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = readable.filter(lambda name: "`" not in name and not name.isdecimal())
words = st.from_regex(r"[A-Za-z_$][A-Za-z0-9_$]{0,6}", fullmatch=True)
modules = st.integers(0, 10**15 - 1)
literals = st.builds(
    Literal,
    readable
    | st.integers(0, 10**15 - 1)
    | st.floats(0, allow_infinity=False, allow_nan=False).map(abs),
)
leaves = literals | st.builds(Name, names) | st.builds(Bundle, modules)


def compound(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    fields = st.builds(Field, readable.filter(lambda name: "`" not in name))
    steps = st.lists(fields | st.builds(At, st.none() | nodes), min_size=1, max_size=3)
    chains = [
        st.builds(
            Chain, nodes, st.lists(st.tuples(signs, nodes), min_size=1, max_size=3).map(tuple)
        )
        for signs in LEVELS
    ]
    return st.one_of(
        *chains,
        st.builds(Path, nodes, steps.map(tuple)),
        st.builds(Call, words, st.lists(nodes, max_size=3).map(tuple)),
        st.builds(Unary, st.sampled_from("-!"), nodes),
    )


nodes = st.recursive(leaves, compound, max_leaves=12)


@given(st.lists(st.tuples(readable.filter(lambda text: "{{" not in text), nodes), max_size=4))
def test_a_written_template_reads_back_equal(parts: list[tuple[str, Node]]):
    template = Template(
        tuple(
            part
            for text, node in parts
            for part in ([Text(text)] if text else []) + [Expression(node)]
        )
    )
    assert parse(write(template)) == template


TOKENS = r"""
    {{ }} { } ( ) [ ] ; , . + - * / % = != < >= & | ! and or mod 1 2.5 1.a 1.b[1] `1` `x y`
    " ' ` "t" 'u' now random null erase var.team.x upper( if( get( switch( map( nosuch( \ “ é
"""
fragments = st.sampled_from(TOKENS.split()) | st.text(max_size=3)
pieces = st.lists(fragments, max_size=25)
soups = pieces.map(" ".join) | pieces.map("".join)
wrapped = soups.map(lambda soup: "{{" + soup + "}}")

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=6)
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from(["2024-01-31", "10:20", "12", "-3.5", "/a+/g", "desc", "hex", "YYYY"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from("ab"), inner, max_size=4)
    ),
    max_leaves=8,
)
bundles = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)
zones = st.sampled_from(["UTC", "Europe/Prague", "America/St_Johns", "No/Where"])


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    return Scope(
        bundles={1: draw(bundles)},
        variables={"team": {"x": 1}},
        now=datetime(2024, 2, 29, 12, tzinfo=UTC),
        timezone=draw(zones),
        random=Random(1),
        undocumented=True,
    )


def outcome(template: str, scope: Scope) -> Value | IMLError:
    try:
        return evaluate(template, scope)
    except IMLError as error:
        return error


@given(soups | wrapped, scopes())
def test_any_text_is_evaluated_or_refused_in_the_declared_ways(text: str, scope: Scope):
    try:
        evaluate(text, scope)
    except (IMLError, NotEvaluated):
        return


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.sampled_from(sorted(builtin_functions())), st.integers(0, 4), scopes())
def test_any_function_takes_or_refuses_any_arguments(name: str, count: int, scope: Scope):
    arguments = "; ".join(f"1.{field}" for field in "abcd"[:count])
    result = outcome("{{" + f"{name}({arguments})" + "}}", scope)
    if isinstance(result, IMLError):
        assert result.position == 2
    else:
        assert_value(result)


@given(st.sampled_from("+-*/%=<>&|"), scopes())
def test_any_operator_takes_or_refuses_any_operands(operator: str, scope: Scope):
    result = outcome("{{1.a " + operator + " 1.b}}", scope)
    if isinstance(result, IMLError):
        assert result.position == 6
    else:
        assert_value(result)


@given(st.sampled_from(sorted(OPERATORS)), scopes())
def test_any_filter_operator_decides_about_any_operands(operator: str, scope: Scope):
    condition: Condition = {"a": "{{1.a}}", "o": operator, "b": "{{1.b}}"}
    try:
        decision = passes([[condition]], scope)
    except IMLError:
        return
    assert decision in (True, False)


@given(soups | wrapped)
def test_what_a_text_uses_is_listed_whatever_the_text(text: str):
    for use in [*references(text), *variables(text), *functions(text)]:
        assert 0 < use.start < use.end < len(text)
    for reference in references(text):
        assert text[reference.start : reference.end].endswith(reference.path)
    assert is_expression(text) in (True, False)


@given(nodes)
def test_the_references_listed_are_those_of_the_parsed_tree(node: Node):
    text = write(Template((Expression(node),)))
    assert sorted(use.module for use in references(text)) == sorted(modules_in(node))
    assert sorted(use.name for use in functions(text)) == sorted(calls_in(node))


patterns = st.text(r"ab1\(){}[]^$.*+?|-,:<>=!dwsbDSu0/", max_size=14)


@given(patterns, st.sampled_from(["", "i", "m", "s"]))
def test_any_regular_expression_is_used_or_refused(pattern: str, flags: str):
    scope = Scope(bundles={1: {"r": f"/{pattern}/{flags}"}})
    result = outcome("{{replace('ab 1b\n(a-b)'; 1.r; '$1')}}", scope)
    if isinstance(result, IMLError):
        assert "regular expression" in result.message or "named groups" in result.message


def assert_value(value: Value) -> None:
    assert not isinstance(value, tuple | set)
    if isinstance(value, float):
        assert value == value
    if isinstance(value, datetime):
        assert value.tzinfo is not None


def children(node: Node) -> list[Node]:
    match node:
        case Path():
            indexes = [step.index for step in node.steps if isinstance(step, At)]
            return [node.root, *(index for index in indexes if index is not None)]
        case Call():
            return list(node.arguments)
        case Unary():
            return [node.operand]
        case Chain():
            return [node.first, *(operand for _, operand in node.rest)]
        case _:
            return []


def modules_in(node: Node) -> list[int]:
    own = [node.module] if isinstance(node, Bundle) else []
    return own + [module for child in children(node) for module in modules_in(child)]


def calls_in(node: Node) -> list[str]:
    own = [node.name] if isinstance(node, Call) else []
    return own + [name for child in children(node) for name in calls_in(child)]
