"""Code sent to Make as text, and apps deployed from folders."""

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from app_bench import BASE, Bench

pytestmark = pytest.mark.anyio


def png(side: int, colour: int) -> str:
    """A plain picture, in base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = (b"\x00" + bytes([colour, 80, 90]) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


async def exported(bench: Bench, name: str, folder: str) -> Path:
    told = (await bench.core.call("custom_app_export", name=name, folder=folder)).data
    return Path(told["folder"])


def code_in(folder: Path) -> dict[str, str]:
    """All files that do not speak of where the app lives."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest: dict[str, Any] = json.loads(found["makecomapp.json"])
    del manifest["origins"], found["make-mcp.lock.json"]
    return found | {"makecomapp.json": json.dumps(manifest)}


async def test_a_section_is_saved_byte_for_byte_as_its_dry_run_said_and_put_back(
    bench: Bench,
) -> None:
    name = await bench.whole()
    path = f"/sdk/apps/{name}/1/base"
    wanted = BASE.replace("answers.", "answers now.").replace("stock.", "stock2.")
    place = {"name": name, "section": "base", "content": wanted}
    plan = (await bench.core.call("custom_app_section_set", **place, dry_run=True)).data["plan"]
    assert plan["requests"][0]["media_type"] == "application/jsonc"
    assert await bench.text(path) == BASE
    done = (await bench.core.call("custom_app_section_set", **place)).data
    assert await bench.text(path) == wanted
    assert '+    "baseUrl": "https://stock2.example.com",' in done["diff"]
    again = (await bench.core.call("custom_app_section_set", **place)).data
    assert again["changed"] is False
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert await bench.text(path) == BASE


@pytest.mark.parametrize(
    ("kind", "name", "section", "content"),
    [
        ("function", "articleCode", "code", "function articleCode(a) {\n    // Short.\n}\n"),
        ("function", "articleCode", "test", "// None yet.\n"),
        ("module", "findStock", "interface", '[\n  // Rows.\n  {"name": "id", "type": "text"}\n]'),
        ("rpc", "listPlaces", "api", '{"url": "/places"} // All.'),
        ("endpoint", "getStock", "inputParameters", '[{"name": "id", "type": "text"}]'),
    ],
)
async def test_code_of_components_is_saved_as_text_and_put_back(
    bench: Bench, kind: str, name: str, section: str, content: str
) -> None:
    app = await bench.whole()
    path = f"/sdk/apps/{app}/1/{kind}s/{name}/{section}"
    before = await bench.text(path)
    place = {"app": app, "kind": kind, "name": name, "section": section}
    done = (await bench.core.call("sdk_component_section_set", **place, content=content)).data
    assert await bench.text(path) == content
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    if before:
        assert await bench.text(path) == before


async def test_the_readme_is_saved_and_hidden_secrets_are_not_sent_back(bench: Bench) -> None:
    name = await bench.whole()
    done = await bench.core.call(
        "custom_app_section_set", name=name, section="readme", content="# Other\n"
    )
    assert done.data["changed"]
    assert await bench.text(f"/sdk/apps/{name}/1/readme") == "# Other\n"
    told = await bench.core.call(
        "custom_app_section_set",
        name=name,
        section="base",
        content='{"headers": {"a": "[hidden]"}}',
    )
    assert told.error["code"] == "hidden_value"


async def test_in_an_approved_app_a_change_waits_for_its_commit(bench: Bench) -> None:
    apps = (await bench.company.get("/sdk/apps"))["apps"]
    name = next(app["name"] for app in apps if app["name"].startswith("freight-quotes"))
    content = [{"label": "All quotes", "modules": ["getQuote"]}]
    done = await bench.core.call(
        "custom_app_section_set", name=name, section="groups", content=content
    )
    assert done.data["waits_for_commit"] is True


