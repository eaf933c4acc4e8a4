"""Mobile devices that start scenarios or are reached by them. Make API reference, chapter 2.15."""

from make_mcp_base.authoring import Make, Output, Page, PageInput, TeamId, page_of
from pydantic import BaseModel

from make_mcp_core_tools.connections.declared import category

# Inputs


class ListDevices(PageInput):
    team_id: TeamId | None = None
    assigned: bool | None = None
    """true: only devices that scenarios use; false: only those none uses."""
    can: list[str] = []
    """Only devices with all of these abilities, such as `geolocation`, `sms`, `scanner`."""


# Outputs


class Device(Output):
    id: int
    name: str
    can: list[str] = []
    scenario_ids: list[int] = []
    queue: int = 0
    """Messages that wait."""
    gone: bool | None = None
    """True when the app no longer answers."""
    model: str | None = None


class Devices(Page):
    devices: list[Device]


# Make's answers


class Model(BaseModel):
    brand: str = ""
    model: str = ""


class RawDevice(Output):
    id: int
    name: str
    scope: list[str] = []
    gone: bool = False
    queue_count: int = 0
    scenario_id: list[int] | int | None = None
    info: Model | None = None


# Tools


@category.tool(
    scope="devices:read", effect="read", formerly=("devices_list",), words=("phone", "mobile app")
)
async def device_list(make: Make, args: ListDevices) -> Devices:
    """List the mobile devices of a team: what they can do, who uses them, what waits for them.

    Devices are paired in Make's mobile app; the API cannot add one.
    """
    query = {"teamId": args.team_id, "assigned": args.assigned, "scope": args.can or None}
    rows = await make.all("/devices", query, key="devices", item=RawDevice)
    page, more = page_of([_shown(row) for row in rows], args)
    return Devices(devices=page, **more)


def _shown(raw: RawDevice) -> Device:
    """Show a device; its scenarios come as one id or as a list (chapter 2.15)."""
    used = raw.scenario_id
    return Device(
        id=raw.id,
        name=raw.name,
        can=raw.scope,
        scenario_ids=used if isinstance(used, list) else [] if used is None else [used],
        queue=raw.queue_count,
        gone=raw.gone or None,
        model=f"{raw.info.brand} {raw.info.model}".strip() or None if raw.info else None,
    )
