"""Implementations of Make's own modules, one file a family."""
