"""AI providers and their models (API reference, chapter 2.5): all of them are the stand-in.

The word of `provider` comes from a closed list, so the stand-in is named by `accountName` and by
its models.
"""

from starlette.responses import Response

from make_api_sandbox.agents.providers import PROVIDERS, Provider
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route

SCOPE = "ai-agents:read"


@route("GET", "/ai-agents/v1/llm-providers", scope=SCOPE, context=query_team)
def list_providers(call: Call) -> Response:
    """Every provider; the same for all teams."""
    shown = [
        {"id": one.id, "provider": one.name, "accountName": one.account_name} for one in PROVIDERS
    ]
    return Json(shown)


@route("GET", "/ai-agents/v1/llm-providers/{providerId}", scope=SCOPE, context=query_team)
def get_provider(call: Call) -> Response:
    """One provider, as a list."""
    one = _provider(call)
    return Json([{"id": one.id, "provider": one.name}])


@route("GET", "/ai-agents/v1/llm-providers/{providerId}/models", scope=SCOPE, context=query_team)
def list_models(call: Call) -> Response:
    """Models of a provider."""
    return Json(_provider(call).present_models())


def _provider(call: Call) -> Provider:
    asked = call.path_id("providerId")
    found = next((one for one in PROVIDERS if one.id == asked), None)
    if found is None:
        raise not_found("LLM provider")
    return found
