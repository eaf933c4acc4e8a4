"""What an organization has bought: the licence of each plan.

Limits are those of Make API reference, chapters 1.20 and 1.21. Where it gives a range or nothing,
the sandbox chooses: credits a month (1,000 on Free, 10,000 on Core and Pro, 20,000 on Teams,
100,000 on Enterprise), transfer, queue and storage in proportion to them, and a year of audit logs
on Enterprise.
"""

from typing import Literal, get_args

from make_api_sandbox.engine.values import Json

Plan = Literal["free", "core", "pro", "teams", "enterprise"]
PLANS: tuple[Plan, ...] = get_args(Plan)

MEBIBYTE = 1_048_576
CREDITS: dict[Plan, int] = {
    "free": 1_000,
    "core": 10_000,
    "pro": 10_000,
    "teams": 20_000,
    "enterprise": 100_000,
}
API_CALLS: dict[Plan, int] = {"free": 30, "core": 60, "pro": 120, "teams": 240, "enterprise": 1_000}
"""Calls a minute."""

STORES: dict[Plan, int] = {"core": 10, "pro": 10, "teams": 40, "enterprise": 200}
"""Data stores, and mebibytes in them."""

FILES: dict[Plan, int] = {"core": 100, "pro": 250, "teams": 500, "enterprise": 1_000}
"""Mebibytes of a file."""

FREE: dict[str, Json] = {
    "transfer": 512 * MEBIBYTE,
    "teams": 1,
    "scenarios": 2,
    "dslimit": 1,
    "dsslimit": MEBIBYTE,
    "fslimit": 5 * MEBIBYTE,
    "iolimit": 50,
    "dlqStorage": MEBIBYTE,
    "interval": 15,
    "retention": 7,
    "executionTime": 5,
    "priority": "low",
}
"""One team, two active scenarios, one data store."""

FEATURES: dict[Plan, dict[str, Json]] = {
    "free": {"fulltext": False, "creatingTemplates": False},
    "core": {"priority": "medium", "teams": 1},
    "pro": {"priority": "high", "fulltext": True, "creatingTemplates": True, "teams": 1},
    "teams": {
        "priority": "high",
        "fulltext": True,
        "creatingTemplates": True,
        "auditLogsDays": 30,
        "teamOperationsLimits": True,
    },
    "enterprise": {
        "retention": 60,
        "priority": "high",
        "fulltext": True,
        "creatingTemplates": True,
        "webhookLogRetentionDays": 30,
        "auditLogsDays": 365,
        "teamOperationsLimits": True,
        "customFunctions": True,
        "customProperties": 100,
        "analyticsAccess": True,
        "onPremAgent": True,
        "dedicatedSso": True,
        "dynamicDependencies": True,
        "dynamicConnections": True,
        "scenarioRelationTree": True,
    },
}


def licence_of(plan: Plan) -> dict[str, Json]:
    """The `license` object of an organization on a plan."""
    bought = FREE if plan == "free" else _paid(plan)
    common: dict[str, Json] = {
        "restartPeriod": "1 month",
        "operations": CREDITS[plan],
        "apiLimit": API_CALLS[plan],
        "installPublicApps": True,
        "webhookLogRetentionDays": 3,
        "onDemandScheduling": True,
        "scenarioIO": True,
        "gracePeriod": 0,
        "mcpVHosts": -1,
        "productManagement": "selfService",
    }
    if plan in ("pro", "teams", "enterprise"):
        common["customVariables"] = True
    return {**common, **bought, **FEATURES[plan]}


def _paid(plan: Plan) -> dict[str, Json]:
    credits_a_month, stores = CREDITS[plan], STORES[plan]
    return {
        "transfer": credits_a_month * 536_871,
        "dslimit": stores,
        "dsslimit": stores * MEBIBYTE,
        "fslimit": FILES[plan] * MEBIBYTE,
        "iolimit": min(10_000, credits_a_month * 667 // 10_000),
        "dlqStorage": stores * MEBIBYTE,
        "interval": 1,
        "retention": 30,
        "executionTime": 40,
    }
