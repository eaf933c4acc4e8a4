"""Explaining a failed run (API reference, chapter 2.5), by a table instead of a model.

What upstream failures answer with (502, 503) does not happen here: nothing is asked upstream;
install a fault to see them.
"""

import json
from typing import Any, cast

from make_api_sandbox.agents import LABEL
from make_api_sandbox.http.access import is_team_visible
from make_api_sandbox.http.body import Member, anything, integer, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_team, nowhere
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.shapes import JsonObject


def _identifier_fault(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if whole else "should be a positive integer"


BODY = members(
    errorMessage=text(10_000, 1),
    blueprint=anything().optional(),
    errorModuleId=integer(1).optional(),
    scenarioId=Member(_identifier_fault).optional(),
    executionId=text().optional(),
    suberrors=Member(
        lambda value: (
            list_of(text(5_000)).fault(value)
            or ("should NOT have more than 50 items" if len(value) > 50 else None)
        )
    ).optional(),
    errorType=text(500).optional(),
)

CAUSES = {
    "BundleValidationError": (
        "A value that the module needs is missing or has another type than the module expects.",
        "Run the scenario once and compare the input of the module with what it expects; map the"
        " missing field, or give it a default with ifempty.",
    ),
    "RuntimeError": (
        "The service behind the module refused the request or answered with an error.",
        "Read the message of the service, correct the request, and add an error handler if the"
        " refusal is to be expected.",
    ),
    "DataError": (
        "The data that reached the module can not be processed as they are.",
        "Look at the bundle that failed and put a filter or a conversion in front of the module.",
    ),
    "ConnectionError": (
        "The service could not be reached.",
        "Try again later; store incomplete executions, or add a Break handler, so that the run is"
        " repeated by itself.",
    ),
    "RateLimitError": (
        "The service takes fewer requests in this time than the scenario sends.",
        "Lengthen the interval of the scenario, or add a Sleep module in front of this one.",
    ),
    "InvalidConfigurationError": (
        "The module is not set up completely, or something it needs was removed.",
        "Open the module, choose its connection and fill the fields marked as required.",
    ),
    "InvalidAccessTokenError": (
        "The authorization of the connection is no longer valid.",
        "Reauthorize the connection and switch the scenario on again.",
    ),
    "AccountValidationError": (
        "The authorization of the connection is no longer valid.",
        "Reauthorize the connection and switch the scenario on again.",
    ),
    "IncompleteDataError": (
        "The service has not finished preparing the data.",
        "Run the scenario again later.",
    ),
    "DuplicateDataError": (
        "The service already has the record.",
        "Search for the record first and update it if it exists.",
    ),
    "OutOfSpaceError": (
        "There is no room left where the module writes to.",
        "Delete what is not needed any more, or enlarge the store.",
    ),
    "MaxFileSizeExceededError": (
        "The file is larger than the plan allows.",
        "Make the file smaller, or change the plan.",
    ),
    "ModuleTimeoutError": (
        "The service took longer to answer than the module waits.",
        "Ask for less data at once, or add a Break handler.",
    ),
    "OperationsLimitExceededError": (
        "The organization has used up what its plan includes.",
        "Wait for the reset of the usage, or buy more.",
    ),
    "DataSizeLimitExceededError": (
        "More data were moved than the plan or the module allows.",
        "Process less data in one run.",
    ),
    "MaxResultsExceededError": (
        "The module returned more bundles than it may.",
        "Lower its limit, or search more narrowly.",
    ),
}
"""Why errors of a name happen, and what to do about them."""

UNKNOWN = (
    "The name of the error is not given, or not one of Make's own.",
    "Open the execution in the history and look at the module that failed.",
)


def _scenario_of_body(call: Call) -> None:
    """The team of the scenario in the body, when it names one."""
    ident = call.body.get("scenarioId")
    if ident is None:
        return nowhere(call)
    scenario = call.world.get("scenarios", ident)
    team = call.world.get("teams", scenario["team_id"]) if scenario else None
    if team is None or not is_team_visible(call.world, call.user_id, team):
        raise not_found("Scenario")
    enter_team(call, team["id"])
    call.entity = cast(JsonObject, scenario)
    return None


@route(
    "POST",
    "/ai-error-analysis",
    scope="scenarios:read",
    context=_scenario_of_body,
    permission="",
    body=BODY,
)
def analyze_error(call: Call) -> JsonObject:
    """Say what happened, why, and what to do next."""
    why, next_step = CAUSES.get(_error_type(call.body), UNKNOWN)
    details = " ".join(call.body.get("suberrors", []))
    what = f'{_module(call)} failed with "{call.body["errorMessage"]}". {details}'.strip()
    analysis = {"whatHappened": what, "whyItHappened": why, "whatToDoNext": next_step}
    return {"analysis": {name: f"{LABEL} {said}" for name, said in analysis.items()}}


def _error_type(body: JsonObject) -> str:
    """The name of the error: given, or found in the message."""
    given = str(body.get("errorType", ""))
    named = (name for name in CAUSES if name in str(body["errorMessage"]))
    return given if given in CAUSES else next(named, "")


def _module(call: Call) -> str:
    ident = call.body.get("errorModuleId")
    if ident is None:
        return "The scenario"
    blueprint = _blueprint(call)
    found = (one for one in all_modules(blueprint) if one.get("id") == ident)
    slug = next((str(one.get("module")) for one in found), None)
    return f"Module {ident} ({slug})" if slug else f"Module {ident}"


def _blueprint(call: Call) -> JsonObject:
    """The blueprint given, as an object or as text, else that of the scenario."""
    given = call.body.get("blueprint")
    try:
        parsed: Any = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return cast(JsonObject, parsed)
    return call.entity.get("blueprint") or {}
