"""Scenarios of a company made from another seed and plan: each edited, renamed, deleted, undone."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from harness import Company, Server
from make_api_sandbox.mount import mount
from make_api_sandbox.seeding import Recipe
from make_blueprint.document import as_object
from make_blueprint.walk import walk
from sharing import company_like, server_for

pytestmark = pytest.mark.anyio

Kept = dict[str, Any]
PARTS = ("blueprint", "scheduling", "metadata")


@pytest.fixture(scope="module")
async def another(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Company]:
    """The other company; every test leaves it as it was, but for ids and times."""
    place = tmp_path_factory.mktemp("another")
    mount(str(place / "seeded.db"), Recipe(seed=23, plan="teams")).sandbox.world.close()
    async with company_like(place / "seeded.db", place) as company:
        yield company


@pytest.fixture
async def company(another: Company) -> Company:
    ids = [one["id"] for one in (await another.get("/organizations"))["organizations"]]
    freely = {str(ident): {"apiLimit": 100_000} for ident in ids}
    await another.control("PATCH", "/world", {"licenses": freely})
    return another


@pytest.fixture
async def core(company: Company) -> AsyncGenerator[Server]:
    async with server_for(company) as server:
        yield server


async def _scenarios(company: Company, team: int) -> list[Kept]:
    rows: list[Kept] = (await company.get("/scenarios", teamId=team))["scenarios"]
    assert rows
    return rows


async def _kept(company: Company, scenario: int) -> Kept:
    kept: Kept = (await company.get(f"/scenarios/{scenario}/blueprint"))["response"]
    return kept


def _same(one: Kept, other: Kept, *parts: str) -> bool:
    return all(json.dumps(one[part]) == json.dumps(other[part]) for part in parts)


async def test_every_module_is_renamed_and_given_back_to_the_last_byte(
    core: Server, company: Company
) -> None:
    for row in await _scenarios(company, 2):
        before = await _kept(company, row["id"])
        wanted = json.loads(json.dumps(before))
        ops: list[Kept] = []
        for visit in walk(wanted["blueprint"]):
            ops.append({"op": "rename_module", "module": visit.id, "name": f"Step {visit.id}"})
            designer = as_object(as_object(visit.module["metadata"])["designer"])
            designer["name"] = f"Step {visit.id}"
        edit = {"scenario_id": row["id"], "ops": ops, "expected_last_edit": row["lastEdit"]}
        told = await core.apply("scenario_patch", **edit)
        assert _same(await _kept(company, row["id"]), wanted, *PARTS), row["name"]
        await core.apply("operation_undo", operation_id=told.data["operation_id"])
        assert _same(await _kept(company, row["id"]), before, *PARTS), row["name"]


async def test_a_new_name_leaves_flow_schedule_inputs_and_outputs_to_the_last_byte(
    core: Server, company: Company
) -> None:
    for row in await _scenarios(company, 1):
        before = await _kept(company, row["id"])
        interface = await company.get(f"/scenarios/{row['id']}/interface")
        told = await core.call("scenario_update", scenario_id=row["id"], name="Renamed")
        assert told.data["name"] == "Renamed"
        after = await _kept(company, row["id"])
        assert _same(after, before, "scheduling", "metadata"), row["name"]
        assert _same(after["blueprint"], before["blueprint"], "flow", "metadata"), row["name"]
        assert await company.get(f"/scenarios/{row['id']}/interface") == interface
        await core.apply("operation_undo", operation_id=told.data["operation_id"])


async def test_every_deleted_scenario_comes_back_as_it_was_but_for_id_and_history(
    core: Server, company: Company
) -> None:
    for row in await _scenarios(company, 3):
        before = await _kept(company, row["id"])
        interface = await company.get(f"/scenarios/{row['id']}/interface")
        ignoring = {"scenario_id": row["id"], "ignore_dependents": True}
        told = await core.apply("scenario_delete", **ignoring)
        await core.apply("operation_undo", operation_id=told.data["operation_id"])
        (again,) = [one for one in await _scenarios(company, 3) if one["name"] == row["name"]]
        assert _same(await _kept(company, again["id"]), before, *PARTS), row["name"]
        assert await company.get(f"/scenarios/{again['id']}/interface") == interface
        for member in ("folderId", "description", "hookId", "usedPackages"):
            assert again[member] == row[member], row["name"]
