"""The XML app: reading and writing documents."""

from collections.abc import Sequence

from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, as_bundle, text, truth
from make_api_sandbox.engine.xml_values import parse_xml, written_xml


@module("xml:ParseXML")
async def read_xml(operation: Operation) -> Sequence[Bundle]:
    """The root element of a document as one bundle."""
    required(operation.mapper, "xml")
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    as_text = truth(settings.get("preserveNumbersAsText"))
    return [parse_xml(text(operation.mapper["xml"]), numbers_as_text=as_text)]


@module("xml:CreateXML")
async def create_xml(operation: Operation) -> Sequence[Bundle]:
    """The mapped fields as a document: what `xml:ParseXML` reads as those fields.

    The one field of the data structure is the root element; how Make writes a structure with
    several is not documented, here it fails.
    """
    return [{"xml": written_xml(operation.mapper)}]
