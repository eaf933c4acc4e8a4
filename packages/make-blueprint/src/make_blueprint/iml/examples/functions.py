"""An example or more of every built-in function."""

from __future__ import annotations

from collections.abc import Mapping

from make_blueprint.iml.examples.sample import Example, utc

GENERAL: Mapping[str, list[Example]] = {
    "get": [
        Example("get(1.lines; 3.data.position).name", "Fountain pen"),
        Example('get(1.customer; "first name")', "Ada"),
        Example('get(1.lines; "2.price")', 39.9),
    ],
    "if": [
        Example('if(1.paid; "Paid"; "Awaiting payment")', "Awaiting payment"),
        Example('if(1.total > 100 & 1.customer.vip; "free shipping"; "5 EUR")', "free shipping"),
    ],
    "ifempty": [
        Example('ifempty(1.note; "no note")', "no note"),
        Example("ifempty(1.coupon; emptystring)", ""),
    ],
    "switch": [
        Example('switch(3.statusCode; 200; "ok"; 404; "no such parcel"; "retry")', "ok"),
        Example('switch(2.`1`; "new"; 0; "regular"; 5; 10)', 10),
    ],
    "omit": [
        Example('omit(1.customer; "vip"; "last_name")', {"first name": "Ada", "city": "Brno"}),
    ],
    "pick": [Example('pick(1.customer; "city")', {"city": "Brno"})],
    "equal": [Example('equal(1.customer.city; "Brno")', True)],
}

MATH: Mapping[str, list[Example]] = {
    "abs": [Example("abs(1.id - 5000)", 289)],
    "average": [Example('average(map(1.lines; "price"))', 21.8)],
    "ceil": [Example("ceil(1.total / 50)", 3)],
    "floor": [Example("floor(1.total)", 115)],
    "formatNumber": [
        Example('formatNumber(1.total * 100; 2; ","; " ")', "11 590,00"),
        Example("formatNumber(1234567.891; 1)", "1.234.567,9"),
    ],
    "max": [Example('max(map(1.lines; "quantity"))', 4), Example("max(0; 1.total - 200)", 0)],
    "median": [Example('median(map(1.lines; "price"))', 13)],
    "min": [Example('min(map(1.lines; "price"))', 12.5)],
    "parseNumber": [Example('parseNumber(3.data.price; ",")', 1249.9)],
    "round": [
        Example("round(1.total)", 116),
        Example("round(1.total * 1.21 * 100) / 100", 140.24),
    ],
    "stdevP": [Example("stdevP(2; 4; 4; 4; 5; 5; 7; 9)", 2)],
    "stdevS": [Example("stdevS(4; 1; 2; 5)", 1.8257418583505538)],
    "sum": [Example('sum(map(1.lines; "quantity"))', 7)],
    "trunc": [Example("trunc(12.789)", 12), Example("trunc(12.789; 1)", 12.7)],
}

