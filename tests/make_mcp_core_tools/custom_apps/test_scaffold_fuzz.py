"""Documents and commands of strangers: whatever they say, an app that validates or a refusal."""

import json
import shlex
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_mcp_base.authoring import Failure
from make_mcp_core_tools._engine.app_files import files_of, read_tree
from make_mcp_core_tools._engine.app_scaffold import Wish, scaffold
from make_mcp_core_tools._engine.app_scaffold_auth import Auth
from make_mcp_core_tools._engine.app_tree import differences
from make_mcp_core_tools._engine.app_validation import findings
from make_mcp_core_tools._engine.curl_commands import read_curl
from make_mcp_core_tools._engine.openapi_operations import Description, describe
from make_mcp_core_tools._engine.openapi_schemas import Schemas
from make_mcp_core_tools._engine.openapi_source import parse_document

SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NASTY = (
    "{{now}}", "{{", "}}", "{{{x}}}", "rpc://none", "`a`", "a b", "é", "\ud800", "\x00", "\u202e",
    "filter[name]", "1st", "X-API-Key", "password", "sk-ant-" + "a1" * 20, "true", "..", "/", "",
    "https://user:pass99@example.com", "Bearer abcdefghij0123456789", "$ref", "name", "limit", "id",
)  # fmt: skip
TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
REF = st.fixed_dictionaries(
    {"$ref": st.sampled_from(["#/components/schemas/A", "#/components/schemas/B", "#/x", "u.json"])}
)
JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.just([]))


def _below(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = {
        "type": st.sampled_from(
            ["string", "integer", "number", "boolean", "array", "object", ["string", "null"], "no"]
        ),
        "format": st.sampled_from(["date", "date-time", "binary", "uri", "email", "password"]),
        "enum": st.lists(JUNK, max_size=4),
        "default": JUNK,
        "example": JUNK | st.dictionaries(TEXT, JUNK, max_size=3),
        "title": TEXT,
        "description": TEXT,
        "minimum": st.integers() | st.floats(),
        "properties": st.dictionaries(TEXT, inner, max_size=4),
        "required": st.lists(TEXT, max_size=3),
        "items": inner,
        "allOf": st.lists(inner, max_size=3),
        "oneOf": st.lists(inner, max_size=3),
        "readOnly": st.booleans(),
    }
    return st.fixed_dictionaries({}, optional=members) | REF | JUNK


SCHEMA: st.SearchStrategy[Any] = st.recursive(JUNK | REF, _below, max_leaves=12)
MEDIA = st.sampled_from(
    (
        "application/json", "application/vnd.a+json", "multipart/form-data", "text/csv", "*/*",
        "application/x-www-form-urlencoded", "application/octet-stream", "{{x}}",
    )
)  # fmt: skip
CONTENT: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"content": st.dictionaries(MEDIA, st.fixed_dictionaries({"schema": SCHEMA}), max_size=2)}
)
PARAMETER: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"name": TEXT, "in": st.sampled_from(["path", "query", "header", "cookie", "body"])},
    optional={"schema": SCHEMA, "required": st.booleans(), "description": TEXT, "explode": JUNK},
)
OPERATION: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"responses": st.dictionaries(st.sampled_from(["200", "201", "404", "default"]), CONTENT)},
    optional={
        "operationId": TEXT,
        "summary": TEXT,
        "tags": st.lists(TEXT, max_size=2),
        "parameters": st.lists(PARAMETER | REF | JUNK, max_size=4),
        "requestBody": CONTENT | JUNK,
        "security": st.lists(st.dictionaries(st.sampled_from(["k", "o", "x"]), JUNK), max_size=2),
        "servers": st.lists(st.fixed_dictionaries({"url": TEXT}), max_size=1),
        "deprecated": st.booleans(),
    },
)
PATH = st.one_of(
    st.sampled_from(["/a", "/a/{id}", "/a/{id}/{id}", "/{a b}", "/{{x}}", "/{", "a", "/me"]), TEXT
)
METHOD = st.sampled_from(["get", "post", "put", "delete", "patch", "head", "parameters"])
SCHEME: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"type": st.sampled_from(["apiKey", "http", "oauth2", "openIdConnect", "no"])},
    optional={
        "name": TEXT,
        "in": st.sampled_from(["header", "query", "cookie"]),
        "scheme": st.sampled_from(["basic", "bearer", "digest"]),
        "flows": st.dictionaries(
            st.sampled_from(["authorizationCode", "clientCredentials", "implicit"]),
            st.dictionaries(
                st.sampled_from(["tokenUrl", "authorizationUrl", "refreshUrl", "scopes"]),
                TEXT | st.just("https://login.example.com/token") | st.dictionaries(TEXT, TEXT),
            ),
        ),
    },
)
DOCUMENT: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.0", "3.1.0"]),
        "paths": st.dictionaries(PATH, st.dictionaries(METHOD, OPERATION | JUNK, max_size=3)),
    },
    optional={
        "info": st.dictionaries(st.sampled_from(["title", "version", "description"]), TEXT),
        "servers": st.lists(
            st.fixed_dictionaries({"url": TEXT | st.just("https://api.example.com/v1")}), max_size=2
        ),
        "security": st.lists(st.dictionaries(st.sampled_from(["k", "o"]), JUNK), max_size=2),
        "components": st.fixed_dictionaries(
            {
                "schemas": st.fixed_dictionaries({"A": SCHEMA, "B": SCHEMA}),
                "securitySchemes": st.fixed_dictionaries({"k": SCHEME, "o": SCHEME}),
            }
        ),
    },
)
AUTH: st.SearchStrategy[Auth] = st.sampled_from(
    ["document", "none", "header_key", "query_key", "basic", "bearer", "oauth2"]
)


