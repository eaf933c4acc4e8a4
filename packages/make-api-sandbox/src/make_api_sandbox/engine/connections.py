"""Which connections a module uses, and whether they still work."""

import re
from collections.abc import Mapping

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.plan import Node
from make_api_sandbox.engine.ports import ConnectionState, Ports
from make_api_sandbox.engine.values import Json, Value, items, members, whole

CONNECTION_NAMES = frozenset({"__IMTCONN__", "account", "makeConnectionId", "oAuthAccount"})
"""Parameter names that hold a connection id even without a schema saying so."""


INPUT = re.compile(r"\{\{\s*var\.input\.([\w-]+)\s*\}\}")
"""The one expression that may stand for a connection: an input of the scenario."""


def connection_ids(module: dict[str, Json], inputs: Mapping[str, Value] | None = None) -> list[int]:
    """Connection ids named by the parameters of a module, in the order of the parameters.

    Args:
        module: The module as it stands in the blueprint.
        inputs: Scenario inputs; a parameter may name one of them instead of a connection.
    """
    parameters = members(module.get("parameters"))
    schema = items(members(module.get("metadata")).get("parameters"))
    typed = {
        str(field.get("name"))
        for field in map(members, schema)
        if str(field.get("type", "")).startswith("account")
    }
    named = [parameters[name] for name in parameters if name in typed | CONNECTION_NAMES]
    ids = [whole(_chosen(value, inputs or {})) for value in named]
    return [each for each in ids if each]


def _chosen(value: Json, inputs: Mapping[str, Value]) -> object:
    match = INPUT.fullmatch(value) if isinstance(value, str) else None
    return inputs.get(match[1]) if match else value


def check_connections(node: Node, ports: Ports, inputs: Mapping[str, Value] | None = None) -> None:
    """Check at initialization that every connection exists and is authorized.

    Raises:
        ModuleError: `AccountValidationError` for an expired authorization,
            `InvalidConfigurationError` for a connection that does not exist.
    """
    for ident in connection_ids(node.raw, inputs):
        require_connection(ident, ports)


def require_connection(ident: int, ports: Ports) -> None:
    """Check that a connection exists and is authorized.

    Raises:
        ModuleError: As `check_connections`.
    """
    state = ports.connection(ident)
    if state is ConnectionState.MISSING:
        raise ModuleError("InvalidConfigurationError", f"Connection {ident} does not exist.")
    if state is ConnectionState.EXPIRED:
        message = "The connection is no longer authorized. Reauthorize it and try again."
        raise ModuleError("AccountValidationError", message)


def reach_services(node: Node, ports: Ports, inputs: Mapping[str, Value] | None = None) -> None:
    """Check before an operation that the services behind the connections answer.

    Raises:
        ModuleError: `ConnectionError` when one is broken; error handlers may catch it.
    """
    for ident in connection_ids(node.raw, inputs):
        if ports.connection(ident) is ConnectionState.BROKEN:
            raise ModuleError(
                "ConnectionError", "The service behind the connection is unreachable."
            )