TEXT: Mapping[str, list[Example]] = {
    "ascii": [
        Example("ascii(1.customer.last_name)", "Novkov"),
        Example("ascii(1.customer.last_name; true)", "Novakova"),
    ],
    "capitalize": [Example("capitalize(1.tags[1])", "Gift")],
    "contains": [
        Example('contains(1.message; "call")', True),
        Example('contains(1.tags; "new")', True),
    ],
    "decodeURL": [Example('decodeURL("Praha%201%20%26%202")', "Praha 1 & 2")],
    "encodeURL": [
        Example(
            '"https://maps.example.com/?q=" + encodeURL("Brno, Česká 1")',
            "https://maps.example.com/?q=Brno%2C%20%C4%8Cesk%C3%A1%201",
        ),
    ],
    "escapeHTML": [
        Example('escapeHTML("Smith & Sons <shop>")', "Smith &amp; Sons &lt;shop&gt;"),
    ],
    "escapeMarkdown": [Example('escapeMarkdown("A_100")', "A&#95;100")],
    "indexOf": [
        Example('indexOf(1.message; "+420")', 12),
        Example('indexOf(1.customer.city; "x")', -1),
    ],
    "length": [
        Example("length(1.lines)", 3),
        Example("length(trim(1.email))", 21),
    ],
    "lower": [Example("lower(trim(1.email))", "ada.novak@example.com")],
    "upper": [Example("upper(1.customer.city)", "BRNO")],
    "replace": [
        Example('replace(3.data.price; space; "")', "1249,90"),
        Example(r'replace(1.message; "/[^\d+]/g"; "")', "+420777111222"),
        Example(r'replace(2.`0`; "/(\S+) (\S+)/"; "$2, $1")', "Nováková, Ada"),
    ],
    "replaceEmojiCharacters": [
        Example('replaceEmojiCharacters("On its way 🚚"; "(truck)")', "On its way (truck)"),
    ],
    "split": [
        Example("split(2.`Phone number`; space)", ["777", "111", "222"]),
        Example('first(split(trim(1.email); "@"))', "Ada.Novak"),
    ],
    "startcase": [Example('startcase("fountain PEN")', "Fountain Pen")],
    "stripHTML": [Example('stripHTML("<p>Hello <b>Ada</b></p>")', "Hello Ada")],
    "substring": [
        Example("substring(1.lines[1].sku; 2)", "100"),
        Example("substring(1.customer.city; 0; 2)", "Br"),
    ],
    "toString": [
        Example("toString(1.id)", "4711"),
        Example("toString(1.placed)", "2026-03-27T18:40:05.250Z"),
        Example('toString(pick(1.customer; "city"))', '{"city":"Brno"}'),
    ],
    "trim": [Example("trim(1.email)", "Ada.Novak@Example.com")],
    "base64": [Example('"Basic " + base64("shop:secret")', "Basic c2hvcDpzZWNyZXQ=")],
    "toBinary": [
        Example('toBinary("€ 5")', bytes.fromhex("e282ac2035")),
        Example('toString(toBinary("T3JkZXI="; "base64"))', "Order"),
    ],
    "md5": [Example("md5(lower(trim(1.email)))", "0acf98518de444dbaf82dd977f1d17ce")],
    "sha1": [Example("sha1(toString(1.id))", "e8fed7c5621fcc32f5db606fefee7c98f36cc2fa")],
    "sha256": [
        Example('sha256("4711"; "base64")', "3mUNYfW9FmqR+MzsMVgpfbGLnVDq7cojjNKdw6IUqRY="),
        Example(
            'sha256("4711"; "hex"; "webhook secret")',
            "3234459b00422a53cee9d64947ed929aee9aaee6becbeeaa1534ad38df543018",
        ),
    ],
    "sha512": [Example('substring(sha512("4711"); 0; 16)', "f296a64b07e9f43a")],
    "mime": [Example('mime("invoice.pdf")', "application/pdf")],
}

DATES: Mapping[str, list[Example]] = {
    "formatDate": [
        Example('formatDate(1.placed; "D.M.YYYY H:mm")', "27.3.2026 19:40"),
        Example(
            'formatDate(1.placed; "YYYY-MM-DDTHH:mm:ssZ"; "America/New_York")',
            "2026-03-27T14:40:05-04:00",
        ),
        Example('formatDate(now; "dddd, MMMM Do")', "Saturday, March 28th"),
    ],
    "parseDate": [
        Example(
            'parseDate("10/04/2026 08:30"; "DD/MM/YYYY HH:mm")', utc("2026-04-10T06:30:00.000Z")
        ),
        Example('parseDate("1775030400"; "X")', utc("2026-04-01T08:00:00.000Z")),
    ],
    "addSeconds": [Example("addSeconds(now; 90)", utc("2026-03-28T09:17:00.500Z"))],
    "addMinutes": [Example("addMinutes(now; -15)", utc("2026-03-28T09:00:30.500Z"))],
    "addHours": [Example("addHours(now; 24)", utc("2026-03-29T09:15:30.500Z"))],
    "addDays": [
        Example("addDays(now; 1)", utc("2026-03-29T08:15:30.500Z")),
        Example('formatDate(addDays(now; -7); "YYYY-MM-DD")', "2026-03-21"),
    ],
    "addMonths": [
        Example('formatDate(addMonths("2026-01-31"; 1); "YYYY-MM-DD")', "2026-02-28"),
    ],
    "addYears": [Example('formatDate(addYears(now; 1); "YYYY")', "2027")],
    "setSecond": [Example("setSecond(now; 0)", utc("2026-03-28T09:15:00.500Z"))],
    "setMinute": [Example("setMinute(now; 0)", utc("2026-03-28T09:00:30.500Z"))],
    "setHour": [Example("setHour(now; 8)", utc("2026-03-28T07:15:30.500Z"))],
    "setDay": [
        Example('formatDate(setDay(now; "monday"); "YYYY-MM-DD")', "2026-03-23"),
        Example('formatDate(setDay(now; 8); "YYYY-MM-DD")', "2026-03-29"),
    ],
    "setDate": [
        Example('formatDate(setDate(now; 1); "YYYY-MM-DD")', "2026-03-01"),
        Example('formatDate(addDays(setDate(now; 1); -1); "YYYY-MM-DD")', "2026-02-28"),
    ],
    "setMonth": [Example('formatDate(setMonth(now; "december"); "MMMM YYYY")', "December 2026")],
    "setYear": [Example('formatDate(setYear(now; 2025); "DD.MM.YYYY")', "28.03.2025")],
    "dateDifference": [Example('dateDifference(1.due; now; "days")', 12)],
}

