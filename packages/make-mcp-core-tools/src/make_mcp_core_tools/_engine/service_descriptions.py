"""A service described by a document, by one call of it, or by both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from make_mcp_core_tools._engine.curl_commands import read_curl
from make_mcp_core_tools._engine.openapi_operations import Description, describe
from make_mcp_core_tools._engine.openapi_schemas import Schemas
from make_mcp_core_tools._engine.openapi_source import read_document

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.app_scaffold_auth import Credentials
    from make_mcp_core_tools._engine.curl_commands import Called
    from make_mcp_core_tools._engine.openapi_operations import Operation

_NAME = re.compile(r"\\\{[^{}]*\\\}")


async def service_of(
    spec: str | None, curl: str | None
) -> tuple[Description, Credentials | None, list[str]]:
    """Read what describes a service.

    Args:
        spec: An OpenAPI document, or its address.
        curl: A curl command.

    Returns:
        The service, the credentials of the command, and the operation that the command calls.

    Raises:
        Failure: One of them cannot be read.
    """
    called = read_curl(curl) if curl else None
    service = Description("", "", "", "", Schemas({}))
    if spec:
        service = describe(*await read_document(spec))
    if called is None:
        return service, None, []
    service.notes += called.notes
    return service, called.credentials, [_joined(service, called)]


def _joined(service: Description, called: Called) -> str:
    """Add a call to a service unless its document has it; give the operation's title."""
    full = f"{called.server}{called.operation.path}"
    at_home = bool(service.server) and full.startswith(f"{service.server}/")
    path = full.removeprefix(service.server) if at_home else called.operation.path
    same = [
        one
        for one in service.operations
        if one.method == called.operation.method and _fits(one, path)
    ]
    if same:
        return same[0].title
    called.operation.path = path
    if not service.server:
        service.server = called.server
    elif not at_home:
        called.operation.server = called.server
    service.operations.insert(0, called.operation)
    return called.operation.title


def _fits(operation: Operation, path: str) -> bool:
    return re.fullmatch(_NAME.sub("[^/]+", re.escape(operation.path)), path) is not None
