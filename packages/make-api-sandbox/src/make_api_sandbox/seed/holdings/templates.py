"""Templates that the company's teams made of their scenarios."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from make_api_sandbox.clock import stamp
from make_api_sandbox.scenarios.documents import module_sequence
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.seed.stripping import stripped
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World


@dataclass(frozen=True)
class TemplatePlan:
    """One template.

    Args:
        scenario: The scenario it was made of, by its slug.
        name: As shown.
        description: What it is good for.
        author: Who made it.
        age: Days since then.
        state: How far it went on its way to the public.
        uses: Scenarios made from it elsewhere.
    """

    scenario: str
    name: str
    description: str
    author: str
    age: float
    state: Literal["private", "published", "requested", "approved"] = "private"
    uses: int = 0


PLANS = (
    TemplatePlan(
        "sales.demo",
        "Announce demo requests in Slack",
        "Takes a form by webhook, adds the contact to HubSpot CRM and tells a Slack channel.",
        "ines",
        210,
        "approved",
        64,
    ),
    TemplatePlan(
        "sales.contacts",
        "Copy new HubSpot contacts to a sheet",
        "Keeps a Google Sheets list of contacts.",
        "tomas",
        150,
    ),
    TemplatePlan(
        "support.contact",
        "Contact form to Zendesk ticket",
        "Opens a ticket for every message from a contact form.",
        "aiko",
        95,
        "published",
        3,
    ),
    TemplatePlan(
        "support.csat",
        "Report unhappy customers",
        "Posts low survey scores to a Slack channel.",
        "devi",
        40,
    ),
    TemplatePlan(
        "finance.overdue",
        "Remind of overdue Xero invoices",
        "Mails a reminder for every invoice past its due date.",
        "pavel",
        63,
    ),
    TemplatePlan(
        "operations.uptime",
        "Check a website and raise the alarm",
        "Calls an address and posts to Slack when it does not answer.",
        "jonas",
        12,
        "requested",
    ),
)
WAITING = timedelta(hours=5)
"""How long ago the approval that is still open was asked for."""


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Make the templates and their public versions."""
    for plan in PLANS:
        made = _template(world, directory, assets, plan)
        if plan.state != "private":
            _public_version(world, plan, made)


def _template(world: World, directory: Directory, assets: Assets, plan: TemplatePlan) -> JsonObject:
    scenario = world.rows("SELECT * FROM scenarios WHERE id = ?", assets.scenarios[plan.scenario])[
        0
    ]
    content = documents(plan.name, plan.description, scenario["blueprint"], scenario["scheduling"])
    ident = world.insert(
        "templates",
        team_id=scenario["team_id"],
        created=stamp(world.clock.now() - timedelta(days=plan.age)),
        author_id=directory.people[plan.author],
        used_packages=scenario["used_packages"],
        **content,
    )
    return {**content, "used_packages": scenario["used_packages"], "template_id": ident}


def documents(
    name: str, description: str, blueprint: JsonObject, scheduling: JsonObject
) -> JsonObject:
    """The columns that a template and its public version share."""
    plain = stripped(blueprint, name)
    controller: JsonObject = {
        "name": name,
        "description": description,
        "modules": {},
        "idSequence": module_sequence(plain),
    }
    return {
        "name": name,
        "description": description,
        "language": "en",
        "blueprint": plain,
        "scheduling": scheduling,
        "controller": controller,
    }


def _public_version(world: World, plan: TemplatePlan, made: JsonObject) -> None:
    published = world.clock.now() - timedelta(days=plan.age - 1)
    asked = {"approved": published, "requested": world.clock.now() - WAITING}.get(plan.state)
    world.insert(
        "public_templates",
        published=stamp(published),
        requested=stamp(asked) if asked else None,
        former_uses=plan.uses,
        **made,
    )
