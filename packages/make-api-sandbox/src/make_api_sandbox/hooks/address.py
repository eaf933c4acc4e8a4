"""Where a hook is reached."""

from make_api_sandbox.shapes import Row


def address_of(hook: Row, zone: str, public_url: str | None) -> str:
    """The address of a hook as the API shows it.

    Args:
        hook: Its row.
        zone: Zone of its organization, such as `eu1.make.com`.
        public_url: Base under which the sandbox itself is reached; None shows Make's own form.
    """
    if hook["type"] == "mail":
        return f"{hook['udid']}@hook.{zone}"
    if public_url:
        return f"{public_url}/hook/{hook['udid']}"
    return f"https://hook.{zone}/{hook['udid']}"
