"""What a tool, a category and a bundle are, and the catalog generated from them."""
