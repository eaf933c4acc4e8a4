"""The schedule beside the flow."""

import pytest
from make_blueprint.document import Blueprint, JsonObject

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.patching.checked import GOOD_SCHEDULES, patched, refused


@pytest.mark.parametrize("scheduling", GOOD_SCHEDULES)
def test_the_schedule_beside_the_flow_is_set_replaced_and_left_alone(
    scheduling: JsonObject,
) -> None:
    op: JsonObject = {"op": "reschedule", "scheduling": scheduling}
    result = patched(blueprint(module(1)), op)
    assert list(result.blueprint) == ["name", "flow", "metadata", "scheduling"]
    assert result.blueprint["scheduling"] == scheduling == result.scheduling
    assert result.changed == []
    bundled: Blueprint = {"scheduling": {"type": "once", "x": 1}, **blueprint(module(1))}
    replaced = patched(bundled, op).blueprint
    assert (next(iter(replaced)), replaced["scheduling"]) == ("scheduling", scheduling)
    assert patched(replaced, op).inverse == []
    assert patched(bundled, {"op": "rename_module", "module": 1, "name": "N"}).scheduling is None


@pytest.mark.parametrize(
    ("scheduling", "member", "reason"),
    [
        ({}, "type", "on-demand"),
        ({"type": "hourly"}, "type", "'hourly'"),
        ({"type": ["daily"]}, "type", "yearly"),
        ({"type": "indefinitely"}, "interval", "60"),
        ({"type": "indefinitely", "interval": 59}, "interval", "60"),
        ({"type": "indefinitely", "interval": "900"}, "interval", "whole number"),
        ({"type": "indefinitely", "interval": True}, "interval", "whole number"),
        ({"type": "daily", "time": "24:00"}, "time", "08:30"),
        ({"type": "daily", "time": 8}, "time", "08:30"),
        ({"type": "daily", "time": "08:30", "interval": 900}, "interval", "takes no"),
        ({"type": "once", "date": "2026-03-01"}, "date", "offset"),
        ({"type": "once", "date": "2026-02-30T00:00:00Z"}, "date", "offset"),
        ({"type": "once", "date": 5}, "date", "offset"),
        ({"type": "weekly", "time": "08:30", "days": [7]}, "days", "Sunday"),
        ({"type": "weekly", "time": "08:30", "days": []}, "days", "Sunday"),
        ({"type": "monthly", "time": "08:30", "days": [0]}, "days", "1 to 31"),
        ({"type": "yearly", "time": "08:30", "days": [1], "months": 2}, "months", "1 to 12"),
        ({"type": "on-demand", "between": ["2026-03-01"]}, "between", "two dates"),
        ({"type": "on-demand", "restrict": {}}, "restrict", "windows"),
        ({"type": "on-demand", "restrict": [5]}, "restrict", "windows"),
        ({"type": "on-demand", "restrict": [{"time": ["9", "17:00"]}]}, "restrict", "windows"),
        ({"type": "on-demand", "maximum_runs_per_minute": 0}, "maximum_runs_per_minute", "10000"),
    ],
)
def test_a_schedule_that_make_has_not_is_refused(
    scheduling: JsonObject, member: str, reason: str
) -> None:
    op: JsonObject = {"op": "reschedule", "scheduling": scheduling}
    problems = refused(blueprint(module(1)), op)
    assert problems[0].startswith(f"ops[0].scheduling.{member}: ")
    assert reason in problems[0]
