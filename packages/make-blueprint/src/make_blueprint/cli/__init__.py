"""The command `make-blueprint`: the library for shells, pipelines, pre-commit and git."""
