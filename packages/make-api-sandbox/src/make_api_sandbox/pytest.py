"""A pytest plugin: the fixture `make_sandbox` is a Make of the test's own.

```python
async def test_the_company_has_teams(make_sandbox):
    async with make_sandbox.client() as make:
        answer = await make.get("/teams", params={"organizationId": 1})
    assert len(answer.json()["teams"]) == 5
```

Each test gets a fresh copy of a world that is made once a session. Time stands still at
`clock.EPOCH` and calls are not counted, so that tests repeat; the marker says otherwise:

```python
@pytest.mark.make_sandbox(
    seed=7, scale=2, plan="free", company="smallest", clock="real", rate_limits=True
)
```

`--make-sandbox-seed`, `--make-sandbox-scale` and `--make-sandbox-plan` change what tests without
those words in their marker get.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

import pytest

# Every pytest session of an environment loads this module: what is heavy is imported when used.
if TYPE_CHECKING:
    import httpx

    from make_api_sandbox.clock import Clock
    from make_api_sandbox.mount import MountedSandbox
    from make_api_sandbox.seeding import Recipe
    from make_api_sandbox.shapes import Row
    from make_api_sandbox.world import World

RECIPE = ("seed", "scale", "plan", "company")
WORDS = frozenset({*RECIPE, "clock", "rate_limits"})


class Faults:
    """Faults of one world; what they may be: module `faults`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def add(self, **declared: Any) -> "Row":
        """Install a fault, such as `add(path="/scenarios", status=503, times=2)`.

        Raises:
            ValueError: It makes no sense; every reason is named.
        """
        import json

        from make_api_sandbox import faults
        from make_api_sandbox.http.errors import ApiError

        try:
            return faults.install(
                self._world, faults.DECLARATION.read(json.dumps(declared).encode())
            )
        except ApiError as error:
            raise ValueError(str(error.detail)) from error

    def clear(self) -> None:
        """Remove all of them."""
        self._world.execute("DELETE FROM faults")


@dataclass(frozen=True)
class Served:
    """A sandbox behind a real port of this machine."""

    url: str
    base_url: str
    """Base of the API, such as a client's `MAKE_BASE_URL`."""
    token: str


@dataclass
class SandboxForTests:
    """One test's Make."""

    mounted: "MountedSandbox"
    _open: ExitStack = field(repr=False)

    @property
    def base_url(self) -> str:
        """Base of the API behind `transport()` and `client()`."""
        return self.mounted.base_url

    @property
    def token(self) -> str:
        """A token of the company's owner that may do everything."""
        return self.mounted.token

    @property
    def world(self) -> "World":
        """The world: rows to read and to change."""
        return self.mounted.sandbox.world

    @property
    def clock(self) -> "Clock":
        """Its time: `await clock.advance(seconds)`."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return Faults(self.world)

    def transport(self) -> "httpx.ASGITransport":
        """A transport for `httpx.AsyncClient`, without a socket."""
        return self.mounted.transport()

    def client(self, token: str | None = None) -> "httpx.AsyncClient":
        """A client of the API; the owner's without a token."""
        return self.mounted.client(token)

    def token_for(self, *scopes: str, user_id: int = 1) -> str:
        """A new token of a user with these scopes only."""
        from make_api_sandbox.tokens import mint

        return mint(self.world, user_id, scopes, label="test")

    def serve(self) -> Served:
        """Serve the same world on a free port until the test ends, for clients of any kind."""
        from make_api_sandbox.app import create_app
        from make_api_sandbox.serving import in_a_thread, listen, url_of
        from make_api_sandbox.world import World

        listener = listen("127.0.0.1", 0)
        url = url_of(listener)
        world = World.open(self.world.path or ":memory:")
        self._open.callback(world.close)
        app = create_app(world, public_url=url, in_process=False)
        self._open.enter_context(in_a_thread(app, listener))
        return Served(url, f"{url}/api/v2", self.token)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("make sandbox")
    group.addoption("--make-sandbox-seed", type=int, metavar="N", help="seed of its world (1)")
    group.addoption("--make-sandbox-scale", type=int, metavar="N", help="times as many runs (1)")
    group.addoption(
        "--make-sandbox-plan", metavar="PLAN", help="free, core, pro, teams or enterprise"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    words = "seed, scale, plan, company, clock, rate_limits"
    config.addinivalue_line("markers", f"make_sandbox({words}): what `make_sandbox` is made from.")


Copies = Callable[["Recipe", Path], Path]


@pytest.fixture(scope="session")
def _make_sandbox_worlds(tmp_path_factory: pytest.TempPathFactory) -> Copies:  # pyright: ignore[reportUnusedFunction]
    """Makes each world once and copies it afterwards."""
    made: dict[Recipe, Path] = {}

    def copy(recipe: "Recipe", folder: Path) -> Path:
        if recipe not in made:
            made[recipe] = _make(recipe, tmp_path_factory.mktemp("make-sandbox") / "world.db")
        return Path(copyfile(made[recipe], folder / "make-sandbox.db"))

    return copy


def _make(recipe: "Recipe", path: Path) -> Path:
    from make_api_sandbox.clock import EPOCH
    from make_api_sandbox.seeding import populate
    from make_api_sandbox.world import World

    world = World.open(path)
    world.clock.freeze(EPOCH)
    populate(world, recipe)
    world.close()
    return path


@pytest.fixture
def make_sandbox(
    request: pytest.FixtureRequest, _make_sandbox_worlds: Copies, tmp_path: Path
) -> Generator[SandboxForTests]:
    """A local Make of the test's own: see `make_api_sandbox.pytest`."""
    from make_api_sandbox.http.rate import SETTING as RATE_LIMITS
    from make_api_sandbox.mount import mount

    wanted = _wanted(request)
    mounted = mount(str(_make_sandbox_worlds(_recipe(wanted), tmp_path)))
    world = mounted.sandbox.world
    if wanted.get("clock") == "real":
        world.clock.release()
    world.set_setting(RATE_LIMITS, bool(wanted.get("rate_limits")))
    with ExitStack() as opened:
        yield SandboxForTests(mounted, opened)
    world.close()


def _wanted(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The words of the command line and, above them, those of the marker."""
    asked: dict[str, Any] = {
        name: request.config.getoption(f"--make-sandbox-{name}")
        for name in ("seed", "scale", "plan")
    }
    found = {name: value for name, value in asked.items() if value is not None}
    marker = request.node.get_closest_marker("make_sandbox")
    words: dict[str, Any] = marker.kwargs if marker else {}
    unknown = sorted(words.keys() - WORDS)
    if unknown or (marker and marker.args):
        known = ", ".join(sorted(WORDS))
        raise pytest.UsageError(f"make_sandbox takes {known} by name; not {unknown or marker.args}")
    return found | words


def _recipe(wanted: dict[str, Any]) -> "Recipe":
    from make_api_sandbox.seeding import Recipe
    from make_api_sandbox.world import WorldError

    try:
        return Recipe(**{name: wanted[name] for name in RECIPE if name in wanted})
    except WorldError as error:
        raise pytest.UsageError(f"make_sandbox: {error}") from error
