"""`check_bundle` and the decorator find what an author got wrong, before a release does."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Protocol

import pytest
from make_mcp_base.authoring import Bundle, check_bundle
from make_mcp_base.definition.catalog import refresh

_numbers = itertools.count()

HEAD = '''
from make_mcp_base.authoring import Category, Input, Make, Output

category = Category("parcels", "Parcels and where they are.")


class Find(Input):
    label: str
    """What is written on it."""


class Found(Output):
    label: str


'''
GOOD = '''
@category.tool(scope="", effect="read", formerly=("find-parcel",))
async def parcel_get(make: Make, args: Find) -> Found:
    """Find a parcel by its label."""
    return Found(label=args.label)
'''


class Written(Protocol):
    """Writes a bundle of one category with this source, its catalog fresh."""

    def __call__(self, source: str, *, head: str = ...) -> Bundle: ...


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(source: str, *, head: str = HEAD) -> Bundle:
        package = f"planted_{next(_numbers)}"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text('"""Planted."""\n')
        (tmp_path / package / "parcels.py").write_text(head + source)
        bundle = Bundle("planted", package=package, title="Planted")
        refresh(bundle, write_files=True)
        return bundle

    return write


def test_a_good_bundle_has_no_faults(written: Written) -> None:
    assert check_bundle(written(GOOD)) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("get_parcel", "known verb"),
        ("parcelGet", "snake_case"),
        ("parcel", "snake_case"),
        ("parcel_" + "very_" * 9 + "get", "48"),
        ("parcel__get", "snake_case"),
    ],
)
def test_a_bad_name_is_refused_at_its_declaration(written: Written, name: str, fault: str) -> None:
    with pytest.raises(TypeError, match=fault):
        written(GOOD.replace("parcel_get", name))


def test_a_missing_docstring_is_refused_at_its_declaration(written: Written) -> None:
    with pytest.raises(TypeError, match="docstring"):
        written(GOOD.replace('    """Find a parcel by its label."""\n', ""))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("async def", "def"),
        ("args: Find", "args: Found"),
        ("-> Found", "-> Find"),
        (", args: Find", ""),
        (") -> Found", ")"),
    ],
)
def test_a_function_of_another_form_is_refused_at_its_declaration(
    written: Written, right: str, wrong: str
) -> None:
    with pytest.raises(TypeError, match="parcel_get"):
        written(GOOD.replace(right, wrong))


def test_a_tool_declared_twice_is_refused(written: Written) -> None:
    with pytest.raises(TypeError, match="twice"):
        written(GOOD + GOOD)


def test_an_undocumented_argument_is_found(written: Written) -> None:
    bare = HEAD.replace('    """What is written on it."""\n', "")
    assert check_bundle(written(GOOD, head=bare)) == [
        "`parcel_get`: the argument `label` has no description."
    ]


def test_an_alias_that_two_tools_claim_is_found(written: Written) -> None:
    other = GOOD.replace("parcel_get", "parcel_list")
    assert check_bundle(written(GOOD + other)) == [
        "`find-parcel` is claimed by parcel_get and parcel_list."
    ]


def test_a_category_without_a_summary_is_found(written: Written) -> None:
    bare = HEAD.replace("Parcels and where they are.", "")
    assert check_bundle(written(GOOD, head=bare)) == ["The category parcels has no summary."]


def test_a_catalog_that_lags_behind_the_code_is_found(written: Written, tmp_path: Path) -> None:
    bundle = written(GOOD)
    catalog = tmp_path / bundle.package / "_catalog" / "parcels.json"
    catalog.write_text(catalog.read_text().replace("by its label", "by its weight"))
    assert check_bundle(bundle) == ["parcels.json is not up to date."]
    catalog.unlink()
    assert check_bundle(bundle) == ["parcels.json is not up to date."]
    refresh(bundle, write_files=True)
    (catalog.parent / "gone.json").write_text("{}")
    assert check_bundle(bundle) == ["gone.json is not up to date."]
