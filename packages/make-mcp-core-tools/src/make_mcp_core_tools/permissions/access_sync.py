"""Access as a document: what people should have, held against what they have, and brought about.

Roles are read and set where `user_team_role_set` and `user_organization_role_set` do (Make API
reference, chapters 2.23, 2.31 and 2.33).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Problem,
)
from pydantic import Field

from make_mcp_core_tools.permissions.access_matrix import Access, access_of
from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.membership import write_organization_role, write_team_role
from make_mcp_core_tools.permissions.people import RawUser
from make_mcp_core_tools.permissions.roles import Role, RoleCategory, find_role

MOST_NAMED = 50

# Inputs


class Desired(Input):
    """What one person should have."""

    person: int | str
    """Id or e-mail address."""
    role: int | str | None = None
    """Role in the organization, by id or name; left out, it stays."""
    teams: dict[str, int | str] | None = Field(default=None, max_length=200)
    """Role by team (id or name): exactly these teams. Left out, they stay."""


class SyncAccess(Input):
    organization_id: OrganizationId | None = None
    desired: list[Desired] = Field(min_length=1, max_length=500)
    """People and their roles; who is not listed is told and left alone."""


# Outputs


class AccessChange(Output):
    user_id: int
    name: str
    team_id: int | None = None
    """Absent for the role in the organization."""
    before: str | None = None
    after: str | None = None
    """Absent for somebody who is taken out of the team."""


class AccessSynced(Output):
    organization_id: int
    changed: bool
    changes: list[AccessChange]
    """In the order they are made: new admins first, removals last."""
    not_members: list[str] = []
    """Listed, but not in the organization."""
    not_listed: list[str] = []
    """In the organization, but not listed."""
    next_calls: list[NextCall] = []


# The difference


@dataclass(frozen=True, slots=True)
class _Change:
    person: RawUser
    team: int | None
    former: Role | None
    wanted: Role | None

    @property
    def turn(self) -> int:
        """When it is made: nobody loses a team's last admin before the next one is there."""
        if self.wanted is None:
            return 3
        if self.wanted.administers_team or self.wanted.governs:
            return 0
        return 2 if self.former and (self.former.administers_team or self.former.governs) else 1

    @property
    def told(self) -> AccessChange:
        """The change as tools show it."""
        return AccessChange(
            user_id=self.person.id,
            name=self.person.name,
            team_id=self.team,
            before=self.former.name if self.former else None,
            after=self.wanted.name if self.wanted else None,
        )


@dataclass(slots=True)
class _Difference:
    """What has to be done, and what stands against it."""

    access: Access
    organization: int
    changes: list[_Change] = field(default_factory=list["_Change"])
    problems: list[Problem] = field(default_factory=list[Problem])
    strangers: list[str] = field(default_factory=list[str])
    listed: set[int] = field(default_factory=set[int])

    def fault(self, path: str, problem: str, fix: str = "") -> None:
        """Note what stands against it."""
        self.problems.append(Problem(path, problem, fix))

    def unlisted(self) -> list[str]:
        """Name those nothing is said of, the first fifty of them."""
        people = self.access.people
        names = [f"{one.name} ({one.id})" for one in people if one.id not in self.listed]
        more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
        return [*names[:MOST_NAMED], *more]


async def _difference(make: Make, args: SyncAccess, access: Access) -> _Difference:
    found = _Difference(access, args.organization_id or 0)
    by_name = {str(u.id): u for u in access.people} | {u.email.casefold(): u for u in access.people}
    for at, one in enumerate(args.desired):
        person = by_name.get(str(one.person).strip().casefold())
        if person is None:
            found.strangers.append(str(one.person))
        elif person.id in found.listed:
            found.fault(f"desired[{at}].person", f"{person.name} is listed twice.")
        else:
            found.listed.add(person.id)
            await _in_organization(make, found, f"desired[{at}].role", person, one.role)
            if one.teams is not None:
                await _in_teams(make, found, f"desired[{at}].teams", person, one.teams)
    _keep_admins(found)
    found.changes.sort(key=lambda change: change.turn)
    return found


async def _in_organization(
    make: Make, found: _Difference, path: str, person: RawUser, given: int | str | None
) -> None:
    if given is None:
        return
    wanted = await _role(make, found, path, given, "organization")
    former = found.access.roles.get(person.id)
    if wanted is None or (former and former.id == wanted.id):
        return
    if wanted.is_owner or (former and former.is_owner):
        fix = "Use `organization_ownership_transfer`."
        found.fault(path, f"{person.name}: an owner changes by transfer only.", fix)
        return
    found.changes.append(_Change(person, None, former, wanted))


