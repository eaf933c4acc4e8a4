"""Passwords of people, kept as salted digests.

Everybody begins with `FIRST_PASSWORD`, the same in every world. It guards nothing but made-up data:
the API is reached with tokens, and the sandbox has no log-in.
"""

import hashlib
import hmac

from make_api_sandbox.world import World

FIRST_PASSWORD = "Sandbox-password-1"
ROUNDS = 1000
"""Few, since these passwords are worth nothing."""


def is_right(world: World, user_id: int, password: str) -> bool:
    """Tell whether this is a person's password."""
    row = world.row("SELECT * FROM passwords WHERE user_id = ?", user_id)
    if row is None:
        return hmac.compare_digest(password.encode(), FIRST_PASSWORD.encode())
    return hmac.compare_digest(_digest(password, row["salt"]), row["digest"])


def set_password(world: World, user_id: int, password: str) -> None:
    """Give a person a new password."""
    salt = world.fresh_hex()
    world.execute(
        "INSERT INTO passwords VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET salt = excluded.salt, digest = excluded.digest",
        user_id,
        salt,
        _digest(password, salt),
    )


def fault(password: str) -> str | None:
    """What a new password lacks: 9 characters, an upper-case letter, a digit, a special one."""
    if len(password) < 9:
        return "should NOT have fewer than 9 characters"
    if not any(letter.isupper() for letter in password):
        return "should hold an upper-case letter"
    if not any(letter.isdigit() for letter in password):
        return "should hold a digit"
    if password.isalnum():
        return "should hold a special character"
    return None


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ROUNDS).hex()
