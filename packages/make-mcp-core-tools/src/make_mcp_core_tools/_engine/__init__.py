"""What several categories know of Make's things: one concept a module, no tools."""
