"""The company's mobile devices and the messages in their queues."""

from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json
from make_api_sandbox.resources.device_queues import INCOMING, OUTGOING, enqueue
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

ANDROID = ("Android", "Zebra", "TC26", "13", "2.0.1")
IPHONE = ("iOS", "Apple", "iPhone", "18.3", "2.0.3")
INFO = ("os", "brand", "model", "osversion", "appversion")


@dataclass(frozen=True)
class Message:
    """One message; `hours` is how long it has waited."""

    direction: str
    scope: str
    data: dict[str, Json]
    hours: float


@dataclass(frozen=True)
class DevicePlan:
    """One device; `scope` lists what its app offers."""

    team: str
    name: str
    scope: str
    kind: tuple[str, ...]
    gone: bool = False
    messages: tuple[Message, ...] = ()


PLANS = (
    DevicePlan(
        "operations",
        "Warehouse handheld 1",
        "scan button photo_taken",
        ANDROID,
        messages=(
            Message(INCOMING, "button", {}, 5.5),
            Message(INCOMING, "button", {}, 3.2),
            Message(INCOMING, "button", {}, 0.4),
        ),
    ),
    DevicePlan("operations", "Warehouse handheld 2", "scan button photo_taken", ANDROID),
    DevicePlan("operations", "Old dock phone", "scan", ANDROID, gone=True),
    DevicePlan(
        "sales",
        "Field sales phone",
        "call new_contact save_contact new_geofencing_event apn",
        IPHONE,
        messages=(
            Message(INCOMING, "call", {"from": "+12025550143"}, 1.5),
            Message(OUTGOING, "call", {"to": "+12025550187"}, 0.7),
        ),
    ),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the devices and their messages."""
    for plan in PLANS:
        device = world.insert(
            "devices",
            team_id=directory.teams[plan.team],
            name=plan.name,
            udid=world.fresh_udid(),
            scopes=plan.scope.split(),
            info=dict(zip(INFO, plan.kind, strict=True)),
            gone=plan.gone,
        )
        for one in plan.messages:
            came = stamp(world.clock.now() - timedelta(hours=one.hours))
            enqueue(world, device, one.direction, one.scope, one.data, created=came)