def written(service: Description, wish: Wish) -> dict[str, str]:
    """Scaffold, prove that the app validates and survives its own files, and give those."""
    made = scaffold(service, wish)
    assert findings(made.tree) == []
    files = files_of(made.tree, None, {})
    assert differences(made.tree, read_tree(files)) == []
    for text in files.values():
        text.encode()
    return files


@SETTINGS
@given(document=DOCUMENT, auth=AUTH)
def test_whatever_a_document_says_the_app_validates(document: Any, auth: Auth) -> None:
    service = describe(parse_document(json.dumps(document)), "")
    written(service, Wish("some-app", auth=auth))


@SETTINGS
@given(text=st.text(max_size=200) | st.lists(TEXT).map("\n".join))
def test_a_text_that_is_no_document_is_refused_with_what_to_do(text: str) -> None:
    for one in (text, f"openapi: 3.0.0\n{text}"):
        try:
            written(describe(parse_document(one), ""), Wish("some-app"))
        except Failure as refused:
            told = refused.next_step
        else:
            told = "An app."
        assert told


WORD = TEXT | st.sampled_from(
    (
        "-X", "POST", "-H", "X-Token: q7Zr9kPw2mVx", "-d", '{"a": {"password": "q7Zr9kPw2mVx"}}',
        "-u", "me:q7Zr9kPw2mVx", "-G", "-F", "file=@/x", "--json", "|", "-b", "'",
        "https://api.example.com/a/12?api_key=q7Zr9kPw2mVx", "-Hauthorization: q7Zr9kPw2mVx",
        "https://me:q7Zr9kPw2mVx@example.com/b", "-dsecret=q7Zr9kPw2mVx",
    )
)  # fmt: skip


@SETTINGS
@given(words=st.lists(WORD, max_size=8))
def test_no_value_of_a_command_lands_in_the_files(words: list[str]) -> None:
    try:
        called = read_curl(shlex.join(["curl", *words]))
    except Failure:
        return
    service = Description("", "", "", called.server, Schemas({}))
    service.operations.append(called.operation)
    files = written(service, Wish("some-app", credentials=called.credentials))
    assert not [name for name, text in files.items() if "q7Zr9kPw2mVx" in text]
