"""The log of what happened to an app, and its review (API reference, chapter 2.30)."""

from make_api_sandbox.http.body import mapping, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.shapes import JsonObject, Row

EVENT = Columns(("id", "appName", "appVersion", "message", "detail", "authorId", "createdAt"))


@route("GET", f"{VERSION}/events-log", scope=READ, context=access.own_version)
def list_events(call: Call) -> JsonObject:
    """What happened to an app version, the newest first.

    Documented is one message, "Approval requested."; the other events and their words are ours.
    """
    rows = call.world.rows(
        "SELECT * FROM sdk_app_events WHERE app_id = ? ORDER BY id DESC", call.entity["id"]
    )
    return {"events": EVENT.pick_all([_event(call.entity, row) for row in rows], call.cols)}


@route("GET", f"{VERSION}/review", scope=READ, context=access.own_version)
def get_review(call: Call) -> JsonObject:
    """Where the review of an app stands; nobody of Make reviews in a sandbox."""
    author = call.world.get("users", call.entity["author_id"]) or {}
    return {
        "review": {
            "contactName": author["name"],
            "contactEmail": author["email"],
            "reviewerName": None,
            "reviewerEmail": None,
            "codeStatus": None,
            "testStatus": None,
            "docsStatus": None,
        }
    }


@route("POST", f"{VERSION}/review", scope=WRITE, context=access.own_version)
def request_review(call: Call) -> JsonObject:
    """Ask Make to approve an app; asking again changes nothing (not documented)."""
    if not call.entity["in_review"]:
        call.world.update("sdk_apps", call.entity["id"], in_review=True)
        note(call, call.entity, "Approval requested.")
    return {"requested": True}


@route(
    "PUT",
    f"{VERSION}/review/form",
    scope=WRITE,
    context=access.own_version,
    body=members(testingScenarios=mapping()),
)
def fill_review_form(call: Call) -> JsonObject:
    """Name the scenarios with which reviewers can try the app: name to address."""
    call.world.update("sdk_apps", call.entity["id"], review_form=call.body)
    return {"form": call.body}


def note(call: Call, app: Row, message: str, detail: JsonObject | None = None) -> None:
    """Write an event of an app into its log."""
    call.world.insert(
        "sdk_app_events",
        app_id=app["id"],
        message=message,
        extra=detail or {},
        author_id=call.user_id,
        created=call.clock.stamp(),
    )


def _event(app: Row, row: Row) -> JsonObject:
    return {
        "id": row["id"],
        "appName": app["name"],
        "appVersion": app["version"],
        "message": row["message"],
        "detail": row["extra"],
        "authorId": row["author_id"],
        "createdAt": row["created"],
    }
