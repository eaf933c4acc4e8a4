"""`python -m make_mcp_core` is the command `make-mcp-core`."""

from make_mcp_core import main

main()