async def test_an_icon_is_set_shown_and_put_back(bench: Bench) -> None:
    name = await bench.app()
    place = {"name": name, "section": "icon"}
    small = await bench.core.call("custom_app_section_set", **place, content=png(16, 1))
    assert small.error["code"] == "invalid_icon"
    first, second = png(512, 10), png(512, 200)
    await bench.core.call("custom_app_section_set", **place, content=first)
    done = (await bench.core.call("custom_app_section_set", **place, content=second)).data
    shown = await bench.core.call("custom_app_section_get", **place, size=16)
    assert base64.b64decode(shown.data["png_base64"]).startswith(b"\x89PNG")
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    again = (await bench.core.call("custom_app_section_set", **place, content=first)).data
    assert again["changed"] is False


async def test_an_app_deployed_to_a_fresh_one_exports_the_same_files(bench: Bench) -> None:
    source = await bench.whole()
    folder = await exported(bench, source, "source")
    fresh = await bench.app("fresh-app")
    arguments = {"folder": "source", "name": fresh}
    plan = (await bench.core.call("custom_app_deploy", **arguments)).data["plan"]
    steps = plan["steps"]
    assert steps.index("Create the connection connection") < steps.index(
        "Create the rpc listPlaces"
    )
    assert steps.index("Create the rpc listPlaces") < steps.index("Create the module findStock")
    assert (await bench.core.call("sdk_component_list", app=fresh)).data["components"] == []
    done = (await bench.core.apply("custom_app_deploy", **arguments)).data
    assert (done["changed"], done["left"]) == (True, [])
    assert code_in(await exported(bench, fresh, "target")) == code_in(folder)
    again = (await bench.core.call("custom_app_deploy", **arguments)).data
    assert (again["changed"], again["done"]) == (False, [])
    undone = await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert not undone.result.is_error, undone.text
    assert (await bench.core.call("sdk_component_list", app=fresh)).data["components"] == []


async def test_only_what_differs_is_deployed_and_one_undo_takes_it_back(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "edits")
    api = folder / "modules/find-stock/find-stock.communication.iml.json"
    api.write_text(api.read_text().replace('"GET"', '"POST"'))
    (folder / "README.md").write_text("# Edited\n")
    own = {"folder": "edits", "name": name}
    done = (await bench.core.apply("custom_app_deploy", **own, only=["module findStock"])).data
    assert done["done"] == ["module findStock: api"]
    path = f"/sdk/apps/{name}/1/modules/findStock/api"
    assert '"POST"' in await bench.text(path)
    assert await bench.text(f"/sdk/apps/{name}/1/readme") != "# Edited\n"
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert '"GET"' in await bench.text(path)


async def test_an_edit_in_make_since_the_pull_is_not_overwritten_unasked(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "conflict")
    (folder / "general/base.iml.json").write_text('{"baseUrl": "https://ours.example.com"}')
    await bench.code(f"/sdk/apps/{name}/1/base", '{"baseUrl": "https://theirs.example.com"}')
    own: dict[str, Any] = {"folder": "conflict", "name": name}
    told = await bench.core.call("custom_app_deploy", **own)
    assert [p["path"] for p in told.error["problems"]] == ["app/base"]
    await bench.core.apply("custom_app_deploy", **own, overwrite=True)
    assert "ours" in await bench.text(f"/sdk/apps/{name}/1/base")
    (folder / "general/base.iml.json").write_text('{"baseUrl": "https://later.example.com"}')
    await bench.core.apply("custom_app_deploy", **own)
    assert "later" in await bench.text(f"/sdk/apps/{name}/1/base")


