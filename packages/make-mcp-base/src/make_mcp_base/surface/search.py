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
_PHRASE = 8.0
"""What a whole search phrase of a tool adds: about as much as a rare word of its name."""
_ASKED = 1.25
"""How much more a reading tool counts when the query begins as a question does."""
_QUESTIONS = frozenset(
    {
        "are", "did", "do", "does", "has", "have", "how", "is", "show", "tell", "was", "were",
        "what", "when", "where", "which", "who", "whose", "why",
    }
)  # fmt: skip
_MOST_WORDS = 60
_SHORTEST, _SHORT, _LONGEST = 3, 5, 30
_NEAR, _NEAR_SHORT = 72, 78
"""Likeness in percent below which a word is not taken for a typing error; short words differ
more by one letter."""
_NOISE = frozenset(
    [
        "a",
        "an",
        "would",
        "there",
        "some",
        "let",
        "exist",
        "all",
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
    "coworker": ("user",),
    "credential": ("connection",),
    "cron": ("schedule",),
    "database": ("data", "store"),
    "directory": ("folder",),
    "disable": ("deactivate", "enabled"),
    "dlq": ("incomplete", "execution"),
    "duplicate": ("clone",),
    "edit": ("update", "patch"),
    "email": ("user", "invite"),
    "enable": ("activate", "enabled"),
    "employee": ("user",),
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
    "login": ("connection",),
    "oauth": ("connection",),
    "off": ("deactivate",),
    "on": ("activate",),
    "overwrite": ("replace",),
    "pause": ("deactivate",),
    "people": ("user",),
    "permission": ("role",),
    "person": ("user",),
    "queue": ("incoming",),
    "reconnect": ("replace", "connection"),
    "redo": ("replay",),
    "remove": ("delete",),
    "rename": ("update",),
    "repeat": ("replay",),
    "rerun": ("replay",),
    "revert": ("undo", "restore"),
    "rollback": ("undo", "restore"),
    "row": ("record",),
    "schema": ("structure", "interface"),
    "show": ("get", "list"),
    "start": ("run", "activate"),
    "stop": ("deactivate", "enabled"),
    "status": ("get", "list"),
    "staff": ("user",),
    "table": ("data", "store"),
    "teammate": ("user",),
    "timer": ("schedule",),
    "trigger": ("run", "hook"),
    "url": ("hook",),
    "webhook": ("hook",),
    "who": ("user",),
    "why": ("troubleshoot",),
    "workflow": ("scenario",),
    "workspace": ("team",),
    "zap": ("scenario",),
}


_JOINED = (("set up", "setup"), ("log in", "login"), ("sign in", "login"), ("web hook", "webhook"))


def words_of(text: str) -> list[str]:
    """Split a text into lower-case word stems."""
    return [_stem(word) for word in _written(text)]


def _written(text: str) -> list[str]:
    """Split a text into lower-case words; what is one word in two halves is joined."""
    plain = text.lower()
    for halves, whole in _JOINED:
        plain = plain.replace(halves, whole)
    return _WORD.findall(plain)


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
    _phrases: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def __post_init__(self) -> None:
        postings: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for number, entry in enumerate(self.entries):
            for part, text in _parts(entry):
                for word in set(words_of(text)):
                    best = max(postings[word].get(number, 0.0), _WEIGHTS[part])
                    postings[word][number] = best
        self._postings = dict(postings)
        for number, entry in enumerate(self.entries):
            phrases = [words_of(phrase) for phrase in entry.words]
            self._phrases[number] = [f" {' '.join(p)} " for p in phrases if len(p) > 1]

    def search(self, query: str, limit: int) -> list[Entry]:
        """Give the entries that fit a query, best first; none when nothing fits."""
        plain = query.strip().lower().replace("-", "_")
        exact = [e for e in self.entries if plain in {e.name, *map(_as_name, e.formerly)}]
        scores: defaultdict[int, float] = defaultdict(float)
        for raw in list(dict.fromkeys(_written(query)))[:_MOST_WORDS]:
            for number, value in self._fits(raw).items():
                scores[number] += value
        for number, value in self._phrases_in(words_of(query)).items():
            scores[number] += value
        if query.strip().lower().split(" ", 1)[0] in _QUESTIONS:
            for number in scores:
                scores[number] *= 1.0 if self.entries[number].writes else _ASKED
        ranked = sorted(scores, key=lambda n: (-scores[n], self.entries[n].name))
        hits = [self.entries[number] for number in ranked]
        return list(dict.fromkeys([*exact, *hits]))[:limit] if exact else hits[:limit]

    def _fits(self, raw: str) -> dict[int, float]:
        """Score the entries for one word: by the best of what it may mean, not by the sum."""
        best: dict[int, float] = {}
        for word, weight in self._meanings(raw):
            found = self._postings.get(word, {})
            rarity = math.log(1 + len(self.entries) / (len(found) + 0.5))
            for number, value in found.items():
                best[number] = max(best.get(number, 0.0), weight * value * rarity)
        return best

    def _phrases_in(self, asked: Sequence[str]) -> dict[int, float]:
        """Score entries whose search phrases of several words stand in the query as they are."""
        spaced = f" {' '.join(asked)} "
        found = [n for n, phrases in self._phrases.items() if any(p in spaced for p in phrases)]
        return dict.fromkeys(found, _PHRASE)

    def _meanings(self, raw: str) -> Iterable[tuple[str, float]]:
        meant = SYNONYMS.get(raw) or SYNONYMS.get(raw.removesuffix("s")) or ()
        yield from ((_stem(word), 0.8) for word in meant)
        if raw in _NOISE:
            return
        word = _stem(raw)
        if word in self._postings:
            yield word, 1.0
        elif not meant:
            yield from self._spelled_like(word)

    def _spelled_like(self, word: str) -> Iterable[tuple[str, float]]:
        if not _SHORTEST <= len(word) <= _LONGEST:
            return
        from rapidfuzz import fuzz, process

        near = _NEAR_SHORT if len(word) <= _SHORT else _NEAR
        for known, score, _ in process.extract(
            word, list(self._postings), scorer=fuzz.ratio, score_cutoff=near, limit=3
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
