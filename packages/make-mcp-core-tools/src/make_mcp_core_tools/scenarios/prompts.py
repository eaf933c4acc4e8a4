"""Ready tasks that a person picks in their client."""

from make_mcp_core_tools.scenarios.declared import category


@category.prompt
def build_scenario(goal: str) -> str:
    """Build a scenario for a goal, step by step, and try it before it is switched on."""
    return (
        f"Build a Make scenario that does this: {goal}\n\n"
        "1. Look with `scenario_search` whether something like it exists already.\n"
        "2. Find the apps and modules it needs: `scenario_search` finds scenarios that use them,"
        " `scenario_module_get` shows what a module takes; and the connections the team has"
        " (`connection_list`).\n"
        "3. Write the blueprint and check it with `blueprint_validate` until it has no errors.\n"
        "4. Show me the outline and what is still missing, and wait for my word.\n"
        "5. Create it inactive with `scenario_create`, run it once, and tell me what it did."
    )


@category.prompt
def review_blueprint(scenario_id: str) -> str:
    """Review a scenario: what it does, what can go wrong, what it costs, what to change."""
    return (
        f"Review the Make scenario {scenario_id}.\n\n"
        "Read it with `blueprint_analyze`, `blueprint_validate` and `blueprint_component_list`;"
        " look at single modules with `scenario_module_get` where something is unclear.\n"
        "Tell me, each with module ids: what it does in three sentences; every error; what happens"
        " when a module fails; what could be lost or done twice; operations of a run and where"
        " they can be saved. Propose changes as operations of `scenario_patch`, and change nothing"
        " before I agree."
    )


@category.prompt
def clone_to_team(scenario: str, team: str) -> str:
    """Copy a scenario to another team, with the connections and data it needs there."""
    return (
        f"Copy the Make scenario {scenario} to the team {team}.\n\n"
        "1. Call `blueprint_component_list` for it: connections, webhooks, data stores, sub-"
        "scenarios, keys.\n"
        "2. Call `scenario_clone` with dry_run=true. It says what of this the other team has, what"
        " it would create, and what it cannot map.\n"
        "3. For each thing that is not mapped, show me the candidates there, or how it can be"
        " created; a connection that a person must authorize is asked for with"
        " `credential_request_create`.\n"
        "4. Clone when I agree and everything is mapped; leave the copy inactive, check it with"
        " `blueprint_validate`, and tell me what must be done before it is switched on."
    )


@category.prompt
def explain_module(scenario: str, module_id: str) -> str:
    """Explain one module of a scenario: what it does, what comes in, what goes out."""
    return (
        f"Explain module {module_id} of the Make scenario {scenario} to somebody who did not build"
        " it.\n\n"
        "Read it with `scenario_module_get`; see what it did in a recent run with"
        " `scenario_execution_list` and `scenario_execution_module_get`. Tell me in plain words:"
        " what it is for, which fields it takes from which modules and what each expression"
        " computes, when its filter lets data through, what happens when it fails, and one example"
        " of what went in and came out. `make://iml/functions` explains the functions."
    )
