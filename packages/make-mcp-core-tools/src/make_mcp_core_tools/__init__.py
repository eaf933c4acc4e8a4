"""Interactive Make.com tools."""
