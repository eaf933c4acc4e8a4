"""Administration, which belongs to white-label instances (API reference, chapters 1.22 and 2.2).

The sandbox is a public cloud: a token may carry administration scopes, its user is no
administrator, and every call is refused with 403.
"""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject

ORGANIZATION = "/admin/organizations/{organizationId}"
USER = "/admin/users/{userId}"
ROUTES = (
    ("organizations", "GET", "/admin/organizations"),
    ("organizations", "POST", "/admin/organizations"),
    ("organizations", "PATCH", ORGANIZATION),
    ("organizations", "DELETE", ORGANIZATION),
    ("organizations", "GET", f"{ORGANIZATION}/billing-audit-logs"),
    ("organizations", "GET", f"{ORGANIZATION}/universal-discount-options"),
    ("organizations", "POST", f"{ORGANIZATION}/assign-universal-discount"),
    ("organizations", "DELETE", f"{ORGANIZATION}/universal-discount"),
    ("", "GET", "/admin/experiments/organization/{organizationId}"),
    ("teams", "GET", "/admin/teams"),
    ("teams", "POST", "/admin/teams"),
    ("teams", "PATCH", "/admin/teams/{teamId}"),
    ("teams", "DELETE", "/admin/teams/{teamId}"),
    ("user", "GET", "/admin/users-detail"),
    ("user", "GET", "/admin/users"),
    ("user", "POST", "/admin/users"),
    ("user", "PATCH", USER),
    ("user", "DELETE", USER),
    ("user", "POST", f"{USER}/user-organization-roles/{{organizationId}}"),
    ("user", "POST", f"{USER}/user-organization-roles/{{organizationId}}/transfer"),
    ("user", "POST", f"{USER}/user-team-roles/{{teamId}}"),
    ("", "GET", "/admin/users/admins-roles"),
    ("user", "GET", f"{USER}/affiliate/stats"),
    ("user", "GET", f"{USER}/affiliate/commission-info"),
    ("user", "GET", f"{USER}/affiliate/commissions"),
    ("apps", "GET", "/admin/apps/{app}/installation-history"),
    ("organizations", "GET", "/admin/install/apps/{app}/logs"),
    ("", "PUT", "/admin/system-settings/{key}"),
    ("system", "GET", "/admin/system-settings/default-license"),
)
"""Resource whose scope is needed besides the one of administration, method and path."""


def refuse(call: Call) -> JsonObject:
    """Refused: the caller is no administrator."""
    raise permission_denied()


for resource, method, path in ROUTES:
    verb = "read" if method == "GET" else "write"
    scopes = tuple(f"{one}:{verb}" for one in ("admin", resource) if one)
    refuse = route(method, path, scope=scopes)(refuse)
