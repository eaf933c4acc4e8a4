"""The page for people: what it says, that it escapes, and how it works in a browser."""

import re
from collections.abc import Generator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.app import create_app
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.serving import in_a_thread, listen, url_of
from make_api_sandbox.world import World

from . import browser

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
EVIL = "<script>alert(1)</script> \"onload='x'"
PAGE = files("make_api_sandbox.page")


class Outline(HTMLParser):
    """Texts and elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def outline(studio: "Studio", query: str = "") -> Outline:
    answer = await studio.http.get(f"/{query}")
    assert answer.status_code == 200
    return Outline(answer.text)


async def test_the_page_tells_what_is_in_the_world_without_any_script(studio: "Studio") -> None:
    studio.scenario("Hello")
    await studio.call("GET", "/teams/1", pretty="yes")
    await studio.control("POST", "/faults", {"status": 503, "path": "^/nowhere"})
    page = await outline(studio)
    for said in (
        "Berg Studio",
        "Core: 10,000 credits",
        "Far away",
        "seed 1",
        "2026-03-04 08:30:15",
    ):
        assert said in page.text
    for said in ("/api/v2/teams/1", "?pretty=yes", "status: 503", "^/nowhere", "/api/v2"):
        assert said in page.text
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"src": "/_sandbox/page/page.js", "defer": None}]


async def test_names_requests_and_faults_stay_text(studio: "Studio") -> None:
    ident = studio.scenario(EVIL, {"module": "util:SetVariable2", "mapper": {"name": "a"}})
    studio.world.update("teams", 1, name=EVIL)
    studio.world.update("organizations", 1, name=EVIL, service_name=EVIL)
    studio.world.update("scenarios", ident, is_active=True)
    await studio.post(f"/scenarios/{ident}/run", {"responsive": True})
    await studio.http.get(f"/api/v2/{EVIL}", params={"q": EVIL})
    await studio.control("POST", "/faults", {"status": 500, "body": EVIL, "path": "<script>"})
    page = await outline(studio)
    assert page.text.count(EVIL) >= 4
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not any("onload" in attributes for _, attributes in page.elements)


async def test_every_control_has_a_name_and_every_table_headings(studio: "Studio") -> None:
    await studio.call("GET", "/teams/1")
    answer = await studio.http.get("/")
    page = Outline(answer.text)
    named = re.findall(r"<label[^>]*>[^<]+<(?:input|select)", answer.text)
    fields = [tag for tag, _ in page.elements if tag in ("input", "select")]
    assert len(named) == len(fields) == 5
    assert all(text.strip() for text in re.findall(r"<button[^>]*>([^<]*)</button>", answer.text))
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert all(attributes.get("scope") for attributes in heads)
    idents = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(idents) == len(set(idents))


async def test_a_part_of_the_page_is_had_alone(studio: "Studio") -> None:
    page = await outline(studio, "?only=faults,moon")
    sections = [attributes["id"] for tag, attributes in page.elements if tag == "section"]
    assert sections == ["faults"]


async def test_the_page_loads_nothing_from_elsewhere_and_is_not_logged(studio: "Studio") -> None:
    answer = await studio.http.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        part = await studio.http.get(f"/_sandbox/page/{name}")
        assert part.headers["content-type"].startswith(kind)
        assert "http" not in part.text
    assert (await studio.http.get("/_sandbox/page/view.py")).status_code == 404
    assert (await studio.control("GET", "/requests"))["requests"] == []


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(palette: int) -> None:
    css = PAGE.joinpath("page.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{([^}]*)\}", css)[palette]
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
    pairs = [
        (ink, on) for ink in ("ink", "soft", "good", "warn", "bad") for on in ("ground", "card")
    ]
    for ink, ground in [*pairs, ("on-accent", "accent"), ("ink", "hover")]:
        low, high = sorted((luminance(colors[ink]), luminance(colors[ground])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)


# In a browser


@pytest.fixture
def served(tmp_path: Path) -> Generator[tuple[World, str]]:
    """A small company behind a real port."""
    path = tmp_path / "world.db"
    with_people = World.open(path)
    with_people.clock.freeze(EPOCH)
    populate(with_people, Recipe(company="smallest"))
    listener = listen("127.0.0.1", 0)
    of_server = World.open(path)
    app = create_app(of_server, public_url=url_of(listener), in_process=False)
    with in_a_thread(app, listener):
        yield with_people, url_of(listener)
    of_server.close()
    with_people.close()


@pytest.fixture
def page(tmp_path: Path) -> Generator[browser.Page]:
    if browser.executable() is None:
        pytest.skip("Chromium is not installed; see CONTRIBUTING.md: apt-get install chromium")
    with browser.browsing(tmp_path / "profile") as opened:
        yield opened


def click(page: browser.Page, selector: str) -> None:
    page.run(f"document.querySelector({selector!r}).click()")


def test_a_person_moves_time_breaks_things_watches_and_starts_over(
    served: tuple[World, str], page: browser.Page
) -> None:
    world, url = served
    world.update("teams", 1, name=EVIL)
    page.open(f"{url}/")
    page.until("!document.querySelector('#new-fault').hidden")
    assert EVIL in page.run("document.querySelector('#world').textContent")

    click(page, "[data-do=advance][data-value='3600']")
    page.until("document.querySelector('#clock').textContent.includes('10:00:00')")
    assert (world.clock.now() - EPOCH).total_seconds() == 3600

    page.run("document.querySelector('[name=path]').value = '('")
    click(page, "#new-fault button")
    page.until("document.querySelector('#said').textContent.startsWith('Refused')")
    page.run("document.querySelector('[name=path]').value = '/teams'")
    click(page, "#new-fault button")
    page.until("document.querySelector('#faults tbody')")
    answered = page.run("fetch('/api/v2/teams/1?watched').then(answer => answer.status)")
    assert answered == 503
    page.until("document.querySelector('#requests').textContent.includes('?watched')")
    page.until("document.querySelector('#faults td.number').textContent === '1'")

    click(page, "#faults [data-do=remove]")
    page.until("!document.querySelector('#faults tbody')")
    assert world.value("SELECT count(*) FROM faults") == 0

    page.run("document.querySelector('#over [name=seed]').value = 5")
    click(page, "#over button")
    page.until("document.querySelector('#sure').open")
    click(page, "#really button:not([data-do])")
    page.until("document.querySelector('#start').textContent.includes('seed 5')")
    assert world.setting("seed") == 5
    assert world.value("SELECT name FROM teams") == "Studio"


def test_the_keyboard_reaches_and_works_every_control(
    served: tuple[World, str], page: browser.Page
) -> None:
    world, url = served
    page.open(f"{url}/")
    page.until("!document.querySelector('#new-fault').hidden")
    reached: list[Any] = []
    for _ in range(30):
        page.press("Tab", 9)
        reached.append(
            page.run("document.activeElement.dataset.key || document.activeElement.name")
        )
        if reached[-1] == "advance-60" and reached.count("advance-60") == 1:
            page.press("Enter", 13)
            page.until("document.querySelector('#clock').textContent.includes('09:01:00')")
            assert page.run("document.activeElement.dataset.key") == "advance-60"
    wanted = {"advance-60", "advance-86400", "seed", "plan", "kind", "path", "times"}
    assert wanted | {"clear-requests-"} <= set(reached)
    assert world.clock.stamp() == "2026-11-02T09:01:00.000Z"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_sideways_in_either_palette(
    served: tuple[World, str], page: browser.Page, scheme: str, width: int
) -> None:
    _, url = served
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.do("Emulation.setDeviceMetricsOverride", **size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.do("Emulation.setEmulatedMedia", features=features)
    page.open(f"{url}/")
    page.until("!document.querySelector('#new-fault').hidden")
    assert page.run("document.documentElement.scrollWidth") <= width
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert (luminance_of(ground) < 0.1) == (scheme == "dark")


def luminance_of(rgb: str) -> float:
    parts = [int(part) for part in re.findall(r"\d+", rgb)]
    return luminance("#{:02x}{:02x}{:02x}".format(*parts[:3]))
