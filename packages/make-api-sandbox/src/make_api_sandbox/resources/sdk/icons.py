"""Icons of apps: a PNG of 512 by 512 pixels, also shown smaller (API reference, chapter 2.30)."""

from functools import lru_cache

from starlette.responses import Response

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, invalid_parameters, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, png
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.shapes import JsonObject

SIDE = 512
SIZES = (512, 256, 128, 64, 32, 16)
"""Sizes that are served; which ones Make serves is not documented, 512 is."""

MOST_BYTES = 524_288
"""Above it 413; that there is a bound is documented, its height is not."""


@route("GET", f"{VERSION}/icon/{{size}}", scope=READ, context=access.readable_version)
def get_icon(call: Call) -> Response:
    """The icon, no larger than asked; 404 while there is none."""
    size = call.path_id("size")
    if size not in SIZES:
        named = ", ".join(map(str, SIZES))
        raise invalid_parameters([("size", f"'size' should be one of: {named}.")])
    icon: bytes | None = call.entity["icon"]
    if icon is None:
        raise not_found("Icon")
    return Response(icon if size == SIDE else _small(icon, size), media_type="image/png")


@route("PUT", f"{VERSION}/icon", scope=WRITE, context=access.own_version)
def set_icon(call: Call) -> JsonObject:
    """Replace the icon.

    Pictures that the sandbox cannot make smaller are refused: interlaced ones, and those with
    fewer than 8 bits a sample.
    """
    if len(call.raw_body) > MOST_BYTES:
        raise ApiError(413, None, f"The icon is larger than {MOST_BYTES} bytes.")
    try:
        head = png.header(call.raw_body)
        if (head.width, head.height) != (SIDE, SIDE):
            raise ValueError(f"the picture has to be {SIDE} x {SIDE} pixels")
        png.check(call.raw_body)
    except ValueError as error:
        raise ApiError(400, "SC400", "Invalid icon.", detail=str(error)) from error
    call.world.update("sdk_apps", call.entity["id"], icon=call.raw_body)
    return {"changed": True}


@lru_cache(maxsize=64)
def _small(icon: bytes, size: int) -> bytes:
    return png.shrunk(icon, size)
