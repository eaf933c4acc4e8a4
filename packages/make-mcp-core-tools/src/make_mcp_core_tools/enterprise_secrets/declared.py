"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "enterprise_secrets",
    "Keys in Make, leaked secrets, and rotation from a Vault or OpenBao server.",
)
