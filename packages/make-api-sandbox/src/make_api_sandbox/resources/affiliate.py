"""The affiliate programme, for the caller as a partner (API reference, chapter 2.6).

Nobody reaches the sandbox through a partner's link, so a partner has no visits, no commissions and
nothing to be paid out. What Make answers to somebody who is no partner is not documented; here it
is a 404.
"""

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.body import boolean, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row

READ, WRITE = "user:read", "user:write"
PAGING = Paging({"id": "id"})
MINIMUM_PAYOUT, MINIMUM_ORGANIZATIONS = 100, 3
REGISTER = members(
    partnerCode=text(128, 1), paypalMeLink=text(250, 1), termsAndConditions=boolean()
)
COUNTS = tuple(
    f"{what}Brought{which}{when}"
    for what in ("users", "orgs")
    for which in ("Paying", "All")
    for when in ("Range", "Total")
)
RATES = tuple(
    f"conversionRate{what}{which}{when}"
    for what in ("Users", "Orgs")
    for which in ("Paying", "All")
    for when in ("Range", "Total")
)


@route("POST", "/affiliate/partner-register", scope=WRITE, body=REGISTER)
def register(call: Call) -> JsonObject:
    """Become a partner; the code must be free and the terms agreed to."""
    if not call.body["termsAndConditions"]:
        fault = "termsAndConditions", "The terms and conditions must be agreed to."
        raise invalid_parameters([fault])
    taken = "SELECT 1 FROM affiliate_partners WHERE user_id = ? OR partner_code = ?"
    if call.world.row(taken, call.user_id, call.body["partnerCode"]):
        raise refused("The user is a partner already, or the code is taken.")
    call.world.insert(
        "affiliate_partners",
        user_id=call.user_id,
        partner_code=call.body["partnerCode"],
        paypal_me_link=call.body["paypalMeLink"],
        registered=call.clock.stamp(),
    )
    return {"ok": 1}


@route("GET", "/affiliate/stats", scope=READ)
def get_stats(call: Call) -> JsonObject:
    """Days on which somebody came by the partner's link."""
    _partner(call)
    _check_days(call)
    return {"stats": []}


@route("GET", "/affiliate/commissions", scope=READ)
def list_commissions(call: Call) -> JsonObject:
    """What the partner has earned."""
    _partner(call)
    _check_days(call)
    call.query_id("statusId")
    call.page(PAGING)
    return {"commissions": []}


@route("GET", "/affiliate/commission-info", scope=READ)
def get_commission_info(call: Call) -> JsonObject:
    """The partner's sums."""
    partner = _partner(call)
    _check_days(call)
    return {
        "partnerCode": partner["partner_code"],
        "availablePayout": 0,
        "availablePayoutDistinctOrgs": 0,
        "isPayoutRequested": False,
        "isPayoutAvailable": False,
        "minimumPayout": MINIMUM_PAYOUT,
        "minimumOrganizations": MINIMUM_ORGANIZATIONS,
        "earningsRange": 0,
        "earningsTotal": 0,
        **dict.fromkeys((*COUNTS, *RATES), 0),
    }


@route("POST", "/affiliate/payout-request", scope=WRITE)
def request_payout(call: Call) -> JsonObject:
    """Refused: a partner needs a minimum of earnings and organizations first."""
    _partner(call)
    raise refused("Payout is not available yet.")


def _partner(call: Call) -> Row:
    row = call.world.row("SELECT * FROM affiliate_partners WHERE user_id = ?", call.user_id)
    if row is None:
        raise not_found("Affiliate partner")
    return row


def _check_days(call: Call) -> None:
    faults: list[tuple[str, str]] = []
    for name in ("dateFrom", "dateTo"):
        try:
            parse_stamp(call.query(name) or "2000-01-01")
        except ValueError:
            faults.append((name, f"Parameter '{name}' should be a date YYYY-MM-DD."))
    if faults:
        raise invalid_parameters(faults)
