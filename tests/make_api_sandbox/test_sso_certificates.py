"""Certificates of single sign-on."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
PATH = "/organizations/1/sso-certificates"


async def test_certificates_are_listed_the_latest_first(studio: "Studio") -> None:
    studio.license(dedicatedSso=True)
    assert await studio.get(PATH, type="saml") == {"ssoCertificates": []}
    dates = {"valid_from": "2025-01-29T22:10:51.000Z", "valid_to": "2027-01-29T22:10:51.000Z"}
    ends = "2026-03-04T09:00:00.000Z"
    for text, end in (("b25l", ends), ("dHdv", None)):
        studio.world.insert(
            "sso_certificates",
            organization_id=1,
            type="saml",
            certificate=text,
            deactivation_date=end,
            **dates,
        )
    shown = (await studio.get(PATH, type="saml"))["ssoCertificates"]
    assert shown[0] == {
        "id": 2,
        "type": "saml",
        "validFrom": dates["valid_from"],
        "validTo": dates["valid_to"],
        "certificate": "dHdv",
        "status": "active",
        "deactivationDate": None,
    }
    assert (shown[1]["status"], shown[1]["deactivationDate"]) == ("active", ends)
    await studio.control("POST", "/clock", {"set": "2026-03-04T09:00:00Z"})
    shown = (await studio.get(PATH, type="saml"))["ssoCertificates"]
    assert [one["status"] for one in shown] == ["active", "inactive"]


async def test_the_kind_is_needed_and_there_is_one(studio: "Studio") -> None:
    studio.license(dedicatedSso=True)
    for query in ({}, {"type": "oauth2"}):
        answer = await studio.call("GET", PATH, **query)
        assert (answer.status_code, answer.json()["suberrors"][0]["name"]) == (400, "type")


async def test_certificates_need_the_licence_and_the_organization(studio: "Studio") -> None:
    refused = await studio.call("GET", PATH, type="saml")
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    foreign = await studio.call("GET", PATH.replace("1", "2"), type="saml")
    assert foreign.status_code == 403
