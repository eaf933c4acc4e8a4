"""The MCP server: both protocol eras, over stdio and Streamable HTTP."""
