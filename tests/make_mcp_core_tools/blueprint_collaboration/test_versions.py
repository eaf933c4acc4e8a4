"""The repository of blueprints: snapshots, the time line, backups, drift, restoring from it."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import Company, Connect, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


def git(repository: str, *arguments: str) -> str:
    """Ask ordinary git, which shares no code with the server."""
    command = ["git", "-C", repository, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def new_checkout(place: Path) -> None:
    """Make a repository with a working copy, as a person would."""
    place.mkdir(parents=True)
    git(str(place), "init", "-q", "-b", "main")


def is_there(path: str) -> bool:
    return Path(path).exists()


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> dict[str, Any]:
    secret = step(2, "http:ActionSendData", version=3, mapper={"password": "hunter2", "url": "x"})
    return await new_scenario(blueprint(step(1), secret))


async def _edit(core: Server, scenario_id: int, value: str) -> None:
    op = {"op": "set_mapper", "module": 1, "name": "value", "value": value}
    (await core.call("scenario_patch", scenario_id=scenario_id, ops=[op])).data  # noqa: B018


async def test_a_snapshot_is_a_commit_that_ordinary_git_reads_and_holds_no_secret(
    core: Server, scenario: dict[str, Any], company: Company, writes: Writes
) -> None:
    await writes()
    ident = scenario["id"]
    told = await core.call(
        "blueprint_version_create", scenario_ids=[ident], message="First", tag="v1"
    )
    assert told.data["changed"] is True
    repository = told.data["repository"]
    me = (await company.get("/users/me"))["authUser"]
    line = git(repository, "log", "--format=%an|%ae|%s", "main").strip()
    assert line == f"{me['name']}|{me['id']}@users.make.invalid|First"
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""
    text = git(repository, "show", f"v1:team-{scenario['teamId']}/scenario-{ident}.json")
    assert "hunter2" not in text
    kept = json.loads(text)
    assert kept["blueprint"]["flow"][0]["mapper"]["value"] == "1"
    assert kept["layout"] == {"1": [0, 0], "2": [300, 0]}
    assert await writes() == []


async def test_an_unchanged_state_makes_no_commit_and_a_dry_run_writes_nothing(
    core: Server, scenario: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"scenario_ids": [scenario["id"]], "message": "Same"}
    dry = await core.call("blueprint_version_create", **arguments, dry_run=True)
    assert dry.data["changed"] is False
    assert len(dry.data["files"]) == 1
    assert not is_there(dry.data["repository"])
    first = await core.call("blueprint_version_create", **arguments)
    again = await core.call("blueprint_version_create", **arguments)
    assert (first.data["changed"], again.data["changed"]) == (True, False)
    assert again.data["files"] == []


async def test_moving_modules_changes_only_the_layout_of_a_file(
    core: Server, scenario: dict[str, Any], company: Company, stored: Reader
) -> None:
    arguments: dict[str, Any] = {"scenario_ids": [scenario["id"]], "message": "Kept"}
    repository = (await core.call("blueprint_version_create", **arguments)).data["repository"]
    moved = (await stored(scenario["id"]))["blueprint"]
    moved["flow"][0]["metadata"]["designer"] = {"x": 900, "y": 400}
    body = {"blueprint": json.dumps(moved)}
    await company.send("PATCH", f"/scenarios/{scenario['id']}", body, confirmed="true")
    await core.call("blueprint_version_create", **arguments)
    changed = git(repository, "diff", "--unified=0", "main~1", "main").splitlines()
    lines = [line for line in changed if line[0] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == ["-      0,", "-      0", "+      900,", "+      400"]
    told = await core.call("blueprint_diff", scenario_id=scenario["id"], ref="main~1")
    assert told.data["same"] is True


async def test_versions_and_commits_stand_in_one_time_line(
    core: Server, scenario: dict[str, Any], company: Company
) -> None:
    ident = scenario["id"]
    await _edit(core, ident, "2")
    await company.send("POST", f"/scenarios/{ident}/start")
    await company.send("POST", f"/scenarios/{ident}/run", {"responsive": True})
    await core.call("blueprint_version_create", scenario_ids=[ident], message="Kept\n\nWhy")
    told = await core.call("blueprint_version_list", scenario_id=ident)
    rows = told.data["versions"]
    assert {row["source"] for row in rows} == {"make", "git"}
    (commit,) = [row for row in rows if row["source"] == "git"]
    assert commit["message"] == "Kept"
    newest = next(row for row in rows if row.get("version") == 2)
    logs = (await company.get(f"/scenarios/{ident}/logs"))["scenarioLogs"]
    assert newest["runs"] == len([one for one in logs if one.get("status")]) > 0
    mine = await core.call("blueprint_version_list", scenario_id=ident, author=commit["author"])
    assert [row["source"] for row in mine.data["versions"]] == ["git"]


async def test_a_commit_is_compared_and_put_back_with_the_secrets_of_the_live_scenario(
    core: Server, scenario: dict[str, Any], stored: Reader
) -> None:
    ident = scenario["id"]
    await core.call("blueprint_version_create", scenario_ids=[ident], message="Good", tag="good")
    before = (await stored(ident))["blueprint"]
    await _edit(core, ident, "broken")
    told = await core.call("blueprint_diff", scenario_id=ident, ref="good", view="entries")
    (entry,) = told.data["entries"]
    assert (entry["before"], entry["after"]) == ("1", "broken")
    done = await core.apply("blueprint_restore", scenario_id=ident, ref="good")
    assert done.data["changed"] is True
    assert (await stored(ident))["blueprint"] == before
    assert before["flow"][1]["mapper"]["password"] == "hunter2"
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert (await stored(ident))["blueprint"]["flow"][0]["mapper"]["value"] == "broken"


async def test_a_commit_whose_secret_is_nowhere_any_more_is_not_put_back(
    core: Server, scenario: dict[str, Any], stored: Reader
) -> None:
    ident = scenario["id"]
    await core.call("blueprint_version_create", scenario_ids=[ident], message="With the secret")
    op = {"op": "remove_module", "module": 2}
    await core.call("scenario_patch", scenario_id=ident, ops=[op])
    before = await stored(ident)
    told = await core.call("blueprint_restore", scenario_id=ident, ref="main")
    assert told.error["code"] == "secrets_missing"
    assert told.error["problems"][0]["path"] == "flow[1].mapper.password"
    assert await stored(ident) == before


async def test_a_team_is_backed_up_and_its_drift_is_told(
    core: Server,
    scenario: dict[str, Any],
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
) -> None:
    team = scenario["teamId"]
    doomed = await new_scenario(blueprint(step(1), name="Doomed"))
    told = await core.call("blueprint_backup", team_id=team)
    assert (told.data["scenarios"], told.data["written"]) == (2, 3)
    again = await core.call("blueprint_backup", team_id=team)
    assert again.data["changed"] is False
    calm = await core.call("blueprint_drift_get", team_id=team)
    assert (calm.data["in_step"], calm.data["drifted"]) == (True, [])
    await _edit(core, scenario["id"], "9")
    await company.send("DELETE", f"/scenarios/{doomed['id']}")
    fresh = await new_scenario(blueprint(step(1), name="Fresh"))
    drift = (await core.call("blueprint_drift_get", team_id=team)).data
    states = {row["scenario_id"]: row["state"] for row in drift["drifted"]}
    assert states == {scenario["id"]: "changed", doomed["id"]: "missing", fresh["id"]: "new"}
    assert drift["drifted"][0]["parts"] == ["blueprint"]
    taken = await core.call("blueprint_backup", team_id=team)
    assert taken.data["removed"] == 1
    assert (await core.call("blueprint_drift_get", team_id=team)).data["in_step"] is True


async def test_every_scenario_of_a_company_survives_the_way_into_a_file_and_back(
    core: Server, company: Company, writes: Writes
) -> None:
    rows = (await company.get("/scenarios", teamId=1, **{"pg[limit]": 100}))["scenarios"]
    assert len(rows) > 5
    told = await core.call("blueprint_backup", team_id=1)
    assert told.data["scenarios"] == len(rows)
    await writes()
    for row in rows:
        kept = await core.call("blueprint_restore", scenario_id=row["id"], ref="main")
        assert kept.data["changed"] is False, row["name"]
    assert await writes() == []
    folder = "main:team-1/"
    names = git(told.data["repository"], "ls-tree", "--name-only", folder).split()
    assert len(names) == len(rows) + 1


async def test_only_scenarios_edited_since_are_read_again(
    core: Server, scenario: dict[str, Any], company: Company
) -> None:
    await core.call("blueprint_backup", team_id=scenario["teamId"])
    await company.control("DELETE", "/requests")
    await core.call("blueprint_backup", team_id=scenario["teamId"])
    seen = (await company.control("GET", "/requests"))["requests"]
    assert not [one for one in seen if one["path"].endswith("/blueprint")]


async def test_an_empty_team_is_backed_up_and_drifts_nowhere(core: Server, team: int) -> None:
    told = await core.call("blueprint_backup", team_id=team)
    assert (told.data["scenarios"], told.data["changed"]) == (0, True)
    assert (await core.call("blueprint_drift_get", team_id=team)).data["in_step"] is True


@pytest.mark.parametrize(
    ("repository", "code"),
    [
        ("/etc/blueprints", "path_refused"),
        ("../../elsewhere", "path_refused"),
        ("https://git.example.com/team.git", "invalid_arguments"),
        ("git@example.com:team.git", "invalid_arguments"),
    ],
)
async def test_a_repository_outside_the_allowed_folders_is_refused(
    core: Server, scenario: dict[str, Any], repository: str, code: str
) -> None:
    told = await core.call(
        "blueprint_version_create",
        scenario_ids=[scenario["id"]],
        message="Out",
        repository=repository,
    )
    assert told.error["code"] == code


async def test_a_checked_out_repository_of_the_user_follows_each_commit(
    core: Server, scenario: dict[str, Any]
) -> None:
    home = core.kernel.place
    new_checkout(home / "mine")
    arguments: dict[str, Any] = {"scenario_ids": [scenario["id"]], "repository": "mine"}
    told = await core.call("blueprint_version_create", **arguments, message="Kept")
    assert told.data["changed"] is True
    assert git(str(home / "mine"), "status", "--porcelain") == ""
    (home / "mine" / told.data["files"][0]).write_text("by hand")
    await _edit(core, scenario["id"], "3")
    refused = await core.call("blueprint_version_create", **arguments, message="Again")
    assert refused.error["code"] == "working_copy_changed"


async def test_the_operator_may_allow_another_folder(
    core: Server, scenario: dict[str, Any], tmp_path: Path
) -> None:
    outside = tmp_path / "shared" / "blueprints"
    arguments: dict[str, Any] = {"scenario_ids": [scenario["id"]], "message": "Kept"}
    refused = await core.call(
        "blueprint_version_create", **arguments, repository=f"{tmp_path}/other"
    )
    assert refused.error["code"] == "path_refused"
    allowed = {"MAKE_MCP_BLUEPRINT_FOLDERS": str(tmp_path / "shared")}
    core.kernel.setup = replace(core.kernel.setup, environment=allowed)
    told = await core.call("blueprint_version_create", **arguments, repository=str(outside))
    assert told.data["repository"] == str(outside)


async def test_two_servers_write_at_once_and_no_commit_is_lost(
    core: Server, connect: Connect, scenario: dict[str, Any]
) -> None:
    async with connect() as other, anyio.create_task_group() as tasks:
        for number, server in enumerate((core, other, core, other)):
            arguments: dict[str, Any] = {"scenario_ids": [scenario["id"]], "message": f"{number}"}
            call = partial(server.call, "blueprint_version_create", **arguments)
            tasks.start_soon(partial(call, branch=f"line-{number}"))
            tasks.start_soon(call)
    told = await core.call("blueprint_version_create", scenario_ids=[scenario["id"]], message="x")
    repository = told.data["repository"]
    assert len(git(repository, "branch").splitlines()) == 5
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""
    assert git(repository, "rev-list", "--count", "main").strip() == "1"


async def test_without_the_extra_the_tools_name_it_and_the_rest_works(
    core: Server, scenario: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dulwich.errors", None)
    ident = scenario["id"]
    told = await core.call("blueprint_version_create", scenario_ids=[ident], message="None")
    assert told.error["code"] == "git_extra_missing"
    assert "make-mcp-core-tools[git]" in told.error["next_step"]
    listed = await core.call("blueprint_version_list", scenario_id=ident)
    assert [row["version"] for row in listed.data["versions"]] == [1]


async def test_what_no_repository_keeps_is_told(core: Server, scenario: dict[str, Any]) -> None:
    ident = scenario["id"]
    none = await core.call("blueprint_diff", scenario_id=ident, ref="main")
    assert none.error["code"] == "no_repository"
    await core.call("blueprint_version_create", scenario_ids=[ident], message="Kept")
    unknown = await core.call("blueprint_diff", scenario_id=ident, ref="v9")
    assert unknown.error["code"] == "unknown_revision"
    foreign = await core.call("blueprint_version_create", scenario_ids=[999_999], message="None")
    assert foreign.error["code"] == "not_found"
