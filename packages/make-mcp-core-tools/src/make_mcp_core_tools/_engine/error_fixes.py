"""What usually repairs each kind of failure (blueprint reference, chapter 3.6)."""

from __future__ import annotations

FIXES: dict[str, str] = {
    "AccountValidationError": "Reauthorize the connection the module uses.",
    "InvalidAccessTokenError": "Reauthorize the connection the module uses.",
    "BundleValidationError": "Map every required field, or give it a fallback with `ifempty`.",
    "DataError": "The service refused the data: compare the mapped values with what it accepts.",
    "DuplicateDataError": "Search for the record first, or update it in place of adding it.",
    "ConnectionError": "The service was unreachable; a Break handler would retry by itself.",
    "RateLimitError": "The service limits requests: run less often, or process less per run.",
    "ModuleTimeoutError": "The service answered too late: ask for less, or retry with Break.",
    "OutOfSpaceError": "Delete records, or give the data store more space.",
    "MaxFileSizeExceededError": "Files are above the plan's limit: filter them by size.",
    "OperationsLimitExceededError": "The plan is used up: buy credits, or wait for the reset.",
    "DataSizeLimitExceededError": "The plan's transfer is used up: buy more, or wait.",
    "InvalidConfigurationError": "Open the module and correct its settings.",
}
