"""Data structures out of samples: JSON, CSV or a JSON Schema. Nothing is sent to Make."""

import csv
import json
from typing import Annotated, Any, cast

from make_mcp_base.authoring import Document, Failure, Input, Make, NextCall, Output, Problem
from pydantic import BeforeValidator, Field

from make_mcp_core_tools._engine.data_fields import spec_problems
from make_mcp_core_tools._engine.data_inference import Record, fields_of_samples, records_of_csv
from make_mcp_core_tools._engine.data_schemas import fields_of_schema, schema_of_fields
from make_mcp_core_tools.folders.declared import category


def _as_list(value: object) -> object:
    return [cast("Document", value)] if isinstance(value, dict) else value


Samples = Annotated[list[Any], BeforeValidator(_as_list), Field(max_length=1_000)]

# Inputs


class GenerateStructure(Input):
    samples: Samples = []
    """Records, as objects or JSON texts; several are merged."""
    csv: str | None = Field(default=None, max_length=1_000_000)
    """Or CSV text with a header line."""
    json_schema: Document | None = None
    """Or a JSON Schema of an object."""


# Outputs


class GeneratedStructure(Output):
    spec: list[Document]
    """Fields, as `data_structure_create` takes them."""
    json_schema: Document
    records_read: int
    next_calls: list[NextCall] = []


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("data-structures_generate",),
    words=("infer", "sample", "csv", "schema"),
    examples=(GenerateStructure(samples=[{"number": "A-1", "total": 12.5, "paid": True}]),),
)
async def data_structure_generate(make: Make, args: GenerateStructure) -> GeneratedStructure:
    """Work out the fields of a data structure from sample records, CSV or a JSON Schema.

    Dates are recognized by their ISO 8601 form. A field is required when each of at least two
    samples has it.
    """
    records: list[Record] = []
    if args.json_schema is not None and not args.samples and args.csv is None:
        spec, problems = fields_of_schema(args.json_schema)
    else:
        records, problems = _records(args)
        spec, remarks = fields_of_samples(records)
        for remark in remarks:
            make.warn(remark)
    problems += [] if problems else spec_problems(spec)
    _refuse(problems)
    call = NextCall(
        tool="data_structure_create", arguments={"spec": spec}, why="Save it; add name and team."
    )
    return GeneratedStructure(
        spec=spec,
        json_schema=schema_of_fields(spec, strict=False),
        records_read=len(records),
        next_calls=[call],
    )


# Parts


def _records(args: GenerateStructure) -> tuple[list[Record], list[Problem]]:
    if bool(args.samples) + (args.csv is not None) + (args.json_schema is not None) != 1:
        text = "exactly one of `samples`, `csv` and `json_schema` is needed."
        return [], [Problem("samples", text)]
    if args.csv is not None:
        try:
            return records_of_csv(args.csv), []
        except (ValueError, csv.Error) as wrong:
            return [], [Problem("csv", f"cannot be read: {wrong}.")]
    records: list[Record] = []
    problems: list[Problem] = []
    for at, sample in enumerate(args.samples):
        found = _unpacked(sample)
        rows = cast("list[Any]", found if isinstance(found, list) else [found])
        records += [row for row in rows if isinstance(row, dict)]
        if not all(isinstance(row, dict) for row in rows):
            problems.append(Problem(f"samples[{at}]", "must be an object, or a list of objects."))
    if not records and not problems:
        problems.append(Problem("samples", "hold no record."))
    return records, problems


def _unpacked(sample: object) -> object:
    if not isinstance(sample, str):
        return sample
    try:
        return json.loads(sample)
    except (ValueError, RecursionError):
        return sample


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "No data structure could be made of this.",
            next_step="Call `data_structure_generate` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
