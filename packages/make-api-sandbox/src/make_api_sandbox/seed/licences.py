"""What the two organizations have bought (Make API reference, chapters 1.20 and 1.21)."""

from make_api_sandbox.engine.values import Json

MEBIBYTE = 1_048_576
OPERATIONS = 20_000
"""Operations a month of the company's Teams plan."""


def teams_licence() -> dict[str, Json]:
    """The Teams plan, with queue and transfer in proportion to its operations."""
    return {
        "restartPeriod": "1 month",
        "operations": OPERATIONS,
        "transfer": OPERATIONS * 536_871,
        "dslimit": 40,
        "dsslimit": 40 * MEBIBYTE,
        "fslimit": 500 * MEBIBYTE,
        "iolimit": OPERATIONS * 667 // 10_000,
        "dlqStorage": 40 * MEBIBYTE,
        "interval": 1,
        "retention": 30,
        "executionTime": 40,
        "apiLimit": 240,
        "priority": "high",
        "fulltext": True,
        "installPublicApps": True,
        "creatingTemplates": True,
        "customVariables": True,
        "webhookLogRetentionDays": 3,
        "auditLogsDays": 30,
        "teamOperationsLimits": True,
        "onDemandScheduling": True,
        "scenarioIO": True,
        "gracePeriod": 0,
        "mcpVHosts": -1,
        "productManagement": "selfService",
    }


def free_licence() -> dict[str, Json]:
    """The Free plan: one team, two active scenarios, one data store."""
    return {
        "restartPeriod": "1 month",
        "operations": 1_000,
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
        "apiLimit": 30,
        "priority": "low",
        "fulltext": False,
        "installPublicApps": True,
        "creatingTemplates": False,
        "webhookLogRetentionDays": 3,
        "onDemandScheduling": True,
        "scenarioIO": True,
        "gracePeriod": 0,
        "mcpVHosts": -1,
        "productManagement": "selfService",
    }
