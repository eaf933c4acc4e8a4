"""Answers with the content type Make sends."""

from starlette.responses import JSONResponse


class Json(JSONResponse):
    """JSON as `application/json; charset=utf-8` (API reference, chapter 1.5)."""

    media_type = "application/json; charset=utf-8"
