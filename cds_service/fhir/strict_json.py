"""Strict reading of a request body, at less than the cost of parsing it.

RFC 8259 leaves open what a receiver does with duplicate names, unpaired surrogates, numbers beyond a double and deep
nesting. Here all are refused, so that two programs can never read two different patients out of one body. Values
that nobody looks at are validated too, and never built: ``members`` splits an object into raw slices.

Three passes, each linear: UTF-8; grammar, escapes and surrogates (msgspec checks these even in what it skips); and
one automaton for the depth and the size of numbers, which msgspec does not check in what it skips.
"""

from __future__ import annotations

import re
from typing import Protocol

import msgspec
import orjson
import re2

from cds_service.errors import Malformed

MAX_DEPTH = 64
MAX_NODES = 200_000

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = r'"(?:[^"\\]|\\.)*"'
_SPACE = b" \t\r\n"


def _shape(depth: int) -> str:
    """An automaton for valid JSON nested at most ``depth`` deep whose numbers are surely within a double.

    RE2 compiles it to one table walk over the body. It presumes valid JSON: brackets are not told apart.
    """
    # More digits or a longer exponent may still be fine; the exact check decides then.
    number = r"-?[0-9]{1,40}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
    token = rf"[ \t\r\n:,]|{_STRING}|true|false|null"
    level = rf"(?:{number})?(?:(?:{token})+(?:{number})?)*"
    for _ in range(depth):
        level = rf"(?:{number})?(?:(?:{token}|[\[{{]{level}[\]}}])+(?:{number})?)*"
    return level


class _Automaton(Protocol):
    def fullmatch(self, text: bytes) -> object | None: ...


def _compiled(pattern: str) -> _Automaton:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.never_capture = True
    options.max_mem = 64 << 20
    compiled: _Automaton = re2.compile(pattern.encode("ascii"), options)
    return compiled


_WITHIN_LIMITS = _compiled(_shape(MAX_DEPTH))
# Possessive, and a string that never ends is taken too: otherwise a hostile body is scanned again from every quote.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NESTED = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NOT_COUNTED = bytes(byte for byte in range(256) if byte not in b",[{")
_KEY = re.compile(rb'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)


def root(body: bytes) -> dict[str, msgspec.Raw]:
    """The members of the body, as raw slices of it. Raises Malformed, whose message never quotes the body."""
    if not body.strip(_SPACE):
        raise Malformed("The body is empty: a JSON object is expected")
    if body.startswith(b"\xef\xbb\xbf"):
        raise Malformed("The body starts with a byte order mark: send UTF-8 without one")
    _check_utf8(body)
    _check_nodes(body)  # first, for a million members are as slow to refuse as to read
    try:
        read = _MEMBERS.decode(body)
    except msgspec.ValidationError:
        raise Malformed("The body must be a JSON object") from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not JSON{_position(body, error)}") from None
    if _WITHIN_LIMITS.fullmatch(body) is None:
        _check_limits_exactly(body)
    _refuse_repeated(body, read, "")
    return read


def members(value: msgspec.Raw, where: str) -> dict[str, msgspec.Raw]:
    """The members of an object inside a body that ``root`` passed, as raw slices.

    ``where`` names the object in messages (``context``). Raises Malformed when it is none or a name is repeated.
    """
    text = bytes(value)
    try:
        read = _MEMBERS.decode(text)
    except msgspec.ValidationError:
        raise Malformed(f"{where} must be an object", expression=where) from None
    _refuse_repeated(text, read, where)
    return read


def _check_utf8(body: bytes) -> None:
    if body.isascii():
        return
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start})") from None


def _position(body: bytes, error: msgspec.DecodeError) -> str:
    """Where the grammar broke, for the sender; the decoder's own message could name a character of the body."""
    found = re.search(r"\(byte (\d+)\)", str(error))
    if found is None:
        return ": it ends too early"
    before = body[: int(found[1])]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return f" (line {line}, column {column})"


def _check_nodes(body: bytes) -> None:
    """At most MAX_NODES values, containers included; each takes two bytes with its separator, so most need no count."""
    if len(body) <= 2 * MAX_NODES:
        return
    if len(body.translate(None, _NOT_COUNTED)) + 1 <= MAX_NODES:
        return
    bare = b"".join(_STRINGS.sub(b"0", body).split())
    nodes = 1 + sum(bare.count(mark) for mark in (b",", b"[", b"{")) - bare.count(b"[]") - bare.count(b"{}")
    if nodes > MAX_NODES:
        raise Malformed(f"The body holds more than {MAX_NODES} values", code="too-costly")


def _check_limits_exactly(body: bytes) -> None:
    """The automaton did not match: find out whether the depth or a number is to blame, or neither."""
    nested = _STRINGS.sub(b"", body).translate(_NESTED, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        # Each round takes away every innermost pair, so one level of depth.
        nested = nested.replace(b"[]", b"")
    if nested:
        raise _too_deep()
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("The body holds a number that is out of range") from None


def _too_deep() -> Malformed:
    return Malformed(f"The body is nested deeper than {MAX_DEPTH}", code="too-costly")


def _refuse_repeated(text: bytes, read: dict[str, msgspec.Raw], where: str) -> None:
    """Walk the object with the members read from it: with a repeated name the two cannot agree.

    The decoder keeps a name's first place and its last value. So at the repeated place the text shows a name the
    walk does not expect, or the walk is over and the text is not. Values are compared, not parsed.
    """
    position = text.index(b"{") + 1
    for name, value in read.items():
        key = _KEY.match(text, position)
        raw = bytes(value)
        if key is None or not _names(key[1], name) or not text.startswith(raw, key.end()):
            raise _repeated(where)
        position = _skip_space(text, key.end() + len(raw)) + 1
    if read and text[position - 1] != ord("}"):
        raise _repeated(where)


def _names(token: bytes, name: str) -> bool:
    if b"\\" not in token:
        return token[1:-1] == name.encode()
    return bool(msgspec.json.decode(token) == name)


def _skip_space(text: bytes, position: int) -> int:
    while text[position] in _SPACE:
        position += 1
    return position


def _repeated(where: str) -> Malformed:
    at = f" in {where}" if where else ""
    return Malformed(f"A property is repeated{at}: duplicate property names are refused", expression=where or ())
