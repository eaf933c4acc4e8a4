"""Examples of references, keywords and operators, each with what it shows."""

from __future__ import annotations

from typing import NamedTuple

from make_blueprint.iml.examples.sample import NOW
from make_blueprint.iml.values import ERASE, IGNORE, Value


class Shown(NamedTuple):
    """A whole text with braces, its value in the scope of the sample, and what it shows."""

    text: str
    result: Value
    meaning: str


TEMPLATES = [
    Shown("{{1.total}}", 115.9, "one expression and nothing else: the value keeps its type"),
    Shown("Total: {{1.total}} EUR", "Total: 115.9 EUR", "text around it: everything becomes text"),
    Shown("{{1.id}}{{2.`1`}}", "4711VIP", "two expressions side by side are text too"),
    Shown("Note: {{1.coupon}}.", "Note: .", "null in a text is the empty text"),
    Shown('{"order": {{1.id}}}', '{"order": 4711}', "single braces are plain text"),
    Shown("{{{1.id}}}", "{4711}", "of three braces the inner two are the expression's"),
    Shown("Dear {{ customer", "Dear {{ customer", "braces that are not closed are plain text"),
]

REFERENCES = [
    Shown("{{1.id}}", 4711, "a field of the output of module 1"),
    Shown("{{1.customer.city}}", "Brno", "a field of a collection"),
    Shown("{{1.customer.`first name`}}", "Ada", "names with blanks or signs stand in backticks"),
    Shown("{{3.headers.`X-Request-Id`}}", "r-81", "so do names with dashes"),
    Shown("{{2.`0`}}", "Ada Nováková", "and names of digits, such as spreadsheet columns"),
    Shown("{{2.__ROW_NUMBER__}}", 7, "names of letters, digits, `_` and `$` stand bare"),
    Shown("{{1.lines[1].name}}", "Notebook", "an item of an array; the first is 1"),
    Shown("{{1.lines[-1].name}}", "Notebook, ruled", "from the end; the last is -1"),
    Shown("{{1.lines[].name}}", "Notebook", "without an index, the first item"),
    Shown("{{1.lines[3.data.position].name}}", "Fountain pen", "an index may be an expression"),
    Shown("{{1.lines[0].name}}", None, "there is no item 0"),
    Shown("{{length(1.lines[])}}", 3, "given to an array function, `[]` is the whole array"),
    Shown('{{map(1.lines; "sku")}}', ["A-100", "B-7", "A-100"], "`map` takes raw field names"),
    Shown('{{get(1.lines; "2.sku")}}', "B-7", "`get` takes a path as text, counted from 1"),
    Shown("{{keys(`3`)}}", ["statusCode", "headers", "data"], "a module's whole output"),
    Shown("{{1.customer.City}}", None, "names are case sensitive"),
    Shown("{{1.gift.wrapping}}", None, "what is not there is null, and no error"),
    Shown("{{2.__IMTLENGTH__}}", 3, "how many bundles a module has given"),
    Shown("{{var.organization.vat_percent}}", 21, "a custom variable of the organization"),
    Shown("{{var.team.sender}}", "orders@example.com", "a custom variable of the team"),
    Shown("{{var.input.since}}", "2026-03-01", "an input of the scenario"),
    Shown("{{var.scenario.name}}", "Orders", "a system variable"),
]

LITERALS = [
    Shown("{{12.5}}", 12.5, "a number, with a decimal point"),
    Shown('{{"Brno"}}', "Brno", "a text"),
    Shown("{{'Brno'}}", "Brno", "single quotes do the same"),
    Shown('{{"12"" shelf"}}', '12" shelf', "a quote inside a text is doubled"),
    Shown(r'{{"C:\new"}}', r"C:\new", "a backslash is a backslash"),
]