async def test_what_happened_in_make_since_the_pull_is_told_whatever_it_was(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "happened")
    root = f"/sdk/apps/{name}/1"
    await bench.company.send("PATCH", f"{root}/modules/findStock", {"label": "Theirs"})
    await bench.company.send("PATCH", root, {"label": "Theirs too"})
    token = {"Authorization": f"Token {bench.company.mounted.token}"}
    gone = await bench.company.http.delete(f"/api/v2{root}/endpoints/getStock", headers=token)
    gone.raise_for_status()
    await bench.company.send("POST", f"{root}/rpcs", {"name": "listNew", "label": "New"})
    (folder / "README.md").write_text("# Ours\n")
    own: dict[str, Any] = {"folder": "happened", "name": name, "delete_missing": True}
    told = await bench.core.call("custom_app_deploy", **own)
    assert {p["path"]: p["problem"].split(" in ")[0] for p in told.error["problems"]} == {
        "module findStock label": "was changed",
        "app label": "was changed",
        "endpoint getStock": "was deleted",
        "rpc listNew": "was made",
    }
    kept = (await bench.core.apply("custom_app_deploy", **own, overwrite=True)).data
    assert "rpc listNew: deleted" in kept["done"]
    module = (await bench.company.get(f"{root}/modules/findStock"))["appModule"]
    assert module["label"] == "findStock"


async def test_a_large_app_with_alike_names_two_connections_and_comments_survives_the_way_round(
    bench: Bench,
) -> None:
    source = await bench.whole()
    root, send = f"/sdk/apps/{source}/1", bench.company.send
    second = await send(
        "POST", f"/sdk/apps/{source}/connections", {"type": "basic", "label": "Login"}
    )
    other = second["appConnection"]["name"]
    for at, module in enumerate(("getURL", "getUrl", "geturl", *(f"step{n}Up" for n in range(3)))):
        await send("POST", f"{root}/modules", {"name": module, "typeId": 4, "label": f"M {at} é"})
        await send("PATCH", f"{root}/modules/{module}", {"connection": other})
        await bench.code(f"{root}/modules/{module}/api", f'{{"url": "/{at}"}} // ü {at}\n\t ')
    await send("PATCH", f"{root}/rpcs/listPlaces", {"altConnection": other})
    hints = {
        "annotations": {"readOnlyHint": True},
        "context": "Use it.",
        "attachedAccounts": [other],
    }
    await send("PATCH", f"{root}/endpoints/getStock", hints)
    first = code_in(await exported(bench, source, "round"))
    fresh = await bench.app("round-app")
    done = (await bench.core.apply("custom_app_deploy", folder="round", name=fresh)).data
    assert done["left"] == []
    assert code_in(await exported(bench, fresh, "round-two")) == first
    sides = {"left": {"name": source}, "right": {"name": fresh}}
    assert (await bench.core.call("custom_app_diff", **sides)).data["changes"] == []


async def test_faults_and_what_cannot_change_are_told_at_once(bench: Bench) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "faults")
    manifest = json.loads((folder / "makecomapp.json").read_text())
    manifest["components"]["module"]["findStock"]["moduleType"] = "action"
    (folder / "makecomapp.json").write_text(json.dumps(manifest))
    (folder / "general/base.iml.json").write_text("{")
    told = await bench.core.call("custom_app_deploy", folder="faults", name=name, only=["rpc no"])
    assert [p["path"] for p in told.error["problems"]] == ["app base", "module findStock", "only"]


async def test_components_that_the_folder_lacks_stay_unless_deleting_is_asked_for(
    bench: Bench,
) -> None:
    name = await bench.whole()
    folder = await exported(bench, name, "fewer")
    manifest = json.loads((folder / "makecomapp.json").read_text())
    del manifest["components"]["endpoint"]["getStock"]
    (folder / "makecomapp.json").write_text(json.dumps(manifest))
    own: dict[str, Any] = {"folder": "fewer", "name": name}
    kept = (await bench.core.call("custom_app_deploy", **own)).data
    assert (kept["changed"], kept["left"]) == (False, ["endpoint getStock"])
    done = (await bench.core.apply("custom_app_deploy", **own, delete_missing=True)).data
    assert done["done"] == ["endpoint getStock: deleted"]
