"""Failed runs explained, by a table instead of a model."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

LABEL = "[Sandbox stand-in, no model]"


async def test_an_error_is_explained(studio: "Studio") -> None:
    scenario = studio.scenario("Post", {"module": "slack:CreateMessage"})
    body = {
        "errorMessage": "Too many requests",
        "errorType": "RateLimitError",
        "errorModuleId": 1,
        "scenarioId": scenario,
        "suberrors": ["Wait a minute."],
    }
    analysis = (await studio.post("/ai-error-analysis", body))["analysis"]
    assert set(analysis) == {"whatHappened", "whyItHappened", "whatToDoNext"}
    assert analysis["whatHappened"] == (
        f'{LABEL} Module 1 (slack:CreateMessage) failed with "Too many requests". Wait a minute.'
    )
    assert "fewer requests" in analysis["whyItHappened"]
    assert all(text.startswith(LABEL) for text in analysis.values())


async def test_an_error_is_explained_by_a_blueprint_alone(studio: "Studio") -> None:
    blueprint = {"flow": [{"id": 4, "module": "http:MakeRequest", "version": 4}]}
    for given in (blueprint, json.dumps(blueprint)):
        body = {"errorMessage": "ConnectionError", "blueprint": given, "errorModuleId": 4}
        analysis = (await studio.post("/ai-error-analysis", body))["analysis"]
        assert "Module 4 (http:MakeRequest)" in analysis["whatHappened"]
        assert "could not be reached" in analysis["whyItHappened"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"errorMessage": "x" * 10_001}, 400),
        ({"errorMessage": "x", "suberrors": ["x"] * 51}, 400),
        ({"errorMessage": "x", "suberrors": ["x" * 5001]}, 400),
        ({"errorMessage": "x", "errorModuleId": 0}, 400),
        ({"errorMessage": "x", "errorType": "x" * 501}, 400),
        ({"errorMessage": "x", "scenarioId": 999}, 404),
    ],
)
async def test_an_analysis_that_can_not_be_made_is_refused(
    studio: "Studio", body: dict[str, Any], status: int
) -> None:
    assert (await studio.call("POST", "/ai-error-analysis", body)).status_code == status


async def test_the_scenario_of_another_team_is_not_explained(studio: "Studio") -> None:
    scenario = studio.scenario("Post", {"module": "slack:CreateMessage"}, team_id=2)
    body = {"errorMessage": "x", "scenarioId": scenario}
    assert (await studio.call("POST", "/ai-error-analysis", body)).status_code == 404
    none = studio.token("teams:read")
    assert (await studio.call("POST", "/ai-error-analysis", body, token=none)).status_code == 403
