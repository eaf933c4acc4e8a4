"""Custom apps: making, editing, code, changes, copies and deletion."""

import re
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest

from .sdk import allow_apps, app, approve, module, put_text, read_text

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

COMMENTED = '{\n  // Where the service is.\n  "baseUrl": "https://x.example.com", /* v2 */\n}\n'


async def test_a_new_app_gets_an_ending_and_is_private(studio: "Studio") -> None:
    body = {
        "name": "kiln",
        "label": "Kiln",
        "description": "Firing plans",
        "theme": "#AABBCC",
        "language": "en",
        "private": True,
        "audience": "global",
    }
    made = (await studio.post("/sdk/apps", body))["app"]
    assert re.fullmatch(r"kiln-[a-z0-9]{6}", made["name"])
    assert made == {
        "name": made["name"],
        "label": "Kiln",
        "version": 1,
        "theme": "#aabbcc",
        "public": False,
        "approved": False,
    }
    shown = (await studio.get(f"/sdk/apps/{made['name']}/1"))["app"]
    assert shown == {
        **made,
        "description": "Firing plans",
        "beta": True,
        "language": "en",
        "global": True,
        "countries": None,
        "created": "2026-03-04T08:30:15.000Z",
        "manifestVersion": 2,
    }
    listed = (await studio.get("/sdk/apps"))["apps"]
    assert listed == [{"name": made["name"], "label": "Kiln", "version": 1, "beta": True}]


async def test_every_fault_of_a_new_app_is_named(studio: "Studio") -> None:
    body = {"name": "Kiln!", "theme": "red", "countries": ["cze"], "colour": 1}
    answer = await studio.call("POST", "/sdk/apps", body)
    assert answer.status_code == 400
    faults = {one["name"] for one in answer.json()["suberrors"]}
    assert faults == {"name", "theme", "countries", "colour", "label", "audience"}
    body = {"name": "kiln", "label": "Kiln", "audience": "countries"}
    answer = await studio.call("POST", "/sdk/apps", body)
    assert answer.json()["suberrors"][0]["name"] == "countries"


async def test_accounts_with_the_feature_choose_their_names(studio: "Studio") -> None:
    allow_apps(studio)
    body = {"name": "kiln", "label": "Kiln", "audience": "global"}
    assert (await studio.post("/sdk/apps", body))["app"]["name"] == "kiln"
    assert (await studio.call("POST", "/sdk/apps", body)).json()["code"] == "IM005"


async def test_an_app_may_begin_published(studio: "Studio") -> None:
    body = {"name": "kiln", "label": "Kiln", "audience": "global", "private": False}
    made = (await studio.post("/sdk/apps", body))["app"]
    assert made["public"] is True
    params = {"cols[]": "inviteToken"}
    token = (await studio.get(f"/sdk/apps/{made['name']}/1", params=params))["app"]["inviteToken"]
    assert (await studio.get(f"/sdk/apps/invites/{token}"))["appInvite"]["name"] == made["name"]


async def test_columns_show_more_and_unknown_ones_are_refused(studio: "Studio") -> None:
    name = await app(studio)
    params = {"cols[]": ["versionFull", "origin", "changes", "inReview", "inviteToken"]}
    shown = (await studio.get(f"/sdk/apps/{name}/1", params=params))["app"]
    assert shown == {
        "versionFull": "1.0.0",
        "origin": "eu1.make.com",
        "changes": [],
        "inReview": False,
        "inviteToken": None,
    }
    assert "ipmRepo" in (await studio.get("/sdk/apps", params={"cols[]": "*"}))["apps"][0]
    answer = await studio.call("GET", "/sdk/apps", params={"cols[]": "colour"})
    assert answer.status_code == 400


