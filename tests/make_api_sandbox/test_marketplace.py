"""The app catalogue: cards, manifests, credentials of modules, remote procedures."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.apps.catalogue import apps
from make_api_sandbox.apps.fields import fields
from make_blueprint.catalogue import MODULES, POPULAR, KnownModule

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

KINDS = (
    "triggers",
    "instants",
    "actions",
    "searches",
    "feeders",
    "aggregators",
    "routers",
    "directives",
    "responders",
    "universals",
)


def chosen(options: Any) -> list[dict[str, Any]]:
    """Options written out; none for those that come from elsewhere."""
    return [] if options is None or isinstance(options, str) else options


def flat(described: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Names of fields, those that options bring included, and whether they are required."""
    for field in described:
        yield field["name"], field.get("required", False)
        for option in chosen(field.get("options")):
            yield from flat(option.get("nested", []))


async def module_of(studio: "Studio", slug: str, version: int) -> dict[str, Any]:
    app, _, name = slug.partition(":")
    manifest = await studio.get(f"/imt/apps/{app}/{version}")
    found = [one for kind in KINDS for one in manifest[kind] if one["name"] == name]
    assert len(found) == 1, (slug, version)
    return found[0]


# Manifests


async def test_built_in_modules_take_the_fields_they_are_known_for(studio: "Studio") -> None:
    for known in MODULES:
        for version in known.versions:
            module = await module_of(studio, known.name, version)
            compare(known, module)


def compare(known: KnownModule, module: dict[str, Any]) -> None:
    parameters, mapper = dict(flat(module["parameters"])), dict(flat(module["expect"]))
    assert parameters.keys() >= {word.rstrip("*") for word in known.parameters}, known.name
    assert mapper.keys() >= {word.rstrip("*") for word in known.mapper}, known.name
    required = {word[:-1] for word in known.mapper if word.endswith("*")}
    assert required <= {name for name, needed in mapper.items() if needed}, known.name
    outputs = {name for name, _ in flat(module["interface"])}
    assert not known.outputs or outputs == set(known.outputs), known.name


async def test_popular_modules_are_described(studio: "Studio") -> None:
    for slug, version in POPULAR.items():
        module = await module_of(studio, slug, version)
        assert module["version"] == version
        assert {"label", "description", "type", "samples", "scope"} <= module.keys()


async def test_a_manifest_is_given_by_version(studio: "Studio") -> None:
    latest = await studio.get("/imt/apps/http/latest")
    assert (latest["version"], [one["name"] for one in latest["actions"]]) == (
        4,
        ["MakeRequest", "DownloadFile"],
    )
    older = await studio.get("/imt/apps/http/3")
    assert "ActionSendData" in [one["name"] for one in older["actions"]]
    for path in ("/imt/apps/http/2", "/imt/apps/nosuch/1", "/imt/apps/http/x"):
        answer = await studio.call("GET", path)
        assert (answer.status_code, answer.json()["message"]) == (404, "Package not found.")


async def test_a_webhook_response_is_described_in_every_detail(studio: "Studio") -> None:
    module = await module_of(studio, "gateway:WebhookRespond", 1)
    assert module["expect"] == [
        {
            "name": "status",
            "type": "uinteger",
            "label": "Status",
            "default": 200,
            "validate": {"min": 100},
            "required": True,
        },
        {"name": "body", "type": "any", "label": "Body"},
        {
            "name": "headers",
            "type": "array",
            "label": "Custom headers",
            "validate": {"maxItems": 16},
            "spec": [
                {"name": "key", "type": "text", "label": "Key", "validate": {"max": 256}},
                {"name": "value", "type": "text", "label": "Value", "validate": {"max": 4096}},
            ],
        },
    ]


