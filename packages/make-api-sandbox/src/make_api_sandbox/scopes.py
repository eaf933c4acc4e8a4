"""The scopes a user's token may carry (API reference, chapter 1.3)."""

READ_AND_WRITE = (
    "agents",
    "ai-agents",
    "connections",
    "credential-requests",
    "custom-property-structures",
    "datastores",
    "devices",
    "dlqs",
    "functions",
    "hooks",
    "keys",
    "managed-organizations",
    "notifications",
    "organization-variables",
    "organizations",
    "private-spaces",
    "scenarios",
    "scenarios-shared",
    "sdk-apps",
    "team-variables",
    "teams",
    "templates",
    "udts",
    "user",
)
ALL_SCOPES: tuple[str, ...] = tuple(
    sorted(
        {f"{resource}:{verb}" for resource in READ_AND_WRITE for verb in ("read", "write")}
        | {"analytics:read", "apps:read", "mcp:use", "scenarios:run"}
    )
)
"""Administration scopes of white-label instances are left out: the sandbox has none."""
