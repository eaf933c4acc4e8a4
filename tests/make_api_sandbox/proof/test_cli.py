"""Make's own command line takes the sandbox for Make."""

import json

import pytest

from .node import Node


@pytest.mark.slow
def test_the_command_line_makes_runs_and_deletes(node: Node) -> None:
    made = node.cli("data-structures", "create", "--team-id=1", "--name=Pots", "--spec=[]")
    assert made.returncode == 0, made.stderr
    ident = json.loads(made.stdout)["id"]
    listed = node.cli("data-structures", "list", "--team-id=1")
    assert ident in {one["id"] for one in json.loads(listed.stdout)}
    gone = node.cli("data-structures", "delete", str(ident))
    assert gone.returncode == 0, gone.stderr


def test_the_command_line_tells_a_refusal(node: Node) -> None:
    unknown = node.cli("scenarios", "get", "999999")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("Error [404]: ")


def test_the_command_line_knows_who_calls(node: Node) -> None:
    told = node.cli("whoami")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["email"] == "mara.lindqvist@harborpine.example.com"
