"""The code of an app as a whole: base, groups, install, common data, readme, icon."""

import base64
from typing import Any, ClassVar, Literal

from make_mcp_base.authoring import Failure, Input, Make, Output
from pydantic import Field

from make_mcp_core_tools._engine.app_code import section_text, shown_code
from make_mcp_core_tools._engine.custom_apps import READ, AppName, AppSection, Major, Place
from make_mcp_core_tools.custom_apps.declared import category

# Inputs


class GetSection(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    section: AppSection | Literal["icon"]
    """`base` is shared by all requests; `common` holds secrets, of which only names are shown."""
    size: Literal[16, 32, 64, 128, 256, 512] = 512
    """With `icon`: pixels."""
    max_bytes: int | None = Field(default=None, ge=1_000)
    """Size of the answer; the rest becomes a link."""


# Outputs


class SectionCode(Output):
    reveals: ClassVar[tuple[str, ...]] = ("content",)

    name: str
    version: int
    section: str
    content: str = ""
    """As it stands in Make, comments included; literal secrets are hidden."""
    png_base64: str | None = None
    """The icon."""


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=(
        "sdk-apps_get-section",
        "sdk-apps_get-docs",
        "sdk-apps_get-common",
        "sdk-apps_get-icon",
    ),
    words=("readme", "base url", "oauth client", "code"),
)
async def custom_app_section_get(make: Make, args: GetSection) -> SectionCode:
    """Show one code section of a custom app, its readme or its icon."""
    place = Place(args.name, args.version)
    head: dict[str, Any] = {"name": args.name, "version": args.version, "section": args.section}
    if args.section == "icon":
        return SectionCode(**head, png_base64=await _icon(make, place, args.size))
    text = await section_text(make, place, args.section)
    return SectionCode(**head, content=shown_code(args.section, text))


# Parts


async def _icon(make: Make, place: Place, size: int) -> str:
    client: Any = getattr(make.api, "client", None)
    if client is None:
        raise Failure(
            "There is no connection to Make.",
            next_step="Call `health_check`.",
            code="not_connected",
        )
    answer = await client.request("GET", f"{place.path}/icon/{size}", scope=READ)
    return base64.b64encode(answer.body).decode()
