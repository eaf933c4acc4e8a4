"""Which connections a module uses, and whether they still work."""

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.plan import Node
from make_api_sandbox.engine.ports import ConnectionState, Ports
from make_api_sandbox.engine.values import Json, items, members, whole

CONNECTION_NAMES = frozenset({"__IMTCONN__", "account", "makeConnectionId", "oAuthAccount"})
"""Parameter names that hold a connection id even without a schema saying so."""


def connection_ids(module: dict[str, Json]) -> list[int]:
    """Connection ids named by the parameters of a module, in the order of the parameters."""
    parameters = members(module.get("parameters"))
    schema = items(members(module.get("metadata")).get("parameters"))
    typed = {
        str(field.get("name"))
        for field in map(members, schema)
        if str(field.get("type", "")).startswith("account")
    }
    ids = [whole(parameters[name]) for name in parameters if name in typed | CONNECTION_NAMES]
    return [each for each in ids if each]


def check_connections(node: Node, ports: Ports) -> None:
    """Check at initialization that every connection exists and is authorized.

    Raises:
        ModuleError: `AccountValidationError` for an expired authorization,
            `InvalidConfigurationError` for a connection that does not exist.
    """
    for ident in connection_ids(node.raw):
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


def reach_services(node: Node, ports: Ports) -> None:
    """Check before an operation that the services behind the connections answer.

    Raises:
        ModuleError: `ConnectionError` when one is broken; error handlers may catch it.
    """
    for ident in connection_ids(node.raw):
        if ports.connection(ident) is ConnectionState.BROKEN:
            raise ModuleError(
                "ConnectionError", "The service behind the connection is unreachable."
            )
