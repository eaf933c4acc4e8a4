"""`make-blueprint lint`: judge blueprints, mend what has one safe answer."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from make_blueprint.cli.files import STDIN, CommandError, read, write
from make_blueprint.cli.settings import SEVERITY_NAMES, profile_from, surroundings_from
from make_blueprint.lint.checking import Profile, lint, rules
from make_blueprint.lint.mending import mend
from make_blueprint.lint.reports.junit import to_junit
from make_blueprint.lint.reports.plain import to_json
from make_blueprint.lint.reports.report import FileReport, tally
from make_blueprint.lint.reports.sarif import to_sarif
from make_blueprint.lint.reports.text import to_text
from make_blueprint.lint.rule import Rule
from make_blueprint.lint.surroundings import Surroundings
from make_blueprint.positions import locate
from make_blueprint.problem import Severity
from make_blueprint.source import rewrite

_FORMATS: dict[str, Callable[[list[FileReport]], str]] = {
    "text": to_text,
    "json": to_json,
    "sarif": to_sarif,
    "junit": to_junit,
}
_FAIL_ON: dict[str, tuple[Severity, ...]] = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "info": ("error", "warning", "info"),
    "never": (),
}


def add_to(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = add_parser("lint", help="judge blueprints by rules")
    parser.add_argument("files", metavar="FILE", nargs="*", help="blueprint, - for standard input")
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report here instead")
    parser.add_argument("--fix", action="store_true", help="mend what has one safe answer")
    parser.add_argument(
        "--fail-on",
        choices=tuple(_FAIL_ON),
        help="exit with 1 from this severity on (error)",
    )
    parser.add_argument(
        "--select",
        metavar="RULE",
        action="append",
        help="only these: S16, single-route, S; repeatable",
    )
    parser.add_argument("--ignore", metavar="RULE", action="append", help="not these; repeatable")
    parser.add_argument(
        "--severity",
        metavar="RULE=LEVEL",
        action="append",
        help=f"judge a rule as {', '.join(SEVERITY_NAMES)}; repeatable",
    )
    parser.add_argument("--config", metavar="FILE", help="settings (make-blueprint.toml, if there)")
    parser.add_argument(
        "--surroundings", metavar="FILE", help="JSON about the account: connections, hooks, plan …"
    )
    parser.add_argument("--rules", action="store_true", help="list the rules and exit")
    parser.set_defaults(run=_lint)


def _lint(options: argparse.Namespace) -> int:
    if options.rules:
        write(options.output, _listing())
        return 0
    if not options.files:
        raise CommandError("name a blueprint, or - to read it from standard input")
    profile, fail_on = profile_from(options)
    surroundings = surroundings_from(options.surroundings)
    files = [_judge(name, surroundings, profile, options.fix) for name in options.files]
    write(options.output, _FORMATS[options.format](files))
    counts = tally(files)
    return 1 if any(counts[severity] for severity in _FAIL_ON[fail_on]) else 0


def _judge(name: str, surroundings: Surroundings, profile: Profile, fix: bool) -> FileReport:
    source = read(name)
    if not fix:
        report = lint(source.blueprint, surroundings, profile)
        positions = locate(source.text, [finding.path for finding in report.findings])
        return FileReport(source.name, report, positions)
    if name == STDIN:
        raise CommandError("standard input cannot be mended in place")
    outcome = mend(source.blueprint, surroundings, profile)
    text = rewrite(source.text, outcome.blueprint) if outcome.done else source.text
    if outcome.done:
        write(name, text)
    positions = locate(text, [finding.path for finding in outcome.left.findings])
    return FileReport(source.name, outcome.left, positions, outcome.done)


def _listing() -> str:
    return "\n".join(map(_listed, rules().values()))


def _listed(rule: Rule) -> str:
    mark = "fix" if rule.fix else "   "
    return f"{rule.id}  {rule.severity:<7}  {mark}  {rule.name}: {rule.statement}"
