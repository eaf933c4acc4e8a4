"""`python -m make_mcp_legacy` is the command `make-mcp-legacy`."""

from make_mcp_legacy import main

main()
