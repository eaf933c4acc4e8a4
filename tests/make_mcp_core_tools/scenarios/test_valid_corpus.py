"""A corpus of valid blueprints: exports with what the editor saves, templates, saved scenarios."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness import Company, Server

from tests.make_blueprint.exports import export

pytestmark = pytest.mark.anyio

BROKEN = "test copy (2) DO NOT USE"
"""A forgotten draft of the company, which reads a module that is not there."""


def exports() -> Iterator[tuple[str, dict[str, Any]]]:
    for seed in range(24):
        yield f"export {seed}", json.loads(json.dumps(export(seed, 12 + 2 * seed)))


async def templates(company: Company) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for row in (await company.get("/templates/public", **{"pg[limit]": 200}))["templatesPublic"]:
        answer = await company.get(f"/templates/public/{row['url']}/blueprint")
        found.append((row["name"], answer["blueprint"]))
    return found


async def saved(company: Company) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for organization in (await company.get("/organizations"))["organizations"]:
        query = {"organizationId": organization["id"], "pg[limit]": 10_000}
        for row in (await company.get("/scenarios", **query))["scenarios"]:
            if not row["isinvalid"]:
                answer = await company.get(f"/scenarios/{row['id']}/blueprint")
                found.append((row["name"], answer["response"]["blueprint"]))
    return found


async def test_f12_no_valid_blueprint_of_the_corpus_is_refused(
    core: Server, company: Company
) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    corpus = [*exports(), *await templates(company), *await saved(company)]
    assert len(corpus) > 90
    refused: dict[str, list[str]] = {}
    for name, document in corpus:
        told = await core.call("blueprint_validate", blueprint=document, level="structure")
        errors = [fault for fault in told.data["faults"] if fault["severity"] == "error"]
        if errors:
            refused[name] = [f"{fault['path']}: {fault['problem']}" for fault in errors]
    assert list(refused) == [BROKEN], refused
    assert "no module 7" in refused[BROKEN][0]
