"""The command line, the same in every app."""