async def test_a_custom_app_is_described_by_the_code_of_its_modules(studio: "Studio") -> None:
    now = studio.world.clock.stamp()
    named: dict[str, Any] = {"label": "Kiln", "theme": "#aa0000", "language": "en", "created": now}
    app = studio.world.insert("sdk_apps", author_id=1, name="kiln-x1", version=1, **named)
    for name, extra in (("fire", {"typeId": 4, "public": True}), ("cool", {"typeId": 12})):
        module = studio.world.insert(
            "sdk_components",
            app_id=app,
            kind="module",
            name=name,
            label=name.title(),
            created=now,
            updated=now,
            extra=extra,
        )
        code = '[{"name": "heat", "type": "number"}, /* degrees */]'
        studio.world.insert(
            "sdk_sections", app_id=app, component_id=module, code="expect", content=code
        )
    manifest = await studio.get("/imt/apps/app%23kiln-x1/latest")
    assert (manifest["app"], [one["name"] for one in manifest["universals"]]) == (True, ["cool"])
    assert manifest["actions"] == [
        {
            "name": "fire",
            "label": "Fire",
            "description": "",
            "type": "action",
            "version": 1,
            "parameters": [],
            "expect": [{"name": "heat", "type": "number"}],
            "interface": [],
            "samples": {},
            "scope": [],
        }
    ]
    stranger = studio.token("apps:read", user=2)
    path = "/imt/apps/app%23kiln-x1/1"
    assert (await studio.call("GET", path, token=stranger)).status_code == 404
    installed = {"app_id": app, "organization_id": 2, "user_id": 2, "installed": now}
    studio.world.insert("sdk_app_installs", **installed)
    shown = (await studio.call("GET", path, token=stranger)).json()
    assert (len(shown["actions"]), shown["universals"]) == (1, [])
    assert (await studio.call("GET", "/imt/apps/app%23kiln-x1/7")).status_code == 404


@pytest.mark.parametrize("line", ["no field", "a:text A\n    b:text too deep"])
def test_a_line_in_no_known_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"field|indented"):
        fields(line)


# Lists


async def test_every_app_has_a_card_and_custom_ones_can_be_left_out(studio: "Studio") -> None:
    studio.world.insert(
        "sdk_apps",
        author_id=1,
        name="kiln-x1",
        version=1,
        label="Kiln",
        theme="#cccccc",
        language="en",
        created=studio.world.clock.stamp(),
    )
    listed = (await studio.get("/imt/apps-meta", organizationId=1))["apps"]
    assert [one["name"] for one in listed] == sorted([*apps(), "kiln-x1"])
    assert next(one for one in listed if one["app"]) == {
        "name": "kiln-x1",
        "label": "Kiln",
        "foreign": False,
        "theme": "#cccccc",
        "version": 1,
        "isPrivate": True,
        "app": True,
        "categories": [],
        "keywords": "",
        "premiumTier": 0,
        "brand": {},
        "coming_soon": False,
    }
    shipped = (await studio.get("/imt/apps-meta", skipSdkApps="true"))["apps"]
    assert [one["name"] for one in shipped] == sorted(apps())
    stranger = studio.token("apps:read", user=2)
    others = (await studio.get("/imt/apps-meta", token=stranger))["apps"]
    assert "kiln-x1" not in [one["name"] for one in others]


async def test_a_search_finds_names_then_keywords_then_modules(studio: "Studio") -> None:
    query = {"organizationId": 1, "scoredSearch": "true", "search": "spreadsheet"}
    found = (await studio.get("/imt/apps", params=query))["apps"]
    assert [one["name"] for one in found] == ["google-sheets"]
    mail = (await studio.get("/imt/apps", params={**query, "search": "mail"}))["apps"]
    names = [one["name"] for one in mail]
    assert names[:2] == ["email", "google-email"]
    assert names[2:] == ["gateway"]
    nothing = (await studio.get("/imt/apps", search="no such thing"))["apps"]
    assert nothing == []
    everything = (await studio.get("/imt/apps"))["apps"]
    assert len(everything) == len(apps())


async def test_the_catalogue_needs_its_scope(studio: "Studio") -> None:
    token = studio.token("teams:read")
    for path in ("/imt/apps-meta", "/imt/apps", "/imt/apps/http/4"):
        assert (await studio.call("GET", path, token=token)).status_code == 403


# Credentials


async def test_modules_with_credentials_name_what_they_take(studio: "Studio") -> None:
    path = "/imt/apps/slack/latest/modules-with-credentials"
    answer = await studio.call("GET", path)
    assert answer.headers["x-imt-package-version"] == "4"
    assert answer.json()["appModules"][0] == {
        "id": "CreateMessage",
        "name": "CreateMessage",
        "label": "Send a message",
        "type": "account:slack,slack2",
        "scope": ["chat:write", "channels:read"],
        "hook": False,
    }
    wrong = await studio.call("GET", "/imt/apps/slack/9/modules-with-credentials")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "SC404")


