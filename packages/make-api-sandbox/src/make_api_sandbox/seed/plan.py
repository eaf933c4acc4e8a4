"""What the seed knows about a scenario before it exists: its flow, when it runs, how it fares."""

from collections.abc import Callable
from dataclasses import dataclass, field

from make_api_sandbox.engine.values import Json, Module
from make_api_sandbox.seed.assets import Assets

Flow = Callable[[Assets], list[Module]]
"""Builds the modules of a scenario from the assets that exist."""

WORKING_DAYS: list[Json] = [1, 2, 3, 4, 5]
OFFICE: list[Json] = [{"days": WORKING_DAYS, "time": ["07:00", "19:00"]}]


@dataclass(frozen=True)
class Timing:
    """When a scenario runs.

    Args:
        scheduling: Make's scheduling object.
        per_day: Mean runs a working day, for those that run when they are called.
    """

    scheduling: dict[str, Json]
    per_day: float = 0

    @property
    def called(self) -> bool:
        """True for scenarios that no clock starts."""
        return self.scheduling["type"] in ("immediately", "on-demand")


def by_hook(per_day: float) -> Timing:
    """At every request."""
    return Timing({"type": "immediately", "maximum_runs_per_minute": 100}, per_day)


def on_demand(per_day: float) -> Timing:
    """When someone or something calls it."""
    return Timing({"type": "on-demand"}, per_day)


def every(minutes: int, *, office: bool = False) -> Timing:
    """At an interval; `office` keeps it to working hours."""
    scheduling: dict[str, Json] = {"type": "indefinitely", "interval": minutes * 60}
    return Timing({**scheduling, "restrict": OFFICE} if office else scheduling)


def daily(time: str) -> Timing:
    """Every day."""
    return Timing({"type": "daily", "time": time})


def weekly(time: str, *days: int) -> Timing:
    """On some days of the week, 0 is Sunday."""
    return Timing({"type": "weekly", "time": time, "days": list[Json](days)})


def monthly(time: str, *days: int) -> Timing:
    """On some days of the month."""
    return Timing({"type": "monthly", "time": time, "days": list[Json](days)})


@dataclass(frozen=True)
class Earlier:
    """A former version of a scenario.

    Args:
        flow: What it was.
        until: Days ago on which the next version replaced it.
        by: Who replaced it.
    """

    flow: Flow
    until: float
    by: str


@dataclass(frozen=True)
class Plan:
    """One scenario.

    Args:
        slug: The word the seed knows it by.
        name: As shown; the company writes `TEAM-NN Subject`.
        folder: Folder of its team, or "" for none.
        author: Who made it.
        flow: Its modules.
        timing: When it runs.
        settings: Where the scenario settings differ from the defaults.
        inputs: Declared inputs in the short form.
        outputs: Declared outputs in the short form.
        items: Fewest and most bundles its trigger delivers.
        idle: Share of scheduled runs that find nothing.
        errors: Share of runs that fail by chance.
        pace: Median seconds an operation takes.
        age: Days since it was made.
        active: Whether it is switched on today.
        ended: Days since its last run, for those that no longer run.
        earlier: Former versions, oldest first.
        notes: Sticky notes.
        invalid: Whether Make marks it as invalid.
        description: As shown.
    """

    slug: str
    name: str
    folder: str
    author: str
    flow: Flow
    timing: Timing
    settings: dict[str, Json] = field(default_factory=dict[str, Json])
    inputs: str = ""
    outputs: str = ""
    items: tuple[int, int] = (1, 1)
    idle: float = 0
    errors: float = 0
    pace: float = 0.4
    age: float = 200
    active: bool = True
    ended: float = 0
    earlier: tuple[Earlier, ...] = ()
    notes: tuple[str, ...] = ()
    invalid: bool = False
    description: str = ""

    @property
    def team(self) -> str:
        """The team, by the word the seed knows it by."""
        return self.slug.partition(".")[0]
