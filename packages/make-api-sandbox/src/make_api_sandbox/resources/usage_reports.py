"""Endpoints of Make's own pages that the public document names (API reference, chapter 2.34).

Their scopes, `organization:read` and `organization:view`, can not be given to a token, so an
ordinary token is refused. Only a token that may do everything sees the count of tokens.
"""

from make_api_sandbox.agents.in_world import llm_usage
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject


@route("GET", "/llm-usage/{organizationId}", scope="organization:read", context=path_organization)
def get_llm_usage(call: Call) -> JsonObject:
    """Tokens of Make's own AI provider, as the stand-in for its models counted them."""
    return llm_usage(call.world, call.organization)


@route("GET", "/consumptions/reports/{organizationId}", scope="organization:view")
@route("GET", "/consumptions/reports/{organizationId}/{teamId}", scope="organization:view")
def list_consumption_reports(call: Call) -> JsonObject:
    """Refused: the reports come from another service, and nobody published what they hold."""
    raise permission_denied()