async def test_a_choice_between_credentials_is_told_apart(studio: "Studio") -> None:
    path = "/credential-requests/apps/http/4/modules-with-credentials"
    found = (await studio.get(path))["appModules"]
    keyed = {one["id"]: one for one in found}["MakeRequest:authenticationType:apiKey"]
    assert keyed == {
        "id": "MakeRequest:authenticationType:apiKey",
        "name": "MakeRequest",
        "label": "Make a request - API key",
        "type": "keychain:apikeyauth",
        "hook": False,
    }


async def test_credentials_of_an_app_can_be_asked_for(studio: "Studio") -> None:
    item = {"appName": "google-sheets", "appModules": ["addRow"], "appVersion": 2}
    path = "/credential-requests/actions/create"
    made = await studio.post(path, {"teamId": 1, "credentials": [item]})
    ident = made["request"]["id"]
    detail = (await studio.get(f"/credential-requests/requests/{ident}/detail"))["requestDetail"]
    assert [(one["name"], one["appName"]) for one in detail["credentials"]] == [
        ("google", "google-sheets")
    ]


async def test_credentials_can_be_listed_in_full_the_older_way(studio: "Studio") -> None:
    listed = {"appName": "slack", "appModules": ["CreateMessage"], "appVersion": 4}
    made = await studio.post(
        "/credential-requests/requests",
        {
            "name": "Access",
            "teamId": 1,
            "provider": {"newUser": {"name": "Uma", "email": "uma@example.org"}},
            "connections": [{"type": "slack", "scope": ["chat:write"], "label": "Bot", **listed}],
            "keys": [{"type": "basicauth", **listed}],
        },
    )
    assert made["request"]["shouldSendEmail"] is True
    assert made["publicUri"].endswith(made["request"]["id"])
    path = f"/credential-requests/requests/{made['request']['id']}/detail"
    bot, key = (await studio.get(path))["requestDetail"]["credentials"]
    assert (bot["label"], bot["appModules"], bot["appVersion"]) == ("Bot", ["CreateMessage"], "4")
    assert (key["component"], key["type"]) == ("keychain", "key")
    none = {"name": "A", "teamId": 1, "provider": {"providerMakeUserId": 1}}
    assert (await studio.call("POST", "/credential-requests/requests", none)).status_code == 400
    many = {**none, "keys": [{"type": "basicauth", **listed}] * 33}
    assert (await studio.call("POST", "/credential-requests/requests", many)).status_code == 400


# Remote procedures


async def rpc(studio: "Studio", path: str, **data: Any) -> Any:
    return await studio.post(f"/rpcs/{path}", {"data": data})


async def test_every_procedure_that_a_manifest_names_exists(studio: "Studio") -> None:
    for app in apps().values():
        text = str([app.manifest(version) for version in app.versions])
        named = {part.split("'")[0] for part in text.split("'rpc://")[1:]}
        for name in named:
            path = f"/rpcs/{app.name}/latest/{name}"
            assert (await studio.call("OPTIONS", path)).json() == {"config": []}


async def test_an_option_leads_on_to_the_next(studio: "Studio") -> None:
    sheets = await rpc(studio, "google-sheets/2/ListSpreadsheets")
    tracker = next(one["value"] for one in sheets if one["label"] == "Lead tracker")
    tabs = await rpc(studio, "google-sheets/2/ListSheets", spreadsheetId=tracker)
    assert [one["value"] for one in tabs] == ["Leads", "Won", "Lost"]
    headers = await rpc(studio, "google-sheets/2/ListHeaders", sheetId="Leads")
    assert headers[1] == {"name": "1", "type": "text", "label": "Email (B)"}
    assert await rpc(studio, "google-sheets/2/ListSheets", spreadsheetId="other") == []


async def test_samples_are_declared_as_such_in_the_manifest(studio: "Studio") -> None:
    sheets = (await studio.get("/imt/apps/google-sheets/2"))["rpcs"]
    stores = (await studio.get("/imt/apps/datastore/1"))["rpcs"]
    assert {one["samples"] for one in sheets} == {True}
    assert {one["samples"] for one in stores} == {False}


