"""The HTTP layer: routes, errors, columns, paging, bodies and limits, each fact in one module."""
