"""Reading the body of a call: JSON, UTF-8, not compressed, and never more of it than the limit."""

from __future__ import annotations

from flask import Request
from gunicorn.http.errors import ParseException

from cds_service.errors import Malformed, TooLarge, UnsupportedMedia

_JSON_TYPES = frozenset({"application/json", "application/fhir+json", "application/json+fhir"})
_CHUNK = 64 * 1024


def read_json_body(request: Request, limit: int) -> bytes:
    """The body, at most ``limit`` bytes. Raises UnsupportedMedia, TooLarge, or Malformed when it breaks off.

    The bytes are counted while they are read: a chunked body announces no length (hazard 17b). At most one chunk
    beyond the limit is read.
    """
    _check_media(request)
    too_large = TooLarge(f"The body is larger than {limit} bytes")
    if request.content_length is not None and request.content_length > limit:
        raise too_large
    chunks = []
    left = limit
    while chunk := _read(request, min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


def _read(request: Request, size: int) -> bytes:
    try:
        return request.stream.read(size)
    except (ParseException, OSError):
        # The server takes the chunks apart while we read: a broken chunk, or a client that is gone, shows here.
        raise Malformed("The body could not be read to its end") from None


def _check_media(request: Request) -> None:
    if request.mimetype not in _JSON_TYPES:
        raise UnsupportedMedia("Send Content-Type: application/json")
    if request.mimetype_params.get("charset", "utf-8").strip('"').lower() not in ("utf-8", "utf8"):
        raise UnsupportedMedia("Send JSON in UTF-8")
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMedia("Send the body without Content-Encoding")