ARRAYS: Mapping[str, list[Example]] = {
    "add": [Example('add(1.tags; "checked")', ["gift", "new", "gift", "checked"])],
    "arrayDiff": [Example('arrayDiff(1.tags; split("new,old"; ","))', ["gift", "gift"])],
    "arrayIntersect": [Example('arrayIntersect(1.tags; split("new,old"; ","))', ["new"])],
    "deduplicate": [Example("deduplicate(1.tags)", ["gift", "new"])],
    "distinct": [
        Example('map(distinct(1.lines; "sku"); "name")', ["Notebook", "Fountain pen"]),
    ],
    "first": [Example("first(1.lines).name", "Notebook")],
    "last": [Example("last(1.lines).name", "Notebook, ruled")],
    "flatten": [Example("flatten(3.data.stops)", ["Brno", "Jihlava", "Praha"])],
    "join": [
        Example('join(map(1.lines; "name"); "; ")', "Notebook; Fountain pen; Notebook, ruled")
    ],
    "keys": [Example("keys(1.customer)", ["first name", "last_name", "city", "vip"])],
    "map": [
        Example('map(1.lines; "sku")', ["A-100", "B-7", "A-100"]),
        Example('map(3.data.tracking; "url"; "label"; "home,work")', ["h/1", "w/2"]),
        Example('first(map(3.data.tracking; "url"; "label"; "work"))', "w/2"),
    ],
    "merge": [Example("merge(3.data.stops[1]; 3.data.stops[2])", ["Brno", "Jihlava", "Praha"])],
    "remove": [Example('remove(1.tags; "gift")', ["new"])],
    "reverse": [Example('join(reverse(split(1.due; "-")); ".")', "10.04.2026")],
    "shuffle": [Example("sort(shuffle(1.tags))", ["gift", "gift", "new"])],
    "slice": [
        Example('slice(map(1.lines; "sku"); 0; 2)', ["A-100", "B-7"]),
        Example('slice(map(1.lines; "sku"); -1)', ["A-100"]),
    ],
    "sort": [
        Example('map(sort(1.lines; "desc"; "price"); "price")', [39.9, 13, 12.5]),
        Example(
            'map(sort(1.lines; "price"); "name")', ["Notebook", "Notebook, ruled", "Fountain pen"]
        ),
        Example('sort(split("b,A,a,B"; ","); "asc ci")', ["A", "a", "b", "B"]),
    ],
    "toArray": [
        Example('toArray(pick(1.customer; "city"))', [{"key": "city", "value": "Brno"}]),
    ],
    "toCollection": [
        Example('toCollection(3.data.tracking; "label"; "url")', {"home": "h/1", "work": "w/2"}),
    ],
}

FAMILIES: Mapping[str, Mapping[str, list[Example]]] = {
    "General functions": GENERAL,
    "Math functions": MATH,
    "Text and binary functions": TEXT,
    "Date and time functions": DATES,
    "Array and collection functions": ARRAYS,
}
"""Headings of the families, in the order of Make's editor, with their functions."""
