"""Connections, hooks and credential requests: how scenarios reach the world and are reached."""

from make_mcp_core_tools.connections import (
    connections,
    creating,
    credential_asking,
    credential_requests,
    diagnosis,
    hook_learning,
    hook_queues,
    hook_testing,
    hooks,
    replacing,
    types,
    usage,
    verifying,
)
from make_mcp_core_tools.connections.declared import category

__all__ = [
    "category",
    "connections",
    "creating",
    "credential_asking",
    "credential_requests",
    "diagnosis",
    "hook_learning",
    "hook_queues",
    "hook_testing",
    "hooks",
    "replacing",
    "types",
    "usage",
    "verifying",
]
