"""The RSS app: no feed is fetched, articles are samples that are the same for every run."""

from collections.abc import Sequence

from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.samples import sample
from make_api_sandbox.engine.values import Bundle, Json, items, members, size

ARTICLE: list[Json] = [
    {"name": "title", "type": "text", "label": "title"},
    {"name": "description", "type": "text", "label": "description"},
    {"name": "summary", "type": "text", "label": "summary"},
    {"name": "author", "type": "text", "label": "author"},
    {"name": "url", "type": "url"},
    {"name": "dateUpdated", "type": "date"},
    {"name": "dateCreated", "type": "date"},
    {"name": "comments", "type": "url"},
    {"name": "image", "type": "collection", "spec": [{"name": "url", "type": "url"}]},
    {"name": "categories", "type": "array", "spec": {"type": "text", "label": "category"}},
    {"name": "source", "type": "collection", "spec": [{"name": "url", "type": "url"}]},
    {"name": "enclosures", "type": "array", "spec": [{"name": "url", "type": "url"}]},
]
"""Fields of an article where the blueprint declares none."""


@module("rss:TriggerNewArticle", "rss:ActionReadArticles")
async def read_articles(operation: Operation) -> Sequence[Bundle]:
    """Return one sample article, with the fields that the blueprint declares for the module."""
    declared = items(members(operation.raw.get("metadata")).get("interface")) or ARTICLE
    article = sample(declared, {})
    operation.size = size(article)
    return [article]
