"""What the sandbox does with each module of Make's own apps and of the apps it ships.

A module is performed by the engine, or answers from the fields it declares (`samples`). Why a
module of Make's own apps does not do its work is written here; every other app speaks to a service
that is not part of the sandbox.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from make_api_sandbox.apps.catalogue import apps
from make_api_sandbox.engine.machine import is_control
from make_api_sandbox.engine.registry import implemented

SERVICE = "its service is not part of the sandbox"
SAMPLED = {
    "email:ActionSendEmail": "nothing leaves the sandbox",
    "rss:ActionReadArticles": "no feed is fetched",
    "rss:TriggerNewArticle": "no feed is fetched",
    "regexp:GetElementsFromText": "which elements it finds, and its output, are not documented",
}
"""Modules of Make's own apps that answer from samples, and why."""

RESTRICTED = {
    "code:ExecuteCode": "JavaScript only, with the extra `javascript`; Python fails",
    "http:MakeRequest": "pages (`paginationType`) are not followed: their members are not"
    " documented",
}
"""What implemented modules leave out."""


@dataclass(frozen=True, order=True)
class Standing:
    """How one module stands.

    Args:
        slug: `<app>:<Name>`.
        implemented: True when the engine does its work.
        note: What it does not do, or why it answers from samples.
    """

    slug: str
    implemented: bool
    note: str


def standings() -> list[Standing]:
    """Every module that is implemented or in the catalogue of apps, by name."""
    return sorted(_standings())


def _standings() -> Iterator[Standing]:
    done = implemented()
    catalogued = {f"{app.name}:{module.name}" for app in apps().values() for module in app.modules}
    for slug in catalogued | done:
        if slug not in SAMPLED and (slug in done or is_control(slug)):
            yield Standing(slug, True, RESTRICTED.get(slug, ""))
        else:
            yield Standing(slug, False, SAMPLED.get(slug, SERVICE))
