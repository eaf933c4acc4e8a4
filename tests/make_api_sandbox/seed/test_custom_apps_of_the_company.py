"""The custom apps and functions of the seeded company."""

from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.tokens import OWNER_TOKEN

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio

SECTIONS = {
    "modules": ("api", "epoch", "parameters", "expect", "interface", "samples", "scope"),
    "rpcs": ("api", "parameters"),
}


async def test_all_code_of_the_owners_apps_can_be_sent_back(office: "Office") -> None:
    apps = (await office.call("GET", "/sdk/apps")).json()["apps"]
    assert [one["label"] for one in apps] == ["Freight Quotes", "Harbor Warehouse"]
    sent = 0
    for app in apps:
        path = f"/sdk/apps/{app['name']}/1"
        for kind, names in SECTIONS.items():
            listed = next(iter((await office.call("GET", f"{path}/{kind}")).json().values()))
            for component, section in ((c["name"], s) for c in listed for s in names):
                place = f"{path}/{kind}/{component}/{section}"
                text = (await office.call("GET", place)).text
                headers = {"Authorization": f"Token {OWNER_TOKEN}"}
                answer = await office.http.put(f"/api/v2{place}", content=text, headers=headers)
                assert answer.json() == {"change": {}}
                sent += 1
    assert sent == 4 * 7 + 2


async def test_an_approved_app_has_a_change_to_commit(office: "Office") -> None:
    apps = (await office.call("GET", "/sdk/apps")).json()["apps"]
    name = next(one["name"] for one in apps if one["label"] == "Freight Quotes")
    path = f"/sdk/apps/{name}/1"
    app = (await office.call("GET", f"{path}?cols[]=changes&cols[]=approved")).json()["app"]
    assert app["approved"] is True
    (change,) = app["changes"]
    shown = (await office.call("GET", f"{path}/changes/{change['id']}")).json()["change"]
    assert ("/v2" in shown["oldValue"], "/v3" in shown["newValue"]) == (True, True)
    assert (await office.call("POST", f"{path}/rollback", {})).json() == {"rolledBack": True}


async def test_a_colleagues_open_app_can_be_read(office: "Office") -> None:
    listed = (await office.call("GET", "/sdk/apps?opensource=true")).json()["apps"]
    assert [one["label"] for one in listed] == ["Parcel Labels"]
    base = await office.call("GET", f"/sdk/apps/{listed[0]['name']}/1/base")
    assert "// the printer" in base.text


async def test_functions_come_back_with_the_licence_and_are_sound(office: "Office") -> None:
    teams = {r["name"]: r["id"] for r in office.world.rows("SELECT id, name FROM teams")}
    finance = f"/functions?teamId={teams['Finance']}"
    assert (await office.call("GET", finance)).status_code == 402
    license = office.world.value("SELECT license FROM organizations WHERE id = 1")
    office.world.update("organizations", 1, license={**license, "customFunctions": True})
    listed = (await office.call("GET", finance)).json()["functions"]
    assert [one["name"] for one in listed] == ["referenceNumber", "workingDays"]
    for row in office.world.rows("SELECT code FROM custom_functions"):
        path = f"/functions/eval?teamId={teams['Support']}"
        answer = await office.call("POST", path, {"code": row["code"]})
        assert answer.json() == {"success": True, "error": None}
    days = f"/functions/{listed[1]['id']}/history?teamId={teams['Finance']}"
    assert len((await office.call("GET", days)).json()["functionHistory"]) == 1
