"""Monitoring, analytics and governance of Make.com.

This version holds no category yet: the server starts, answers its own tools and says which
categories are planned.
"""

from make_mcp_base.definition.bundle import Bundle

bundle = Bundle("analytics", package="make_mcp_analytics_tools", title="Analytics and governance")
