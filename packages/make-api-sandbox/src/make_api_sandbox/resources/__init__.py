"""The plain resources of the API, one module each."""
