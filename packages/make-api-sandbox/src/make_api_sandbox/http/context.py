"""Which organization and team a call is about.

A route names one of these contexts. It proves the caller's membership and role, and with that
decides whose rate limit the call counts against. A foreign team or organization is answered like
one that does not exist (403); a foreign thing likewise (404).
"""

from collections.abc import Callable

from make_api_sandbox.http.access import (
    is_team_visible,
    require_organization,
    require_team,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import (
    ApiError,
    invalid_parameters,
    missing,
    not_found,
    permission_denied,
)

Context = Callable[[Call], None]
"""Fills `organization_id`, `team_id` and `entity` of a call, or refuses it."""


def nowhere(call: Call) -> None:
    """No organization: the call is not counted and needs no role."""


def enter_organization(call: Call, organization_id: int) -> None:
    """Take an organization as the context of a call, proving the caller's role."""
    require_organization(call.world, call.user_id, organization_id, call.spec.permission)
    call.organization_id = organization_id


def enter_team(call: Call, team_id: int) -> None:
    """Take a team as the context of a call, proving the caller's role."""
    team = call.world.get("teams", team_id)
    if team is None:
        raise permission_denied()
    require_team(call.world, call.user_id, team, call.spec.permission)
    call.team_id = team_id
    call.organization_id = team["organization_id"]


def path_organization(call: Call) -> None:
    """The organization in the path, `{organizationId}`."""
    enter_organization(call, call.path_id("organizationId"))


def path_team(call: Call) -> None:
    """The team in the path, `{teamId}`."""
    enter_team(call, call.path_id("teamId"))


def query_team(call: Call) -> None:
    """The team in the query, required."""
    enter_team(call, call.required_query_id("teamId"))


def query_organization(call: Call) -> None:
    """The organization in the query, required."""
    enter_organization(call, call.required_query_id("organizationId"))


def query_team_or_organization(call: Call) -> None:
    """Exactly one of `teamId` and `organizationId` in the query."""
    team_id, organization_id = call.query_id("teamId"), call.query_id("organizationId")
    if team_id and organization_id:
        raise ApiError(400, "SC400", "teamId and organizationId cannot be used together")
    if team_id:
        enter_team(call, team_id)
    elif organization_id:
        enter_organization(call, organization_id)
    else:
        raise invalid_parameters([missing("teamId or organizationId")])


def body_team(call: Call) -> None:
    """The team in the checked body, member `teamId`."""
    enter_team(call, call.body["teamId"])


def body_organization(call: Call) -> None:
    """The organization in the checked body, member `organizationId`."""
    enter_organization(call, call.body["organizationId"])


def entity(table: str, member: str, thing: str) -> Context:
    """A row with a `team_id`, named in the path.

    Args:
        table: Its table.
        member: The path member that holds its id.
        thing: Its name for people, for the 404.
    """

    def enter(call: Call) -> None:
        row = call.world.get(table, call.path_id(member))
        team = call.world.get("teams", row["team_id"]) if row else None
        if row is None or team is None or not is_team_visible(call.world, call.user_id, team):
            raise not_found(thing)
        enter_team(call, team["id"])
        call.entity = row

    return enter
