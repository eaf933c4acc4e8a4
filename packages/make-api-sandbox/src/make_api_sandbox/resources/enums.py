"""Reference lists (API reference, chapter 2.17); any valid credential may read them."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.reference_lists import COUNTRIES, LANGUAGES, LOCALES, TIME_ZONES, ZONES
from make_api_sandbox.scopes import ALL_SCOPES
from make_api_sandbox.shapes import JsonObject

MODULE_TYPES = (
    "trigger",
    "transformer",
    "router",
    "action",
    "listener",
    "feeder",
    "aggregator",
    "directive",
    "search",
    "instant",
    "responder",
    "universal",
)
USER_FEATURES = {
    "local_access": "Scenarios may reach addresses of the internal network",
    "allow_apps": "Apps may be created without a suffix in their name",
    "allow_apps_js": "Apps may hold their own IML functions",
    "allow_apps_commit": "Changes of approved apps may be committed",
    "allow_apps_set_consumable": "Consumables of apps may be changed",
    "private_modules": "Private modules are visible",
    "allow_credential_requests": "Credential requests may be created",
}
ORGANIZATION_FEATURES = {
    "local_access": "Scenarios may reach addresses of the internal network",
    "migration_scenarios_hidden_apps": "Scenarios with hidden apps may be migrated",
    "migration_same_zone": "Migration within one zone is possible",
}
EMAIL_NOTIFICATIONS = (
    (2, "warningInScenarioRun", "Warnings", "A scenario run ended with a warning."),
    (1, "errorsInScenarioRun", "Errors", "A scenario run ended with an error."),
    (6, "scenarioDeactivation", "Deactivation", "A scenario was switched off after errors."),
)
REVIEW_STATUSES = (
    "requestAccepted",
    "inProgress",
    "feedbackSent",
    "completed",
    "waitingForRelease",
    "declined",
)
VARIABLE_TYPES = ("number", "string", "boolean", "date")
MODELS = (
    # tier, model, provider, centicredits a token, names for people
    ("small", "gpt-4.1-nano", "openai", 0.04, "GPT-4.1 Nano", "OpenAI"),
    ("medium", "gpt-4.1-mini", "openai", 0.1, "GPT-4.1 Mini", "OpenAI"),
    ("large", "o4-mini", "openai", 0.25, "O4 Mini", "OpenAI"),
)


@route("GET", "/enums/countries")
def list_countries(call: Call) -> JsonObject:
    """Countries (a subset, see `reference_lists`)."""
    fields = ("id", "name", "code1", "code2")
    return {"countries": [dict(zip(fields, row, strict=True)) for row in COUNTRIES]}


@route("GET", "/enums/imt-regions")
def list_regions(call: Call) -> JsonObject:
    """Regions an organization can live in."""
    return {"imtRegions": [{"id": 1, "name": "EU"}, {"id": 2, "name": "US"}]}


@route("GET", "/enums/imt-zones")
def list_zones(call: Call) -> JsonObject:
    """Zones of the public cloud."""
    return {"imtZones": [{"id": id, "domain": at, "name": name} for id, at, name in ZONES]}


@route("GET", "/enums/timezones")
def list_time_zones(call: Call) -> JsonObject:
    """Time zones (a subset, see `reference_lists`)."""
    zones = [
        {
            "id": id,
            "name": f"(GMT{offset[:3]}:{offset[3:]}) {code}",
            "code": code,
            "offset": offset,
        }
        for id, code, offset in TIME_ZONES
    ]
    return {"timezones": zones}


@route("GET", "/enums/connected-system-apps")
def list_connected_system_apps(call: Call) -> JsonObject:
    """Apps that on-premise agents can reach systems with."""
    return {
        "connectedSystemApps": [
            {"name": "http", "label": "HTTP", "icon": "http"},
            {"name": "sap-agent", "label": "SAP", "icon": "sap"},
        ]
    }


@route("GET", "/enums/locales")
def list_locales(call: Call) -> JsonObject:
    """Ways of writing dates and numbers (a subset, see `reference_lists`)."""
    fields = ("id", "name", "code", "angularCode")
    return {"locales": [dict(zip(fields, row, strict=True)) for row in LOCALES]}


@route("GET", "/enums/languages")
def list_languages(call: Call) -> JsonObject:
    """Languages. What `localized` changes is not published; it is accepted without effect."""
    return {"languages": [{"code": code, "name": name} for code, name in LANGUAGES]}


@route("GET", "/enums/module-types")
def list_module_types(call: Call) -> JsonObject:
    """Kinds of modules."""
    return {"moduleTypes": [{"id": id, "name": n} for id, n in enumerate(MODULE_TYPES, 1)]}


@route("GET", "/enums/user-features")
def list_user_features(call: Call) -> JsonObject:
    """Features that can be switched on for a person."""
    return {"userFeatures": [{"title": t, "name": n} for n, t in USER_FEATURES.items()]}


@route("GET", "/enums/organization-features")
def list_organization_features(call: Call) -> JsonObject:
    """Features that can be switched on for an organization."""
    features = [{"title": t, "name": n} for n, t in ORGANIZATION_FEATURES.items()]
    return {"organizationFeatures": features}


@route("GET", "/enums/user-email-notifications")
def list_email_notifications(call: Call) -> JsonObject:
    """What Make writes e-mails about."""
    fields = ("id", "translationKey", "name", "description")
    notifications = [dict(zip(fields, row, strict=True)) for row in EMAIL_NOTIFICATIONS]
    return {"userEmailNotifications": notifications}


@route("GET", "/enums/user-api-token-scopes")
def list_token_scopes(call: Call) -> JsonObject:
    """Scopes a token can be made with."""
    return {"userApiTokenScopes": [{"name": scope} for scope in ALL_SCOPES]}


@route("GET", "/enums/apps-review-statuses")
def list_review_statuses(call: Call) -> JsonObject:
    """Stages of an app's review."""
    statuses = [
        {"value": value, "label": f"{{{{!apps.forms.review.status.{name}}}}}"}
        for value, name in enumerate(REVIEW_STATUSES)
    ]
    return {"reviewStatuses": statuses}


