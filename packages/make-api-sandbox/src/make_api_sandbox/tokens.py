"""Credentials of a world."""

import hashlib
from collections.abc import Sequence

from make_api_sandbox.world import World, uuid_form

EVERYTHING = ["*"]
"""Scopes of a token that may do whatever its user may."""

OWNER_TOKEN = uuid_form(hashlib.sha256(b"make-api-sandbox owner").digest())
"""The ready-made token of every world's owner: the same everywhere, so configurations survive a
reset. It guards nothing but made-up data."""


def owner_id(world: World) -> int:
    """The user the ready-made token belongs to: the earliest one."""
    return world.value("SELECT min(id) FROM users")


def mint(
    world: World,
    user_id: int,
    scopes: Sequence[str],
    *,
    label: str,
    expires: str | None = None,
    token: str | None = None,
) -> str:
    """Make a token for a user.

    Args:
        world: Where.
        user_id: Whose.
        scopes: What it may be used for; `*` for everything.
        label: Its name in the list of tokens.
        expires: ISO 8601 time from which it is refused.
        token: Its text; a fresh UUID when absent.

    Returns:
        The text to send in `Authorization: Token …`.
    """
    text = token or world.fresh_uuid()
    world.insert(
        "tokens",
        token=text,
        user_id=user_id,
        label=label,
        scopes=list(scopes),
        created=world.clock.stamp(),
        expires=expires,
    )
    return text


def ensure_owner_token(world: World) -> str:
    """The token that may do everything, made if it is not there yet."""
    if world.row("SELECT 1 FROM tokens WHERE token = ?", OWNER_TOKEN) is None:
        mint(world, owner_id(world), EVERYTHING, label="sandbox", token=OWNER_TOKEN)
    return OWNER_TOKEN
