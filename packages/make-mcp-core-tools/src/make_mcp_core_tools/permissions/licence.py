"""What an organization's plan allows, in plain units (Make API reference, chapter 1.20)."""

from make_mcp_base.authoring import Document, Output


class Licence(Output):
    """Limits that a plan sets; an absent one is not limited, or not told by Make."""

    plan: str | None = None
    credits_per_period: int | None = None
    api_calls_per_minute: int | None = None
    minimum_interval_minutes: int | None = None
    active_scenarios: int | None = None
    """Most scenarios that may be active at once."""
    teams: int | None = None
    data_stores: int | None = None
    data_store_bytes: int | None = None
    """Bytes over all data stores."""
    execution_log_days: int | None = None
    execution_minutes: int | None = None
    """Longest run."""
    features: list[str] = []
    """What is switched on, in Make's spelling."""


_LIMITS = {
    "credits_per_period": "operations",
    "api_calls_per_minute": "apiLimit",
    "minimum_interval_minutes": "interval",
    "active_scenarios": "scenarios",
    "teams": "teams",
    "data_stores": "dslimit",
    "data_store_bytes": "dsslimit",
    "execution_log_days": "retention",
    "execution_minutes": "executionTime",
}
_COUNTED_FEATURES = ("auditLogsDays", "customProperties", "makeAITools")
"""Features whose licence member is a number: more than none means the feature is there."""


def licence_of(license: Document, plan: str | None) -> Licence:
    """Read the `license` member of an organization."""
    on = {name for name, value in license.items() if value is True}
    on |= {name for name in _COUNTED_FEATURES if license.get(name)}
    limits = {ours: license.get(theirs) for ours, theirs in _LIMITS.items()}
    return Licence.model_validate({"plan": plan or None, "features": sorted(on), **limits})
