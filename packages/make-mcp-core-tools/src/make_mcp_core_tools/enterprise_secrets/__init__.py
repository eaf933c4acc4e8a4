"""Secrets: keys in Make, leaks, and a secret manager as the source they are rotated from."""

from make_mcp_core_tools.enterprise_secrets import (
    api_tokens,
    backend,
    bindings,
    dynamic,
    keys,
    leaks,
    policies,
    posture,
    rotation,
    vault_values,
)
from make_mcp_core_tools.enterprise_secrets.declared import category

__all__ = [
    "api_tokens",
    "backend",
    "bindings",
    "category",
    "dynamic",
    "keys",
    "leaks",
    "policies",
    "posture",
    "rotation",
    "vault_values",
]
