"""Search, as a person or a model asks: the right tool among the first three hits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import make_mcp_legacy
import pytest
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup
from make_mcp_base.surface.finding import index_of

if TYPE_CHECKING:
    from make_mcp_base.surface.search import Index

SHARE = 0.97

PROMPTS: dict[str, str] = {
    "show me all my scenarios": "scenario_list",
    "which automations do we have": "scenario_list",
    "list workflows that are switched off": "scenario_list",
    "what does this scenario do": "blueprint_analyze scenario_get",
    "explain the flow to me": "blueprint_analyze",
    "build a new automation": "scenario_create",
    "create a workflow from a blueprint": "scenario_create",
    "make a copy of a scenario": "scenario_clone",
    "duplicate the workflow into the other team": "scenario_clone",
    "turn the scenario on": "scenario_activate",
    "disable an automation": "scenario_deactivate",
    "pause this workflow": "scenario_deactivate",
    "delete an old scenario": "scenario_delete",
    "execute the scenario now": "scenario_run",
    "trigger a workflow by hand": "scenario_run",
    "run it every day at nine": "scenario_schedule_set",
    "change the schedule to every 15 minutes": "scenario_schedule_set",
    "rename a scenario": "scenario_update scenario_patch",
    "change one module's mapping": "scenario_patch scenario_module_get",
    "add a filter to a module": "scenario_patch scenario_module_get",
    "which scenarios use google sheets": "scenario_search",
    "find where this variable is used": "scenario_search",
    "what inputs does the scenario take": "scenario_interface_get",
    "check a blueprint for mistakes": "blueprint_validate",
    "is this blueprint valid": "blueprint_validate",
    "go back to an older version of the blueprint": "blueprint_restore",
    "rollback scenario to previous version": "blueprint_restore",
    "what changed between two versions": "blueprint_diff",
    "compare two blueprints": "blueprint_diff",
    "who changed the scenario and when": "blueprint_version_list",
    "export the scenario as json": "blueprint_get",
    "connect to a new slack account": "connection_create",
    "which credentials are expired": "connection_list connection_diagnose",
    "does the connection still work": "connection_verify connection_diagnose",
    "test a connection": "connection_verify",
    "why is my connection broken": "connection_diagnose",
    "who can do what in our organization": "access_matrix_get",
    "which people may run scenarios": "access_matrix_get",
    "somebody quits, take away their access": "user_offboard",
    "hand the organization over to a new owner": "organization_ownership_transfer",
    "apply a document of roles to our people": "access_sync",
    "who uses this connection": "connection_usage_get",
    "swap a connection in all scenarios": "connection_replace",
    "remove a credential": "connection_delete",
    "send somebody a link to authorize an account": "credential_request_create connection_create",
    "make a webhook": "hook_create",
    "what is the url of the webhook": "hook_get",
    "messages waiting in the webhook queue": "hook_incoming_list",
    "empty the queue of a hook": "hook_incoming_delete",
    "send a test payload to the webhook": "hook_send_test",
    "teach the webhook its data structure": "hook_learn",
    "deliveries that came to a webhook": "hook_log_list",
    "stop the webhook from taking requests": "hook_enabled_set",
    "list databases": "data_store_list",
    "rows of a data store": "data_store_record_list",
    "add a row to the table": "data_store_record_create",
    "sum a column of the data store": "data_store_query",
    "delete records from a data store": "data_store_record_delete",
    "make a schema from sample json": "data_structure_generate",
    "new folder for scenarios": "folder_create",
    "move scenarios into a folder": "folder_item_move",
    "who is in our team": "user_list",
    "add a colleague to the organization": "user_invite",
    "give someone admin rights in a team": "user_team_role_set",
    "remove a person from the team": "user_team_role_set",
    "who am i": "user_me environment_get",
    "how many credits are left": "organization_get environment_get",
    "what may this role do": "role_get role_permission_list",
    "list of time zones": "enum_get",
    "create a workspace": "team_create",
    "delete a team": "team_delete",
    "undo my last change": "operation_undo",
    "what was changed through this server": "operation_list",
    "is the server healthy": "health_check",
    "is my token set up right": "configuration_check",
}
"""What is asked, and the tools any of which is a right answer."""

MISSPELT: dict[str, str] = {
    "scenaro lst": "scenario_list",
    "conection verfy": "connection_verify",
    "webhok creat": "hook_create",
    "bluprint validat": "blueprint_validate",
    "organisation": "organization_list organization_get organization_update",
    "permisions of a rol": "role_permission_list role_get role_list",
    "invte user": "user_invite",
    "delte foldr": "folder_delete",
    "data stor recrds": "data_store_record_list",
    "helth": "health_check",
}


@pytest.fixture(scope="module")
def index() -> Index:
    return index_of(Kernel.of(make_mcp_legacy.app, Setup()).surface)


def missed(index: Index, prompts: dict[str, str]) -> list[str]:
    there = {entry.name for entry in index.entries}
    faults: list[str] = []
    for prompt, right in prompts.items():
        names = [entry.name for entry in index.search(prompt, 3)]
        wanted = set(right.split()) & there
        if wanted and not wanted & set(names):
            faults.append(f"{prompt!r}: {names}, not {right}")
    return faults


def test_what_people_ask_is_among_the_first_three_hits(index: Index) -> None:
    faults = missed(index, PROMPTS)
    assert len(faults) <= (1 - SHARE) * len(PROMPTS), faults


def test_typing_errors_do_not_hide_a_tool(index: Index) -> None:
    assert len(missed(index, MISSPELT)) <= 1, missed(index, MISSPELT)


def test_every_tool_is_the_first_hit_for_its_name_and_its_former_names(index: Index) -> None:
    for entry in index.entries:
        for name in (entry.name, *entry.formerly, entry.name.upper()):
            assert index.search(name, 1) == [entry], name


def test_a_tools_own_words_find_it(index: Index) -> None:
    lost = [
        f"{entry.name}: {word}"
        for entry in index.entries
        for word in entry.words
        if entry not in index.search(word, 8)
    ]
    words = sum(len(entry.words) for entry in index.entries)
    assert len(lost) <= (1 - SHARE) * words, lost


@pytest.mark.parametrize("query", ["", "   ", "?!", "的", "zzzzqqqq", "a the of"])
def test_words_that_mean_nothing_here_find_nothing_or_little(index: Index, query: str) -> None:
    assert len(index.search(query, 3)) <= 3


def test_the_same_question_is_always_answered_alike(index: Index) -> None:
    once = [entry.name for entry in index.search("delete old things", 20)]
    again = [entry.name for entry in index.search("delete old things", 20)]
    assert once == again


def test_a_very_long_question_is_answered_soon(index: Index) -> None:
    assert index.search("please " * 2_000 + "list my scenarios", 3)
