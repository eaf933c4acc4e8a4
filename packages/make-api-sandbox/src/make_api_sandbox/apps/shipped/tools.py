"""Tools, JSON, CSV, XML, text parser, Markdown and RSS (Make's help pages on these apps)."""

from make_api_sandbox.apps.manifest import App, AppModule
from make_api_sandbox.apps.own import choices, structure_fields

SCOPE = """
    name:text! Variable name
    scope:select! Variable lifetime = roundtrip:One cycle|execution:One execution ~ roundtrip
    value:any Variable value
"""
NAME = "name:text! Variable name"
VALUE = "value:any Value"

UTIL = App(
    "util",
    "Tools",
    "#a6b5c9",
    1,
    (
        AppModule(
            "trigger",
            "BasicTrigger",
            "Basic trigger",
            "Gives the bundles written into it.",
            parameters="""
                values:array Bundles
                  spec:array Fields
                    name:text Name
                    value:any Value
            """,
        ),
        AppModule(
            "action",
            "SetVariables",
            "Set multiple variables",
            "Keeps values for later modules.",
            expect="""
                variables:array Variables
                  name:text! Variable name
                  value:any Variable value
                scope:select! Variable lifetime = roundtrip:One cycle|execution:One execution
            """,
        ),
        AppModule(
            "action", "SetVariable2", "Set variable", "Keeps a value for later modules.", SCOPE
        ),
        AppModule(
            "action",
            "SetVariable",
            "Set variable (older)",
            "Keeps a value for later modules.",
            SCOPE,
            interface=VALUE,
        ),
        AppModule("action", "GetVariable2", "Get variable", "Reads a kept value.", NAME),
        AppModule(
            "action",
            "GetVariable",
            "Get variable (older)",
            "Reads a kept value.",
            NAME,
            interface=VALUE,
        ),
        AppModule(
            "action",
            "GetVariables",
            "Get multiple variables",
            "Reads kept values.",
            "variables:array:text Variable names",
        ),
        AppModule(
            "action", "FunctionSleep", "Sleep", "Waits.", "duration:uinteger! Delay [1..300]"
        ),
        AppModule(
            "action",
            "FunctionIncrement",
            "Increment function",
            "Counts its operations.",
            parameters="reset:select! Reset a value = run:After one cycle|execution:After one "
            "execution|scenario:Never",
            interface="i:uinteger i",
        ),
        AppModule(
            "action",
            "ComposeTransformer",
            "Compose a string",
            "Makes one text of several parts.",
            "value:text Text",
            interface="value:text Text",
        ),
        AppModule(
            "action",
            "Switcher",
            "Switch",
            "Gives the output of the first case that fits.",
            """
                input:text Input
                useRegExpMatch:boolean! Use regular expressions ~ false
                casesTable:array! Cases
                  pattern:text Pattern
                  output:text Output
                elseOutput:text Else
            """,
            interface="output:text Output",
        ),
        AppModule(
            "aggregator",
            "TextAggregator",
            "Text aggregator",
            "Joins texts of several bundles.",
            "value:text Text",
            """
                feeder:integer! Source module
                rowSeparator:text Row separator
                otherRowSeparator:text Other separator
            """,
            "text:text Text",
        ),
        AppModule(
            "aggregator",
            "FunctionAggregator2",
            "Numeric aggregator",
            "Reckons one number of several bundles.",
            "value:number Value",
            """
                feeder:integer! Source module
                fn:select Aggregate function = sum|avg|count|min|max
            """,
            "result:number Result",
        ),
        AppModule(
            "aggregator",
            "AggregateAggregator",
            "Table aggregator",
            "Writes bundles as the rows of a table.",
            parameters="""
                feeder:integer! Source module
                columnSeparator:text Column separator
                rowSeparator:text Row separator
            """,
        ),
    ),
    keywords="variable, sleep, switch, aggregator, compose",
)

STRUCTURE = "type:udt Data structure"
SPACE = "space:select Indentation = :None|\t:Tab|2:2 spaces|4:4 spaces"
STRUCTURES = {"ListDataStructures": choices("data_structures"), "StructureFields": structure_fields}

JSON = App(
    "json",
    "JSON",
    "#5d3db2",
    1,
    (
        AppModule(
            "search",
            "ParseJSON",
            "Parse JSON",
            "Reads a JSON text.",
            "json:text! JSON string",
            STRUCTURE,
        ),
        AppModule(
            "action",
            "CreateJSON",
            "Create JSON",
            "Writes a JSON text in the form of a data structure.",
            parameters=f"type:udt! Data structure\n{SPACE}",
            interface="json:text JSON string",
        ),
        AppModule(
            "action",
            "TransformToJSON",
            "Transform to JSON",
            "Writes any value as a JSON text.",
            "object:any Object",
            SPACE,
            "json:text JSON string",
        ),
        AppModule(
            "aggregator",
            "AggregateToJSON",
            "Aggregate to JSON",
            "Writes several bundles as one JSON text.",
            parameters=f"{STRUCTURE}\n{SPACE}\nfeeder:integer! Source module",
            interface="json:text JSON string",
        ),
    ),
    keywords="parse, create, transform",
    rpcs=STRUCTURES,
)

