"""Secrets: keys in Make, leaks, and a secret manager as the source they are rotated from."""

from make_mcp_core_tools.enterprise_secrets.declared import category

__all__ = ["category"]
