"""The category its modules add tools to."""

from make_mcp_base.authoring import Category

category = Category(
    "blueprint_collaboration",
    "Versions of blueprints in Make and git: compare, merge, review, promote, back up, restore.",
)
