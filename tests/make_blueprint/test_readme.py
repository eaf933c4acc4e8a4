import contextlib
import io
import re
from importlib import import_module
from pathlib import Path

README = Path(__file__).parents[2] / "packages" / "make-blueprint" / "README.md"


def test_the_example_of_the_readme_prints_what_it_says() -> None:
    text = README.read_text(encoding="utf-8")
    code, output = (found[1] for found in re.finditer(r"```(?:python|text)\n(.*?)```", text, re.S))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {})
    assert printed.getvalue() == output


def test_the_table_of_the_readme_names_modules_that_exist() -> None:
    names = re.findall(r"^\| `(\w+)` \|", README.read_text(encoding="utf-8"), re.M)
    assert len(names) > 10
    for name in names:
        assert import_module(f"make_blueprint.{name}").__doc__