CSV = App(
    "csv",
    "CSV",
    "#5f9c3a",
    1,
    (
        AppModule(
            "search",
            "ParseCSV",
            "Parse CSV",
            "Gives one bundle per row.",
            "csv:text! CSV",
            """
                csvContainsHeaders:boolean! CSV contains headers
                colCount:uinteger Number of columns
                csvHeaders:array:text Headers
                delimiterType:select! Delimiter type = ,:Comma|\t:Tab|other:Other ~ ,
                delimiter:text Delimiter character
                relax:boolean! Preserve quotes inside unquoted fields ~ true
            """,
        ),
    ),
    keywords="table, rows, columns",
)

XML = App(
    "xml",
    "XML",
    "#e44d26",
    1,
    (
        AppModule(
            "action",
            "ParseXML",
            "Parse XML",
            "Reads an XML text.",
            "xml:text! XML",
            f"{STRUCTURE}\npreserveNumbersAsText:boolean! Keep numbers as texts ~ false",
        ),
        AppModule(
            "action",
            "CreateXML",
            "Create XML",
            "Writes an XML text in the form of a data structure.",
            parameters=STRUCTURE,
            interface="xml:text XML",
        ),
    ),
    keywords="parse, create",
    rpcs=STRUCTURES,
)

FLAGS = """
global:boolean! Global match ~ true
sensitive:boolean! Case sensitive ~ false
multiline:boolean! Multiline ~ false
singleline:boolean! Singleline ~ false
"""
ON_NOTHING = "continueWhenNoRes:boolean! Continue the run even if nothing matches ~ false"

REGEXP = App(
    "regexp",
    "Text parser",
    "#ce3160",
    1,
    (
        AppModule(
            "search",
            "Parser",
            "Match pattern",
            "Gives one bundle per match of a regular expression.",
            "text:text Text",
            f"pattern:text! Pattern{FLAGS}{ON_NOTHING}\n"
            "ignoreInfiniteLoopsWhenGlobal:boolean Ignore endless loops",
        ),
        AppModule(
            "search",
            "AdvancedParser",
            "Match pattern (advanced)",
            "Gives one bundle per match; the pattern can be mapped.",
            "pattern:text! Pattern\ntext:text! Text",
            f"{FLAGS}{ON_NOTHING}\nadvancedParser:hidden Advanced ~ true",
        ),
        AppModule(
            "action",
            "Replace",
            "Replace",
            "Replaces matches of a regular expression.",
            f"pattern:text! Pattern\nvalue:text New value{FLAGS}text:text Text",
            interface="text:text Text",
        ),
        AppModule(
            "action",
            "HTMLToText",
            "HTML to text",
            "Takes the tags out of HTML.",
            """
                html:text HTML
                newline:select! Line break = lf:LF|crlf:CRLF|cr:CR ~ lf
                uppercaseHeadings:boolean! Upper-case headings ~ false
            """,
            interface="text:text Text",
        ),
        AppModule(
            "search",
            "GetElementsFromText",
            "Get elements from text",
            "Finds addresses, numbers or links in a text.",
            "text:text Text",
        ),
    ),
    keywords="regular expression, match, replace, html",
)

MARKDOWN = App(
    "markdown",
    "Markdown",
    "#0d0d0d",
    2,
    (
        AppModule(
            "action",
            "Compile",
            "Markdown to HTML",
            "Writes Markdown as HTML.",
            """
                data:text Markdown
                gfm:boolean! GitHub flavour ~ true
                sanitize:boolean! Escape HTML ~ true
            """,
            interface="data:text HTML",
        ),
    ),
    keywords="html, convert",
)

ARTICLE = """
title:text Title
description:text Description
summary:text Summary
author:text Author
url:url URL
dateUpdated:date Updated
dateCreated:date Created
comments:url Comments
image:collection Image
  title:text Title
  url:url URL
categories:array:text Categories
source:collection Source
  title:text Title
  url:url URL
enclosures:array Enclosures
  url:url URL
  type:text Type
  length:uinteger Length
"""
LOGIN = "username:text^ User name\npassword:password^ Password\n"
INCLUDE = "include:array:text^ Process RSS fields"

RSS = App(
    "rss",
    "RSS",
    "#f39c12",
    4,
    (
        AppModule(
            "trigger",
            "TriggerNewArticle",
            "Watch RSS feed items",
            "Starts with every new item of a feed.",
            parameters=f"url:url! URL\nmaxResults:uinteger! Maximum number of items ~ 2\n{LOGIN}"
            f"gzip:boolean! Request compressed content ~ true\n{INCLUDE}",
            interface=ARTICLE,
        ),
        AppModule(
            "search",
            "ActionReadArticles",
            "Retrieve RSS feed items",
            "Reads a feed.",
            "url:url URL\nmaxResults:uinteger Maximum number of items\nfilterDateFrom:date From\n"
            f"filterDateTo:date To\ngzip:boolean Request compressed content\n{LOGIN}",
            INCLUDE,
            ARTICLE,
        ),
    ),
    keywords="feed, news, articles",
)

APPS = (UTIL, JSON, CSV, XML, REGEXP, MARKDOWN, RSS)
