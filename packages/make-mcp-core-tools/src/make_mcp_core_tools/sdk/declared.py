"""The category itself, in a module of its own so that every part can add tools to it."""

from make_mcp_base.authoring import Category

category = Category("sdk", "Components of custom apps, installed apps, upgrades to new versions.")
