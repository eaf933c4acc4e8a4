"""The built-in modules of Make: names, versions, fields, outputs, and names often invented.

Data, not a schema: it says what a well-known module is called and which fields it takes, so that a
wrong name or version can be answered with the right one. Apps outside this list are never judged.
Sources: Make help and developer pages for the built-in apps, checked against exported scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Literal, TypeAlias

ModuleKind: TypeAlias = Literal[
    "trigger", "responder", "action", "search", "feeder", "aggregator", "router", "directive"
]


@dataclass(frozen=True, slots=True)
class KnownModule:
    """A module whose name and version are certain.

    Attributes:
        name: `<app>:<Name>`.
        versions: Major versions in use, the one to write first.
        kind: What it does to the bundles that pass.
        parameters: Static fields, required ones end with `*`.
        mapper: Mappable fields, required ones end with `*`; empty when the user names them.
        outputs: Output fields, when they do not depend on the settings.
    """

    name: str
    versions: tuple[int, ...]
    kind: ModuleKind
    parameters: tuple[str, ...] = ()
    mapper: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def _known(
    name: str,
    version: int | tuple[int, ...],
    kind: ModuleKind,
    parameters: str = "",
    mapper: str = "",
    outputs: str = "",
) -> KnownModule:
    versions = (version,) if isinstance(version, int) else version
    words = (tuple(text.split()) for text in (parameters, mapper, outputs))
    return KnownModule(name, versions, kind, *words)


_HTTP_3 = (
    "url* serializeUrl* method* headers qs bodyType contentType data formFields parseResponse* "
    "timeout shareCookies* ca rejectUnauthorized* followRedirect* followAllRedirects* "
    "useQuerystring* gzip* useMtls*"
)
_HTTP_3_OUT = "statusCode headers cookieHeaders data fileSize"
_MATCH = "global* sensitive* multiline* singleline* continueWhenNoRes*"
_RSS_OUT = (
    "title description summary author url dateUpdated dateCreated comments image categories "
    "source enclosures"
)

MODULES: tuple[KnownModule, ...] = (
    _known("gateway:CustomWebHook", 1, "trigger", "hook* maxResults"),
    _known(
        "gateway:CustomMailHook",
        1,
        "trigger",
        "hook* maxResults",
        outputs="from to subject text html headers date attachments",
    ),
    _known("gateway:WebhookRespond", 1, "responder", mapper="status* body headers"),
    _known("util:BasicTrigger", 1, "trigger", "values"),
    _known(
        "rss:TriggerNewArticle",
        4,
        "trigger",
        "url* maxResults* username password gzip* include",
        outputs=_RSS_OUT,
    ),
    _known(
        "rss:ActionReadArticles",
        4,
        "search",
        "include",
        "url maxResults filterDateFrom filterDateTo gzip username password",
        _RSS_OUT,
    ),
    _known("builtin:BasicRouter", 1, "router", "else"),
    _known("builtin:BasicIfElse", 1, "router"),
    _known("builtin:BasicMerge", 1, "router"),
    _known("builtin:BasicFeeder", 1, "feeder", mapper="array*"),
    _known(
        "builtin:BasicAggregator",
        1,
        "aggregator",
        "feeder* target",
        outputs="array __IMTKEY__ __IMTAGGLENGTH__",
    ),
    _known("builtin:BasicRepeater", 1, "feeder", mapper="start* repeats* step*", outputs="i"),
    _known("builtin:Ignore", 1, "directive"),
    _known("builtin:Commit", 1, "directive"),
    _known("builtin:Rollback", 1, "directive"),
    _known("builtin:Resume", 1, "directive"),
    _known("builtin:Break", 1, "directive", mapper="retry* count* interval*"),
    _known("builtin:ThrowError", 1, "action", mapper="message"),
    _known("builtin:ThrowWarning", 1, "action", mapper="message"),
    _known("util:SetVariables", 1, "action", mapper="variables scope*"),
    _known("util:SetVariable2", 1, "action", mapper="name* scope* value"),
    _known("util:SetVariable", 1, "action", mapper="name* scope* value", outputs="value"),
    _known("util:GetVariable2", 1, "action", mapper="name*"),
    _known("util:GetVariable", 1, "action", mapper="name*", outputs="value"),
    _known("util:GetVariables", 1, "action", mapper="variables"),
    _known("util:FunctionSleep", 1, "action", mapper="duration*"),
    _known("util:FunctionIncrement", 1, "action", "reset*", outputs="i"),
    _known("util:ComposeTransformer", 1, "action", mapper="value", outputs="value"),
    _known(
        "util:Switcher",
        1,
        "action",
        mapper="input useRegExpMatch* casesTable* elseOutput",
        outputs="output",
    ),
    _known(
        "util:TextAggregator",
        1,
        "aggregator",
        "feeder* rowSeparator otherRowSeparator",
        "value",
        "text",
    ),
    _known("util:FunctionAggregator2", 1, "aggregator", "feeder* fn", "value", "result"),
    _known("util:AggregateAggregator", 1, "aggregator", "feeder* columnSeparator rowSeparator"),
    _known("json:ParseJSON", 1, "search", "type", "json*"),
    _known("json:CreateJSON", 1, "action", "type* space", outputs="json"),
    _known("json:TransformToJSON", 1, "action", "space", "object", "json"),
    _known("json:AggregateToJSON", 1, "aggregator", "type space feeder*", outputs="json"),
    _known(
        "csv:ParseCSV",
        1,
        "search",
        "csvContainsHeaders* colCount csvHeaders delimiterType* delimiter relax*",
        "csv*",
    ),
    _known("xml:ParseXML", 1, "action", "type preserveNumbersAsText*", "xml*"),
    _known("xml:CreateXML", 1, "action", "type", outputs="xml"),
    _known(
        "regexp:Parser", 1, "search", f"pattern* {_MATCH} ignoreInfiniteLoopsWhenGlobal", "text"
    ),
    _known("regexp:AdvancedParser", 1, "search", f"{_MATCH} advancedParser", "pattern* text*"),
    _known(
        "regexp:Replace",
        1,
        "action",
        mapper="pattern* value global* sensitive* multiline* singleline* text",
        outputs="text",
    ),
    _known(
        "regexp:HTMLToText",
        1,
        "action",
        mapper="html newline* uppercaseHeadings*",
        outputs="text",
    ),
    _known("regexp:GetElementsFromText", 1, "search", mapper="text"),
    _known("markdown:Compile", 2, "action", mapper="data gfm* sanitize*", outputs="data"),
    _known("datastore:AddRecord", 1, "action", "datastore*", "key overwrite* data"),
    _known(
        "datastore:UpdateRecord", 1, "action", "datastore*", "key* upsert* overwriteArrays* data"
    ),
    _known("datastore:GetRecord", 1, "action", "datastore*", "key* returnWrapped*"),
    _known(
        "datastore:SearchRecord",
        1,
        "search",
        "datastore* continueWhenNoRes limit",
        "filter sort mappAbleLimit",
        "key data __IMTLENGTH__ __IMTINDEX__",
    ),
    _known("datastore:ExistRecord", 1, "action", "datastore*", "key", "exist"),
    _known("datastore:DeleteRecord", 1, "action", "datastore*", "key*"),
    _known(
        "http:ActionSendData",
        3,
        "action",
        "handleErrors* useNewZLibDeCompress",
        f"{_HTTP_3} authUser authPass",
        _HTTP_3_OUT,
    ),
    _known(
        "http:ActionSendDataAPIKeyAuth", 3, "action", "handleErrors* auth*", _HTTP_3, _HTTP_3_OUT
    ),
    _known("http:ActionSendDataBasicAuth", 3, "action", "handleErrors* key*", _HTTP_3, _HTTP_3_OUT),
    _known("http:ActionSendDataOAuth", 3, "action", "handleErrors* account*", _HTTP_3, _HTTP_3_OUT),
    _known(
        "http:ActionGetFile",
        3,
        "action",
        "handleErrors*",
        "url* serializeUrl* method shareCookies*",
        "fileName data fileSize statusCode headers",
    ),
    _known(
        "http:MakeRequest",
        4,
        "action",
        "authenticationType* apiKeyKeychain basicAuthKeychain oAuthAccount tlsType proxyKeychain",
        "url* method* headers queryParameters contentType inputMethod jsonStringBodyContent "
        "urlEncodedBodyContent contentTypeValue rawBodyContent parseResponse* stopOnHttpError* "
        "timeout allowRedirects* shareCookies* requestCompressedContent* paginationType",
        "data statusCode headers",
    ),
    _known(
        "http:DownloadFile", 4, "action", "authenticationType", "url shareCookies stopOnHttpError"
    ),
    _known("scenario-service:StartSubscenario", 2, "trigger"),
    _known("scenario-service:CallSubscenario", 2, "action", "scenario", outputs="executionId"),
    _known("scenario-service:ReturnData", (2, 1), "action"),
    _known("code:ExecuteCode", 1, "action", mapper="language* inputFormat* input dependencies"),
    _known(
        "ai-local-agent:RunLocalAIAgent",
        0,
        "action",
        "makeConnectionId*",
        "defaultModel* systemPrompt message* files threadId modelConfig timeout outputType*",
    ),
    _known(
        "ai-agent:RunAnAIAgent",
        0,
        "action",
        mapper="agent* messages threadID additionalSystemPrompt timeout outputType outputSchema",
        outputs="output jsonResponse",
    ),
    _known("ai-tools:Ask", 2, "action", "makeConnectionId* model*", "input*", "answer"),
    _known(
        "email:ActionSendEmail",
        7,
        "action",
        "account* saveAfterSent*",
        "to* subject contentType* html text attachments cc bcc from sender replyTo inReplyTo "
        "references priority headers",
    ),
)
"""Every module of the built-in apps whose fields are known."""

POPULAR: dict[str, int] = {
    "google-sheets:addRow": 2,
    "google-sheets:filterRows": 2,
    "google-sheets:updateRow": 2,
    "google-sheets:watchRows": 2,
    "telegram:SendReplyMessage": 1,
    "telegram:WatchUpdates": 1,
    "slack:CreateMessage": 4,
    "google-email:sendAnEmail": 4,
    "google-email:ActionSendEmail": 2,
    "airtable:ActionUpdateRecords": 3,
    "airtable:ActionCreateRecord": 3,
    "airtable:TriggerWatchRecords": 3,
    "discord:createMessage": 2,
    "openai-gpt-3:CreateCompletion": 1,
    "openai-gpt-3:createModelResponse": 1,
    "gemini-ai:createACompletionGeminiPro": 1,
    "google-drive:uploadAFile": 4,
    "google-drive:createAFolder": 4,
    "google-docs:createADocumentFromTemplate": 1,
    "apify:fetchDatasetItems": 1,
    "notion:createAPage": 1,
    "google-calendar:createAnEvent": 5,
    "linkedin:CreatePost": 2,
    "google-forms:watchResponses": 2,
    "anthropic-claude:createAMessage": 1,
    "facebook-pages:CreatePost": 6,
}
"""Frequent modules of other apps with a version in use; only for suggestions, never for faults."""

RIGHT_NAMES: dict[str, str] = {
    "builtin:Sleep": "util:FunctionSleep",
    "builtin:BasicIterator": "builtin:BasicFeeder",
    "builtin:Iterator": "builtin:BasicFeeder",
    "builtin:IgnoreError": "builtin:Ignore",
    "builtin:TextAggregator": "util:TextAggregator",
    "builtin:NumericAggregator": "util:FunctionAggregator2",
    "util:NumericalAggregator": "util:FunctionAggregator2",
    "util:TableAggregator": "util:AggregateAggregator",
    "http:MakeARequest": "http:MakeRequest",
    "regexp:Match": "regexp:Parser",
    "datastore:addRecord": "datastore:AddRecord",
    "datastore:ActionGetRecord": "datastore:GetRecord",
    "datastore:SearchRecords": "datastore:SearchRecord",
    "webhook:customWebhook": "gateway:CustomWebHook",
    "gateway:CustomWebhook": "gateway:CustomWebHook",
    "gateway:WebhookResponse": "gateway:WebhookRespond",
    "util:SetMultipleVariables": "util:SetVariables",
    "slack:PostMessage": "slack:CreateMessage",
    "flow-control:router": "builtin:BasicRouter",
}
"""Names that do not exist, with the module that is meant."""

NO_SUCH_MODULE: dict[str, str] = {
    "builtin:BasicScheduler": "There is no scheduler module; scheduling is a scenario setting.",
    "builtin:BasicFilter": "There is no filter module; put a `filter` on the module behind it.",
    "builtin:Noop": "Leave the module out.",
    "http:request": "Use `http:MakeRequest` version 4.",
}
"""Names that do not exist and have no counterpart, with what to do instead."""

AMBIGUOUS_NAMES = frozenset({"builtin:NumericAggregator"})
"""Wrong names whose counterpart is a guess: suggested, never put in without asking."""

LABELS: dict[str, str] = {
    "builtin:BasicFeeder": "Iterator",
    "builtin:BasicAggregator": "ArrayAggregator",
    "util:FunctionAggregator2": "NumericAggregator",
    "util:AggregateAggregator": "TableAggregator",
    "util:ComposeTransformer": "ComposeString",
    "util:FunctionSleep": "Sleep",
    "util:SetVariables": "SetMultipleVariables",
    "util:GetVariables": "GetMultipleVariables",
    "util:Switcher": "Switch",
    "regexp:Parser": "MatchPattern",
    "http:MakeRequest": "MakeARequest",
    "gateway:WebhookRespond": "WebhookResponse",
    "google-sheets:filterRows": "searchRows",
    "google-sheets:addRow": "addARow",
    "google-sheets:updateRow": "updateARow",
}
"""What the editor calls a module whose name says something else."""


@cache
def known_modules() -> dict[str, KnownModule]:
    """Give the built-in modules by name."""
    return {module.name: module for module in MODULES}


@cache
def known_apps() -> frozenset[str]:
    """Name the apps whose modules this catalogue lists."""
    return frozenset(module.name.partition(":")[0] for module in MODULES)


def known_versions(name: str) -> tuple[int, ...]:
    """Give the versions in use of a module, the one to write first; empty when unknown."""
    module = known_modules().get(name)
    if module:
        return module.versions
    return (POPULAR[name],) if name in POPULAR else ()


def is_aggregator(name: str) -> bool:
    """Tell whether a module is known to collect the bundles of a feeder."""
    module = known_modules().get(name)
    return module is not None and module.kind == "aggregator"


def nearest_module(name: str, limit: int = 3) -> list[str]:
    """Suggest real modules for a name that does not exist, the likeliest first.

    Args:
        name: `<app>:<Name>`, also with a version behind an at sign.
        limit: How many names to give at most.
    """
    asked = name.partition("@")[0]
    if asked in RIGHT_NAMES:
        return [RIGHT_NAMES[asked]]
    candidates = [*known_modules(), *POPULAR]
    scored = sorted(((_likeness(asked, real), real) for real in candidates), reverse=True)
    return [real for score, real in scored if score >= 0.6][:limit]


def _likeness(asked: str, real: str) -> float:
    """Compare a name with a real one and with its label; being of the same app counts too."""
    asked_app, _, asked_name = asked.casefold().rpartition(":")
    real_app, _, real_name = real.casefold().rpartition(":")
    label = LABELS.get(real, real_name).casefold()
    names = max(SequenceMatcher(None, asked_name, name).ratio() for name in {real_name, label})
    apps = 1.0 if asked_app == real_app else SequenceMatcher(None, asked_app, real_app).ratio() / 2
    return 0.7 * names + 0.3 * apps
