"""One call of a tool, from raw arguments to a rendered answer."""
