"""What reading and evaluating an expression can end with."""


class IMLError(ValueError):
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
        return f"{self.message} (at character {self.position + 1})"


class EvaluationError(IMLError):
    """A well-formed expression whose values do not fit, where Make reports a DataError."""


class NotEvaluated(LookupError):  # noqa: N818 - the name says what happened, it is no defect
    """A call of a function that is neither built in nor supplied by the scope.

    Make ends such a run with "Function '<name>' not found!" (Make help, custom functions).
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"Function '{self.name}' not found!"


class Refused(ValueError):  # noqa: N818 - internal; never reaches a caller
    """A value that a conversion or function does not take; the evaluator adds the position."""
