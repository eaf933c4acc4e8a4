"""All make-mcp tools in one server, and a launcher for both."""