@route("GET", "/enums/variable-types")
def list_variable_types(call: Call) -> JsonObject:
    """Types of custom variables."""
    types = [{"id": id, "name": n, "teamOnly": False} for id, n in enumerate(VARIABLE_TYPES, 1)]
    return {"variableTypes": types}


@route("GET", "/enums/llm-models")
def list_models(call: Call) -> JsonObject:
    """Language models of Make's own AI provider."""
    models = [
        {
            "modelName": model,
            "providerName": provider,
            "modelDisplayName": label,
            "modelDisplayPriority": 1000,
            "providerDisplayName": provider_label,
        }
        for _, model, provider, _, label, provider_label in MODELS
    ]
    return {"llmModels": models}


@route("GET", "/enums/llm-builtin-tiers")
def list_model_tiers(call: Call) -> JsonObject:
    """Which model each tier stands for, and its price in centicredits a token."""
    tiers = [
        {
            "tierName": tier,
            "modelName": model,
            "providerName": provider,
            "centicreditsCoefficient": price,
            "modelDisplayName": label,
            "providerDisplayName": provider_label,
        }
        for tier, model, provider, price, label, provider_label in MODELS
    ]
    return {"llmBuiltinTiers": tiers}


def time_zone_name(id: int) -> str | None:
    """The IANA name of a time zone by Make's id, if the sandbox knows it."""
    return next((code for known, code, _ in TIME_ZONES if known == id), None)


def locale_code(id: int) -> str | None:
    """The code of a locale by Make's id, if the sandbox knows it."""
    return next((code for known, _, code, _ in LOCALES if known == id), None)
