"""How a Python function becomes a function of the language.

A function is declared once: its signature states its arity, its annotations state the conversions
of its arguments, its docstring describes it. Annotations are read as their source text, so every
module of this package begins with `from __future__ import annotations`:

- `str`, `Number`, `Whole`, `bool`, `bytes`, `datetime`, `Array`, `Collection`: converted by the
  rules of `coercion`;
- `Value`: passed as it is; `ArrayOr`: likewise, and a trailing `[]` of the argument is dropped;
- `Later`: passed unevaluated, as a callable;
- `| None` with the default None: may be left out; null counts as left out;
- `*values`: any number of arguments;
- a keyword-only `scope: Scope` receives the scope and is no argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from make_blueprint.iml import coercion
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Value

Array: TypeAlias = list[Value]
Collection: TypeAlias = dict[str, Value]
ArrayOr: TypeAlias = Value
Whole: TypeAlias = int
Later: TypeAlias = Callable[[], Value]

F = TypeVar("F", bound=Callable[..., Value])

_Conversion: TypeAlias = Callable[[Value, Scope], object]

_CONVERSIONS: dict[str, _Conversion] = {
    "str": lambda value, scope: coercion.to_text(value),
    "Number": lambda value, scope: coercion.to_number(value),
    "Whole": lambda value, scope: coercion.to_integer(value),
    "bool": lambda value, scope: coercion.to_boolean(value),
    "bytes": lambda value, scope: coercion.to_buffer(value),
    "datetime": lambda value, scope: coercion.to_date(value, scope.timezone),
    "Array": lambda value, scope: coercion.to_array(value),
    "Collection": lambda value, scope: coercion.to_collection(value),
    "ArrayOr": lambda value, scope: value,
    "Value": lambda value, scope: value,
    "Later": lambda value, scope: value,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `kind` is the annotation without `| None`."""

    name: str
    kind: str
    is_optional: bool
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function.

    Attributes:
        name: Its name in expressions.
        description: What it does.
        parameters: In order; a repeated one is the last.
        undocumented: Whether Make's reference does not list it.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    implementation: Callable[..., Value]
    takes_scope: bool
    undocumented: bool

    @property
    def signature(self) -> str:
        """How it is called: `name(first; [optional]; repeated…)`."""
        names: list[str] = []
        for parameter in self.parameters:
            name = parameter.name.replace("_", " ") + ("…" if parameter.is_repeated else "")
            names.append(f"[{name}]" if parameter.is_optional else name)
        return f"{self.name}({'; '.join(names)})"

    @property
    def summary(self) -> str:
        """The first paragraph of its description, in one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @property
    def least(self) -> int:
        """The fewest arguments it takes."""
        return sum(not (each.is_optional or each.is_repeated) for each in self.parameters)

    @property
    def most(self) -> int | None:
        """The most arguments it takes; None without limit."""
        is_open = bool(self.parameters) and self.parameters[-1].is_repeated
        return None if is_open else len(self.parameters)

    @property
    def is_lazy(self) -> bool:
        """Whether it evaluates its arguments itself."""
        return any(each.kind == "Later" for each in self.parameters)

    def parameter(self, index: int) -> Parameter | None:
        """The parameter that takes the argument `index`, counted from 0."""
        if index < len(self.parameters):
            return self.parameters[index]
        return self.parameters[-1] if self.most is None else None

    def call(self, arguments: Sequence[Value | Later], scope: Scope) -> Value:
        """Convert the arguments and run the function.

        Raises:
            Refused: The number of arguments or one of them does not fit.
        """
        self._check_count(len(arguments))
        converted = [self._convert(index, value, scope) for index, value in enumerate(arguments)]
        if self.takes_scope:
            return self.implementation(*converted, scope=scope)
        return self.implementation(*converted)

    def _check_count(self, count: int) -> None:
        if count < self.least:
            raise Refused(f"it takes at least {self.least} arguments, not {count}")
        if self.most is not None and count > self.most:
            raise Refused(f"it takes at most {self.most} arguments, not {count}")

    def _convert(self, index: int, value: Value | Later, scope: Scope) -> object:
        parameter = self.parameter(index)
        if parameter is None or callable(value) or (value is None and parameter.is_optional):
            return value
        return _CONVERSIONS[parameter.kind](value, scope)


BUILTIN: dict[str, Function] = {}


def function(name: str, *, undocumented: bool = False) -> Callable[[F], F]:
    """Declare the decorated function as the built-in function `name`."""

    def declare(implementation: F) -> F:
        signature = inspect.signature(implementation)
        BUILTIN[name] = Function(
            name=name,
            description=inspect.getdoc(implementation) or "",
            parameters=tuple(
                _parameter(each)
                for each in signature.parameters.values()
                if each.kind is not inspect.Parameter.KEYWORD_ONLY
            ),
            implementation=implementation,
            takes_scope="scope" in signature.parameters,
            undocumented=undocumented,
        )
        return implementation

    return declare


def _parameter(declared: inspect.Parameter) -> Parameter:
    annotation: str = declared.annotation
    kind = annotation.removesuffix(" | None")
    if kind not in _CONVERSIONS:
        raise TypeError(f"no conversion to {annotation!r}")
    return Parameter(
        name=declared.name,
        kind=kind,
        is_optional=declared.default is not inspect.Parameter.empty,
        is_repeated=declared.kind is inspect.Parameter.VAR_POSITIONAL,
    )
