"""Make's API tokens: made into the secret manager, deleted but for the one in use."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import Company, Server
from served import zone_of

if TYPE_CHECKING:
    from .conftest import Bao, Vaulted

pytestmark = pytest.mark.anyio

PATH = "/users/me/api-tokens"
NEW = {"label": "Reporting", "scopes": ["scenarios:read"], "path": "secret/make/reporting"}


async def labels(company: Company) -> list[str]:
    return [one["label"] for one in (await company.get(PATH))["apiTokens"]]


async def test_a_new_token_is_in_the_vault_works_and_is_shown_nowhere(
    vaulted: "Vaulted", company: Company, bao: "Bao"
) -> None:
    bao.put("make/reporting", note="kept")
    planned = await vaulted.call("api_token_create", **NEW)
    assert len(planned.data["plan"]["steps"]) == 2
    assert "Reporting" not in await labels(company)
    told = (await vaulted.apply("api_token_create", **NEW)).data
    assert (told["version"], told["field"]) == (2, "token")
    held = bao.values("make/reporting")
    assert held["note"] == "kept"
    headers = {"Authorization": f"Token {held['token']}"}
    answer = await company.http.get("/api/v2/users/me", headers=headers)
    assert answer.status_code in {200, 403}
    assert held["token"] not in "".join(vaulted.texts)
    rows = (await vaulted.call("api_token_list")).data["api_tokens"]
    mine = next(row for row in rows if row["label"] == "Reporting")
    assert mine["scopes"] == ["scenarios:read"]
    assert held["token"].startswith(mine["begins"])
    assert len(mine["begins"]) == 8
    gone = (await vaulted.apply("api_token_delete", created=mine["created"])).data
    assert gone["label"] == "Reporting"
    assert "Reporting" not in await labels(company)


async def test_many_scopes_are_counted_and_named_when_asked_for(
    core: Server, company: Company
) -> None:
    scopes = ["keys:read", "scenarios:read", "teams:read", "user:read"]
    await company.send("POST", PATH, {"label": "Wide", "scope": scopes})
    rows = (await core.call("api_token_list")).data["api_tokens"]
    [short] = [row for row in rows if row["label"] == "Wide"]
    assert "scopes" not in short
    assert short["scope_count"] == 4
    rows = (await core.call("api_token_list", detail="full")).data["api_tokens"]
    [full] = [row for row in rows if row["label"] == "Wide"]
    assert sorted(full["scopes"]) == scopes


async def test_without_a_secret_manager_no_token_is_made(core: Server, company: Company) -> None:
    before = await labels(company)
    assert (await core.call("api_token_create", **NEW)).error["code"] == "vault_missing"
    assert await labels(company) == before


async def test_the_token_of_a_sandbox_is_in_use_too(core: Server, company: Company) -> None:
    [row] = (await core.call("api_token_list")).data["api_tokens"]
    assert (row["label"], row["in_use"]) == ("sandbox", True)
    refused = await core.call("api_token_delete", created=row["created"])
    assert refused.error["code"] == "in_use"
    assert await labels(company) == ["sandbox"]


async def test_the_token_in_use_is_marked_and_not_deleted(company: Company, tmp_path: Path) -> None:
    scopes = ["user:read", "user:write", "teams:read", "organizations:read"]
    made = (await company.send("POST", PATH, {"label": "Ours", "scope": scopes}))["apiToken"]
    other = (await company.send("POST", PATH, {"label": "Other", "scope": scopes}))["apiToken"]
    with zone_of(company.world) as zone:
        async with zone.connect(tmp_path / "data", made["token"]) as server:
            rows = (await server.call("api_token_list")).data["api_tokens"]
            assert [row["label"] for row in rows if row.get("in_use")] == ["Ours"]
            refused = await server.call("api_token_delete", created=made["created"])
            assert refused.error["code"] == "in_use"
            none = await server.call("api_token_delete", created="2020-01-01T00:00:00.000Z")
            assert none.error["code"] == "not_found"
            gone = await server.apply("api_token_delete", created=other["created"])
            assert gone.data["label"] == "Other"
    assert "Ours" in await labels(company)
    assert "Other" not in await labels(company)
