"""Search over the catalog: what somebody means, in the words they use, typing errors included.

A small ranked index: words of names, former names, search words, first lines, descriptions and
arguments, rarer words weighing more (BM25's idf). A word that occurs nowhere counts as the known
words it is spelled like.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from make_mcp_base.definition.catalog import Entry

_WORD = re.compile(r"[a-z0-9]+")
_WEIGHTS = {"name": 6.0, "former": 4.0, "words": 4.0, "first": 2.5, "text": 1.0, "arguments": 0.7}
_NOISE = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "for",
        "from",
        "have",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "please",
        "that",
        "the",
        "their",
        "them",
        "this",
        "to",
        "want",
        "what",
        "when",
        "where",
        "which",
        "who",
        "will",
        "with",
        "you",
        "your",
        "make",
        "tool",
    ]
)

SYNONYMS: dict[str, tuple[str, ...]] = {
    "account": ("connection",),
    "add": ("create",),
    "automation": ("scenario",),
    "broken": ("troubleshoot", "diagnose", "verify"),
    "change": ("update", "patch", "set"),
    "colleague": ("user",),
    "column": ("structure",),
    "copy": ("clone",),
    "credential": ("connection",),
    "database": ("data", "store"),
    "directory": ("folder",),
    "disable": ("deactivate", "enabled"),
    "dlq": ("incomplete", "execution"),
    "duplicate": ("clone",),
    "edit": ("update", "patch"),
    "email": ("user", "invite"),
    "enable": ("activate", "enabled"),
    "endpoint": ("hook",),
    "error": ("troubleshoot", "execution"),
    "execute": ("run",),
    "fail": ("troubleshoot", "execution"),
    "fix": ("patch", "troubleshoot"),
    "flow": ("scenario",),
    "history": ("execution", "list"),
    "job": ("execution",),
    "key": ("record",),
    "launch": ("run",),
    "log": ("execution", "list"),
    "member": ("user",),
    "modify": ("update", "patch"),
    "new": ("create",),
    "oauth": ("connection",),
    "off": ("deactivate",),
    "on": ("activate",),
    "pause": ("deactivate",),
    "people": ("user",),
    "permission": ("role",),
    "person": ("user",),
    "queue": ("incoming",),
    "reconnect": ("replace", "connection"),
    "remove": ("delete",),
    "rename": ("update",),
    "revert": ("undo", "restore"),
    "rollback": ("undo", "restore"),
    "row": ("record",),
    "schema": ("structure", "interface"),
    "show": ("get", "list"),
    "start": ("run", "activate"),
    "status": ("get", "list"),
    "table": ("data", "store"),
    "trigger": ("run", "hook"),
    "url": ("hook",),
    "webhook": ("hook",),
    "why": ("troubleshoot",),
    "workflow": ("scenario",),
    "workspace": ("team",),
}


def words_of(text: str) -> list[str]:
    """Split a text into lower-case word stems."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "es", "s", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word.removesuffix("e") if len(word) > 4 else word


@dataclass(slots=True)
class Index:
    """A ranked index over catalog entries."""

    entries: Sequence[Entry]
    _postings: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])

    def __post_init__(self) -> None:
        postings: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for number, entry in enumerate(self.entries):
            for part, text in _parts(entry):
                for word in set(words_of(text)):
                    best = max(postings[word].get(number, 0.0), _WEIGHTS[part])
                    postings[word][number] = best
        self._postings = dict(postings)

    def search(self, query: str, limit: int) -> list[Entry]:
        """Give the entries that fit a query, best first; none when nothing fits."""
        plain = query.strip().lower().replace("-", "_")
        exact = [e for e in self.entries if plain in {e.name, *map(_as_name, e.formerly)}]
        scores: defaultdict[int, float] = defaultdict(float)
        for word, weight in self._terms(query):
            found = self._postings.get(word, {})
            rarity = math.log(1 + len(self.entries) / (len(found) + 0.5))
            for number, value in found.items():
                scores[number] += weight * value * rarity
        ranked = sorted(scores, key=lambda n: (-scores[n], self.entries[n].name))
        hits = [self.entries[number] for number in ranked]
        return list(dict.fromkeys([*exact, *hits]))[:limit] if exact else hits[:limit]

    def _terms(self, query: str) -> Iterable[tuple[str, float]]:
        for raw in _WORD.findall(query.lower()):
            meant = SYNONYMS.get(raw) or SYNONYMS.get(raw.removesuffix("s")) or ()
            yield from ((_stem(word), 0.8) for word in meant)
            if raw in _NOISE:
                continue
            word = _stem(raw)
            if word in self._postings:
                yield word, 1.0
            elif not meant:
                yield from self._spelled_like(word)

    def _spelled_like(self, word: str) -> Iterable[tuple[str, float]]:
        if len(word) < 4:
            return
        from rapidfuzz import fuzz, process

        for known, score, _ in process.extract(
            word, list(self._postings), scorer=fuzz.ratio, score_cutoff=72, limit=3
        ):
            yield known, 0.7 * score / 100


def _as_name(former: str) -> str:
    return former.lower().replace("-", "_")


def _parts(entry: Entry) -> Iterable[tuple[str, str]]:
    yield "name", entry.name.replace("_", " ")
    yield "former", " ".join(_as_name(f) for f in entry.formerly).replace("_", " ")
    yield "words", " ".join(entry.words)
    yield "first", entry.summary
    yield "text", entry.description
    yield "arguments", " ".join(entry.input_schema.get("properties", {})).replace("_", " ")
