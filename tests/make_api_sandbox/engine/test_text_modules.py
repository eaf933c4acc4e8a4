"""Modules that read and write texts: patterns, HTML, Markdown, CSV and XML."""

from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any


async def run(slug: str, mapper: Json, **parameters: Json) -> Execution:
    only = {"id": 1, "module": slug, "version": 1, "mapper": mapper, "parameters": parameters}
    document: dict[str, Json] = {"flow": [only], "metadata": {}}
    return await execute(document, Start("e" * 32), MemoryPorts())


async def outputs(slug: str, mapper: Json, **parameters: Json) -> list[Any]:
    result = await run(slug, mapper, **parameters)
    assert result.status is Status.SUCCESS, result.error
    return list(result.records[0].returned)


async def failure(slug: str, mapper: Json, **parameters: Json) -> tuple[str, str]:
    result = await run(slug, mapper, **parameters)
    assert result.error is not None
    return result.error.name, result.error.message


# Patterns


async def test_patterns_are_those_of_javascript() -> None:
    found = await outputs("regexp:Parser", {"text": "id=٣ id=7"}, pattern=r"id=(?<n>\d)")
    assert found == [{"$1": "7", "n": "7", "i": 1, "__IMTMATCH__": "id=7"}]


async def test_an_advanced_pattern_is_mapped() -> None:
    mapper = {"pattern": "[a-z]+", "text": "Ab cd", "global": "true", "sensitive": True}
    found = await outputs("regexp:AdvancedParser", mapper, advancedParser=True)
    assert [each["__IMTMATCH__"] for each in found] == ["b", "cd"]


@pytest.mark.parametrize("slug", ["regexp:Parser", "regexp:Replace"])
async def test_a_catastrophic_pattern_ends(slug: str) -> None:
    settings = {"pattern": "^(a+)+$", "text": "a" * 5_000 + "!", "value": ""}
    kept = [] if slug == "regexp:Parser" else [{"text": settings["text"]}]
    assert await outputs(slug, settings) == kept


async def test_a_switch_takes_patterns_that_would_explode() -> None:
    cases = [{"pattern": r"^(\w+\s?)*$", "output": "words"}]
    mapper = {"input": "word " * 50 + "!", "useRegExpMatch": True, "casesTable": cases}
    assert await outputs("util:Switcher", mapper) == [{"output": None}]


async def test_a_pattern_that_needs_too_many_steps_fails_the_module() -> None:
    mapper = {"pattern": r"^(a|b)(?:\1|b|a|ab)*$", "text": "ab" * 3_000 + "!"}
    name, message = await failure("regexp:AdvancedParser", mapper)
    assert name == "BundleValidationError"
    assert "takes more than 2,000,000 steps" in message


async def test_an_endless_global_search_fails_unless_told_otherwise() -> None:
    settings = {"pattern": "x*", "global": True}
    assert (await failure("regexp:Parser", {"text": "xa"}, **settings))[0] == "RuntimeError"
    forgiving = {**settings, "ignoreInfiniteLoopsWhenGlobal": True}
    found = await outputs("regexp:Parser", {"text": "xa"}, **forgiving)
    assert [each["__IMTMATCH__"] for each in found] == ["x"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "<a> b\nA"),
        ({"global": "true"}, "<a> b\n<A>"),
        ({"global": True, "sensitive": "true"}, "<a> b\nA"),
        ({"pattern": "^(.)$", "multiline": True}, "a b\n<A>"),
        ({"pattern": "(b.A)", "singleline": True}, "a <b\nA>"),
        ({"value": "$&$&$$"}, "aa$ b\nA"),
    ],
)
async def test_replacing_knows_every_option(options: Json, expected: str) -> None:
    mapper = {"pattern": "(a)", "value": "<$1>", "text": "a b\nA", **options}
    assert await outputs("regexp:Replace", mapper) == [{"text": expected}]


