"""Monitoring, analytics and governance of Make.com."""
