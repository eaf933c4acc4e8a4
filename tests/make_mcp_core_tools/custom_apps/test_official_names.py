"""Every tool of Make's official server for custom apps answers under one of ours."""

import make_mcp_core
import pytest
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup

ACTIONS = {
    "apps": "list get create update delete get-section set-section get-docs set-docs get-common"
    " set-common get-icon set-icon set-public set-private",
    "connections": "list get create update delete get-section set-section get-common set-common",
    "functions": "list get create delete get-code set-code get-test set-test",
    "modules": "list get create update delete get-section set-section set-public set-private",
    "rpcs": "list get create update delete test get-section set-section",
    "webhooks": "list get create update delete get-section set-section",
    "endpoints": "list get create update delete get-section set-section set-public set-private",
}
"""What the official server offers for each resource, in its own words."""

NAMES = [f"sdk-{kind}_{action}" for kind, all_of in ACTIONS.items() for action in all_of.split()]


def test_the_official_server_has_sixty_five_such_tools() -> None:
    assert len(NAMES) == len(set(NAMES)) == 65
    assert len([name for name in NAMES if name.startswith("sdk-apps_")]) == 15


@pytest.mark.parametrize("name", NAMES)
def test_an_official_name_leads_to_a_tool_of_the_same_effect(name: str) -> None:
    found = Kernel.of(make_mcp_core.app, Setup()).surface.find(name)
    assert found is not None
    assert found.category in ("custom_apps", "sdk")
    verb = name.rpartition("_")[2].split("-")[0]
    effects = {"list": "read", "get": "read", "set": "update", "test": "run"}
    assert found.effect == effects.get(verb, verb)
