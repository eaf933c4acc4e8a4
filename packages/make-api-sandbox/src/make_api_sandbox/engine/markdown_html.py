"""Markdown as HTML: the parts of CommonMark that messages use, and GitHub's tables and strikes.

Headings, paragraphs, emphasis, code, lists, quotations, rules, links and images are read as
CommonMark does. Not read: reference links, setext headings and HTML blocks that span paragraphs.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 20
"""Quotations and lists inside of one another; deeper ones are plain paragraphs."""

LONGEST = 10_000
"""Characters of a line or paragraph in which marks are looked for; a longer one is plain text."""

HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`\s]*).*")
QUOTE = re.compile(r" {0,3}> ?")
ITEM = re.compile(r"( {0,3})([-+*]|[0-9]{1,9}[.)])( +|$)")
TABLE_RULE = re.compile(r" *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *")
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|<!--[^<>]*-->")
ADDRESS = re.compile(r"https?://[^\s<>()\[\]]+[^\s<>()\[\].,:;!?'\"]")
UNSAFE = ("javascript:", "vbscript:", "data:")


@dataclass(frozen=True)
class Options:
    """How Markdown is read.

    Args:
        gfm: Read GitHub's tables, strikes, bare addresses and line breaks.
        sanitize: Show HTML as text instead of taking it over.
    """

    gfm: bool = True
    sanitize: bool = False


def markdown_to_html(source: str, options: Options) -> str:
    """Write Markdown as HTML."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")
    return "\n".join(_blocks(lines, options, 0))


# Blocks


def _blocks(lines: list[str], options: Options, depth: int) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if len(line) > LONGEST:
            yield f"<p>{html.escape(line, quote=False)}</p>"
            at += 1
            continue
        heading, fence = HEADING.fullmatch(line), FENCE.fullmatch(line)
        if not line.strip():
            at += 1
        elif heading:
            level = len(heading[1])
            yield f"<h{level}>{_inline(heading[2] or '', options)}</h{level}>"
            at += 1
        elif fence:
            at, block = _fenced(lines, at + 1, fence)
            yield block
        elif RULE.fullmatch(line):
            yield "<hr>"
            at += 1
        elif depth < DEEPEST and QUOTE.match(line):
            at, inner = _quoted(lines, at)
            body = "\n".join(_blocks(inner, options, depth + 1))
            yield f"<blockquote>\n{body}\n</blockquote>"
        elif depth < DEEPEST and ITEM.match(line):
            at, block = _list(lines, at, options, depth)
            yield block
        else:
            at, block = _rest(lines, at, options)
            yield block


def _rest(lines: list[str], at: int, options: Options) -> tuple[int, str]:
    """Indented code, a table or a paragraph."""
    if lines[at].startswith("    "):
        end = at
        while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
            end += 1
        code = "\n".join(line[4:] for line in lines[at:end]).strip("\n")
        return end, f"<pre><code>{html.escape(code)}\n</code></pre>"
    if options.gfm and "|" in lines[at] and at + 1 < len(lines):
        rule = lines[at + 1]
        if TABLE_RULE.fullmatch(rule) and len(_cells(rule)) == len(_cells(lines[at])):
            return _table(lines, at, options)
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _interrupts(lines[end]):
        end += 1
    return end, f"<p>{_paragraph(lines[at:end], options)}</p>"


def _paragraph(lines: list[str], options: Options) -> str:
    text = _inline("\n".join(line.lstrip(" ") for line in lines).rstrip(), options)
    text = re.sub(r"(?: {2,}|\\)\n", "<br>\n", text)
    return re.sub(r"(?<!<br>)\n", "<br>\n", text) if options.gfm else text


def _interrupts(line: str) -> bool:
    if len(line) > LONGEST:
        return True
    starts = (HEADING.fullmatch(line), FENCE.fullmatch(line), RULE.fullmatch(line))
    item = ITEM.match(line)
    return any(starts) or bool(QUOTE.match(line)) or bool(item and item[2] in ("-", "+", "*", "1."))


def _fenced(lines: list[str], at: int, fence: re.Match[str]) -> tuple[int, str]:
    end = at
    while end < len(lines) and not lines[end].strip().startswith(fence[1]):
        end += 1
    language = f' class="language-{html.escape(fence[2])}"' if fence[2] else ""
    code = "".join(line + "\n" for line in lines[at:end])
    return end + 1, f"<pre><code{language}>{html.escape(code)}</code></pre>"


def _quoted(lines: list[str], at: int) -> tuple[int, list[str]]:
    inner: list[str] = []
    while at < len(lines) and lines[at].strip():
        inner.append(QUOTE.sub("", lines[at], count=1))
        at += 1
    return at, inner


def _list(lines: list[str], at: int, options: Options, depth: int) -> tuple[int, str]:
    first = ITEM.match(lines[at])
    mark = first[2] if first else "-"
    ordered = mark[0].isdigit()
    items: list[list[str]] = []
    loose = False
    while at < len(lines):
        item = ITEM.match(lines[at])
        if item is None or item[2][-1] != mark[-1] or RULE.fullmatch(lines[at]):
            break
        width = item.end() if item[3] else item.end() + 1
        body, at = _item(lines, at, width)
        loose = (
            loose
            or bool(items and items[-1][-1] == "")
            or "" in "\n".join(body).strip().split("\n")
        )
        items.append(body)
    tag = "ol" if ordered else "ul"
    start = f' start="{int(mark[:-1])}"' if ordered and int(mark[:-1]) != 1 else ""
    shown = "\n".join(_shown_item(body, options, depth, loose) for body in items)
    return at, f"<{tag}{start}>\n{shown}\n</{tag}>"


