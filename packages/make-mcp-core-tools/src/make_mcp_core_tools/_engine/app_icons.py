"""Icons of custom apps: PNG pictures of 512 by 512 pixels (Make API reference, chapter 2.30)."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING

from make_mcp_base.client.failures import NotFound

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.custom_apps import Place

SIDE = 512
_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


async def icon_or_none(make: Make, place: Place, size: int = SIDE) -> str | None:
    """Read the icon of an app as base64; None while it has none."""
    try:
        return base64.b64encode(await make.raw(f"{place.path}/icon/{size}")).decode()
    except NotFound:
        return None


def png_size(text: str) -> tuple[int, int] | None:
    """Give width and height in pixels of a PNG in base64; None when it is none."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not data.startswith(_HEAD) or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)