async def _in_teams(
    make: Make, found: _Difference, path: str, person: RawUser, given: dict[str, int | str]
) -> None:
    wanted: dict[int, Role] = {}
    for name, role in given.items():
        team = _team(found, f"{path}.{name}", name)
        asked = await _role(make, found, f"{path}.{name}", role, "team")
        if team is not None and asked is not None:
            wanted[team] = asked
    for team, held in found.access.places.items():
        former, asked = held.get(person.id), wanted.get(team)
        if (former.id if former else None) == (asked.id if asked else None):
            continue
        if (team, person.id) in found.access.fixed:
            place = found.access.names[team]
            found.fault(path, f"Make holds the role of {person.name} in “{place}” ({team}) fixed.")
        found.changes.append(_Change(person, team, former, asked))


def _team(found: _Difference, path: str, given: str) -> int | None:
    names = found.access.names
    text = given.strip()
    hits = [team for team in names if text == str(team)]
    hits = hits or [team for team, name in names.items() if name.casefold() == text.casefold()]
    if len(hits) != 1:
        word = "Several teams are" if hits else "No team is"
        known = ", ".join(f"{team} “{name}”" for team, name in names.items())
        found.fault(path, f"{word} called so.", f"There are {known}.")
        return None
    return hits[0]


async def _role(
    make: Make, found: _Difference, path: str, given: int | str, kind: RoleCategory
) -> Role | None:
    try:
        return await find_role(make, given, kind, found.organization)
    except Failure as unknown:
        found.fault(path, unknown.what, unknown.why)
        return None


def _keep_admins(found: _Difference) -> None:
    """Refuse to leave a team that has an admin without one."""
    for team, held in found.access.places.items():
        after = dict(held)
        for change in found.changes:
            if change.team == team and change.wanted is None:
                after.pop(change.person.id, None)
            elif change.team == team and change.wanted is not None:
                after[change.person.id] = change.wanted
        left = any(role.administers_team for role in after.values())
        if found.access.admins(team) and not left:
            name = found.access.names[team]
            found.fault("desired", f"The team “{name}” ({team}) would have no admin.")


# The tool


@category.tool(
    scope="user:write",
    effect="update",
    confirm=True,
    words=("access as code", "declarative roles", "drift of access", "bulk roles", "gitops"),
    examples=(
        SyncAccess(
            organization_id=12,
            desired=[
                Desired(
                    person="ada.lund@example.com", role="Member", teams={"Sales": "Team Operator"}
                )
            ],
        ),
    ),
)
async def access_sync(make: Make, args: SyncAccess) -> AccessSynced:
    """Give listed people exactly the roles that a document says; the plan is the drift report.

    Who is not in the organization is told (`user_invite`), who is not listed is left alone
    (`user_offboard`). Sending the same again changes nothing; one undo takes all back.
    """
    access = await access_of(make, args.organization_id or 0)
    found = await _difference(make, args, access)
    if found.problems:
        raise Failure(
            "No role was changed.",
            problems=found.problems,
            next_step="Call `access_sync` again with the corrections above.",
            code="invalid_arguments",
        )
    make.shows(*(_line(access, change.told) for change in found.changes))
    if found.strangers:
        make.warn(f"Not in the organization, so not given a role: {', '.join(found.strangers)}.")
    if left := found.unlisted():
        make.affects(f"Not listed and left alone: {', '.join(left)}.")
    for change in found.changes:
        if change.team is not None:
            await write_team_role(make, change.person, change.team, change.former, change.wanted)
        elif change.wanted is not None:
            await write_organization_role(
                make, change.person, found.organization, change.former, change.wanted
            )
    return AccessSynced(
        organization_id=found.organization,
        changed=bool(found.changes),
        changes=[change.told for change in found.changes],
        not_members=found.strangers,
        not_listed=found.unlisted(),
        next_calls=_next(found),
    )


def _line(access: Access, change: AccessChange) -> str:
    place = "organization" if change.team_id is None else f"team “{access.names[change.team_id]}”"
    return f"{change.name}, {place}: {change.before or 'none'} → {change.after or 'none'}"


def _next(found: _Difference) -> list[NextCall]:
    people = [{"email": one} for one in found.strangers if "@" in one]
    if not people:
        return []
    arguments = {"organization_id": found.organization, "people": people[:50], "role": "Member"}
    return [NextCall(tool="user_invite", arguments=arguments, why="They do not belong to it yet.")]
