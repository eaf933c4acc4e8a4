"""The apps: a module of this package holds `APPS`."""
