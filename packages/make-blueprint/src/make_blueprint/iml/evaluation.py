"""The value of a template in a scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi
from typing import TypeVar, cast
from uuid import UUID

from make_blueprint.iml import operators
from make_blueprint.iml.coercion import to_boolean, to_number, to_text
from make_blueprint.iml.errors import EvaluationError, IMLError, NotEvaluated, Refused
from make_blueprint.iml.library import builtin_functions
from make_blueprint.iml.library.registry import Function
from make_blueprint.iml.limits import bounded_items, bounded_text
from make_blueprint.iml.nodes import (
    At,
    Call,
    Chain,
    Expression,
    Field,
    Literal,
    Name,
    Node,
    Path,
    Template,
    Text,
    Unary,
)
from make_blueprint.iml.parser import parse
from make_blueprint.iml.paths import field, item
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import ERASE, IGNORE, Data, Value
from make_blueprint.iml.zones import milliseconds


def evaluate(text: str, scope: Scope) -> Value:
    """Evaluate a template.

    A text that is exactly one expression gives its value with its type; in any other the values
    are converted to text and joined, null becoming the empty text.

    Args:
        text: A mapper value or filter operand.
        scope: What the expressions can see.

    Returns:
        The value; `ERASE` or `IGNORE` when the keyword is the whole value.

    Raises:
        IMLError: The text does not parse; as `EvaluationError`, the values do not fit.
        NotEvaluated: A called function is neither built in nor supplied by the scope.
    """
    template = parse(text)
    evaluator = _Evaluator(text, scope)
    try:
        return evaluator.template(template)
    except RecursionError as error:
        raise EvaluationError("the values nest too deeply", 0, text) from error


def evaluate_value(value: Data, scope: Scope) -> Value:
    """Evaluate every text in nested collections and arrays.

    Keys are not templates. A member or item whose value is `ignore` is left out, as if it had not
    been filled in. `erase` stays `ERASE`: what it becomes depends on the type of the field (null;
    an empty array for an array; nothing for a boolean).

    Raises:
        IMLError: As for `evaluate`.
        NotEvaluated: As for `evaluate`.
    """
    try:
        return _mapped(cast("Value", value), scope)
    except RecursionError as error:
        raise EvaluationError("the value nests too deeply", 0, "") from error


def _mapped(value: Value, scope: Scope) -> Value:
    match value:
        case str():
            return evaluate(value, scope)
        case list():
            items = [_mapped(each, scope) for each in value]
            return [each for each in items if each is not IGNORE]
        case dict():
            members = {key: _mapped(each, scope) for key, each in value.items()}
            return {key: each for key, each in members.items() if each is not IGNORE}
        case _:
            return value


T = TypeVar("T")


class _Evaluator:
    """One evaluation of one text."""

    __slots__ = ("_scope", "_text")

    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope

    def template(self, template: Template) -> Value:
        if template.is_expression:
            part = template.parts[0]
            return self._value(part.node) if isinstance(part, Expression) else part.value
        texts = [self._part(part) for part in template.parts]
        self._attempt(lambda: bounded_text(sum(map(len, texts))), 0)
        return "".join(texts)

    def _part(self, part: Text | Expression) -> str:
        if isinstance(part, Text):
            return part.value
        value = self._value(part.node)
        return self._attempt(lambda: to_text(value), part.start)

    def _value(self, node: Node) -> Value:
        match node:
            case Literal():
                return node.value
            case Path():
                return self._path(node)
            case Call():
                return self._call(node)
            case Chain():
                return self._chain(node)
            case Name():
                return self._attempt(lambda: self._name(node.name), node.position)
            case Unary():
                return self._unary(node)
            case _:
                return self._bundle(node.module)

    def _bundle(self, module: int) -> Value:
        bundle = self._scope.bundles.get(module)
        return None if bundle is None else _collection(bundle)

    def _name(self, name: str) -> Value:
        keyword = KEYWORDS.get(name)
        if keyword is not None:
            return keyword(self._scope)
        if name in self._scope.extra:
            return cast("Value", self._scope.extra[name])
        raise Refused(f"'{name}' is not a keyword, variable or reference")

    def _path(self, path: Path) -> Value:
        value = self._value(path.root)
        for step in path.steps:
            if value is None:
                return None
            value = self._step(value, step)
        return value

    def _step(self, value: Value, step: Field | At) -> Value:
        if isinstance(step, Field):
            return field(value, step.name)
        return item(value, 1 if step.index is None else self._value(step.index))

    def _unary(self, node: Unary) -> Value:
        operand = self._value(node.operand)
        if node.operator == "!":
            return not to_boolean(operand)
        return self._attempt(lambda: operators.subtract(0, to_number(operand)), node.position)

    def _chain(self, chain: Chain) -> Value:
        value = self._value(chain.first)
        for operator, node in chain.rest:
            value = self._binary(operator, value, node, chain.position)
        return value

    def _binary(self, operator: str, left: Value, node: Node, position: int) -> Value:
        if operator in "&|":
            is_decided = to_boolean(left) is (operator == "|")
            return to_boolean(left) if is_decided else to_boolean(self._value(node))
        right = self._value(node)
        calculate = operators.ARITHMETIC.get(operator)
        if calculate is None:
            return self._attempt(
                lambda: operators.compare(operator, left, right, self._scope), position
            )
        return self._attempt(lambda: calculate(left, right), position)

    def _call(self, call: Call) -> Value:
        custom = self._scope.functions.get(call.name)
        if custom is not None:
            return custom(*map(self._value, call.arguments))
        function = builtin_functions().get(call.name)
        if function is None or (function.undocumented and not self._scope.undocumented):
            raise NotEvaluated(call.name, call.position, self._text)
        return self._run(function, call)

    def _run(self, function: Function, call: Call) -> Value:
        if function.is_lazy:
            arguments = [self._later(node) for node in call.arguments]
            return self._attempt(
                lambda: function.call(arguments, self._scope), call.position, call.name
            )
        values = [
            self._argument(function, index, node) for index, node in enumerate(call.arguments)
        ]
        result = self._attempt(lambda: function.call(values, self._scope), call.position, call.name)
        self._attempt(lambda: _bounded(result), call.position, call.name)
        return result

    def _later(self, node: Node) -> Callable[[], Value]:
        return lambda: self._value(node)

    def _argument(self, function: Function, index: int, node: Node) -> Value:
        """Evaluate an argument; `1.items[]` given to an array function is the whole array."""
        parameter = function.parameter(index)
        is_array = parameter is not None and parameter.kind in ("Array", "ArrayOr")
        if not (is_array and isinstance(node, Path) and node.steps[-1] == At(None)):
            return self._value(node)
        value = self._value(node.root)
        for step in node.steps[:-1]:
            value = self._step(value, step)
        return value

    def _attempt(self, action: Callable[[], T], position: int, name: str = "") -> T:
        """Run an action and say where in the text it was refused."""
        try:
            return action()
        except IMLError:
            raise
        except (ValueError, ArithmeticError) as error:
            message = f"{name}: {error}" if name else str(error)
            raise EvaluationError(message, position, self._text) from error


def _collection(data: Mapping[str, Data]) -> Value:
    """The same data as a value; what is a dict already is not copied."""
    return cast("Value", data if isinstance(data, dict) else dict(data))


def _bounded(value: Value) -> None:
    if isinstance(value, str):
        bounded_text(len(value))
    elif isinstance(value, list):
        bounded_items(len(value))


def _timestamp(scope: Scope) -> Value:
    return milliseconds(scope.clock()) // 1000


def _uuid(scope: Scope) -> Value:
    return str(UUID(int=scope.dice().getrandbits(128), version=4))


def _constant(value: Value) -> Callable[[Scope], Value]:
    return lambda scope: value


KEYWORDS: Mapping[str, Callable[[Scope], Value]] = {
    "null": _constant(None),
    "true": _constant(True),
    "false": _constant(False),
    "emptystring": _constant(""),
    "emptyarray": lambda scope: [],
    "space": _constant(" "),
    "tab": _constant("\t"),
    "newline": _constant("\n"),
    "carriagereturn": _constant("\r"),
    "nbsp": _constant("\u00a0"),
    "ignore": _constant(IGNORE),
    "erase": _constant(ERASE),
    "now": lambda scope: scope.clock(),
    "timestamp": _timestamp,
    "pi": _constant(pi),
    "random": lambda scope: scope.dice().random(),
    "uuid": _uuid,
    "executionId": lambda scope: scope.execution_id,
    "var": lambda scope: _collection(scope.variables),
}
