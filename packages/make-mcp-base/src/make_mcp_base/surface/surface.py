"""The surface of a server: tools that are listed, that are reachable, and why not the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from make_mcp_base.definition import catalog
from make_mcp_base.errors import Failure, Problem
from make_mcp_base.surface.gateway import gateway_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from make_mcp_base.definition.bundle import Bundle
    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.surface.rights import Holder
    from make_mcp_base.surface.selection import Selection

SERVER_CATEGORY = "server"
SERVER_EVERYDAY = ("health_check", "operation_list", "operation_undo", "server_info")
"""Tools of the server itself that every surface lists; the others are found by search."""
_LONGEST_GUESS = 100


@dataclass(slots=True)
class Surface:
    """The tools of one server under one selection.

    Attributes:
        slug: Short name of the server, part of the gateway's names ("core").
        bundles: Where the tools come from.
        selection: The operator's (or caller's) choice.
        everyday: Names of the tools that are listed by default.
    """

    slug: str
    bundles: tuple[Bundle, ...]
    selection: Selection
    everyday: tuple[str, ...] = ()
    entries: dict[str, Entry] = field(init=False)
    gateway: dict[str, Entry] = field(init=False)
    _aliases: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        pages = [page for bundle in self.bundles for page in catalog.read(bundle)]
        self.entries = _by_name(tool for page in pages for tool in page.tools)
        self.gateway = {tool.name: tool for tool in gateway_entries(self.slug)}
        self._aliases = _aliases(self.entries.values())
        self._check_names()

    @property
    def pages(self) -> list[catalog.Page]:
        """The categories of all bundles, in alphabetical order."""
        found = [page for bundle in self.bundles for page in catalog.read(bundle)]
        return sorted(found, key=lambda page: page.category)

    def find(self, name: str) -> Entry | None:
        """Find a tool by its name or a former one, whether reachable or not."""
        if name in self.gateway and self.uses_gateway:
            return self.gateway[name]
        return self.entries.get(self._aliases.get(_plain(name), name))

    def nearest(self, name: str) -> list[str]:
        """Names like a wrong one, best first."""
        from difflib import get_close_matches

        known = {**self._aliases, **{entry: entry for entry in self.entries}}
        close = get_close_matches(_plain(name[:_LONGEST_GUESS]), known, n=5, cutoff=0.5)
        return list(
            dict.fromkeys(known[c] for c in close if self.refusal(self.entries[known[c]]) == "")
        )[:3]

    def refusal(self, entry: Entry) -> str:
        """Say why the operator's selection shuts a tool out; "" when it does not."""
        chosen = self.selection
        if chosen.read_only and entry.writes:
            return "This server is read-only."
        if entry.name in chosen.exclude:
            return "The tool is excluded on this server."
        named = chosen.chooses(entry.name, entry.category)
        if not named and entry.category != SERVER_CATEGORY:
            return "The tool is not among the categories or tools chosen for this server."
        return ""

    def permit(self, entry: Entry, account: Holder | None) -> None:
        """Refuse a tool that this server, token or organization shuts out.

        Raises:
            Failure: With the reason and what would open it.
        """
        if reason := self.refusal(entry):
            raise Failure(
                f"`{entry.name}` is not available here.",
                why=reason,
                next_step="Choose another tool, or ask who runs this server to allow it.",
                code="not_available",
            )
        self.demand(entry, account)

    def demand(self, entry: Entry, account: Holder | None) -> None:
        """Refuse a tool whose scope the token lacks, or whose feature every licence lacks.

        Raises:
            Failure: With the reason and what would open it.
        """
        reason = lacking(entry, account)
        if not reason:
            return
        if account is not None and account.has(entry.scope):
            raise Failure(
                f"`{entry.name}` is not part of any plan this token reaches.",
                why=reason,
                next_step="An owner can change the plan in Make; `organization_get` shows what each"
                " licence has.",
                code="licence_gate",
            )
        raise Failure(
            f"`{entry.name}` is not available with this token.",
            why=reason,
            next_step="Make an API token with that scope (in Make: Profile, API), set it as"
            " MAKE_API_KEY, and start the server again.",
            code="missing_scope",
        )

    @property
    def uses_gateway(self) -> bool:
        """True when not everything reachable is listed."""
        return not (self.selection.everything or self.selection.narrowed)

    def shown(self, account: Holder | None) -> list[Entry]:
        """The tools to list, in alphabetical order."""
        if self.uses_gateway:
            names = (*self.everyday, *SERVER_EVERYDAY)
            chosen = [self.entries[name] for name in names if name in self.entries]
            chosen += [
                g for g in self.gateway.values() if not (self.selection.read_only and g.writes)
            ]
        else:
            chosen = list(self.entries.values())
        kept = {e.name: e for e in chosen if not self.refusal(e) and not lacking(e, account)}
        return [kept[name] for name in sorted(kept)]

    def reachable(self, account: Holder | None) -> list[Entry]:
        """Every tool that may be called, listed or not."""
        return [e for e in self.entries.values() if not self.refusal(e) and not lacking(e, account)]

    def hidden(self, account: Holder | None) -> dict[str, int]:
        """Count the tools that may not be called, by reason."""
        reasons = [self.refusal(e) or lacking(e, account) for e in self.entries.values()]
        return dict(Counter(reason for reason in reasons if reason))

    def _check_names(self) -> None:
        categories = {page.category for page in self.pages}
        chosen = self.selection
        unknown = [("categories", c, categories) for c in chosen.categories if c not in categories]
        tools = (*chosen.tools, *chosen.exclude)
        unknown += [("tools", t, set(self.entries)) for t in tools if t not in self.entries]
        if unknown:
            raise Failure(
                "The choice of tools names something that is not installed.",
                next_step="Correct the names, or list what there is with the `tools` command.",
                code="unknown_selection",
                problems=[
                    Problem(where, f"`{name}`", _like(name, known))
                    for where, name, known in unknown
                ],
            )


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Refuse two bundles that claim one name; otherwise one could pass for the other."""
    found: dict[str, Entry] = {}
    for entry in entries:
        other = found.setdefault(entry.name, entry)
        if other is not entry:
            raise Failure(
                f"Two installed bundles bring a tool named `{entry.name}`.",
                why=f"They are {other.package} and {entry.package}.",
                next_step="Uninstall one of them, or leave its bundle out of this server.",
                code="broken_installation",
            )
    return found


def lacking(entry: Entry, account: Holder | None) -> str:
    """Say what the token or every organization of it lacks for a tool; "" when nothing."""
    if account is None:
        return ""
    if not account.has(entry.scope):
        return f"The token lacks the scope `{entry.scope}`."
    if not account.licensed(entry.feature):
        return f"No organization's licence has `{entry.feature}`."
    return ""


def wire_list(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Give tools as `tools/list` shows them."""
    return [entry.wire() for entry in entries]


def _aliases(entries: Iterable[Entry]) -> dict[str, str]:
    """Map every spelling to a name; a tool's own name wins over a former name of another."""
    rows = list(entries)
    former = {_plain(old): entry.name for entry in rows for old in entry.formerly}
    return former | {_plain(entry.name): entry.name for entry in rows}


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _like(name: str, known: set[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(known), n=3, cutoff=0.4)
    return f"Did you mean {', '.join(f'`{c}`' for c in close)}?" if close else ""
