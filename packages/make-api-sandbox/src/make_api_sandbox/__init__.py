"""A local Make.com API with living scenarios."""
