"""MCP server for Make.com: build, run and repair scenarios."""
