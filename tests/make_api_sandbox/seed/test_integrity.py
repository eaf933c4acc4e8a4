"""Whatever one thing of the company names, another one is."""

from collections import Counter
from typing import Any

import pytest
from make_api_sandbox.records import record_faults
from make_api_sandbox.scenarios.documents import (
    all_modules,
    hook_of,
    module_sequence,
    structural_faults,
    used_packages,
)
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.world import World
from make_blueprint.bindings import bindings
from make_blueprint.validate import validate

OBJECTS = {
    "connection": "connections",
    "hook": "hooks",
    "key": "keys",
    "data_store": "data_stores",
    "scenario": "scenarios",
}


def documents(world: World) -> list[Any]:
    """Every version of every scenario, with the scenario's team and name."""
    return world.rows(
        "SELECT v.*, s.team_id, s.name FROM scenario_versions v"
        " JOIN scenarios s ON s.id = v.scenario_id ORDER BY v.scenario_id, v.version"
    )


def test_everything_a_blueprint_needs_exists_in_its_team(company: World):
    absent: list[tuple[int, str, str]] = []
    for row in documents(company):
        for need in bindings(row["blueprint"]):
            if need.kind not in OBJECTS:
                continue
            ident = str(need.value).removeprefix("SCN_")
            found = company.row(f"SELECT team_id FROM {OBJECTS[need.kind]} WHERE id = ?", ident)
            if found is None or found["team_id"] != row["team_id"]:
                absent.append((row["scenario_id"], need.kind, ident))
    planted: Any = truth(company)["missing_connection"]
    assert absent == [
        (one["scenario_id"], "connection", str(one["connection_id"])) for one in planted
    ]
    assert len(planted) == 1


def test_only_the_planted_draft_has_faults(company: World):
    faulty = {
        (row["scenario_id"], problem.module_id, problem.code)
        for row in documents(company)
        for problem in validate(row["blueprint"])
        if problem.severity != "info"
    }
    planted: Any = truth(company)["broken_reference"]
    assert faulty == {(planted["scenario_id"], planted["module_id"], "broken-reference")}


def test_every_blueprint_may_be_activated_by_the_api(company: World):
    assert [row["name"] for row in documents(company) if structural_faults(row["blueprint"])] == []


def test_a_folder_belongs_to_the_team_of_its_scenarios(company: World):
    crossed = company.rows(
        "SELECT s.id FROM scenarios s JOIN folders f ON f.id = s.folder_id"
        " WHERE f.team_id <> s.team_id"
    )
    empty = company.rows(
        "SELECT name FROM folders WHERE id NOT IN"
        " (SELECT folder_id FROM scenarios WHERE folder_id IS NOT NULL)"
    )
    assert (crossed, empty) == ([], [])


def test_a_hook_serves_one_scenario_whose_first_module_listens_to_it(company: World):
    rows = company.rows("SELECT id, hook_id, blueprint FROM scenarios")
    assert all(row["hook_id"] == hook_of(row["blueprint"]) for row in rows)
    shared = Counter(row["hook_id"] for row in rows if row["hook_id"])
    assert set(shared.values()) == {1}


def test_derived_columns_follow_from_the_blueprint(company: World):
    for row in company.rows("SELECT * FROM scenarios"):
        assert row["used_packages"] == used_packages(row["blueprint"])
        assert row["module_sequence"] == module_sequence(row["blueprint"])


def test_the_last_version_is_the_current_blueprint_and_earlier_ones_differ(company: World):
    for row in company.rows("SELECT id, version, blueprint, last_edit FROM scenarios"):
        versions = company.rows(
            "SELECT * FROM scenario_versions WHERE scenario_id = ? ORDER BY version", row["id"]
        )
        assert [one["version"] for one in versions] == list(range(1, row["version"] + 1))
        assert versions[-1]["blueprint"] == row["blueprint"]
        assert versions[-1]["created"] == row["last_edit"]
        flows = [str(one["blueprint"]["flow"]) for one in versions]
        assert len(set(flows)) == len(flows)
    assert company.value("SELECT count(*) FROM scenarios WHERE version > 1") >= 4


def test_every_module_stands_at_its_own_place_on_the_canvas(company: World):
    for row in documents(company):
        places = [
            (place["x"], place["y"])
            for module in all_modules(row["blueprint"])
            for place in [module["metadata"]["designer"]]
        ]
        assert len(set(places)) == len(places), row["name"]


def test_records_follow_the_structure_of_their_store(company: World):
    rows = company.rows(
        "SELECT r.key, r.data, u.spec FROM data_store_records r"
        " JOIN data_stores d ON d.id = r.data_store_id"
        " JOIN data_structures u ON u.id = d.data_structure_id"
    )
    assert len(rows) > 1_000
    assert [row["key"] for row in rows if record_faults(row["data"], row["spec"])] == []


@pytest.mark.parametrize("organization", [1, 2])
def test_an_organization_keeps_to_its_licence(company: World, organization: int):
    licence = company.value("SELECT license FROM organizations WHERE id = ?", organization)
    teams = "(SELECT id FROM teams WHERE organization_id = ?)"
    active = f"SELECT count(*) FROM scenarios WHERE is_active = 1 AND team_id IN {teams}"
    assert company.value(active, organization) <= licence.get("scenarios", 10_000)
    stores = f"SELECT count(*) FROM data_stores WHERE team_id IN {teams}"
    assert company.value(stores, organization) <= licence["dslimit"]
    size = f"SELECT sum(max_size) FROM data_stores WHERE team_id IN {teams}"
    assert company.value(size, organization) <= licence["dsslimit"]
    count = company.value("SELECT count(*) FROM teams WHERE organization_id = ?", organization)
    assert count <= licence.get("teams", 10_000)
    used = "SELECT sum(operations) FROM executions WHERE organization_id = ? AND timestamp >= ?"
    reset = company.value("SELECT last_reset FROM organizations WHERE id = ?", organization)
    assert 0 < company.value(used, organization, reset) < licence["operations"]


def test_intervals_keep_to_the_plan(company: World):
    rows = company.rows(
        "SELECT s.scheduling, o.license FROM scenarios s JOIN teams t ON t.id = s.team_id"
        " JOIN organizations o ON o.id = t.organization_id"
    )
    for row in rows:
        interval = row["scheduling"].get("interval")
        assert interval is None or interval >= row["license"]["interval"] * 60


def test_addresses_are_under_example_domains(company: World):
    emails = [row["email"] for row in company.rows("SELECT email FROM users")]
    assert len(emails) >= 12
    assert all(email.endswith(".example.com") for email in emails)


def test_every_built_in_team_role_is_in_use(company: World):
    held = {row["role_id"] for row in company.rows("SELECT DISTINCT role_id FROM user_team_roles")}
    assert held == {1, 3, 4, 6}
    owners = company.rows("SELECT * FROM user_organization_roles WHERE role_id = 11")
    assert [row["organization_id"] for row in owners] == [1, 2]
