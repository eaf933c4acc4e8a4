"""Failures of a module, by the names Make gives them.

Source: Make API reference, chapter 1.16 (names) and the execution semantics of error types.
"""

from dataclasses import dataclass

RETRIED = frozenset({"ConnectionError", "RateLimitError", "ModuleTimeoutError"})
"""Temporary failures: a warning on the first module, retried automatically when stored."""

WARNINGS = frozenset({"DuplicateDataError", "IncompleteDataError"})
"""Failures of one bundle that let the run go on with the next bundle."""


class ModuleError(Exception):
    """A module could not do its work.

    Args:
        name: Make's error name, such as `DataError`.
        message: What went wrong, for the reader of the log.
        suberrors: Details, one sentence each (validation lists every parameter).
    """

    def __init__(self, name: str, message: str, suberrors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.suberrors = suberrors


@dataclass(frozen=True)
class CauseModule:
    """The module to blame: `http:ActionSendData` is app `http`, name `ActionSendData`."""

    name: str
    app_name: str
    module_id: int | None = None

    @classmethod
    def of(cls, slug: str, module_id: int | None) -> "CauseModule":
        """Split a module name."""
        app, _, name = slug.partition(":")
        return cls(name=name, app_name=app, module_id=module_id)


@dataclass(frozen=True)
class RunError:
    """Why a run ended with a warning or an error."""

    name: str
    message: str
    cause: CauseModule | None = None

    @classmethod
    def of(cls, error: ModuleError, cause: CauseModule | None) -> "RunError":
        """Report a module's failure."""
        return cls(error.name, error.message, cause)


def invalid_parameters(problems: list[str]) -> ModuleError:
    """Report every parameter that failed validation at once."""
    message = f"Validation failed for {len(problems)} parameter(s)."
    return ModuleError("BundleValidationError", message, tuple(problems))
