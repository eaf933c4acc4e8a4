"""`python -m make_mcp_analytics` is the command `make-mcp-analytics`."""

from make_mcp_analytics import main

main()
