"""Failures that others published, named by their number, each told next to a test that proves it.

A test named `test_f3_…` proves what happens here with failure F3. One of the tests of each number
tells the failure; `scripts.failure_table` writes the tables from the source of the tests.
"""

from collections.abc import Callable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])


def failure(what: str, *, here: str, size: str = "") -> Callable[[Test], Test]:
    """Tell the failure whose number the name of the test carries.

    Args:
        what: The class of failure, in a few words.
        here: What happens here instead.
        size: How often it was counted, as it was published; empty when nobody counted.
    """
    if not (what and here):
        raise ValueError("A failure is told with what fails and with what happens here.")
    del size

    def as_it_is(test: Test) -> Test:
        return test

    return as_it_is
