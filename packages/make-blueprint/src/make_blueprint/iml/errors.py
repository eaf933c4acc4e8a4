"""What reading and evaluating an expression can end with."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\n|\r")


class Placed:
    """A place in a template.

    Attributes:
        position: Character offset into `text`, counted from 0.
        text: The whole template, not only the expression concerned.
    """

    position: int
    text: str

    @property
    def line(self) -> int:
        """The line of the place, counted from 1."""
        return len(_LINE_END.findall(self.text, 0, self.position)) + 1

    @property
    def column(self) -> int:
        """The place within its line, in characters counted from 1."""
        ends = [match.end() for match in _LINE_END.finditer(self.text, 0, self.position)]
        return self.position - (ends[-1] if ends else 0) + 1

    @property
    def place(self) -> str:
        """The place in words; the line is named when the text has several."""
        line = f"line {self.line}, " if _LINE_END.search(self.text) else ""
        return f"at {line}character {self.column}"


class IMLError(Placed, ValueError):
    """A template that cannot be read, or whose evaluation fails.

    Args:
        message: What is wrong, in one sentence.
        position: Character offset into `text`, counted from 0.
        text: The whole template, not only the faulty expression.
    """

    def __init__(self, message: str, position: int, text: str) -> None:
        super().__init__(message, position, text)
        self.message = message
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return f"{self.message} ({self.place})"


class EvaluationError(IMLError):
    """A well-formed expression whose values do not fit, where Make reports a DataError."""


class NotEvaluated(Placed, LookupError):  # noqa: N818 - says what happened, it is no defect
    """A call of a function that is neither built in nor supplied by the scope.

    Make ends such a run with "Function '<name>' not found!" (Make help, custom functions), which
    is the text of this error; `place` says where the call stands.

    Args:
        name: Name of the function.
        position: Character offset of the name into `text`, counted from 0.
        text: The whole template.
    """

    def __init__(self, name: str, position: int, text: str) -> None:
        super().__init__(name, position, text)
        self.name = name
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return f"Function '{self.name}' not found!"


class Refused(ValueError):  # noqa: N818 - internal; never reaches a caller
    """A value that a conversion or function does not take; the evaluator adds the position."""
