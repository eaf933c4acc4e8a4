"""The command, started as a module."""

from __future__ import annotations

import runpy
import sys

import pytest


def test_the_library_is_started_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make-blueprint", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("make_blueprint", run_name="__main__")
    assert ended.value.code == 0
    assert "merge" in capsys.readouterr().out
