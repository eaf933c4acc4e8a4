"""Ids of things the seeded company has, and calls made of them."""

from __future__ import annotations

from typing import Any

from harness import Company
from make_mcp_base.definition.catalog import Entry


async def ids_of(company: Company) -> dict[str, Any]:
    """Values of the company's own for arguments that name something."""
    team = (await company.get("/teams", organizationId=1))["teams"][0]["id"]
    found: dict[str, Any] = {"organization_id": 1, "team_id": team}
    lists = {
        "scenario_id": ("/scenarios", "scenarios"),
        "connection_id": ("/connections", "connections"),
        "hook_id": ("/hooks", "hooks"),
        "data_store_id": ("/data-stores", "dataStores"),
        "data_structure_id": ("/data-structures", "dataStructures"),
        "folder_id": ("/scenarios-folders", "scenariosFolders"),
        "key_id": ("/keys", "keys"),
        "template_id": ("/templates", "templates"),
    }
    for name, (path, key) in lists.items():
        rows = (await company.get(path, teamId=team))[key]
        if rows:
            found[name] = rows[0]["id"]
    people = (await company.get("/users", organizationId=1))["users"]
    # A name that a new thing may have as well as a variable that is there.
    found |= {"user_id": people[-1]["id"], "role_id": 1, "name": "teamName"}
    every = (await company.get("/scenarios", organizationId=1))["scenarios"]
    stuck = next(one["id"] for one in every if one["dlqCount"])
    found["dlq_id"] = (await company.get("/dlqs", scenarioId=stuck))["dlqs"][0]["id"]
    found |= {"app": "slack", "module": "slack:CreateMessage", "modules": ["slack:CreateMessage"]}
    runs = (await company.get(f"/scenarios/{found['scenario_id']}/logs"))["scenarioLogs"]
    found |= {"execution_id": runs[0]["id"], "module_id": 1, "type": "gateway-webhook"}
    found["scenario_ids"] = [found["scenario_id"]]
    found |= {"enabled": True, "key": "k", "data": {"note": "n"}, "value": "v", "label": "L"}
    return found


def arguments_of(entry: Entry, ids: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments for a call, or None when neither the company's ids nor an example suffice.

    An example of the tool's own is taken with the company's ids in place of its own.
    """
    members: dict[str, Any] = entry.input_schema["properties"]
    required: list[str] = entry.input_schema.get("required", [])
    known = {*required, *({"team_id", "organization_id"} & set(members))}
    if "team_id" in known and "organization_id" not in required:
        known.discard("organization_id")
    given = {name: ids[name] for name in known if name in ids}
    example: dict[str, Any] = entry.examples[0] if entry.examples else {}
    if not required or not set(required) <= set(ids):
        given |= {name: ids.get(name, value) for name, value in example.items()}
    return given if set(required) <= set(given) else None
