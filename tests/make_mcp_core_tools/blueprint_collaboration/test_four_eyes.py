"""Four eyes: nobody gets past a second person, whatever they write into the repository."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Git = Callable[..., str]
Document = dict[str, Any]
Serving = Callable[[str], AbstractAsyncContextManager[Server]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1), step(2))))["id"])


@pytest.fixture
async def request_id(core: Server, scenario: int) -> str:
    return await _proposed(core, scenario)


async def _proposed(server: Server, scenario: int, value: str = "9") -> str:
    op = {"op": "set_mapper", "module": 1, "name": "value", "value": value}
    made = await server.call("change_request_create", scenario_id=scenario, title="Nine", ops=[op])
    return str(made.data["change_request_id"])


@pytest.fixture
def checkout(core: Server, git: Git, tmp_path: Path) -> Callable[[], Path]:
    """Clones the store as it is, for a person who edits it with ordinary git."""

    def clone() -> Path:
        git(tmp_path, "clone", "-q", str(core.kernel.place / "blueprints.git"), "own")
        return tmp_path / "own"

    return clone


def pushed(git: Git, own: Path, ident: str, change: Callable[[Document], None]) -> None:
    """Edit the file of a change request by hand and push it, as anybody with the repository may."""
    branch, file = f"change-requests/{ident}", own / f"change-requests/{ident}.json"
    git(own, "switch", "-q", "-C", "edit", f"origin/{branch}")
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False) + "\n")
    git(own, "commit", "-qam", "Approve", "--author", "Ada Lund <2@users.make.invalid>")
    git(own, "push", "-q", "--force", "origin", f"edit:{branch}")


async def test_an_author_is_the_same_person_with_any_token_and_under_any_name_of_the_tool(
    core: Server, company: Company, request_id: str, serving: Serving, writes: Writes
) -> None:
    me = (await company.get("/users/me"))["authUser"]
    token = (await company.control("POST", "/tokens", {"user_id": me["id"]}))["token"]
    await writes()
    async with serving(token) as second:
        for server in (core, second):
            for ident in (request_id, f" {request_id}", request_id.upper(), f"{request_id}\n"):
                told = await server.call(
                    "change_request_review", change_request_id=ident, verdict="approve"
                )
                assert told.error["code"] in {"own_change_request", "not_found"}
            camel: Document = {"changeRequestId": request_id, "verdict": "approve"}
            told = await server.call("change_request_review", **camel)
            assert told.error["code"] == "own_change_request"
            late = await server.call("change_request_apply", change_request_id=request_id)
            assert late.error["code"] == "not_approved"
    shown = await core.call("change_request_get", change_request_id=request_id)
    assert (shown.data["approvals"], shown.data["can_apply"]) == (0, False)
    assert await writes() == []


def _approve(data: Document) -> None:
    own = data["reviews"][0]
    data["reviews"].append(own | {"verdict": "approve", "user_id": 424_242, "name": "Somebody"})


def _unsay(data: Document) -> None:
    data["reviews"] = []


def _disown(data: Document) -> None:
    data["author"]["id"] = 424_242


def _smuggle(data: Document) -> None:
    data["blueprint"]["flow"][1]["mapper"]["value"] = "smuggled"


def _unseal(data: Document) -> None:
    del data["seal"]


def _reseal(data: Document) -> None:
    data["seal"] = "0" * 64


@pytest.mark.parametrize("change", [_approve, _unsay, _disown, _smuggle, _unseal, _reseal])
async def test_a_change_request_edited_in_git_is_never_applied_nor_reviewed(
    core: Server,
    colleague: Server,
    request_id: str,
    scenario: int,
    stored: Reader,
    git: Git,
    checkout: Callable[[], Path],
    change: Callable[[Document], None],
) -> None:
    ident: Document = {"change_request_id": request_id}
    await colleague.call("change_request_review", **ident, verdict="reject", comment="No")
    pushed(git, checkout(), request_id, change)
    before = await stored(scenario)
    for server in (core, colleague):
        for verdict in ("approve", "comment"):
            told = await server.call("change_request_review", **ident, verdict=verdict)
            assert told.error["code"] == "untrusted_change_request"
        told = await server.call("change_request_apply", **ident)
        assert told.error["code"] == "untrusted_change_request"
        assert "change_request_create" in told.error["next_step"]
    shown = await core.call("change_request_get", **ident)
    assert "edited outside of these tools" in shown.data["waits_for"][0]
    assert not any(row["counts"] for row in shown.data.get("reviews", []))
    assert shown.data["can_apply"] is False
    assert await stored(scenario) == before


async def test_moving_the_branch_back_does_not_undo_a_rejection(
    core: Server, colleague: Server, request_id: str, git: Git
) -> None:
    ident: Document = {"change_request_id": request_id}
    await colleague.call("change_request_review", **ident, verdict="approve")
    await colleague.call("change_request_review", **ident, verdict="reject")
    branch = f"refs/heads/change-requests/{request_id}"
    git(core.kernel.place / "blueprints.git", "update-ref", branch, f"{branch}~1")
    told = await core.call("change_request_apply", **ident)
    assert told.error["code"] == "untrusted_change_request"
    assert "moved back" in told.error["what"]


async def test_an_approved_request_is_not_applied_again_under_another_id(
    core: Server, colleague: Server, request_id: str, git: Git, checkout: Callable[[], Path]
) -> None:
    ident: Document = {"change_request_id": request_id}
    await colleague.call("change_request_review", **ident, verdict="approve")
    own = checkout()
    git(own, "switch", "-q", "-c", "copy", f"origin/change-requests/{request_id}")
    git(own, "mv", f"change-requests/{request_id}.json", "change-requests/ffffffff.json")
    git(own, "commit", "-qm", "Copy")
    git(own, "push", "-q", "origin", "copy:change-requests/ffffffff")
    told = await core.call("change_request_apply", change_request_id="ffffffff")
    assert told.error["code"] == "not_found"
    listed = await core.call("change_request_list")
    rows = [row["change_request_id"] for row in listed.data["change_requests"]]
    assert rows == [request_id]
    assert "change-requests/ffffffff" in listed.data["warnings"][0]


async def test_a_branch_that_cannot_be_read_hides_no_other(
    core: Server, request_id: str, scenario: int, team: int, git: Git, checkout: Callable[[], Path]
) -> None:
    own = checkout()
    for number, text in enumerate(("not json", "{}", '{"id": "bad2"}', "[]", "\x00")):
        name = f"bad{number}"
        git(own, "switch", "-q", "--orphan", name)
        (own / "change-requests").mkdir(exist_ok=True)
        (own / f"change-requests/{name}.json").write_text(text)
        git(own, "add", "-A")
        git(own, "commit", "-qm", "x")
        git(own, "push", "-q", "origin", f"{name}:change-requests/{name}")
        told = await core.call("change_request_get", change_request_id=name)
        assert told.error["code"] in {"not_found", "not_a_scenario_file"}
    listed = await core.call("change_request_list", target_team_id=team, scenario_id=scenario)
    assert [row["change_request_id"] for row in listed.data["change_requests"]] == [request_id]
    assert len(listed.data["warnings"]) == 5
    other = await core.call("change_request_list", target_team_id=1)
    assert other.data["change_requests"] == []


async def test_two_people_who_review_at_once_are_both_heard(
    core: Server, colleague: Server, request_id: str
) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            for server in (core, colleague):
                call = partial(server.call, "change_request_review", change_request_id=request_id)
                tasks.start_soon(partial(call, verdict="comment", comment=f"{number}"))
    shown = await core.call("change_request_get", change_request_id=request_id)
    said = sorted((row["by"], row["comment"]) for row in shown.data["reviews"])
    people = {name for name, _ in said}
    assert len(people) == 2
    assert said == sorted((name, f"{number}") for name in people for number in range(4))


async def test_a_dry_run_of_a_review_says_nothing(
    core: Server, colleague: Server, request_id: str, git: Git
) -> None:
    before = git(core.kernel.place / "blueprints.git", "for-each-ref")
    ident: Document = {"change_request_id": request_id}
    told = await colleague.call("change_request_review", **ident, verdict="approve", dry_run=True)
    assert told.data["approvals"] == 1
    assert git(core.kernel.place / "blueprints.git", "for-each-ref") == before
    assert (await core.call("change_request_get", **ident)).data["approvals"] == 0


async def test_servers_trust_each_other_by_a_key_they_share(
    core: Server, colleague: Server, scenario: int
) -> None:
    def share(server: Server, key: str) -> None:
        server.kernel.setup = replace(server.kernel.setup, environment={"MAKE_MCP_REVIEW_KEY": key})

    share(core, "one key")
    ident: Document = {"change_request_id": await _proposed(core, scenario)}
    for key, code in (("another key", "untrusted_change_request"), ("one key", None)):
        share(colleague, key)
        told = await colleague.call("change_request_review", **ident, verdict="approve")
        assert (told.error["code"] if told.result.is_error else None) == code
    done = await core.apply("change_request_apply", **ident)
    assert done.data["changed"] is True


async def test_where_nothing_was_proposed_or_kept_nothing_is_listed(
    core: Server, scenario: int
) -> None:
    listed = await core.call("change_request_list", state="all")
    assert listed.data["change_requests"] == []
    none = await core.call("change_request_get", change_request_id="abc")
    assert none.error["code"] == "not_found"
    later = await core.call("blueprint_version_list", scenario_id=scenario, since="2099-01-01")
    assert (later.data["versions"], later.data["total"]) == ([], 0)


async def test_a_request_tells_what_of_it_deserves_a_second_look(
    core: Server, scenario: int
) -> None:
    op = {"op": "remove_module", "module": 1}
    made = await core.call("change_request_create", scenario_id=scenario, title="x", ops=[op])
    for title in ("two\nlines", "   ", ""):
        refused = await core.call(
            "change_request_create", scenario_id=scenario, title=title, ops=[op]
        )
        assert refused.error["code"] == "invalid_arguments"
    assert made.data["risks"] == ["trigger: module 1 util:SetVariable2 (removed)"]


async def test_a_request_for_a_scenario_that_is_gone_is_shown_and_not_applied(
    core: Server, colleague: Server, company: Company, request_id: str, scenario: int
) -> None:
    ident: Document = {"change_request_id": request_id}
    await company.send("DELETE", f"/scenarios/{scenario}", confirmed="true")
    shown = await core.call("change_request_get", **ident)
    assert "nothing: its scenario is gone" in shown.data["waits_for"]
    await colleague.call("change_request_review", **ident, verdict="approve")
    told = await core.call("change_request_apply", **ident)
    assert told.error["code"] == "not_found"
