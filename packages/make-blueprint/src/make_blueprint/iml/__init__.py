"""IML, the expression language of mapper values and filter conditions.

Reading: `parse`, `is_expression`, `references`, `variables`, `functions`.
Evaluating: `evaluate`, `evaluate_value` and `passes`, each in a `Scope`.

Names load on first use, so importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from make_blueprint.iml.errors import EvaluationError, IMLError, NotEvaluated
    from make_blueprint.iml.evaluation import evaluate, evaluate_value
    from make_blueprint.iml.filters import OPERATORS, passes
    from make_blueprint.iml.library import Function, builtin_functions
    from make_blueprint.iml.nodes import Template
    from make_blueprint.iml.parser import is_expression, parse
    from make_blueprint.iml.scope import Scope
    from make_blueprint.iml.usage import (
        FunctionUse,
        Reference,
        VariableUse,
        functions,
        references,
        variables,
    )
    from make_blueprint.iml.values import ERASE, IGNORE, Data, Special, Value
    from make_blueprint.iml.writer import write

__all__ = [
    "ERASE",
    "IGNORE",
    "OPERATORS",
    "Data",
    "EvaluationError",
    "Function",
    "FunctionUse",
    "IMLError",
    "NotEvaluated",
    "Reference",
    "Scope",
    "Special",
    "Template",
    "Value",
    "VariableUse",
    "builtin_functions",
    "evaluate",
    "evaluate_value",
    "functions",
    "is_expression",
    "parse",
    "passes",
    "references",
    "variables",
    "write",
]

_HOMES = {
    "errors": "EvaluationError IMLError NotEvaluated",
    "evaluation": "evaluate evaluate_value",
    "filters": "OPERATORS passes",
    "library": "Function builtin_functions",
    "nodes": "Template",
    "parser": "is_expression parse",
    "usage": "FunctionUse Reference VariableUse functions references variables",
    "scope": "Scope",
    "values": "Data ERASE IGNORE Special Value",
    "writer": "write",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
