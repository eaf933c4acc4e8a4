"""Where the secret of a finding stands: kept by its fingerprint, so that it can be read again.

What is kept is a place (`record`, `12`), never the secret nor anything made from it but the keyed
fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Document, Make

    from make_mcp_core_tools._engine.leak_documents import Found

_NOTE = "secret-findings"
_MOST = 2_000
_KEPT_SECONDS = 90 * 86_400.0


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of an earlier scan.

    Attributes:
        source: Kind of place, then ids, as `leak_documents.Paper` has it.
        kind: What the secret is.
        place: Where it was, for people.
        team_id: Team whose scan found it.
    """

    source: tuple[str, ...]
    kind: str
    place: str
    team_id: int


async def keep_findings(make: Make, team_id: int, found: Sequence[Found]) -> None:
    """Keep where findings stand, for 90 days; the latest 2,000."""
    fresh: Document = {
        one.fingerprint: {
            "source": list(one.source),
            "kind": one.kind,
            "place": one.place,
            "team": team_id,
        }
        for one in reversed(found)  # the first place of several is kept
        if one.source
    }
    if not fresh:
        return
    earlier = await _kept(make)
    rows = [*((name, row) for name, row in earlier.items() if name not in fresh), *fresh.items()]
    await make.keep(_NOTE, dict(rows[-_MOST:]), _KEPT_SECONDS)


async def known_finding(make: Make, fingerprint: str) -> Known | None:
    """Give where a finding stands; None when no scan of this server has met it lately."""
    row: Document | None = (await _kept(make)).get(fingerprint)
    if row is None:
        return None
    return Known(tuple(row["source"]), row["kind"], row["place"], int(row["team"]))


async def _kept(make: Make) -> Document:
    kept = await make.kept(_NOTE)
    return kept if isinstance(kept, dict) else {}
