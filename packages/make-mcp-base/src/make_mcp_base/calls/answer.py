"""Answers: what a model gets to read, of a size it can read.

Everything from Make is cleaned of invisible characters and of secrets. What passes the budget is
cut, says where, and stays whole behind a `make://result/…` link.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from make_mcp_base.safety.redaction import redact
from make_mcp_base.safety.untrusted import MARK, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.errors import Failure

BUDGET = 16_000
"""Characters of an answer: below 5,000 tokens (o200k) even for dense JSON."""
WIDEST = 64_000
"""Characters an answer may be widened to by an argument: below 20,000 tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gives.

    Attributes:
        data: The structured content.
        text: The same as text.
        is_error: True when the call failed in a way the caller can act on.
        plan_id: Set when the call waits for this plan to be confirmed.
        question: What to ask a person then.
        whole: The uncut data, when `data` was cut.
        link: Where the uncut data is kept.
    """

    data: dict[str, Any]
    text: str
    is_error: bool = False
    plan_id: str = ""
    question: str = ""
    whole: dict[str, Any] | None = None
    link: str = ""


def answer(data: dict[str, Any], *, budget: int = BUDGET, reveals: Sequence[str] = ()) -> Answer:
    """Clean, hide, cut and write out a result.

    Args:
        data: JSON data of the result.
        budget: Longest text, in characters.
        reveals: Top-level members whose secrets were asked for and are shown.
    """
    shown = clean({k: v if k in reveals else redact(v) for k, v in data.items()})
    if len(compact(shown)) <= budget:
        return Answer(shown, f"{MARK}\n{compact(shown)}")
    cuts: list[str] = []
    short = cast("dict[str, Any]", fit(shown, budget - 400, cuts=cuts))
    short["truncated"] = True
    short["truncated_at"] = cuts[:10]
    return Answer(short, f"{MARK}\n{compact(short)}", whole=shown)


def failed(failure: Failure) -> Answer:
    """Write out a failure: the sentence for the model, the members for programs."""
    error: dict[str, Any] = {
        "code": failure.code,
        "what": failure.what,
        "why": failure.why,
        "effect": failure.effect,
        "next_step": failure.next_step,
        "problems": [
            {"path": p.path, "problem": p.problem, "fix": p.fix} for p in failure.problems
        ],
        "retryable": failure.retryable,
        "wait_seconds": failure.wait_seconds,
        "make_code": failure.make_code,
        "status": failure.status,
        "request_id": failure.request_id,
    }
    kept = {k: v for k, v in error.items() if v not in (None, "", [])}
    text = clean(redact(str(failure)))
    bounded = fit(clean(redact(kept)), BUDGET, cuts=[])
    return Answer({"error": bounded}, text[:BUDGET], is_error=True)


def compact(value: Any) -> str:
    """Write JSON without blanks, characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def fit(value: Any, budget: int, *, cuts: list[str], path: str = "") -> Any:
    """Shorten JSON data to a budget of characters, its largest parts first.

    Args:
        value: JSON data.
        budget: Characters of compact JSON the copy may have.
        cuts: Receives the path of everything that was shortened.
        path: Where `value` stands.
    """
    if len(compact(value)) <= budget:
        return value
    if isinstance(value, str):
        cuts.append(path)
        return value[: max(0, budget - 40)] + f"… ({len(value):,} characters in all)"
    if isinstance(value, list):
        return _fit_list(cast("list[Any]", value), budget, cuts, path)
    if isinstance(value, dict):
        return _fit_dict(cast("dict[str, Any]", value), budget, cuts, path)
    return value


def _fit_list(items: list[Any], budget: int, cuts: list[str], path: str) -> list[Any]:
    kept: list[Any] = []
    left = budget - 2
    for item in items:
        size = len(compact(item)) + 1
        if size > left:
            break
        kept.append(item)
        left -= size
    if not kept and items:
        kept.append(fit(items[0], max(left - 2, 40), cuts=cuts, path=f"{path}[0]"))
    if len(kept) < len(items):
        cuts.append(f"{path} ({len(kept)} of {len(items)})")
    return kept


def _fit_dict(members: dict[str, Any], budget: int, cuts: list[str], path: str) -> dict[str, Any]:
    sizes = {key: len(compact(key)) + len(compact(value)) + 2 for key, value in members.items()}
    left, waiting = budget - 2, len(members)
    shares: dict[str, int] = {}
    for key in sorted(members, key=lambda k: sizes[k]):
        shares[key] = min(sizes[key], max(left // max(waiting, 1), 40))
        left -= shares[key]
        waiting -= 1
    return {
        key: fit(
            value,
            max(shares[key] - len(compact(key)) - 2, 20),
            cuts=cuts,
            path=f"{path}.{key}" if path else key,
        )
        for key, value in members.items()
    }
