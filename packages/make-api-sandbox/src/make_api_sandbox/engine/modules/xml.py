"""The XML app: reading documents."""

from collections.abc import Sequence

from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, as_bundle, text, truth
from make_api_sandbox.engine.xml_values import parse_xml


@module("xml:ParseXML")
async def read_xml(operation: Operation) -> Sequence[Bundle]:
    """The root element of a document as one bundle."""
    required(operation.mapper, "xml")
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    as_text = truth(settings.get("preserveNumbersAsText"))
    return [parse_xml(text(operation.mapper["xml"]), numbers_as_text=as_text)]
