"""Read, check, edit, compare and merge Make.com scenario blueprints."""
