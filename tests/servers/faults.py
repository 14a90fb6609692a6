"""What a FHIR server does when it does not answer as it should: scripts for ``FhirServer.fault`` and ``on_connect``.

A script talks to the socket itself. What waits, waits for the other side to hang up, never for a time.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from tests.servers.fhir import FHIR_JSON, REASONS, Answer, Script, refusal
from tests.servers.listening import Asked, Connection

Json = dict[str, Any]

MIB: Final = 1024 * 1024
BOMB_MIB: Final = 300
PLAIN_BYTES: Final = 3_000_000_000
LOGIN_PAGE: Final = b"<!DOCTYPE html><html><body><form action='/login'>Please sign in</form></body></html>"
EMPTY_BUNDLE: Final = b'{"resourceType":"Bundle","type":"searchset"}'
OPENING: Final = b'{"resourceType":"Bundle","type":"searchset","entry":[\n'


def _head(status: int = 200, **headers: str) -> bytes:
    """The first lines of an answer, the empty line that ends them included."""
    named = {name.replace("_", "-"): value for name, value in {"Content_Type": FHIR_JSON, **headers}.items()}
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", *(f"{k}: {v}" for k, v in named.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


# --- before the first byte: for on_connect; True ends the connection --------------------------------------------------


def silent_from_the_start(connection: Connection) -> bool:
    """Accepts, and never says a word, nor shakes hands for TLS."""
    connection.stay_silent()
    return True


def dripping_handshake(connection: Connection) -> bool:
    """Begins a TLS record and sends it byte for byte."""
    connection.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(1000), every=0.01)
    return True


def resetting(connection: Connection) -> bool:
    """Hangs up with RST as soon as something is said; sooner, and it might be the connecting that fails."""
    connection.await_byte()
    connection.reset()
    return True


def resetting_first(times: int) -> Callable[[Connection], bool]:
    """Hangs up with RST on so many connections, then serves."""
    left = list(range(times))

    def reset(connection: Connection) -> bool:
        if not left:
            return False
        left.pop()
        return resetting(connection)

    return reset


# --- slow -------------------------------------------------------------------------------------------------------------


def silence(connection: Connection, asked: Asked) -> None:
    """Takes the request and says nothing."""
    connection.stay_silent()


def header_drip(connection: Connection, asked: Asked) -> None:
    """Headers that come byte for byte and do not end."""
    connection.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60)


def silence_after_headers(connection: Connection, asked: Asked) -> None:
    """Headers that promise a body, and none."""
    connection.send(_head(Content_Length="1000"))
    connection.stay_silent()


def body_drip(connection: Connection, asked: Asked) -> None:
    """A body that comes byte for byte."""
    connection.send(_head(Content_Length="100000") + OPENING)
    connection.drip(b" ")


def chunk_drip(connection: Connection, asked: Asked) -> None:
    """A chunked body that comes in chunks of one byte and does not end."""
    connection.send(_head(Transfer_Encoding="chunked"))
    connection.drip(b"1\r\n \r\n" * 200, every=0.005)


def four_bytes_then_silence(connection: Connection, asked: Asked) -> None:
    """A body without a length: four bytes that are JSON by themselves, then nothing, but the stream stays open.

    Whoever hangs up on it sees a stream that ends as it should.
    """
    connection.send(_head(Connection="close") + b"null")
    connection.stay_silent()


def whole_bundle_then_silence(connection: Connection, asked: Asked) -> None:
    """The same with an empty Bundle: nobody knows that there is no more to come."""
    connection.send(_head(Connection="close") + EMPTY_BUNDLE)
    connection.stay_silent()


def informational_for_ever(connection: Connection, asked: Asked) -> None:
    """One ``100 Continue`` after another."""
    connection.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 400, every=0.001)


# --- large ------------------------------------------------------------------------------------------------------------


def _blanks() -> Iterator[bytes]:
    yield OPENING
    block = b" " * MIB
    for _ in range(BOMB_MIB):
        yield block


@cache
def _gzipped() -> bytes:
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    return b"".join([*(packer.compress(block) for block in _blanks()), packer.flush()])


@cache
def _deflated() -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(block) for block in _blanks()), packer.flush()])


def prepare() -> None:
    """Pack the bombs, so that no test measures that."""
    _gzipped()
    _deflated()


def gzip_bomb(connection: Connection, asked: Asked) -> None:
    """300 MB in little, as gzip."""
    body = _gzipped()
    connection.send(_head(Content_Encoding="gzip", Content_Length=str(len(body))) + body)


def deflate_bomb(connection: Connection, asked: Asked) -> None:
    """300 MB in little, as deflate."""
    body = _deflated()
    connection.send(_head(Content_Encoding="deflate", Content_Length=str(len(body))) + body)


def gzip_in_gzip(connection: Connection, asked: Asked) -> None:
    """The bomb packed once more, and announced so."""
    body = gzip.compress(_gzipped(), 1)
    connection.send(_head(Content_Encoding="gzip, gzip", Content_Length=str(len(body))) + body)


def brotli(connection: Connection, asked: Asked) -> None:
    """Bytes said to be brotli, which nobody asked for."""
    body = b"\x0b\x02\x80" + bytes(200)
    connection.send(_head(Content_Encoding="br", Content_Length=str(len(body))) + body)


def endless(connection: Connection, asked: Asked) -> None:
    """3 GB announced, and sent for as long as somebody takes them."""
    connection.send(_head(Content_Length=str(PLAIN_BYTES)) + OPENING)
    block = b" " * 65536
    for _ in range(PLAIN_BYTES // len(block)):
        connection.send(block)


def endless_headers(connection: Connection, asked: Asked) -> None:
    """Headers without end, as fast as somebody takes them."""
    connection.send(b"HTTP/1.1 200 OK\r\n")
    block = b"X-Much: " + b"a" * 65000 + b"\r\n"
    for _ in range(100_000):
        connection.send(block)


# --- broken -----------------------------------------------------------------------------------------------------------


def reset(connection: Connection, asked: Asked) -> None:
    """Hangs up with RST after the request."""
    connection.reset()


def hang_up(connection: Connection, asked: Asked) -> None:
    """Ends the stream before the first byte of an answer."""


def truncated_json(connection: Connection, asked: Asked) -> None:
    """An answer of the right length whose JSON stops in the middle."""
    connection.send(Answer(200, OPENING + b'{"resource":{"resourceType":"Cond').encoded())


def length_too_long(connection: Connection, asked: Asked) -> None:
    """More bytes announced than come."""
    connection.send(_head(Content_Length="5000") + EMPTY_BUNDLE)


def length_too_short(connection: Connection, asked: Asked) -> None:
    """Fewer bytes announced than the JSON has."""
    connection.send(_head(Content_Length="10") + EMPTY_BUNDLE)


def bad_chunk(connection: Connection, asked: Asked) -> None:
    """A chunk whose size is no number."""
    connection.send(_head(Transfer_Encoding="chunked") + b"zz\r\n" + EMPTY_BUNDLE + b"\r\n0\r\n\r\n")


def missing_last_chunk(connection: Connection, asked: Asked) -> None:
    """A chunked body without its end."""
    connection.send(_head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n" % (len(EMPTY_BUNDLE), EMPTY_BUNDLE))


def four_bytes(connection: Connection, asked: Asked) -> None:
    """A body without a length that ends after four bytes, which are JSON by themselves."""
    connection.send(_head(Connection="close") + b"null")


def cut_in_the_body(connection: Connection, asked: Asked) -> None:
    """Half a body; over TLS the stream ends without its farewell."""
    connection.send(_head(Content_Length="5000") + OPENING)
    connection.cut()


def cut_without_length(connection: Connection, asked: Asked) -> None:
    """A body without a length that is cut in the middle."""
    connection.send(_head(Connection="close") + OPENING)
    connection.cut()


def bad_gzip(connection: Connection, asked: Asked) -> None:
    """A body said to be gzip that is not."""
    connection.send(Answer(200, EMPTY_BUNDLE, {"Content-Encoding": "gzip"}).encoded())


def malformed_header(connection: Connection, asked: Asked) -> None:
    """A header line that is none; HTTP libraries like to say so in their log, with the URL."""
    body = EMPTY_BUNDLE
    length = str(len(body)).encode()
    head = b"HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Type: application/fhir+json\r\nContent-Length: "
    connection.send(head + length + b"\r\n\r\n" + body)


def no_http(connection: Connection, asked: Asked) -> None:
    """Something else than HTTP."""
    connection.send(b"SSH-2.0-OpenSSH_9.9\r\n")


# --- answers that are answers, but not the ones asked for -------------------------------------------------------------


def answering(status: int, body: bytes = EMPTY_BUNDLE, headers: Mapping[str, str] | None = None) -> Script:
    """That status with that body."""
    answer = Answer(status, body, headers or {}).encoded(Connection="close")
    return lambda connection, asked: connection.send(answer)


def saying(body: Json, headers: Mapping[str, str] | None = None) -> Script:
    """200 with that JSON."""
    return answering(200, json.dumps(body).encode(), headers)


def status(number: int) -> Script:
    """That status with an OperationOutcome, as servers do."""
    return answering(number, refusal(number, "processing", "no").body)


def redirecting(number: int, location: str) -> Script:
    """To somewhere else."""
    return answering(number, b"", {"Location": location})


def login_page(connection: Connection, asked: Asked) -> None:
    """200 with HTML."""
    connection.send(Answer(200, LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"}).encoded(Connection="close"))


def throttling(connection: Connection, asked: Asked) -> None:
    """429 with half a minute to wait."""
    answer = refusal(429, "throttled", "slow down")
    connection.send(Answer(429, answer.body, {"Retry-After": "30"}).encoded(Connection="close"))


def outcome(connection: Connection, asked: Asked) -> None:
    """200 with an OperationOutcome."""
    connection.send(Answer(200, refusal(200, "exception", "something went wrong").body).encoded(Connection="close"))


def xml(connection: Connection, asked: Asked) -> None:
    """FHIR as XML."""
    body = b'<?xml version="1.0"?><Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/></Bundle>'
    told = {"Content-Type": "application/fhir+xml"}
    connection.send(Answer(200, body, told).encoded(Connection="close"))


def json_called_xml(connection: Connection, asked: Asked) -> None:
    """JSON that says of itself that it is XML."""
    connection.send(Answer(200, EMPTY_BUNDLE, {"Content-Type": "application/xml+fhir"}).encoded(Connection="close"))


def bundle(*resources: Json, kind: str = "searchset", following: str | None = None) -> Json:
    """A Bundle of these resources, with a ``next`` link when there is more."""
    made: Json = {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources]}
    return made | ({"link": [{"relation": "next", "url": following}]} if following is not None else {})
