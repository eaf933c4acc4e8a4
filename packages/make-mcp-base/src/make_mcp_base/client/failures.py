"""Every way a request to Make can fail, each with what to do next.

Statuses and codes follow Make API reference, chapters 1.8 to 1.10. `replies` builds these from
Make's answers; `attempts` from broken connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from make_mcp_base.errors import Failure, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

MAY_HAVE_HAPPENED = "The change may have taken effect in Make."
NOTHING_SENT = "Nothing was sent to Make."


class MakeFailure(Failure):
    """A request to Make that did not succeed.

    Attributes:
        make_message: Make's own words without ours, to compare with known literal messages.
        repeatable: True when sending the same request once more can help at once.
        may_have_happened: True when Make may have carried the request out although it failed here.
        asked_wait: Seconds Make asked to wait (`Retry-After`), None when it did not say.
    """

    code = "make_failed"
    make_message: str = ""
    repeatable = False
    may_have_happened = False
    asked_wait: float | None = None


class Trace(TypedDict, total=False):
    """What every failure keeps of Make's answer."""

    make_code: str | None
    request_id: str | None
    status: int | None


class BadSettings(Failure):
    """The configuration cannot be used; `problems` lists every fault of it."""

    code = "bad_settings"


class NotAuthorized(MakeFailure):
    """401: Make does not accept the credential."""

    code = "not_authorized"


class Forbidden(MakeFailure):
    """403: the credential is good, but not for this."""

    code = "forbidden"


class MissingScope(Forbidden):
    """403 because the token lacks the scope of the endpoint.

    Attributes:
        scope: The scope to add.
    """

    code = "missing_scope"

    def __init__(self, scope: str, held: Sequence[str] | None, what: str, trace: Trace) -> None:
        self.scope = scope
        had = f"; it has {', '.join(held) or 'none'}" if held is not None else ""
        super().__init__(
            what,
            why=f"This token lacks the scope `{scope}`{had}.",
            next_step=f"Make a token with `{scope}` under Profile, API access, in Make, and put it "
            "into MAKE_API_KEY. Until then do not repeat this call.",
            **trace,
        )


class WrongZone(Forbidden):
    """403 because the account lives in another zone than the configured one.

    Attributes:
        zone: Host of the right zone, None when it is not known.
    """

    code = "wrong_zone"

    def __init__(self, configured: str, zone: str | None, what: str, trace: Trace) -> None:
        self.zone = zone
        advice = f"Set MAKE_ZONE={zone}." if zone else "Set MAKE_ZONE to the host shown in Make."
        super().__init__(
            what,
            why=f"{configured} knows this user but none of its organizations: a token works on its "
            "own zone only.",
            next_step=f"{advice} Then start the server again.",
            **trace,
        )


class LicenceGate(MakeFailure):
    """The plan of the organization lacks a feature: 402, IM027, IM903 and known 403 and 404.

    Attributes:
        feature: The feature in plain words.
        licence_key: Member of `organization.license` that opens it, or "".
    """

    code = "licence_gate"

    def __init__(self, feature: str, licence_key: str, what: str, why: str, trace: Trace) -> None:
        self.feature = feature
        self.licence_key = licence_key
        key = f" (`license.{licence_key}`)" if licence_key else ""
        super().__init__(
            what,
            why=why,
            next_step=f"{feature}{key} is not part of this organization's plan or not switched on. "
            "Do it another way, or have an owner change the plan; repeating will not help.",
            **trace,
        )


class NotFound(MakeFailure):
    """404: no such thing, or not visible to this token."""

    code = "not_found"


class ConfirmationNeeded(MakeFailure):
    """406 IM004: Make wants `confirmed=true`; nothing has changed.

    Attributes:
        affected: What Make says will be affected, one line each.
    """

    code = "confirmation_needed"

    def __init__(self, what: str, affected: Sequence[str], trace: Trace) -> None:
        self.affected = tuple(affected)
        super().__init__(
            what,
            why="Make asks for confirmation first; nothing has changed.",
            problems=[Problem("affected", line) for line in affected],
            next_step="Look at what is affected, then send the same request with the query member "
            "`confirmed` set to true.",
            **trace,
        )


class TooLarge(MakeFailure):
    """413, or an answer above the byte budget."""

    code = "too_large"


class Invalid(MakeFailure):
    """400 or 422, or an argument that cannot be sent: `problems` lists every fault."""

    code = "invalid"


class Refused(MakeFailure):
    """Another 4xx answer."""

    code = "refused"


class RateLimited(MakeFailure):
    """429: the organization's calls of this minute are used up."""

    code = "rate_limited"
    repeatable = True


class OrganizationPaused(MakeFailure):
    """429 IM310: the organization or team is paused, usually out of credits."""

    code = "organization_paused"


class UpstreamFailed(MakeFailure):
    """424: an app, a connection or a remote procedure failed behind Make."""

    code = "upstream_failed"


class MakeDown(MakeFailure):
    """5xx: Make failed."""

    code = "make_down"


class Unreachable(MakeFailure):
    """No connection, or one that broke before the answer was complete."""

    code = "unreachable"
    repeatable = True


class TimedOut(MakeFailure):
    """No complete answer within the limit.

    Attributes:
        limit: The limit in seconds.
        elapsed: Seconds that had passed.
    """

    code = "timed_out"

    def __init__(self, what: str, limit: float, elapsed: float, *, effect: str, next_step: str,
                 retryable: bool) -> None:  # fmt: skip
        self.limit = limit
        self.elapsed = elapsed
        super().__init__(
            what,
            why=f"The limit of {limit:g} s was reached after {elapsed:.1f} s.",
            effect=effect,
            next_step=next_step,
            retryable=retryable,
        )


class BadAnswer(MakeFailure):
    """An answer that is not what Make sends: malformed or truncated JSON, a web page."""

    code = "bad_answer"


class Redirected(MakeFailure):
    """3xx: the credential is not carried anywhere else."""

    code = "redirected"


class CircuitOpen(MakeFailure):
    """The zone failed several times in a row and is left alone for a while."""

    code = "circuit_open"

    def __init__(self, zone: str, wait_seconds: float, last: str) -> None:
        super().__init__(
            f"{zone} is not asked at the moment.",
            why=f"The last requests to it failed ({last}).",
            effect=NOTHING_SENT,
            next_step="Call again after the wait; one request is then let through to see whether "
            "the zone is back.",
            retryable=True,
            wait_seconds=round(wait_seconds, 1),
        )
