"""The catalogue of apps (API reference, chapters 2.11 and 2.19).

Of these endpoints only the list of all apps and the credentials of modules are documented with
their shape. The other two are named in Make's own texts; how they answer is our reading.
"""

from starlette.responses import Response

from make_api_sandbox.apps.catalogue import apps, version_number
from make_api_sandbox.apps.credentials import needs_of, package_not_found
from make_api_sandbox.apps.custom import PREFIX, card, custom_manifest
from make_api_sandbox.apps.manifest import App
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_organization, enter_team
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject

READ = "apps:read"


def _anywhere(call: Call) -> None:
    """The team or the organization in the query, when there is one."""
    team_id, organization_id = call.query_id("teamId"), call.query_id("organizationId")
    if team_id:
        enter_team(call, team_id)
    elif organization_id:
        enter_organization(call, organization_id)


@route("GET", "/imt/apps-meta", scope=READ, context=_anywhere)
def list_apps_meta(call: Call) -> JsonObject:
    """Every app by name; `skipSdkApps` leaves the custom ones out."""
    cards = [app.card() for app in apps().values()]
    if not call.query_flag("skipSdkApps"):
        cards += _custom_apps(call)
    return {"apps": sorted(cards, key=lambda one: str(one["name"]))}


@route("GET", "/imt/apps", scope=READ, context=_anywhere)
def find_apps(call: Call) -> JsonObject:
    """Every app by name, or those that a text is found in.

    The name of the text is not documented; it is taken from `search`. With `scoredSearch=true` the
    best come first: the text in the name or label, then in the keywords, then in a module.
    """
    custom = [(_card_score(one, call), one) for one in _custom_apps(call)]
    shipped = [(_app_score(app, call), app.card()) for app in apps().values()]
    found = [(score, one) for score, one in [*custom, *shipped] if score]
    found.sort(key=lambda one: str(one[1]["name"]))
    if call.query_flag("scoredSearch"):
        found.sort(key=lambda one: -one[0])
    return {"apps": [one for _, one in found]}


def _card_score(shown: JsonObject, call: Call) -> int:
    """3 for a hit in name or label, 2 for one in the keywords; 3 without a text."""
    wanted = (call.query("search") or "").casefold()
    if wanted in str(shown["name"]).casefold() or wanted in str(shown["label"]).casefold():
        return 3
    return 2 if wanted in str(shown["keywords"]).casefold() else 0


def _app_score(app: App, call: Call) -> int:
    wanted = (call.query("search") or "").casefold()
    texts = (f"{module.label} {module.description}".casefold() for module in app.modules)
    return _card_score(app.card(), call) or int(any(wanted in text for text in texts))


def _custom_apps(call: Call) -> list[JsonObject]:
    """The caller's own apps in their latest version, and those the organization has installed."""
    rows = call.world.rows(
        "SELECT name, max(version) AS version, label, theme, public FROM sdk_apps a"
        " WHERE author_id = ? OR id IN"
        " (SELECT app_id FROM sdk_app_installs WHERE organization_id = ?) GROUP BY name",
        call.user_id,
        call.organization_id,
    )
    return [card(row) for row in rows]


@route("GET", "/imt/apps/{name}/{version}", scope=READ)
def get_manifest(call: Call) -> JsonObject:
    """The manifest of an app in one major version, or in its `latest`.

    A custom app is named with `app#` in front, as in blueprints.
    """
    name, version = call.path("name"), call.path("version")
    app = apps().get(name)
    number = version_number(app, version) if app else None
    manifest = app.manifest(number) if app and number is not None else None
    if app is None and name.startswith(PREFIX):
        manifest = custom_manifest(call, name, version)
    if manifest is None:
        raise package_not_found()
    return manifest


@route("GET", "/imt/apps/{appName}/{appVersion}/modules-with-credentials", scope=READ)
@route(
    "GET",
    "/credential-requests/apps/{appName}/{appVersion}/modules-with-credentials",
    scope=READ,
)
def list_modules_with_credentials(call: Call) -> Response:
    """The modules of an app that need a connection or a key."""
    name = call.path("appName")
    needs = needs_of(call.world, name, call.path("appVersion"))
    headers = {"x-imt-package-name": name, "x-imt-package-version": needs.version}
    return Json({"appModules": needs.modules}, headers=headers)