async def test_an_app_is_edited_within_its_audience(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    body = {"label": "Oven", "theme": "#00FF00", "audience": "countries", "countries": ["cz"]}
    edited = (await studio.call("PATCH", path, body)).json()["app"]
    assert edited == {
        "name": name,
        "label": "Oven",
        "description": "",
        "version": 1,
        "theme": "#00ff00",
        "public": False,
    }
    shown = (await studio.get(path))["app"]
    assert (shown["global"], shown["countries"]) == (False, ["cz"])
    await studio.call("PATCH", path, {"audience": "global"})
    shown = (await studio.get(path))["app"]
    assert (shown["global"], shown["countries"]) == (True, None)
    assert (await studio.call("PATCH", path, {"name": "other"})).status_code == 400


async def test_apps_of_others_exist_only_as_open_source(studio: "Studio") -> None:
    name = await app(studio)
    stranger = studio.token("sdk-apps:read", "sdk-apps:write", user=2)
    path = f"/sdk/apps/{name}/1"
    assert (await studio.call("GET", path, token=stranger)).status_code == 404
    assert (await studio.call("DELETE", path, token=stranger)).status_code == 404
    assert (await studio.call("POST", f"{path}/opensource")).json() == {"changed": True}
    assert (await studio.call("GET", path, token=stranger)).is_success
    assert (await studio.call("GET", f"{path}/base", token=stranger)).is_success
    assert (await studio.call("GET", f"{path}/common", token=stranger)).status_code == 403
    assert (await studio.call("PATCH", path, {"label": "x"}, token=stranger)).status_code == 403
    listed = await studio.call("GET", "/sdk/apps", token=stranger)
    assert listed.json() == {"apps": []}
    listed = await studio.call("GET", "/sdk/apps", token=stranger, opensource="true")
    assert [one["name"] for one in listed.json()["apps"]] == [name]
    await studio.call("POST", f"{path}/closedsource")
    assert (await studio.call("GET", path, token=stranger)).status_code == 404


async def test_reading_and_writing_need_their_scopes(studio: "Studio") -> None:
    name = await app(studio)
    reader = studio.token("sdk-apps:read")
    assert (await studio.call("GET", f"/sdk/apps/{name}/1", token=reader)).is_success
    assert (await studio.call("DELETE", f"/sdk/apps/{name}/1", token=reader)).status_code == 403


# Code


@pytest.mark.parametrize("media", ["application/jsonc", "application/json", "text/plain"])
async def test_a_section_keeps_its_comments_byte_for_byte(studio: "Studio", media: str) -> None:
    path = f"/sdk/apps/{await app(studio)}/1/base"
    answer = await put_text(studio, path, COMMENTED, media)
    assert answer.json() == {"change": {}}
    shown = await read_text(studio, path)
    assert shown.text == COMMENTED
    assert shown.headers["content-type"] == "application/jsonc"


@pytest.mark.parametrize(
    ("section", "content", "said"),
    [
        ("base", "{", "Expecting"),
        ("base", "5", "should be object or array"),
        ("groups", "{}", "should be array"),
        ("install", "[]", "should be object"),
        ("base", '{"text": "// no comment', "Unterminated"),
    ],
)
async def test_a_section_that_is_no_json_is_refused(
    studio: "Studio", section: str, content: str, said: str
) -> None:
    path = f"/sdk/apps/{await app(studio)}/1/{section}"
    before = (await read_text(studio, path)).text
    answer = await put_text(studio, path, content)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert (await read_text(studio, path)).text == before


async def test_there_are_only_the_known_sections(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/secrets"
    assert (await studio.call("GET", path)).status_code == 404
    assert (await put_text(studio, path, "{}")).status_code == 404


async def test_the_base_is_replaced_or_changed_in_part(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/base"
    assert await studio.post(path, {"baseUrl": "https://a.example.com", "type": "json"})
    await studio.call("PATCH", path, {"baseUrl": "https://b.example.com"})
    shown = (await read_text(studio, path)).json()
    assert shown == {"baseUrl": "https://b.example.com", "type": "json"}


async def test_readme_and_common_data_have_forms_of_their_own(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1"
    answer = await put_text(studio, f"{path}/readme", "# Kiln\n\nFires.", "text/markdown")
    assert answer.json() == {"changed": True}
    shown = await read_text(studio, f"{path}/readme")
    assert shown.text == "# Kiln\n\nFires."
    assert shown.headers["content-type"].startswith("text/markdown")
    secret = {"clientId": "1", "clientSecret": "s"}
    assert (await studio.call("PUT", f"{path}/common", secret)).json() == {"changed": True}
    assert await studio.get(f"{path}/common") == secret


async def test_checksums_are_md5_of_each_section(studio: "Studio") -> None:
    name = await app(studio)
    await module(studio, name)
    await put_text(studio, f"/sdk/apps/{name}/1/base", COMMENTED)
    await put_text(studio, f"/sdk/apps/{name}/1/modules/getPot/api", '{"url": "/pots"}')
    found = await studio.get(f"/sdk/apps/{name}/1/checksum")
    assert set(found) == {"modules", "rpcs", "functions", "accounts", "hooks", "app"}
    assert found["app"][0]["checksum"]["base"] == md5(COMMENTED.encode()).hexdigest()
    assert found["app"][0]["checksum"]["readme"] is None
    assert "common" not in found["app"][0]["checksum"]
    assert found["modules"][0]["name"] == "getPot"
    assert found["modules"][0]["checksum"]["api"] == md5(b'{"url": "/pots"}').hexdigest()


# Changes


async def test_changes_of_an_approved_app_wait_for_a_commit(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    await module(studio, name)
    await put_text(studio, f"{path}/modules/getPot/api", '{"url": "/1"}')
    approve(studio, name)
    first = (await put_text(studio, f"{path}/modules/getPot/api", '{"url": "/2"}')).json()
    change = first["change"]
    assert change == {
        "id": change["id"],
        "group": "apps_modules",
        "item": "getPot",
        "code": "api",
        "oldValue": '{"url": "/1"}',
        "newValue": '{"url": "/2"}',
    }
    again = (await put_text(studio, f"{path}/modules/getPot/api", '{"url": "/3"}')).json()
    assert again["change"]["id"] == change["id"]
    await put_text(studio, f"{path}/base", COMMENTED)
    listed = (await studio.get(path, params={"cols[]": "changes"}))["app"]["changes"]
    assert [(one["group"], one["code"]) for one in listed] == [
        ("apps_modules", "api"),
        ("apps", "base"),
    ]
    shown = await studio.get(f"{path}/changes/{change['id']}")
    assert shown["change"] == {
        "id": change["id"],
        "group": "apps_modules",
        "code": "api",
        "oldValue": '{"url": "/1"}',
        "newValue": '{"url": "/3"}',
    }
    body = {"message": "New address", "notify": False, "changeIds": [change["id"]]}
    done = await studio.call("POST", f"{path}/commit", body)
    assert (done.text, done.headers["content-type"]) == ("true", "text/plain; charset=utf-8")
    assert (await studio.call("GET", f"{path}/changes/{change['id']}")).status_code == 404
    assert (await read_text(studio, f"{path}/modules/getPot/api")).text == '{"url": "/3"}'
    left = (await studio.get(path, params={"cols[]": "changes"}))["app"]["changes"]
    assert [one["code"] for one in left] == ["base"]


async def test_a_rollback_restores_what_was_there(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    before = (await read_text(studio, f"{path}/base")).text
    approve(studio, name)
    await put_text(studio, f"{path}/base", COMMENTED)
    await put_text(studio, f"{path}/groups", '[{"label": "Pots", "modules": []}]')
    unknown = await studio.call("POST", f"{path}/rollback", {"changeIds": [999]})
    assert unknown.status_code == 404
    assert await studio.post(f"{path}/rollback", {}) == {"rolledBack": True}
    assert (await read_text(studio, f"{path}/base")).text == before
    assert (await read_text(studio, f"{path}/groups")).text == "[]"


async def test_writing_the_old_text_again_is_no_change(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    before = (await read_text(studio, f"{path}/base")).text
    approve(studio, name)
    await put_text(studio, f"{path}/base", COMMENTED)
    assert (await put_text(studio, f"{path}/base", before)).json() == {"change": {}}
    assert (await studio.get(path, params={"cols[]": "changes"}))["app"] == {"changes": []}


async def test_a_commit_message_has_its_bounds(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/commit"
    assert (await studio.call("POST", path, {"message": "x" * 20_000})).status_code == 413


# Copies, review, deletion


async def test_a_copy_has_code_and_connections_of_its_own(studio: "Studio") -> None:
    name = await app(studio)
    body = {"type": "apikey", "label": "Key"}
    await studio.post(f"/sdk/apps/{name}/connections", body)
    await module(studio, name, connection=name)
    await put_text(studio, f"/sdk/apps/{name}/1/base", COMMENTED)
    copied = (await studio.post(f"/sdk/apps/{name}/1/clone", {"newName": "oven"}))["app"]
    assert copied["name"].startswith("oven-")
    path = f"/sdk/apps/{copied['name']}/1"
    assert (await read_text(studio, f"{path}/base")).text == COMMENTED
    shown = (await studio.get(f"{path}/modules/getPot"))["appModule"]
    assert shown["connection"] == copied["name"]
    assert (await studio.get(f"/sdk/apps/connections/{copied['name']}"))["appConnection"]


async def test_a_copy_of_somebodys_app_leaves_the_secrets_behind(studio: "Studio") -> None:
    name = await app(studio)
    await studio.call("PUT", f"/sdk/apps/{name}/1/common", {"clientSecret": "s"})
    await studio.post(f"/sdk/apps/{name}/1/opensource")
    stranger = studio.token("sdk-apps:read", "sdk-apps:write", user=2)
    body = {"newName": "theirs"}
    copied = await studio.call("POST", f"/sdk/apps/{name}/1/clone", body, token=stranger)
    path = f"/sdk/apps/{copied.json()['app']['name']}/1/common"
    assert (await studio.call("GET", path, token=stranger)).json() == {}


async def test_the_next_major_version_needs_the_feature(studio: "Studio") -> None:
    name = await app(studio)
    await module(studio, name)
    path = f"/sdk/apps/{name}/1/clone-major"
    assert (await studio.call("POST", path)).status_code == 403
    allow_apps(studio)
    assert (await studio.post(path))["app"]["version"] == 2
    assert (await studio.get(f"/sdk/apps/{name}/2/modules/getPot"))["appModule"]
    assert (await studio.call("POST", path)).json()["code"] == "IM005"


async def test_connections_outlive_the_version_they_were_made_in(studio: "Studio") -> None:
    allow_apps(studio)
    name = await app(studio)
    await studio.post(f"/sdk/apps/{name}/connections", {"type": "basic", "label": "Login"})
    await studio.post(f"/sdk/apps/{name}/1/clone-major")
    assert (await studio.call("DELETE", f"/sdk/apps/{name}/1")).json() == {"app": name}
    shown = (await studio.get(f"/sdk/apps/connections/{name}"))["appConnection"]
    assert shown["appVersion"] == 2
    assert "username" in (await read_text(studio, f"/sdk/apps/connections/{name}/parameters")).text


async def test_a_review_is_asked_for_once_and_logged(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1"
    assert (await studio.get(f"{path}/review"))["review"] == {
        "contactName": "Robin Berg",
        "contactEmail": "robin.berg@example.com",
        "reviewerName": None,
        "reviewerEmail": None,
        "codeStatus": None,
        "testStatus": None,
        "docsStatus": None,
    }
    for _ in range(2):
        assert await studio.post(f"{path}/review") == {"requested": True}
    form = {"testingScenarios": {"main": "https://example.com/1"}}
    filled = await studio.call("PUT", f"{path}/review/form", form)
    assert filled.json() == {"form": form}
    newest, oldest = (await studio.get(f"{path}/events-log"))["events"]
    assert (newest["message"], newest["authorId"]) == ("Approval requested.", 1)
    assert newest["id"] > oldest["id"]
    only = await studio.get(f"{path}/events-log", params={"cols[]": "message"})
    assert only["events"][0] == {"message": "Approval requested."}


async def test_published_and_used_apps_cannot_be_deleted(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1"
    used: dict[str, Any] = {"module": f"app#{name}:getPot", "parameters": {}}
    scenario = studio.scenario("Pots", used)
    answer = await studio.call("DELETE", path)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM005")
    assert "1 scenario" in answer.json()["message"]
    studio.world.delete("scenarios", scenario)
    await studio.post(f"{path}/public")
    assert "published" in (await studio.call("DELETE", path)).json()["message"]
    assert (await studio.post(f"{path}/private"))["public"] is False
    assert (await studio.call("DELETE", path)).json() == {"app": name}
    assert (await studio.call("GET", path)).status_code == 404


async def test_themes_are_listed_by_name(studio: "Studio") -> None:
    name = await app(studio)
    themes = (await studio.get("/sdk/apps/themes", names=f"{name},nobody"))["apps"]
    shown = {"name": name, "label": "Kiln", "theme": "#000000", "isCompiled": False}
    assert themes == [shown]
    assert (await studio.call("GET", "/sdk/apps/themes")).status_code == 400
    names = ",".join(f"n{i}" for i in range(501))
    assert (await studio.call("GET", "/sdk/apps/themes", names=names)).status_code == 400
