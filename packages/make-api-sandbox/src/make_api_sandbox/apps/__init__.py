"""Apps of the catalogue: what their modules take and give, and their remote procedures."""
