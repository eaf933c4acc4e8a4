"""The category itself, in a module of its own so that every part can add tools to it."""

from make_mcp_base.authoring import Category

category = Category("custom_apps", "Custom apps of your own, and custom IML functions of teams.")
