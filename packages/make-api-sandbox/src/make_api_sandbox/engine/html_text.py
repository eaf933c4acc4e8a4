"""HTML as plain text: paragraphs, headings, lists, links and line breaks stay recognizable.

How Make lays the text out is not documented. This follows the widespread conventions: a blank line
between blocks, ` * ` in front of list items, ` 1. ` in numbered lists, the address of a link in
brackets behind it. Long lines are not broken.
"""

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "table", "blockquote", "pre", "section", "article", "form"}
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HIDDEN = frozenset({"script", "style", "head", "template", "noscript"})
DEEPEST = 100
"""Lists inside of lists whose numbers are kept."""


def html_to_text(html: str, *, uppercase_headings: bool) -> str:
    """Write HTML as text.

    Args:
        html: A document or a fragment; faulty markup is read as far as it goes.
        uppercase_headings: Write headings in capital letters.
    """
    writer = _Writer(uppercase_headings=uppercase_headings)
    writer.feed(html)
    writer.close()
    return writer.result()


class _Writer(HTMLParser):
    def __init__(self, *, uppercase_headings: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._uppercase = uppercase_headings
        self._pieces: list[str] = []
        self._break = 0
        self._space = False
        self._hidden = self._headings = self._pre = 0
        self._lists: list[int | None] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        members = dict(attrs)
        if tag in HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self._pieces.append("\n")
            self._space = False
        elif tag == "hr":
            self._part(2)
            self._write("-" * 40)
            self._part(2)
        elif tag == "img" and members.get("src"):
            self._write(f"{members.get('alt') or ''} [{members['src']}]".strip())
        elif tag == "a":
            self._links.append(members.get("href") or "")
        elif tag in ("td", "th"):
            self._space = True
        else:
            self._open_block(tag)

    def _open_block(self, tag: str) -> None:
        if tag in BLOCKS or tag in HEADINGS:
            self._part(1 if self._lists and tag in ("ul", "ol") else 2)
        if tag in HEADINGS:
            self._headings += 1
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol") and len(self._lists) < DEEPEST:
            self._lists.append(0 if tag == "ol" else None)
        elif tag in ("li", "tr"):
            self._part(1)
            if tag == "li":
                self._item()

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if self._lists and number is not None:
            self._lists[-1] = number + 1
        mark = " * " if number is None else f" {number + 1}. "
        self._write("   " * (len(self._lists) - 1) + mark)
        self._space = False

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._links:
            address = self._links.pop()
            if address and not address.startswith("#"):
                self._write(f" [{address.removeprefix('mailto:')}]")
        elif tag in ("li", "tr"):
            self._part(1)
        elif tag in BLOCKS or tag in HEADINGS:
            self._close_block(tag)

    def _close_block(self, tag: str) -> None:
        if tag in HEADINGS:
            self._headings = max(0, self._headings - 1)
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        self._part(1 if self._lists else 2)

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._pre:
            self._write(data)
            return
        words = " ".join(re.split(r"[ \t\r\n\f]+", data)).strip(" ")
        self._space = self._space or data[:1] in tuple(" \t\r\n\f")
        if words:
            self._write(words.upper() if self._headings and self._uppercase else words)
            self._space = data[-1:] in tuple(" \t\r\n\f")

    def _part(self, lines: int) -> None:
        """Ask for a line break, or a blank line, before what is written next."""
        self._break = max(self._break, lines)

    def _write(self, text: str) -> None:
        if self._break and self._pieces:
            self._pieces.append("\n" * self._break)
        elif self._space and self._pieces and not self._pieces[-1].endswith((" ", "\n")):
            self._pieces.append(" ")
        self._break, self._space = 0, False
        self._pieces.append(text)

    def result(self) -> str:
        lines = "".join(self._pieces).split("\n")
        return "\n".join(line.rstrip(" ") for line in lines).strip("\n")