KEYWORDS = {
    "null": Shown("{{1.coupon = null}}", True, "the empty value; a missing one equals it"),
    "true": Shown("{{1.customer.vip = true}}", True, "yes"),
    "false": Shown("{{1.paid = false}}", True, "no"),
    "emptystring": Shown("{{1.note = emptystring}}", True, "the text without characters"),
    "emptyarray": Shown('{{add(emptyarray; "gift")}}', ["gift"], "the array without items"),
    "space": Shown("{{first(split(2.`0`; space))}}", "Ada", "a blank"),
    "tab": Shown("{{1.id}}{{tab}}{{1.total}}", "4711\t115.9", "a tab"),
    "newline": Shown("{{join(1.tags; newline)}}", "gift\nnew\ngift", "a line break"),
    "carriagereturn": Shown('{{"a" + carriagereturn}}', "a\r", "a carriage return"),
    "nbsp": Shown("{{1.total}}{{nbsp}}EUR", "115.9\u00a0EUR", "a blank that keeps words together"),
    "ignore": Shown("{{if(1.paid; 1.total; ignore)}}", IGNORE, "as if the field were left empty"),
    "erase": Shown("{{if(1.paid; 1.total; erase)}}", ERASE, "the field is emptied on purpose"),
    "now": Shown("{{now}}", NOW, "the current date and time"),
    "timestamp": Shown("{{timestamp}}", 1774689330, "the current time in seconds since 1970"),
    "pi": Shown("{{round(pi * 100) / 100}}", 3.14, "the number"),
    "random": Shown("{{ceil(random) = 1}}", True, "a number from 0 to below 1"),
    "uuid": Shown("{{length(uuid)}}", 36, "a random UUID, version 4"),
    "executionId": Shown("{{executionId}}", "e1f5", "id of this run"),
    "var": Shown("{{keys(var.team)}}", ["sender"], "the variables; see references"),
}
"""By the name that each one explains."""

OPERATORS = {
    "* / % mod": [
        Shown("{{1.lines[1].price * 1.lines[1].quantity}}", 50, "multiply"),
        Shown("{{1.total / 4}}", 28.975, "divide"),
        Shown("{{1.id % 100}}", 11, "remainder"),
        Shown("{{1.id mod 100}}", 11, "the same in words"),
        Shown('{{"6" * "7"}}', 42, "texts become numbers"),
    ],
    "+ -": [
        Shown("{{1.total + 5}}", 120.9, "add"),
        Shown('{{"Order " + 1.id}}', "Order 4711", "with a text on either side, join"),
        Shown("{{1.id - 4000}}", 711, "subtract"),
        Shown("{{(now - 1.placed) / 1000}}", 52525.25, "of dates, the milliseconds between"),
        Shown("{{-1.total}}", -115.9, "a sign"),
    ],
    "< <= > >=": [
        Shown("{{1.total > 100}}", True, "numbers by value"),
        Shown("{{1.placed < now}}", True, "dates by instant"),
        Shown("{{1.lines[1].sku <= 1.lines[2].sku}}", True, "texts by character"),
        Shown('{{"10" >= 9}}', True, "beside a number, a text becomes one"),
    ],
    "= == === != !==": [
        Shown('{{1.customer.city = "Brno"}}', True, "equal"),
        Shown("{{1.customer.city == 2.`0`}}", False, "another spelling of `=`"),
        Shown('{{3.statusCode === "200"}}', False, "types are not converted, however spelled"),
        Shown("{{3.statusCode != 200}}", False, "not equal"),
        Shown("{{1.paid !== true}}", True, "another spelling of `!=`"),
    ],
    "& && and": [
        Shown("{{1.paid & 1.total > 100}}", False, "both; comparison comes first"),
        Shown("{{1.customer.vip && 1.total > 100}}", True, "another spelling"),
        Shown("{{1.customer.vip and 1.paid}}", False, "the same in words"),
    ],
    "| || or": [
        Shown("{{1.paid | 1.customer.vip}}", True, "either; and comes before or"),
        Shown("{{1.paid || 1.total > 500}}", False, "another spelling"),
        Shown("{{1.paid or 1.customer.vip}}", True, "the same in words"),
    ],
    "!": [Shown("{{!1.paid}}", True, "not")],
    "( )": [Shown("{{(1.total + 5) * 2}}", 241.8, "what is in parentheses comes first")],
}
"""By the spellings of one meaning or precedence, parted by blanks; strongest first."""

NOT_EXPRESSIONS = [
    ("{{if(1.paid, 1, 2)}}", "a comma does not separate arguments; write ';'"),
    ("{{“Brno”}}", "curly quotes do not delimit text; write straight quotes"),
    ("{{1.lines.2.name}}", "a field name should stand"),
    ("{{upper(1.note}}", "';' or ')' should follow"),
    ("{{}}", "the expression is empty"),
]
"""Texts that are refused, each with a part of the message."""
