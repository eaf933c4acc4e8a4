"""`make-blueprint bindings | graph | doc`: what a blueprint needs and how it looks."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict

from make_blueprint.bindings import Binding, bindings
from make_blueprint.cli.files import read, write
from make_blueprint.document import JsonValue, compact
from make_blueprint.documentation import document
from make_blueprint.graph import graph


def add_to(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the three commands."""
    needs = add_parser("bindings", help="list everything a blueprint needs")
    needs.add_argument("--format", choices=("table", "json"), default="table")
    needs.set_defaults(run=_bindings)
    drawn = add_parser("graph", help="draw a blueprint")
    drawn.add_argument("--format", choices=("mermaid", "dot", "json"), default="mermaid")
    drawn.set_defaults(run=_graph)
    page = add_parser("doc", help="write a page about a scenario, in Markdown")
    page.set_defaults(run=_doc)
    for command in (needs, drawn, page):
        command.add_argument("file", metavar="FILE", help="blueprint, - for standard input")
        command.add_argument("-o", "--output", metavar="FILE", help="write here instead")


def _bindings(options: argparse.Namespace) -> int:
    found = bindings(read(options.file).blueprint)
    if options.format == "json":
        rows: list[JsonValue] = [asdict(each) for each in found]
        write(options.output, compact(rows))
    else:
        write(options.output, _table(found))
    return 0


def _table(found: list[Binding]) -> str:
    rows = [("KIND", "VALUE", "TYPE", "LABEL", "PLACE")]
    rows += [(each.kind, str(each.value), each.type, each.label, each.path) for each in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def _graph(options: argparse.Namespace) -> int:
    drawn = graph(read(options.file).blueprint)
    formats = {"mermaid": drawn.to_mermaid, "dot": drawn.to_dot, "json": drawn.to_json}
    write(options.output, formats[options.format]())
    return 0


def _doc(options: argparse.Namespace) -> int:
    write(options.output, document(read(options.file).blueprint))
    return 0
