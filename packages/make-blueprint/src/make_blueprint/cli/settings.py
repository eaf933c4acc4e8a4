"""Settings of `lint`: from the command line, from a TOML file, and about the account."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias, cast

from make_blueprint.cli.files import CommandError, read_bytes
from make_blueprint.document import JsonObject, JsonValue
from make_blueprint.lint import surroundings as known
from make_blueprint.lint.checking import Profile, rules
from make_blueprint.lint.surroundings import NOTHING, Surroundings
from make_blueprint.problem import Severity

SEVERITY_NAMES: tuple[Severity, ...] = ("error", "warning", "info")
CONFIG = "make-blueprint.toml"

_KEYS = ("select", "ignore", "severity", "fail-on")
_FAIL_ON = (*SEVERITY_NAMES, "never")
_Settings: TypeAlias = dict[str, Any]


def profile_from(options: argparse.Namespace) -> tuple[Profile, str]:
    """Put together the profile and from which severity on the command fails.

    The command line wins over the file.

    Raises:
        CommandError: A rule, a severity or a setting is not known.
    """
    told = _settings(options.config)
    select = options.select if options.select is not None else told.get("select")
    ignore = options.ignore if options.ignore is not None else told.get("ignore", [])
    severities = {**told.get("severity", {}), **_pairs(options.severity or [])}
    _check_rules([*(select or []), *ignore, *severities])
    for rule, severity in severities.items():
        if severity not in SEVERITY_NAMES:
            raise CommandError(f"{rule}={severity}: use {', '.join(SEVERITY_NAMES)}")
    chosen = None if select is None else frozenset(select)
    profile = Profile(chosen, frozenset(ignore), cast("dict[str, Severity]", severities))
    return profile, options.fail_on or told.get("fail-on", "error")


def surroundings_from(name: str | None) -> Surroundings:
    """Read what is known of the account from a JSON file.

    Its members are those of `Surroundings`; objects are given by id:
    `{"connections": {"7": {"name": "Mail", "type": "google"}}, "plan": {"minimum_interval": 900}}`.

    Raises:
        CommandError: The file cannot be read, or holds a member that is not known.
    """
    if name is None:
        return NOTHING
    try:
        data = cast("JsonValue", json.loads(read_bytes(name)))
        return _surroundings(data)
    except (ValueError, TypeError) as error:
        raise CommandError(f"{name}: {error}") from error


def _settings(name: str | None) -> _Settings:
    if name is None and not Path(CONFIG).is_file():
        return {}
    try:
        told = tomllib.loads(read_bytes(name or CONFIG).decode("utf-8"))
    except ValueError as error:
        raise CommandError(f"{name or CONFIG}: {error}") from error
    unknown = [key for key in told if key not in _KEYS]
    if unknown:
        raise CommandError(f"{name or CONFIG}: `{unknown[0]}` is none of {', '.join(_KEYS)}")
    if told.get("fail-on", "error") not in _FAIL_ON:
        raise CommandError(f"{name or CONFIG}: fail-on is one of {', '.join(_FAIL_ON)}")
    _check_shapes(told, name or CONFIG)
    return told


def _check_shapes(told: _Settings, name: str) -> None:
    for key in ("select", "ignore"):
        if not isinstance(told.get(key, []), list):
            raise CommandError(f'{name}: `{key}` is a list of rules, ["S16", "M"]')
    if not isinstance(told.get("severity", {}), dict):
        raise CommandError(f"{name}: `severity` is a table of rules and severities")


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    return {rule: severity for rule, _, severity in pairs}


def _check_rules(names: Iterable[object]) -> None:
    known_names = {name for rule in rules().values() for name in (rule.id, rule.name, rule.id[0])}
    for name in names:
        if name not in known_names:
            raise CommandError(f"there is no rule {name}; `make-blueprint lint --rules` lists them")


_SHAPES: dict[str, type] = {
    "connections": known.Connection,
    "hooks": known.Hook,
    "keys": known.Named,
    "data_stores": known.DataStore,
    "data_structures": known.Named,
    "scenarios": known.OtherScenario,
    "agents": known.Named,
    "devices": known.Named,
}


def _surroundings(data: JsonValue) -> Surroundings:
    if not isinstance(data, dict):
        raise TypeError("the surroundings are a JSON object")
    members = {each.name for each in fields(Surroundings)}
    unknown = [key for key in data if key not in members]
    if unknown:
        raise TypeError(f"`{unknown[0]}` is none of {', '.join(sorted(members))}")
    return Surroundings(**{key: _member(key, value) for key, value in data.items()})


def _member(key: str, value: JsonValue) -> Any:
    shape = _SHAPES.get(key)
    if shape is not None:
        by_id = cast("Mapping[str, JsonObject]", value or {})
        made = {number: shape(**_tuples(entry)) for number, entry in by_id.items()}
        return made if key == "agents" else {int(number): one for number, one in made.items()}
    if key in ("functions", "variables"):
        return frozenset(cast("list[str]", value))
    return known.Plan(**cast("dict[str, Any]", value)) if key == "plan" else value


def _tuples(entry: JsonObject) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