# HTML and Markdown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>Title</h1><p>One &amp;\n two</p><p>Three</p>", "TITLE\n\nOne & two\n\nThree"),
        ("<ul><li>a</li><li>b</li></ul>", " * a\n * b"),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>", " 1. a\n 2. b\n    * c"),
        ('see <a href="https://x.io">there</a>!', "see there [https://x.io]!"),
        ("a<br>b<script>alert(1)</script><style>p{}</style>", "a\nb"),
        ("<b>bold</b>er <i> word </i>end", "bolder word end"),
        ("<pre> kept\n  so</pre>", " kept\n  so"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("</li></ul><p>broken", "broken"),
    ],
)
async def test_html_becomes_readable_text(html: str, expected: str) -> None:
    mapper = {"html": html, "newline": "lf", "uppercaseHeadings": "true"}
    assert await outputs("regexp:HTMLToText", mapper) == [{"text": expected}]


async def test_line_ends_and_headings_follow_the_settings() -> None:
    mapper = {"html": "<h2>Title</h2>text", "newline": "crlf", "uppercaseHeadings": False}
    assert await outputs("regexp:HTMLToText", mapper) == [{"text": "Title\r\n\r\ntext"}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# One\ntext **bold** *it* `a<b`", "<h1>One</h1>\n<p>text <strong>bold</strong>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("- a\n- b\n  - c", "<ul>\n<li>a</li>\n<li>b\n<ul>\n<li>c</li>\n</ul></li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> quoted\n\n---", "<blockquote>\n<p>quoted</p>\n</blockquote>\n<hr>"),
        ("```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1\n</code></pre>'),
        ('[t](https://x.io "T")', '<p><a href="https://x.io" title="T">t</a></p>'),
        ("![i](a.png)", '<p><img src="a.png" alt="i"></p>'),
        ("[t](javascript:alert(1))", "<p>t"),
        (r"\*no\* snake_case_word", "<p>*no* snake_case_word</p>"),
        ("`*a*` **`b`**", "<p><code>*a*</code> <strong><code>b</code></strong></p>"),
    ],
)
async def test_markdown_becomes_html(source: str, expected: str) -> None:
    made = await outputs("markdown:Compile", {"data": source, "gfm": False, "sanitize": False})
    assert made[0]["data"].startswith(expected)


async def test_github_flavour_adds_tables_strikes_breaks_and_addresses() -> None:
    source = "| a | b |\n|:--|--:|\n| 1 | ~~2~~ |\n\nx\ny https://x.io"
    made = (await outputs("markdown:Compile", {"data": source, "gfm": True}))[0]["data"]
    assert '<th align="left">a</th><th align="right">b</th>' in made
    assert '<td align="right"><del>2</del></td>' in made
    assert made.endswith('<p>x<br>\ny <a href="https://x.io">https://x.io</a></p>')
    plain = (await outputs("markdown:Compile", {"data": source, "gfm": "false"}))[0]["data"]
    assert "<table>" not in plain
    assert "<del>" not in plain


async def test_sanitizing_shows_html_as_text() -> None:
    source = "<b onclick='x'>hi</b>"
    kept = await outputs("markdown:Compile", {"data": source, "sanitize": False})
    assert kept == [{"data": f"<p>{source}</p>"}]
    shown = await outputs("markdown:Compile", {"data": source, "sanitize": "true"})
    assert shown[0]["data"].startswith("<p>&lt;b onclick")


@pytest.mark.parametrize("piece", ["**a ", "[a](", "`a ", "> ", "- ", "| a ", "<a "])
async def test_hostile_markdown_takes_no_long_time(piece: str) -> None:
    lines = piece * 20_000 + "\n" + piece * 1_000
    made = await outputs("markdown:Compile", {"data": lines, "gfm": True})
    assert made[0]["data"]


# CSV and XML


