"""Webhooks and mailhooks: their administration and their addresses."""
