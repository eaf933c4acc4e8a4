"""Tasks of this repository: tool pages, wheels, releases."""
