"""The kernel of the make-mcp servers."""
