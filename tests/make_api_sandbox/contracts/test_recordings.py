"""Recorded and documented answers of Make against the contracts.

Run only when `MAKE_API_RECORDINGS` names a folder that holds the files of `recordings.csv`:
the test data of Make's official client under `mocks/`, answers of the live service and examples of
the documentation under `mocks-docs/`. The last column names the members at which a lesser witness
is known to depart from a better one, or to be shortened; live recordings never may.
"""

import csv
import os
import re
from pathlib import Path

import pytest
from make_api_sandbox.contracts.book import Answer, book
from make_api_sandbox.contracts.operations import key

if not os.environ.get("MAKE_API_RECORDINGS"):
    pytest.skip(
        "MAKE_API_RECORDINGS names no folder with recordings of Make", allow_module_level=True
    )
RECORDINGS = Path(os.environ["MAKE_API_RECORDINGS"])
TABLE = Path(__file__).with_name("recordings.csv")
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
REFUSALS = {
    "confirmation-required": 406,
    "insufficient-rights": 403,
    "not-found": 404,
    "not-logged-in": 401,
    "permission-denied": 403,
    "plan-required": 402,
    "validation": 400,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']}-{row['method']}")
def test_a_recording_departs_from_its_contract_only_where_known(row: dict[str, str]) -> None:
    declared = book().answers[key(row["method"], row["path"])]
    assert declared.body is not None
    if isinstance(declared.body, str):
        pytest.skip("no JSON")
    body = (RECORDINGS / row["file"]).read_bytes()
    answer = Answer(declared.status, "application/json", body, row["cols"].split())
    faults = book().faults(row["method"], row["path"], answer)
    assert {_member(fault) for fault in faults} == set(row["departs"].split()), faults


def test_the_contracts_keep_to_the_live_service() -> None:
    live = [row for row in ROWS if row["file"].startswith("mocks-docs/live/")]
    assert len(live) == 21
    assert not any(row["departs"] for row in live)


def test_no_recording_is_left_out() -> None:
    known = {row["file"] for row in ROWS}
    found = {str(path.relative_to(RECORDINGS)) for path in RECORDINGS.glob("mocks*/**/*.json")}
    texts = re.compile(
        r"mocks/sdk/\w+/get-section\.json|mocks-docs/errors/.*|.*/executions/blueprint\.json"
    )
    assert {name for name in found - known if not texts.fullmatch(name)} == set()


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_documented_refusal_keeps_its_contract(name: str) -> None:
    body = (RECORDINGS / "mocks-docs" / "errors" / f"{name}.json").read_bytes()
    answer = Answer(REFUSALS[name], "application/json", body)
    assert book().faults("GET", "/teams", answer) == []


def _member(fault: str) -> str:
    return re.sub(r"\[\d+\]", "[]", fault.partition(" ")[0])
