"""Every operation asks for its scopes, and for no other."""

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.contracts.coverage import Standing, coverage
from make_api_sandbox.contracts.operations import Operation
from make_api_sandbox.scopes import ALL_SCOPES
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from tests.make_api_sandbox.conftest import Studio

pytestmark = pytest.mark.anyio

PERMISSION_DENIED = {"detail": "Access denied.", "message": "Permission denied", "code": "SC403"}
SHARED_DENIED = {"error": "Access denied."}
"""The family of shared scenarios answers in its own way."""

GUARDED = [
    one
    for one, standing in coverage().standings.items()
    if standing is Standing.IMPLEMENTED and one.scope
]
MANAGING = "/organizations/{organizationId}/managed-organizations"
"""Open to the plan for managing other organizations, and to no other."""


def address(operation: Operation) -> str:
    """The path with 1 in every place: a thing of the studio or none at all."""
    return re.sub(r"\{\w+\}", "1", operation.path)


async def test_a_token_that_lacks_a_scope_of_an_operation_is_refused(studio: "Studio") -> None:
    odd: list[str] = []
    for operation in GUARDED:
        for lacked in operation.scope.split():
            others = [scope for scope in ALL_SCOPES if scope != lacked]
            answer = await studio.call(
                operation.method, address(operation), token=studio.token(*others)
            )
            shared = operation.path.startswith("/scenarios-shared")
            expected = SHARED_DENIED if shared else PERMISSION_DENIED
            if (answer.status_code, answer.json()) != (403, expected):
                odd.append(f"{operation.method} {operation.path} without {lacked}: {answer.text}")
    assert odd == []


async def test_a_token_with_just_the_scopes_of_an_operation_is_admitted(studio: "Studio") -> None:
    studio.license(
        apiLimit=100_000,
        analyticsAccess=True,
        auditLogsDays=30,
        customFunctions=True,
        customProperties=9,
        customVariables=True,
        fulltext=True,
        onPremAgent=True,
        dedicatedSso=True,
    )
    odd: list[str] = []
    for operation in GUARDED:
        plan = "MMS" if operation.path.startswith(MANAGING) else "Enterprise"
        query = {"teamId": 1, "organizationId": 1} if "{" in operation.path else {"teamId": 1}
        with undone(studio.world):
            studio.world.update("organizations", 1, service_name=plan)
            token = studio.token(*operation.scope.split())
            path = address(operation)
            answer = await studio.call(operation.method, path, {}, token=token, **query)
        if answer.status_code == 403 and "Access denied." in answer.text:
            odd.append(f"{operation.method} {operation.path}: {answer.text}")
    assert odd == []


class UndoneError(Exception):
    pass


@contextmanager
def undone(world: World) -> Generator[None]:
    """Let the world forget what happens inside."""
    with suppress(UndoneError), world.write():
        yield
        raise UndoneError
