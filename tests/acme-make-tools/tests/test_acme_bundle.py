"""What a bundle's own repository tests before a release."""

from importlib import import_module

from make_mcp_base.authoring import check_bundle


def test_the_bundle_may_be_released() -> None:
    assert check_bundle(import_module("acme_make_tools").bundle) == []
