"""Whoever comes from Make's own servers, or from this project's first one, finds every operation.

The names are those of the tool definitions in `@makehq/sdk` 1.6.10, of Make's cloud servers as its
public skills describe them, and of the first, simulated make-mcp.
"""

import make_mcp_core
import pytest
from harness import Server
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup
from make_mcp_base.surface.surface import Surface

SDK = {
    "connected-system": "list get create update delete list-apps",
    "connections": "list get create update verify delete",
    "credential-requests": "list get delete credential-decline credential-delete create"
    " create-by-credentials extend-connection list-app-modules-with-creds",
    "custom-property-structure-items": "list create update delete",
    "custom-property-structures": "list create",
    "custom-roles": "create update delete",
    "data-store-records": "list create update replace delete",
    "data-stores": "list get create update delete",
    "data-structures": "list get create update delete",
    "devices": "list",
    "enums": "countries regions timezones",
    "executions": "list get-detail get list-for-incomp-exec get-for-incomp-exec",
    "folders": "list create update delete",
    "functions": "list get create update delete check",
    "hooks": "list get create update delete",
    "incomplete-executions": "list get",
    "keys": "list get create update delete",
    "on-prem-agent": "list get create update delete get-app-config",
    "organizations": "list get create update delete",
    "private-spaces": "list get update",
    "public-templates": "list get get-blueprint",
    "roles": "list get permissions",
    "scenario-custom-properties": "get create replace update delete",
    "scenarios": "list get create update delete activate deactivate run interface set-interface",
    "sdk-apps": "list get create update delete get-section set-section get-docs set-docs"
    " get-common set-icon get-icon set-public set-private set-common",
    "sdk-connections": "list get create update delete get-section set-section get-common"
    " set-common",
    "sdk-endpoints": "list get create update delete set-public set-private get-section set-section",
    "sdk-functions": "list get create delete get-code set-code get-test set-test",
    "sdk-modules": "list get create update delete get-section set-public set-private set-section",
    "sdk-rpcs": "list get create update delete test get-section set-section",
    "sdk-webhooks": "list get create update delete get-section set-section",
    "teams": "list get create delete",
    "users": "me",
}
SDK_NAMES = [f"{subject}_{action}" for subject, all_of in SDK.items() for action in all_of.split()]

CLOUD = (
    "app-module_get app-modules_list app_documentation_get app_find apps_list apps_recommend"
    " connection-metadata_get connection-requirements_get data-structures_generate"
    " environment_get extract_blueprint_components extract_module_components hook-config_get"
    " hook-incomings_list hook-metadata_get hooks_learn_start hooks_learn_stop hooks_ping"
    " key-metadata_get module_field_resolve module_options_get module_spec rpc_execute"
    " scenario_execution_get scenario_execution_inspect scenario_execution_list"
    " scenario_execution_module_get scenario_module_get scenario_patch"
    " scenario_scheduling_update scenario_trigger_inspect scenario_trigger_learn"
    " scenarios_replay tools_create tools_get tools_update validate_blueprint_schema"
    " validate_epoch_configuration validate_hook_configuration validate_module_configuration"
    " validate_scenario_interface validate_scheduling_schema"
)

FIRST = (
    "analyze-blueprint analyze-blueprint-dependencies analyze-execution-failure-patterns"
    " bulk-resolve-incomplete-executions bulk-variable-operations clone-scenario"
    " configure-audit-system configure-breach-detection configure-hsm-integration"
    " configure-key-rotation configure-sdk-app configure-vault-server create-ai-agent"
    " create-blueprint-version create-collaboration-session create-connection"
    " create-custom-app create-custom-function create-custom-variable create-data-store"
    " create-data-structure create-folder create-hook create-llm-provider create-organization"
    " create-recovery-automation-rule create-scenario create-team create-template"
    " create-webhook delete-ai-agent delete-connection delete-custom-variable"
    " delete-data-store delete-data-structure delete-organization delete-scenario delete-team"
    " delete-template delete-webhook diagnose-connection-issues export-custom-variables"
    " extract-blueprint-connections generate-compliance-report generate-dynamic-secrets"
    " generate-troubleshooting-report get-ai-agent get-billing-account get-connection"
    " get-current-user get-custom-variable get-data-store get-data-structure"
    " get-folder-contents get-organization get-public-app-details get-scenario get-team"
    " get-template get-user install-sdk-app install-workflow invite-user list-ai-agents"
    " list-connections list-custom-apps list-custom-variables list-data-stores"
    " list-data-structures list-folders list-incomplete-executions-with-recovery"
    " list-installed-apps list-llm-providers list-organizations list-popular-apps"
    " list-scenarios list-teams list-templates list-users list-webhooks manage-rbac-policies"
    " manage-secret-engines move-items optimize-blueprint resolve-blueprint-conflicts"
    " run-scenario scan-secret-leakage search-public-apps search-sdk-apps test-ai-agent"
    " test-connection test-custom-app test-variable-resolution troubleshoot-scenario"
    " update-ai-agent update-connection update-custom-variable update-data-store"
    " update-data-structure update-organization update-scenario update-sdk-app update-team"
    " update-template update-user-role update-webhook use-template validate-blueprint"
)

CLOUD_NAMES, FIRST_NAMES = CLOUD.split(), FIRST.split()


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Kernel.of(make_mcp_core.app, Setup()).surface


def test_the_lists_are_whole() -> None:
    assert len(SDK_NAMES) == len(set(SDK_NAMES)) == 181
    assert len(FIRST_NAMES) == len(set(FIRST_NAMES)) == 108


@pytest.mark.parametrize("name", [*SDK_NAMES, *CLOUD_NAMES, *FIRST_NAMES])
def test_a_former_name_leads_to_a_tool(surface: Surface, name: str) -> None:
    assert surface.find(name) is not None


@pytest.mark.parametrize("name", SDK_NAMES)
def test_what_only_read_still_only_reads(surface: Surface, name: str) -> None:
    found = surface.find(name)
    assert found is not None
    subject, _, action = name.partition("_")
    first = action.split("-")[0]
    reads = first in {"list", "get", "interface", "permissions", "me", "verify", "check"}
    assert found.writes is not (reads or subject == "enums")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("former", "name"),
    [("list-scenarios", "scenario_list"), ("data-stores_list", "data_store_list")],
)
async def test_a_former_name_is_called_and_found(core: Server, former: str, name: str) -> None:
    answer = await core.call(former, team_id=1)
    assert not answer.result.is_error
    found = await core.call("make_core_tool_search", query=former)
    assert found.data["tools"][0]["tool"] == name
