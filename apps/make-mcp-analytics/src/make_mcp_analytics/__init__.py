"""MCP server for Make.com: monitoring, analytics and governance."""
