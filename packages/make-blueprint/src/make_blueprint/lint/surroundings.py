"""Surroundings: what is known of the account a blueprint is to run in.

A blueprint names connections, hooks and stores by id only. Whoever knows the account tells what
stands behind the ids; None means that it is not known, and rules that need it stay silent. An
empty mapping means that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from make_blueprint.document import JsonObject
from make_blueprint.lint.rule import Need


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection: its name, its type (`google`), and the OAuth scopes it was granted."""

    name: str = ""
    type: str = ""
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook or mailhook.

    Attributes:
        name: Its name.
        type: `gateway-webhook`, `gateway-mailhook` or the type of an app.
        scenario_id: The scenario that listens to it, or None.
        url: Its address, or "" when it is not known.
        guarded: Whether it asks for an API key or knows its callers' addresses.
    """

    name: str = ""
    type: str = ""
    scenario_id: int | None = None
    url: str = ""
    guarded: bool | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A key, device, agent or data structure: its name and type."""

    name: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class DataStore:
    """A data store: its name and the fields of its structure, None without a structure."""

    name: str = ""
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class OtherScenario:
    """Another scenario of the team, as a caller needs to know it.

    Attributes:
        name: Its name.
        active: Whether it is switched on.
        on_demand: Whether its schedule is `on-demand`.
        inputs: Declared inputs, name to whether it is required; None when not known.
        outputs: Declared outputs; None when not known.
        calls: Ids of the scenarios it calls.
    """

    name: str = ""
    active: bool = True
    on_demand: bool = True
    inputs: Mapping[str, bool] | None = None
    outputs: tuple[str, ...] | None = None
    calls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What the organization's plan allows.

    Attributes:
        minimum_interval: Shortest interval between runs, in seconds.
        execution_minutes: Longest run, in minutes.
        monthly_credits: Credits of a month, or None.
    """

    minimum_interval: int | None = None
    execution_minutes: int | None = None
    monthly_credits: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the blueprint; every member may be unknown.

    Attributes:
        scheduling: The scenario's schedule (Make API reference, chapter 1.14).
        interface: Its declared `{input, output}` fields.
        connections: By id. Likewise the other objects.
        functions: Names of the custom functions.
        variables: Names of custom variables, `team.<name>` and `organization.<name>`.
        plan: What the plan allows.
        zone: Host of the zone it will run in, `eu1.make.com`.
        environment: Value wanted by field name (`spreadsheetId`) or by `<app>.<field>`.
        scenario_id: Id of the scenario the blueprint belongs to.
        publication: Whether the blueprint is meant to be handed to strangers.
        module_scopes: OAuth scopes that modules need, by their full names.
        now: The time, ISO 8601 with zone; schedules in the past are told against it.
    """

    scheduling: JsonObject | None = None
    interface: JsonObject | None = None
    connections: Mapping[int, Connection] | None = None
    hooks: Mapping[int, Hook] | None = None
    keys: Mapping[int, Named] | None = None
    data_stores: Mapping[int, DataStore] | None = None
    data_structures: Mapping[int, Named] | None = None
    scenarios: Mapping[int, OtherScenario] | None = None
    agents: Mapping[str, Named] | None = None
    devices: Mapping[int, Named] | None = None
    functions: frozenset[str] | None = None
    variables: frozenset[str] | None = None
    plan: Plan | None = None
    zone: str | None = None
    environment: Mapping[str, str] | None = None
    scenario_id: int | None = None
    publication: bool | None = None
    module_scopes: Mapping[str, tuple[str, ...]] | None = None
    now: str | None = None

    def knows(self, need: Need) -> bool:
        """Tell whether something is known."""
        return getattr(self, need) is not None

    def known(self) -> tuple[str, ...]:
        """Name what is known."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)


NOTHING = Surroundings()
"""Nothing but the blueprint is known."""
