"""Custom apps in folders: exported, compared, validated."""

import json
from pathlib import Path
from typing import Any

import pytest
from app_bench import BASE, Bench

pytestmark = pytest.mark.anyio


async def exported(bench: Bench, name: str, folder: str) -> Path:
    told = (await bench.core.call("custom_app_export", name=name, folder=folder)).data
    return Path(told["folder"])


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def test_an_app_is_written_in_the_layout_of_the_extension(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "layout")
    files = contents(folder)
    manifest = json.loads(files["makecomapp.json"])
    assert set(manifest) == {"fileVersion", "generalCodeFiles", "components", "origins"}
    assert manifest["generalCodeFiles"]["common"] is None
    module = manifest["components"]["module"]["findStock"]
    assert (module["moduleType"], module["connection"]) == ("search", "connection")
    path = module["codeFiles"]["mappableParams"]
    assert path == "modules/find-stock/find-stock.mappable-params.iml.json"
    assert "// Where." in files[path]
    assert files["general/base.iml.json"] == BASE
    assert files["functions/article-code/article-code.code.js"].startswith("function articleCode")
    (origin,) = manifest["origins"]
    assert (origin["appId"], origin["appVersion"]) == (name, 1)
    assert origin["idMapping"]["connection"] == [{"local": "connection", "remote": name}]


async def test_exporting_again_changes_nothing_and_forgets_what_is_gone(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "again")
    before = contents(folder)
    assert contents(await exported(bench, name, "again")) == before
    await bench.company.send("DELETE", f"/sdk/apps/{name}/1/modules/watchMoves")
    after = contents(await exported(bench, name, "again"))
    assert not [path for path in after if path.startswith("modules/watch-moves/")]


async def test_secrets_in_common_data_are_not_exported(bench: Bench) -> None:
    name = await bench.whole()
    await bench.company.send("PUT", f"/sdk/apps/{name}/1/common", {"clientSecret": "hush-77"})
    folder = await exported(bench, name, "secrets")
    assert not [path for path, text in contents(folder).items() if "hush-77" in text]


async def test_only_allowed_folders_are_written_and_none_that_is_taken(
    bench: Bench, tmp_path: Path
) -> None:
    name = await bench.app()
    for folder in (str(tmp_path / "elsewhere"), "../../outside"):
        told = await bench.core.call("custom_app_export", name=name, folder=folder)
        assert told.error["code"] == "path_refused"
    taken = await exported(bench, name, "taken")
    (taken / "makecomapp.json").unlink()
    told = await bench.core.call("custom_app_export", name=name, folder="taken")
    assert told.error["code"] == "folder_taken"


async def test_an_unchanged_folder_equals_the_app_and_changes_are_told_by_section(
    bench: Bench,
) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "changes")
    sides: dict[str, Any] = {"left": {"name": name}, "right": {"folder": "changes"}}
    same = (await bench.core.call("custom_app_diff", **sides)).data
    assert (same["same"], same["changes"]) == (True, [])
    api = folder / "modules/find-stock/find-stock.communication.iml.json"
    api.write_text(api.read_text().replace('"GET"', '"POST"'))
    manifest = json.loads((folder / "makecomapp.json").read_text())
    manifest["components"]["module"]["findStock"]["label"] = "Find"
    del manifest["components"]["rpc"]["listPlaces"]
    (folder / "makecomapp.json").write_text(json.dumps(manifest))
    told = (await bench.core.call("custom_app_diff", **sides)).data
    found = {(row["what"], row["place"], row.get("part")) for row in told["changes"]}
    assert found == {
        ("removed", "rpc listPlaces", None),
        ("changed", "module findStock", "label"),
        ("changed", "module findStock", "api"),
    }


async def test_a_copy_under_another_name_is_the_same_app(bench: Bench) -> None:
    name = await bench.whole()
    copy = (await bench.core.call("custom_app_clone", name=name, new_name="twin-app")).data
    told = await bench.core.call(
        "custom_app_diff", left={"name": name}, right={"name": copy["name"]}
    )
    assert told.data["same"], told.text


