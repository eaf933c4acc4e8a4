"""Trying a custom app: its remote procedures against the real service, and its connections."""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    Output,
    Problem,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.attempts import attempted
from make_mcp_core_tools._engine.custom_apps import WRITE, AppName, ComponentName, Major, Place
from make_mcp_core_tools.custom_apps.declared import category

_MOST_SHOWN = 2_000

# Inputs


class TestCase(Input):
    rpc: ComponentName | None = None
    """RPC to run."""
    connection_id: int | None = Field(default=None, gt=0)
    """Connection the RPC uses; alone, the connection itself is tested."""
    data: Document = {}
    """Parameters of the RPC."""
    expect: Json = None
    """What the answer has to hold: members with their values; left out, any answer will do."""
    min_rows: int | None = Field(default=None, ge=0)
    """Least number of rows in the answer."""


class TestApp(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    cases: list[TestCase] = Field(min_length=1, max_length=50)
    """What to try."""
    junit: bool = False
    """Also give the outcome as JUnit XML."""


# Outputs


class CaseResult(Output):
    case: str
    passed: bool
    why: str | None = None
    """Why it did not pass."""
    result: Json = None
    """The answer of one that did not pass; data of others."""


class AppTested(Output):
    passed: int
    failed: int
    cases: list[CaseResult]
    junit: str | None = None


class _Free(RootModel[Json]):
    """An answer of any form."""


# Tools


@category.tool(
    scope=WRITE,
    effect="run",
    formerly=("test-custom-app",),
    words=("try app", "rpc", "junit", "connection test"),
    examples=(
        TestApp(
            name="harbor-stock-a1b2c3",
            cases=[TestCase(rpc="listPlaces", connection_id=12, min_rows=1)],
        ),
    ),
)
async def custom_app_test(make: Make, args: TestApp) -> AppTested:
    """Run RPCs and connection tests of a custom app against the real service, and judge answers.

    Make runs modules only inside scenarios: use `scenario_run` for those.
    """
    _refuse_empty(args.cases)
    place = Place(args.name, args.version)
    results = [await _run(make, place, case) for case in args.cases]
    passed = sum(one.passed for one in results)
    return AppTested(
        passed=passed,
        failed=len(results) - passed,
        cases=results,
        junit=_junit(place, results) if args.junit else None,
    )


# Parts


def _refuse_empty(cases: list[TestCase]) -> None:
    problems = [
        Problem(f"cases[{at}]", "needs `rpc` or `connection_id`.")
        for at, case in enumerate(cases)
        if case.rpc is None and case.connection_id is None
    ]
    if problems:
        raise Failure(
            "Nothing was tried.",
            next_step="Call `custom_app_test` again with complete cases.",
            code="invalid_arguments",
            problems=problems,
        )


async def _run(make: Make, place: Place, case: TestCase) -> CaseResult:
    """Run one case; a refusal is its outcome, not the end of the others."""
    body: Document | None = None
    title, path = f"connection {case.connection_id}", f"/connections/{case.connection_id}/test"
    if case.rpc is not None:
        one = place.of("rpc", case.rpc)
        title, path = one.title, one.path
        used = {"__IMTCONN__": case.connection_id} if case.connection_id else {}
        body = {"data": case.data | used, "schema": []}
    scope = "connections:write" if case.rpc is None else WRITE
    answer, refusal = await attempted(
        make.write(
            post(path, body, scope=scope),
            into=_Free,
            says=f"Try the {title}",
            undo=Irreversible("The service has been asked."),
            predict={},
        )
    )
    if answer is None:
        return CaseResult(case=title, passed=False, why=refusal)
    why = _fault(case, answer.root)
    shown = answer.root if why and len(str(answer.root)) <= _MOST_SHOWN else None
    return CaseResult(case=title, passed=not why, why=why or None, result=shown)


def _fault(case: TestCase, answer: Json) -> str:
    if case.rpc is None:
        verified = isinstance(answer, dict) and answer.get("verified") is not False
        return "" if verified else "The connection does not work."
    rows = len(answer) if isinstance(answer, list) else 0
    if case.min_rows is not None and rows < case.min_rows:
        return f"{rows} rows, at least {case.min_rows} were expected."
    return "" if _holds(answer, case.expect) else "The answer does not hold what was expected."


def _holds(answer: Json, expected: Json) -> bool:
    """Tell whether an answer has everything that is expected; more is fine."""
    if expected is None:
        return True
    if isinstance(expected, dict):
        found: Any = answer
        return isinstance(answer, dict) and all(
            key in found and _holds(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(answer, list) and all(
            any(_holds(row, wanted) for row in answer) for wanted in expected
        )
    return answer == expected


def _junit(place: Place, results: list[CaseResult]) -> str:
    failures = sum(not one.passed for one in results)
    suite = Element(
        "testsuite", name=place.app, tests=str(len(results)), failures=str(failures), errors="0"
    )
    for one in results:
        case = SubElement(
            suite, "testcase", classname=f"{place.app}.{place.version}", name=one.case
        )
        if not one.passed:
            SubElement(case, "failure", message=one.why or "")
    return tostring(suite, encoding="unicode")