async def test_rows_of_a_table_are_bundles() -> None:
    table = 'name,note\nAda,"a, ""b""\nc"\nBo,\n'
    found = await outputs("csv:ParseCSV", {"csv": table}, csvContainsHeaders=True)
    assert found == [{"col1": "Ada", "col2": 'a, "b"\nc'}, {"col1": "Bo", "col2": ""}]


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        ({"delimiterType": "tab"}, "a\tb"),
        ({"delimiterType": ","}, "a,b"),
        ({"delimiterType": "other", "delimiter": ";"}, "a;b"),
        ({"colCount": "2"}, "a,b\r\n"),
    ],
)
async def test_columns_are_parted_as_told(settings: Json, source: str) -> None:
    assert await outputs("csv:ParseCSV", {"csv": source}, **settings) == [
        {"col1": "a", "col2": "b"}
    ]


async def test_a_row_of_another_length_fails_unless_relaxed() -> None:
    name, message = await failure("csv:ParseCSV", {"csv": "a,b\nc"}, colCount=2)
    assert (name, message) == ("BundleValidationError", "Row 2 has 1 columns instead of 2.")
    relaxed = await outputs("csv:ParseCSV", {"csv": "a,b\nc"}, colCount=2, relax=True)
    assert relaxed[1] == {"col1": "c", "col2": ""}


async def test_an_open_quotation_mark_is_no_csv() -> None:
    name, message = await failure("csv:ParseCSV", {"csv": 'a,"b'})
    assert name == "BundleValidationError"
    assert message.startswith("Source is not valid CSV")


async def test_a_document_is_read_from_its_root() -> None:
    source = '<o id="7"><n>A</n><n>B</n><sum cur="EUR">9.50</sum><zip>007</zip></o>'
    found = (await outputs("xml:ParseXML", {"xml": source}))[0]["o"]
    assert found["_attributes"] == {"id": 7}
    assert found["n"] == ["A", "B"]
    assert found["sum"] == [{"_attributes": {"cur": "EUR"}, "_value": 9.5}]
    assert found["zip"] == ["007"]
    text = await outputs("xml:ParseXML", {"xml": "<a>5</a>"}, preserveNumbersAsText=True)
    assert text == [{"a": "5"}]


@pytest.mark.parametrize(
    "source",
    [
        "no xml",
        "<a><b></a>",
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * 200 + "</a>" * 200,
    ],
)
async def test_faulty_and_hostile_documents_are_refused(source: str) -> None:
    name, message = await failure("xml:ParseXML", {"xml": source})
    assert name == "BundleValidationError"
    assert message.startswith("Source is not valid XML")


# RSS


@pytest.mark.parametrize("slug", ["rss:TriggerNewArticle", "rss:ActionReadArticles"])
async def test_articles_are_samples_that_name_themselves_so(slug: str) -> None:
    first, second = await outputs(slug, {}), await outputs(slug, {})
    assert first == second
    assert first[0]["title"] == "Sample title"
    assert set(first[0]) >= {"title", "description", "url", "dateCreated", "categories"}


async def test_written_xml_is_read_as_it_was() -> None:
    order = {
        "_attributes": {"id": 7, "note": 'a "quoted" <text> & more'},
        "line": [{"_attributes": {"no": 1}, "_value": "lamp & shade"}, "table"],
        "empty": [""],
    }
    [made] = await outputs("xml:CreateXML", {"order": order})
    assert made["xml"].startswith('<?xml version="1.0" encoding="UTF-8"?><order id="7"')
    assert await outputs("xml:ParseXML", {"xml": made["xml"]}) == [{"order": order}]


@pytest.mark.parametrize(
    ("mapper", "why"),
    [
        ({}, "A document has one root element, not 0."),
        ({"a": 1, "b": 2}, "A document has one root element, not 2."),
        ({"a b": 1}, "'a b' cannot name an element."),
        ({"a": "\x00"}, "A text holds characters that XML cannot."),
    ],
)
async def test_what_is_no_document_is_not_written(mapper: Json, why: str) -> None:
    assert await failure("xml:CreateXML", mapper) == ("BundleValidationError", why)
