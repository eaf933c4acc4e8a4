"""The pytest plugin, in test suites of its own."""

import pytest

pytest_plugins = ["pytester"]
OPTIONS = ("-p", "make_api_sandbox.pytest", "-n", "0", "-p", "no:cacheprovider", "-q")
HEAD = """
import httpx
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"

"""


def run(pytester: pytest.Pytester, suite: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + suite)
    return pytester.runpytest_subprocess(*OPTIONS, *options)


def test_a_test_gets_a_company_of_its_own_and_the_next_one_a_fresh_copy(
    pytester: pytest.Pytester,
) -> None:
    suite = """
@pytest.mark.parametrize("time", [1, 2])
async def test_a_folder_is_made_once(make_sandbox, time):
    body = {"name": "Only here", "teamId": 1}
    async with make_sandbox.client() as make:
        before = (await make.get("/scenarios-folders", params={"teamId": 1})).json()
        assert (await make.post("/scenarios-folders", json=body)).status_code == 200
    assert "Only here" not in [one["name"] for one in before["scenariosFolders"]]
    assert make_sandbox.world.value("SELECT count(*) FROM executions") > 10_000


async def test_transport_token_and_clock(make_sandbox):
    token = make_sandbox.token_for("teams:read")
    async with httpx.AsyncClient(
        transport=make_sandbox.transport(), base_url=make_sandbox.base_url,
        headers={"Authorization": f"Token {token}"},
    ) as make:
        assert (await make.get("/teams/1")).status_code == 200
        assert (await make.get("/scenarios", params={"teamId": 1})).status_code == 403
    before = make_sandbox.clock.now()
    await make_sandbox.clock.advance(60)
    assert (make_sandbox.clock.now() - before).total_seconds() == 60
"""
    run(pytester, suite).assert_outcomes(passed=3)


def test_a_real_port_serves_the_same_world(pytester: pytest.Pytester) -> None:
    suite = """
@pytest.mark.make_sandbox(company="smallest")
def test_a_blocking_client(make_sandbox):
    served = make_sandbox.serve()
    headers = {"Authorization": f"Token {served.token}"}
    make_sandbox.faults.add(path="/teams", status=503, times=1)
    with httpx.Client(base_url=served.base_url, headers=headers, timeout=30) as make:
        assert make.get("/teams/1").status_code == 503
        assert make.get("/teams/1").json()["team"]["name"] == "Studio"
        make.post("/scenarios-folders", json={"name": "A", "teamId": 1})
    assert make_sandbox.world.value("SELECT name FROM folders") == "A"
"""
    run(pytester, suite).assert_outcomes(passed=1)


def test_the_marker_chooses_seed_plan_company_clock_and_limits(pytester: pytest.Pytester) -> None:
    suite = """
@pytest.mark.make_sandbox(seed=7, plan="free", company="smallest")
def test_a_free_plan(make_sandbox):
    world = make_sandbox.world
    assert world.setting("seed") == 7
    assert world.value("SELECT service_name FROM organizations") == "Free"
    assert world.value("SELECT license FROM organizations")["apiLimit"] == 30
    assert world.value("SELECT count(*) FROM scenarios") == 0
    assert make_sandbox.clock.mode == "driven"


@pytest.mark.make_sandbox(company="smallest", clock="real", rate_limits=True)
async def test_limits_are_counted(make_sandbox):
    make_sandbox.world.update("organizations", 1, license={"apiLimit": 1})
    assert make_sandbox.clock.mode == "real"
    async with make_sandbox.client() as make:
        codes = [(await make.get("/teams/1")).status_code for _ in range(3)]
    assert 429 in codes


def test_options_change_the_default(make_sandbox):
    assert make_sandbox.world.setting("seed") == 3
    assert make_sandbox.world.value("SELECT service_name FROM organizations") == "Enterprise"
"""
    options = ("--make-sandbox-seed", "3", "--make-sandbox-plan", "enterprise")
    run(pytester, suite, *options).assert_outcomes(passed=3)


def test_what_makes_no_sense_is_an_error_that_says_why(pytester: pytest.Pytester) -> None:
    suite = """
@pytest.mark.make_sandbox(moon=1)
def test_a_word(make_sandbox):
    pass


@pytest.mark.make_sandbox(plan="gold")
def test_a_plan(make_sandbox):
    pass


@pytest.mark.make_sandbox(scale=0)
def test_a_scale(make_sandbox):
    pass


@pytest.mark.make_sandbox(company="smallest")
def test_a_fault(make_sandbox):
    with pytest.raises(ValueError, match="status"):
        make_sandbox.faults.add(status=1)
    make_sandbox.faults.add(status=500)
    make_sandbox.faults.clear()
    assert make_sandbox.world.value("SELECT count(*) FROM faults") == 0
"""
    done = run(pytester, suite)
    done.assert_outcomes(errors=3, passed=1)
    text = done.stdout.str()
    for says in ("not ['moon']", "no plan 'gold'; there are free, core", "must be at least 1"):
        assert says in text


def test_loading_the_plugin_imports_no_server(pytester: pytest.Pytester) -> None:
    suite = """
import sys

def test_nothing():
    assert not {"starlette", "uvicorn", "sqlite3"} & set(sys.modules)
"""
    pytester.makepyfile(suite)
    pytester.runpytest_subprocess(*OPTIONS, "-p", "no:cov").assert_outcomes(passed=1)
