"""From the bytes of one JSON object to a resource of `resources`, leniently: one bad resource costs itself.

What can be mended without guessing is mended (a single object where R4 has an array, a null, a number where R4 has a
string); what stays ill-typed raises NotReadable, whose message names places and types and never a value.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.fhir.resources import (
    RESOURCE_TYPES,
    Bundle,
    Element,
    EntryResponse,
    Marks,
    NotReadable,
    OperationOutcome,
    Resource,
)

MAX_DEPTH: Final = 64
"""Levels of JSON nesting within one resource. R4 needs about 20; deeper is an attack or a defect."""

ID: Final = re.compile(r"(?!\.{1,64}\Z)[A-Za-z0-9\-._]{1,64}")
"""FHIR id, with the underscore that some servers use. Dots alone lead elsewhere in a path."""

_TYPE_FIRST: Final = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_PLACE: Final = re.compile(r" - at `\$\.(\w[\w.\[\]\-]{0,120})`")
_FAILURES: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Head(Element, frozen=True):
    """What an object says it is, with the wrapper forms some clients put around a resource."""

    resource_type: str | None = None
    id: str | None = None
    resource: Raw = Raw(b"")
    response: EntryResponse | None = None


_MARKS: Final = (("test", "actreason", {"HTEST"}), ("confidential", "confidentiality", {"R", "V"}))
"""The labels that are looked at: test data of v3-ActReason, restricted and very restricted of v3-Confidentiality
(http://terminology.hl7.org/CodeSystem/); what each marks, how its system ends, its codes.
"""
_LABEL_OIDS: Final[Mapping[str, str]] = {
    "2.16.840.1.113883.5.8": "actreason",
    "2.16.840.1.113883.5.25": "confidentiality",
}


def _other(kind: type, value: Any) -> Any:
    """What is no plain structure: of ``meta`` the marks alone. Never fails, for no label is worth a resource."""
    if kind is not Marks:
        raise NotImplementedError  # msgspec's word for "not mine": it then reports a type it does not know
    labels = value.get("security") if isinstance(value, dict) else None
    labels = labels if isinstance(labels, list) else [labels]
    found = {_label(each) for each in labels if isinstance(each, dict)}
    return Marks(**{name: any((system, code) in found for code in codes) for name, system, codes in _MARKS})


def _label(coding: Mapping[str, Any]) -> tuple[str, str]:
    """The system of a label by its last word, and its code."""
    system, code = str(coding.get("system") or "").strip().lower(), str(coding.get("code") or "").strip().upper()
    last = re.split(r"[/:-]", system.rstrip("/"))[-1]
    return _LABEL_OIDS.get(last, last), code


_HEADS: Final = msgspec.json.Decoder(Head)
_TEXTS: Final = msgspec.json.Decoder(str)
_AROUND: Final[tuple[type[Element], ...]] = (Bundle, OperationOutcome)
_DECODERS: Final[Mapping[type[Element], msgspec.json.Decoder[Any]]] = {
    kind: msgspec.json.Decoder(kind, dec_hook=_other) for kind in (*_AROUND, *RESOURCE_TYPES.values())
}

E = typing.TypeVar("E", bound=Element)


def resource_type(raw: bytes | Raw) -> str | None:
    """The ``resourceType`` of one JSON object, cheaply where it stands first, as most servers write it; None
    without.
    """
    match = _TYPE_FIRST.match(raw)
    if match is not None:
        return match[1].decode()
    try:
        return read_head(raw).resource_type
    except NotReadable:
        return None


def read_head(raw: bytes | Raw) -> Head:
    """Type, id and wrapper of one JSON object. Raises NotReadable when it is no object."""
    try:
        return _HEADS.decode(raw)
    except _FAILURES:
        return mend(raw, Head)


def well_formed_id(text: str | None) -> str | None:
    """The id when it is one by the FHIR rule (underscore allowed), else None."""
    return text if text is not None and ID.fullmatch(text) else None


def plain_code(text: str | None) -> str:
    """A ``code`` element such as ``status``, without stray spaces and in lower case; empty when absent.

    Records hold ``"entered-in-error "``; compared as sent it would count as in use.
    """
    return (text or "").strip().lower()


def text_of(raw: bytes | Raw) -> str:
    """The JSON text that was left undecoded; empty where there is none."""
    try:
        return _TEXTS.decode(raw)
    except _FAILURES:
        return ""


def decode(raw: bytes | Raw, kind: type[E]) -> E:
    """One element of ``kind``; mended where that needs no guess. Raises NotReadable."""
    try:
        return typing.cast(E, _DECODERS[kind].decode(raw))
    except _FAILURES:
        return mend(raw, kind)


def read_resource(raw: bytes | Raw) -> Resource:
    """One resource of a type in RESOURCE_TYPES, whole. Raises NotReadable.

    Refuses what must not be used: nesting beyond MAX_DEPTH, and a ``modifierExtension``, which may reverse the meaning
    of everything beside it (http://hl7.org/fhir/R4/extensibility.html#modifierExtension).
    """
    kind = RESOURCE_TYPES.get(resource_type(raw) or "")
    if kind is None:
        raise NotReadable("not a resource type this service reads")
    refuse_unusable(bytes(raw))
    return decode(raw, kind)


def may_be_unusable(text: bytes) -> bool:
    """A quick look, over one resource or many: False means that ``refuse_unusable`` finds nothing in any of them."""
    return b'"modifierExtension"' in text or text.count(b'"extension"') >= MAX_DEPTH // 2


def refuse_unusable(raw: bytes) -> None:
    """Raises NotReadable for a resource nested beyond MAX_DEPTH or one that carries a modifierExtension."""
    if raw.count(b'"extension"') >= MAX_DEPTH // 2 and _depth(raw) > MAX_DEPTH:
        raise NotReadable("nested too deep")
    if b'"modifierExtension"' in raw and _has_modifier(raw):
        raise NotReadable("modifierExtension")


def mend(raw: bytes | Raw, kind: type[E]) -> E:
    """The slow way: parse to plain objects, even out the harmless deviations, convert. Raises NotReadable."""
    try:
        return msgspec.convert(_mended(msgspec.json.decode(raw), kind), kind, dec_hook=_other)
    except RecursionError:
        raise NotReadable("nested too deep") from None
    except UnicodeDecodeError:
        raise NotReadable("not UTF-8") from None
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        raise NotReadable(f"ill-typed at {place[1]}" if place else "ill-typed") from None
    except msgspec.DecodeError:
        raise NotReadable("not JSON") from None


@lru_cache(maxsize=256)
def _shape(kind: type[Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((each.encode_name, each.type) for each in msgspec.structs.fields(kind))


def _mended(value: Any, kind: Any) -> Any:
    """``value`` with nulls dropped, one object where R4 has an array and the reverse evened out, a number as text for
    text.

    Text is never turned into a number: "2.5" may be a number, ">60" and "2,5" are not, and a guess would be a value.
    """
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _mended(value, typing.get_args(kind)[0])
    if kind is Raw:
        return Raw(msgspec.json.encode(value))
    if origin in {types.UnionType, typing.Union}:
        (inner,) = (each for each in typing.get_args(kind) if each is not types.NoneType)
        return None if value is None else _mended(value, inner)
    if origin is tuple:
        items = value if isinstance(value, list) else [value]
        return [_mended(each, typing.get_args(kind)[0]) for each in items if each is not None]
    if isinstance(kind, type) and issubclass(kind, Struct):
        only = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(only, dict):
            return None if only == [] else only
        return {name: _mended(only[name], inner) for name, inner in _shape(kind) if only.get(name) is not None}
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is bool and isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    return value


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(raw):
        mark = raw[token.start()]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def _has_modifier(raw: bytes) -> bool:
    """Whether anything but a contained resource (judged when it is asked for) carries a modifierExtension."""
    try:
        document = msgspec.json.decode(raw)
    except _FAILURES:
        return True
    pending = [document]
    if isinstance(document, dict):
        pending = [value for name, value in document.items() if name != "contained"]
        if document.get("modifierExtension"):
            return True
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if value.get("modifierExtension"):
                return True
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False
