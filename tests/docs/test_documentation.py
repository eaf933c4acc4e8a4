"""What the documentation promises: its code runs, and its links lead somewhere."""

import re
from pathlib import Path
from typing import Any

from make_mcp_base import authoring
from processes import finished
from pydantic import Field

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    p for p in ROOT.rglob("*.md") if not {".venv", "node_modules", "changelog.d"} & set(p.parts)
)
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)(#[^)\s]*)?\)")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def test_every_relative_link_leads_to_a_file() -> None:
    broken: list[str] = []
    for page in PAGES:
        for target, _ in LINK.findall(page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_the_python_of_the_contributors_guide_runs() -> None:
    """With the imports every category has, and a model its example builds on."""

    class Folder(authoring.Output):
        id: int
        name: str

    names: dict[str, Any] = {name: getattr(authoring, name) for name in authoring.__all__}
    names |= {"Field": Field, "Folder": Folder, "category": authoring.Category("try", "Try.")}
    for kind, code in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")):
        if kind == "python":
            exec(compile(code, "CONTRIBUTING.md", "exec", dont_inherit=True), names)
    assert "folder_create" in names


def test_the_first_command_of_the_readme_prints_scenarios(tmp_path: Path) -> None:
    commands = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))[0][1].splitlines()
    assert commands[1] == "uv run poe check"
    words = commands[0].removeprefix("uv run make-mcp-core ").split()
    done = finished("make_mcp_core", *words, "--table", tmp=tmp_path)
    assert done.code == 0, done.err
    assert len(re.findall(r"^ +\d+  \S", done.out, re.MULTILINE)) == 25
