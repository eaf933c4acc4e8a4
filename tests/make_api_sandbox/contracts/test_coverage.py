"""The list of operations, the routes beside it and the page about both."""

import subprocess
import sys
from pathlib import Path

from make_api_sandbox.contracts.book import book
from make_api_sandbox.contracts.coverage import Standing, coverage, only_refuses
from make_api_sandbox.contracts.operations import key, operations
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import permission_denied
from make_api_sandbox.http.routing import discover
from make_api_sandbox.shapes import JsonObject

REPOSITORY = Path(__file__).parents[3]


def test_the_list_holds_every_operation_once() -> None:
    keys = [one.key for one in operations()]
    assert len(keys) == 472
    assert len(set(keys)) == len(keys)


def test_no_route_is_invented() -> None:
    assert coverage().strangers == ()


def test_every_operation_is_served() -> None:
    absent = [one for one, found in coverage().standings.items() if found is Standing.NOT_SERVED]
    assert absent == []


def test_every_operation_has_one_contract_and_no_contract_is_about_anything_else() -> None:
    assert set(book().answers) == {one.key for one in operations()}


def test_no_contract_claims_a_better_witness_than_the_list() -> None:
    """What the official client does not use cannot have been recorded by it."""
    allowed = {"sdk": {"live", "sdk", "docs"}, "docs": {"live", "docs"}, "guess": {"guess"}}
    odd = [
        (one, book().answers[one.key].witnesses)
        for one in operations()
        if not set(book().answers[one.key].witnesses) <= allowed[one.confidence]
    ]
    assert odd == []


def test_every_route_asks_for_the_scopes_of_its_operation() -> None:
    wanted = {one.key: set(one.scope.split()) for one in operations()}
    specs = [one.spec for one in discover()]
    odd = [
        (one.method, one.path, one.scopes)
        for one in specs
        if key(one.method, one.path) in wanted
        and set(one.scopes) != wanted[key(one.method, one.path)]
    ]
    assert odd == []


def test_administration_and_logins_refuse_an_ordinary_user() -> None:
    served = coverage().standings
    for operation, standing in served.items():
        if operation.plan == "white label" or operation.path.startswith("/admin/"):
            assert standing is Standing.REFUSED, operation


def test_a_function_that_can_only_raise_is_told_from_one_that_answers() -> None:
    def refuses(call: Call) -> JsonObject:
        """Never answers."""
        raise permission_denied()

    def answers(call: Call) -> JsonObject:
        if call.user_id == 1:
            raise permission_denied()
        return {}

    assert only_refuses(refuses)
    assert not only_refuses(answers)


def test_the_page_about_coverage_is_up_to_date() -> None:
    check = [sys.executable, "-m", "scripts.sandbox_coverage", "--check"]
    done = subprocess.run(check, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}; run python -m scripts.sandbox_coverage"
