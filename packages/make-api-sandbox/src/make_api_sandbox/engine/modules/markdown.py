"""The Markdown app."""

from collections.abc import Sequence

from make_api_sandbox.engine.markdown_html import Options, markdown_to_html
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, text, truth


@module("markdown:Compile")
async def compile_markdown(operation: Operation) -> Sequence[Bundle]:
    """Write Markdown as HTML."""
    options = Options(
        gfm=truth(operation.mapper.get("gfm", True)),
        sanitize=truth(operation.mapper.get("sanitize")),
    )
    return [{"data": markdown_to_html(text(operation.mapper.get("data")), options)}]
