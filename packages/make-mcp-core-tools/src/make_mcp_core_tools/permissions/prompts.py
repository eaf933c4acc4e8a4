"""Ready tasks about people."""

from make_mcp_core_tools.permissions.declared import category


@category.prompt
def offboard_user(user: str) -> str:
    """Take a person out of Make: find what depends on them, hand it over, remove access."""
    return (
        f"{user} leaves. Take them out of Make without breaking anything, and change nothing"
        " before I agree.\n\n"
        "1. `user_get`: their role in the organization and in each team.\n"
        "2. In each of these teams: scenarios they edited last (`scenario_list`), and connections"
        " that carry their name or address (`connection_list`); for each such connection"
        " `connection_usage_get`, since it stops working when their account elsewhere is closed.\n"
        "3. For each of those connections propose another one of the team"
        " (`connection_replace` shows the plan), or a request to a colleague"
        " (`credential_request_create`).\n"
        "4. Give me the list: what is theirs, who would take it over, in which order.\n"
        "5. When I agree: hand over, verify with `connection_verify`, and only then end their"
        " access with `user_team_role_set` and `user_organization_role_set`."
    )