def _item(lines: list[str], at: int, width: int) -> tuple[list[str], int]:
    """The lines of one item, and where the next one begins."""
    body = [lines[at][width:]]
    at += 1
    while at < len(lines):
        line = lines[at]
        outside = line.strip() and not line.startswith(" " * width)
        if outside and (ITEM.match(line) or _interrupts(line) or not body[-1].strip()):
            break
        body.append(line[width:] if line.startswith(" " * width) else line.strip())
        at += 1
    return body, at


def _shown_item(body: list[str], options: Options, depth: int, loose: bool) -> str:
    blocks = list(_blocks(body, options, depth + 1))
    if not loose:
        blocks = [
            block[3:-4] if block.startswith("<p>") and block.endswith("</p>") else block
            for block in blocks
        ]
    return f"<li>{chr(10).join(blocks)}</li>"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _table(lines: list[str], at: int, options: Options) -> tuple[int, str]:
    heads, rules = _cells(lines[at]), _cells(lines[at + 1])
    aligned = [_alignment(rule) for rule in rules]
    rows = [_row("th", heads, aligned, options)]
    at += 2
    body: list[str] = []
    while at < len(lines) and lines[at].strip() and "|" in lines[at]:
        cells = _cells(lines[at])[: len(heads)]
        cells += [""] * (len(heads) - len(cells))
        body.append(_row("td", cells, aligned, options))
        at += 1
    shown = f"<table>\n<thead>\n{rows[0]}\n</thead>"
    if body:
        shown += "\n<tbody>\n" + "\n".join(body) + "\n</tbody>"
    return at, shown + "\n</table>"


def _alignment(rule: str) -> str:
    left, right = rule.startswith(":"), rule.endswith(":")
    side = "center" if left and right else "left" if left else "right" if right else ""
    return f' align="{side}"' if side else ""


def _row(tag: str, cells: list[str], aligned: list[str], options: Options) -> str:
    pairs = zip(cells, aligned, strict=True)
    shown = "".join(f"<{tag}{side}>{_inline(cell, options)}</{tag}>" for cell, side in pairs)
    return f"<tr>{shown}</tr>"


# Text


def _inline(source: str, options: Options) -> str:
    """Code, links, images and HTML are set aside, then emphasis is read in what is left."""
    if len(source) > LONGEST:
        return html.escape(source, quote=False)
    kept: list[str] = []

    def keep(piece: str) -> str:
        kept.append(piece)
        return f"\x00{len(kept) - 1}\x01"

    text = source.replace("\x00", "�").replace("\x01", "�")
    text = re.sub(r"(`+)(?!`)([^\n]*?[^`\n])\1(?!`)", lambda m: keep(_code(m[2])), text)
    text = re.sub(r"\\([!-/:-@\[-`{-~])", lambda m: keep(html.escape(m[1])), text)
    text = re.sub(r"<(https?://[^\s<>]+)>", lambda m: keep(_link(m[1], html.escape(m[1]))), text)
    if not options.sanitize:
        text = TAG.sub(lambda m: keep(m[0]), text)
    text = html.escape(text, quote=False).replace('"', "&quot;")
    target = r"\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+&quot;([^\n]*?)&quot;)?\)"
    text = re.sub(r"!\[([^\[\]]*)\]" + target, lambda m: keep(_image(m[2], m[1], m[3])), text)
    text = re.sub(
        r"\[([^\[\]]*)\]" + target,
        lambda m: keep(_link(m[2], _emphasis(m[1], options), m[3])),
        text,
    )
    if options.gfm:
        text = ADDRESS.sub(lambda m: keep(_link(m[0], m[0])), text)
    text = _emphasis(text, options)
    while "\x00" in text:
        text = re.sub(r"\x00([0-9]+)\x01", lambda m: kept[int(m[1])], text)
    return text


def _emphasis(text: str, options: Options) -> str:
    text = re.sub(r"\*\*(?=\S)([^\n]+?)(?<=\S)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<![\w_])__(?=\S)([^\n]+?)(?<=\S)__(?![\w_])", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(?=[^\s*])([^\n*]+?)(?<=\S)\*", r"<em>\1</em>", text)
    text = re.sub(r"(?<![\w_])_(?=\S)([^\n_]+?)(?<=\S)_(?![\w_])", r"<em>\1</em>", text)
    return re.sub(r"~~(?=\S)([^\n~]+?)~~", r"<del>\1</del>", text) if options.gfm else text


def _code(source: str) -> str:
    padded = source.startswith(" ") and source.endswith(" ") and source.strip()
    return f"<code>{html.escape(source[1:-1] if padded else source)}</code>"


def _is_safe(address: str) -> bool:
    return not html.unescape(address).strip().lower().startswith(UNSAFE)


def _link(address: str, label: str, title: str | None = None) -> str:
    if not _is_safe(address):
        return label
    named = f' title="{title}"' if title else ""
    return f'<a href="{address}"{named}>{label}</a>'


def _image(address: str, label: str, title: str | None) -> str:
    if not _is_safe(address):
        return label
    named = f' title="{title}"' if title else ""
    return f'<img src="{address}" alt="{label}"{named}>'
