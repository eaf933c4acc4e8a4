"""Custom functions from the time when the company tried the Enterprise plan.

Its licence no longer has them, so the API refuses them until `customFunctions` is licensed again.
"""

from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World


@dataclass(frozen=True)
class FunctionPlan:
    """One function; `former` is its code before the last edit."""

    team: str
    name: str
    description: str
    author: str
    age: float
    code: str
    former: str | None = None
    edited: float = 0


PLANS = (
    FunctionPlan(
        "finance",
        "workingDays",
        "Counts the working days between two dates, both included.",
        "lucia",
        140,
        "function workingDays(from, to) {\n"
        "    let count = 0;\n"
        "    for (const day = new Date(from); day <= to; day.setDate(day.getDate() + 1)) {\n"
        "        if (day.getDay() % 6 !== 0) count += 1;\n"
        "    }\n"
        "    return count;\n"
        "}\n",
        "function workingDays(from, to) {\n    return Math.round((to - from) / 86400000);\n}\n",
        133,
    ),
    FunctionPlan(
        "finance",
        "referenceNumber",
        "Adds a check digit to an invoice number.",
        "pavel",
        128,
        "function referenceNumber(invoice) {\n"
        "    const digits = String(invoice).replace(/\\D/g, '');\n"
        "    const weights = [7, 3, 1];\n"
        "    const sum = [...digits].reverse()\n"
        "        .reduce((total, digit, at) => total + digit * weights[at % 3], 0);\n"
        "    return digits + String((10 - (sum % 10)) % 10);\n"
        "}\n",
    ),
    FunctionPlan(
        "support",
        "ticketTag",
        "Makes a tag of a subject line.",
        "aiko",
        97,
        "function ticketTag(subject) {\n"
        "    const words = iml.lower(iml.trim(subject));\n"
        "    return iml.substring(words, 0, 24).replace(/[^a-z0-9]+/g, '-');\n"
        "}\n",
    ),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the functions and their former code."""
    now = world.clock.now()
    for plan in PLANS:
        author = directory.people[plan.author]
        edited = stamp(now - timedelta(days=plan.edited or plan.age))
        ident = world.insert(
            "custom_functions",
            team_id=directory.teams[plan.team],
            name=plan.name,
            description=plan.description,
            code=plan.code,
            created=stamp(now - timedelta(days=plan.age)),
            updated=edited,
            created_by=author,
        )
        if plan.former:
            world.insert(
                "custom_function_history",
                function_id=ident,
                previous_code=plan.former,
                updated=edited,
                updated_by=author,
            )
