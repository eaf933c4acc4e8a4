"""Acme's tools for Make, brought into any make-mcp server by installing this package."""

from make_mcp_base.definition.bundle import Bundle

bundle = Bundle("acme", package="acme_make_tools", title="Acme's own tools")
