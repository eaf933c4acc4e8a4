"""Refusals, written as Make writes them (API reference, chapter 1.9).

A handler raises `ApiError`, usually through one of the named functions below; the app renders it
once. What was written before the refusal is rolled back.
"""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from make_api_sandbox.http.answers import Json
from make_api_sandbox.shapes import JsonObject

RATE_MESSAGE = "Requests limit for organization exceeded, please try again later."


class ApiError(Exception):
    """A refusal with Make's status, code and texts.

    Args:
        status: HTTP status.
        code: Make's code such as `SC403`; None where Make sends none.
        message: What happened, for people.
        detail: More on it: one text, or a list of texts for validation.
        suberrors: `{name?, message}` for each faulty member.
        metadata: `{type, data?}` for each thing a confirmation is asked for.
        headers: Response headers to add.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        detail: str | Sequence[str] | None = None,
        suberrors: Sequence[JsonObject] | None = None,
        metadata: Sequence[JsonObject] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.suberrors = suberrors
        self.metadata = metadata
        self.headers = headers

    def body(self) -> JsonObject:
        """The JSON body, without absent members."""
        members: dict[str, Any] = {
            "detail": self.detail,
            "message": self.message,
            "code": self.code,
            "suberrors": self.suberrors,
            "metadata": self.metadata,
        }
        body = {name: value for name, value in members.items() if value is not None}
        return {"status": self.status, **body} if self.metadata else body

    def response(self) -> Response:
        """The HTTP response."""
        return Json(self.body(), self.status, headers=self.headers)


def not_logged_in() -> ApiError:
    """401: no credential, an unknown or an expired one."""
    return ApiError(401, "IM015", "User is not logged in.", detail="Access denied.")


def permission_denied() -> ApiError:
    """403: the scope or the role is missing, or the team or organization is someone else's."""
    return ApiError(403, "SC403", "Permission denied", detail="Access denied.")


def insufficient_rights() -> ApiError:
    """403: the action is kept for another role, such as the owner."""
    return ApiError(403, "IM002", "Insufficient rights")


def not_found(thing: str) -> ApiError:
    """404: there is no such thing, or it is someone else's."""
    return ApiError(404, "SC404", f"{thing} not found.")


def plan_required(message: str) -> ApiError:
    """402: the plan lacks the feature."""
    return ApiError(402, "SC402", message)


def refused(message: str, code: str = "IM005", status: int = 400) -> ApiError:
    """400 by a rule of Make rather than by the form of the input."""
    return ApiError(status, code, message)


def storage_full(message: str) -> ApiError:
    """400: the licence or the store leaves no room."""
    return refused(message, "IM003")


def invalid_parameters(faults: Sequence[tuple[str, str]]) -> ApiError:
    """400 that names every fault at once.

    Args:
        faults: The member and what is wrong with it, one entry a fault.
    """
    texts = [message for _, message in faults]
    return ApiError(
        400,
        "SC400",
        "Invalid input parameters",
        detail=[f"Validation failed for {len(faults)} parameter(s).", *texts],
        suberrors=[{"name": name, "message": message} for name, message in faults],
    )


def missing(name: str) -> tuple[str, str]:
    """The fault of an absent required member, for `invalid_parameters`."""
    return name, f"Missing value of required parameter '{name}'."


def too_many_requests(seconds: int) -> ApiError:
    """429: the organization's calls of this minute are used up."""
    return ApiError(429, None, RATE_MESSAGE, headers={"Retry-After": str(seconds)})


def organization_paused() -> ApiError:
    """429 that no waiting cures: the organization or team is paused."""
    return ApiError(429, "IM310", "Organization is paused.")


def confirmation_required(
    kind: str, data: Sequence[JsonObject] = (), *, suberrors: Sequence[JsonObject] | None = None
) -> ApiError:
    """406: repeat the call with `confirmed=true` (API reference, chapter 1.10).

    Args:
        kind: What is asked, such as `deleteConnectionUsedInScenarios`.
        data: What would be affected.
        suberrors: The same in the words of older endpoints.
    """
    metadata: JsonObject = {"type": kind, "data": list(data)} if data else {"type": kind}
    return ApiError(
        406, "IM004", "Confirmation required.", metadata=[metadata], suberrors=suberrors
    )