async def test_procedures_of_makes_own_apps_answer_from_the_team(studio: "Studio") -> None:
    spec = [{"name": "email", "type": "text", "required": True}]
    structure = await studio.post("/data-structures", {"teamId": 1, "name": "Person", "spec": spec})
    ident = structure["dataStructure"]["id"]
    body = {"teamId": 1, "name": "People", "maxSizeMB": 1, "datastructureId": ident}
    store = (await studio.post("/data-stores", body))["dataStore"]["id"]
    assert await rpc(studio, "datastore/1/ListDataStores", teamId=1) == [
        {"label": "People", "value": store}
    ]
    assert await rpc(studio, "datastore/1/RecordFields", datastore=store) == spec
    assert await rpc(studio, "json/1/StructureFields", type=ident) == spec
    assert await rpc(studio, "json/1/StructureFields", type="") == []
    interface = {"input": [{"name": "sku", "type": "text"}], "output": None}
    scenario = studio.scenario("Look up", interface=interface)
    path = "scenario-service/2/ScenarioInputs"
    assert await rpc(studio, path, scenario=f"SCN_{scenario}") == interface["input"]
    assert await rpc(studio, "scenario-service/2/ScenarioOutputs", scenario=scenario) == []
    assert [one["value"] for one in await rpc(studio, "scenario-service/2/ListScenarios", teamId=1)]


async def test_options_of_keys_and_hooks_are_filtered_by_type(studio: "Studio") -> None:
    for name, kind in (("A", "basicauth"), ("B", "apikeyauth")):
        parameters = {"authUser": "u"} if kind == "basicauth" else {"key": "k", "placement": "qs"}
        body = {"teamId": 1, "name": name, "typeName": kind, "parameters": parameters}
        await studio.post("/keys", body)
    found = await rpc(studio, "http/4/ListKeys", teamId=1, type="apikeyauth")
    assert [one["label"] for one in found] == ["B"]
    assert len(await rpc(studio, "http/4/ListKeys", teamId=1)) == 2


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("slack/4/NoSuch", {}, 404),
        ("slack/9/ListChannels", {}, 404),
        ("nosuch/1/ListChannels", {}, 404),
        ("slack/4/ListChannels", {"__IMTCONN__": 77}, 404),
        ("slack/4/ListChannels", {"__IMTCONN__": "mine"}, 400),
        ("datastore/1/ListDataStores", {}, 400),
        ("datastore/1/ListDataStores", {"teamId": 2}, 403),
        ("datastore/1/RecordFields", {"datastore": 77}, 404),
    ],
)
async def test_a_procedure_asked_for_wrongly_is_refused(
    studio: "Studio", path: str, data: dict[str, Any], status: int
) -> None:
    answer = await studio.call("POST", f"/rpcs/{path}", {"data": data})
    assert answer.status_code == status


async def test_a_procedure_needs_a_connection_that_works(studio: "Studio") -> None:
    body = {"accountName": "Bot", "accountType": "slack"}
    made = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    data = {"data": {"__IMTCONN__": made}}
    refused = await studio.call("POST", "/rpcs/slack/4/ListChannels", data)
    assert refused.status_code == 424
    await studio.http.get(f"/api/v2/oauth/auth/{made}")
    assert {"label": "#sales", "value": "#sales"} in await rpc(
        studio, "slack/4/ListChannels", __IMTCONN__=made
    )
    stranger = studio.token(user=2)
    hidden = await studio.call("POST", "/rpcs/slack/4/ListChannels", data, token=stranger)
    assert hidden.status_code == 404


async def test_parameters_are_checked_against_a_schema_when_asked(studio: "Studio") -> None:
    schema = [
        {"name": "pipeline", "type": "text", "required": True},
        {"name": "limit", "type": "uinteger"},
        {"name": "archived", "type": "boolean"},
    ]
    body = {"data": {"limit": "ten", "archived": "no"}, "schema": schema}
    url = "/api/v2/rpcs/hubspotcrm/2/ListStages"

    async def faults(**headers: str) -> list[str]:
        sent = {"Authorization": f"Token {studio.token()}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        answer = await studio.http.post(url, json=body, headers=sent)
        return [one["name"] for one in answer.json()["suberrors"]] if answer.is_error else []

    assert await faults() == []
    checked = {"imt_validate_schema": "yes"}
    assert await faults(**checked) == ["data.pipeline", "data.limit", "data.archived"]
    lenient = await faults(**checked, imt_ignore_required="yes")
    assert lenient == ["data.limit", "data.archived"]