@pytest.mark.parametrize("right", [{}, {"name": "a-app", "folder": "x"}])
async def test_a_side_names_an_app_or_a_folder(bench: Bench, right: dict[str, str]) -> None:
    name = await bench.app()
    told = await bench.core.call("custom_app_diff", left={"name": name}, right=right)
    assert told.error["code"] == "invalid_arguments"
    none = await bench.core.call("custom_app_diff", left={"name": name}, right={"folder": "no"})
    assert none.error["code"] == "no_app_here"


async def test_a_sound_app_has_no_faults(bench: Bench) -> None:
    name = await bench.whole()
    told = (await bench.core.call("custom_app_validate", name=name)).data
    assert (told["valid"], told["errors"]) == (True, 0), told


PLANTED = {
    "modules/findStock/expect": '[{"name": "p", "type": "select", "options": "rpc://nowhere"}]',
    "modules/findStock/api": '{"url": "/x/{{articelCode(1)}}", "qs": {"a": "{{upper(b}}"}}',
    "groups": '[{"label": "All", "modules": ["findStok"]}]',
    "base": '{"baseUrl": "https://x.example.com", "headers": {"x": "Bearer q8Zt4kPw91LmXs72Nv"}}',
}


TYPOS = [
    (
        "modules/findStock/api",
        '{"url": "/x", "qs": {"a": "{{paramaters.place}}"}}',
        "error",
        "name",
    ),
    ("modules/findStock/api", '{"url": "/{{upper(conection.user)}}"}', "error", "name"),
    ("modules/findStock/api", '{"url": "/{{parameters.plaec}}"}', "warning", "field"),
    ("rpcs/listPlaces/api", '{"url": "/x?api_key=9f8a7b6c5d4e3f2a1b0c9d8e"}', "error", "secret"),
    ("base", '{"headers": {"x-api-key": "A1b2C3d4E5f6G7h8I9j0"}}', "error", "secret"),
]


@pytest.mark.parametrize(("path", "text", "severity", "code"), TYPOS)
async def test_a_misspelled_name_or_a_written_in_key_is_found(
    bench: Bench, path: str, text: str, severity: str, code: str
) -> None:
    name = await bench.whole()
    await bench.code(f"/sdk/apps/{name}/1/{path}", text)
    told = (await bench.core.call("custom_app_validate", name=name)).data
    found = {(row["severity"], row["code"]) for row in told["faults"]}
    assert (severity, code) in found, told
    assert "9f8a7b6c" not in json.dumps(told)


async def test_names_that_are_right_are_no_faults(bench: Bench) -> None:
    name = await bench.whole()
    text = (
        '{"url": "/{{parameters.place}}/{{get(body.data, \'x\')}}/{{item.id}}/{{temp.a}}",'
        '"headers": {"a": "{{connection.key}}", "b": "{{formatDate(now, \'X\')}}"},'
        '"qs": {"c": "{{if(parameters.place = undefined, common.x, statusCode)}}"}}'
    )
    await bench.code(f"/sdk/apps/{name}/1/modules/findStock/api", text)
    told = (await bench.core.call("custom_app_validate", name=name)).data
    assert not [row for row in told["faults"] if row["code"] in ("name", "field", "secret")], told


async def test_planted_faults_are_all_found_here(bench: Bench) -> None:
    name = await bench.whole()
    for path, text in PLANTED.items():
        await bench.code(f"/sdk/apps/{name}/1/{path}", text)
    told = (await bench.core.call("custom_app_validate", name=name)).data
    found = {(row["code"], row["place"]) for row in told["faults"] if row["severity"] == "error"}
    assert found == {
        ("reference", "module findStock expect"),
        ("function", "module findStock api url"),
        ("iml", "module findStock api qs.a"),
        ("reference", "app groups"),
        ("secret", "app base headers.x"),
    }
    fixes = {row["place"]: row.get("fix") for row in told["faults"]}
    assert fixes["module findStock api url"] == "Did you mean `articleCode`?"
    assert "q8Zt4kPw91LmXs72Nv" not in json.dumps(told)
    only = (await bench.core.call("custom_app_validate", name=name, severity="error")).data
    assert {row["severity"] for row in only["faults"]} == {"error"}
