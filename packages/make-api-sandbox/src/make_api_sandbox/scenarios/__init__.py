"""Scenarios: their documents, their runs, their history and what was left incomplete."""
