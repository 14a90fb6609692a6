"""What one prefetch key answered: opened from whatever clients and servers put there, its resources still undecoded.

The six answers a key can give are kept apart, because only a complete answer can prove that there is nothing (CDS
Hooks 2.0.1, "Prefetch"; a paginated or failed answer proves nothing).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Raw, Struct

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.resources import NotReadable

_MOST_WRAPPERS: Final = 4
_LISTS: Final = frozenset({None, "searchset", "collection"})
_FAILING: Final = frozenset({"error", "fatal"})
FURTHER_PAGES: Final = "further pages were not read"
SHORT_OF_TOTAL: Final = "fewer entries than the stated total"
# A warning of these codes says that the answer is not whole; other warnings (no results, privacy) change nothing.
_SHORTENED: Final = frozenset({"incomplete", "timeout", "throttled", "too-costly"})
_RAWS: Final = msgspec.json.Decoder(tuple[Raw, ...])


class KeyState(enum.Enum):
    """What a prefetch key answered."""

    ABSENT = "absent"
    """Not there, or there and not readable as an answer: nobody has looked."""
    NULL = "null"
    """Looked, nothing found."""
    EMPTY = "empty"
    """Looked, an empty list."""
    FAILED = "failed"
    """Looked, and the search failed: not to be repeated."""
    DATA = "data"
    """A whole answer."""
    PARTIAL = "partial"
    """Some of the answer: a further page, an error beside the data, or part of a split key unanswered."""


_UNANSWERED: Final = frozenset({KeyState.ABSENT, KeyState.FAILED})


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What one key, or a split key as a whole, answered. ``unread`` counts its resources that were there and not
    used.
    """

    state: KeyState
    why: str | None = None
    unread: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing was missed, so that what is not in it is not in the record."""
        return self.state in {KeyState.NULL, KeyState.EMPTY, KeyState.DATA} and not self.unread

    @property
    def answered(self) -> bool:
        """Whether there is an answer at all, whole or not."""
        return self.state not in _UNANSWERED


NOT_SENT: Final = Retrieval(KeyState.ABSENT, "not sent")
UNPROVEN: Final = "the patient was not read there"


class Pages(Struct, frozen=True, gc=False):
    """What was fetched for one key: the pages of a list in their order, or a resource as the only one.

    ``why`` tells why that is not all there is; no page at all, with a reason, is a failure. None: all was read.
    """

    pages: tuple[Raw | bytes, ...]
    why: str | None = None


class Item(Struct, frozen=True, gc=False):
    """One resource of an answer, undecoded, with its type where it says one."""

    raw: Raw | bytes
    kind: str | None
    full_url: str | None = None


@dataclass(slots=True)
class Opened:
    """The resources of one prefetch value, and what the value as a whole answered."""

    state: KeyState
    why: str | None = None
    items: list[Item] = field(default_factory=list)
    lost: int = 0
    outcomes: int = 0
    next: str | None = None
    """Where a further page is, of a value that is one Bundle."""


def open_answer(value: Raw | bytes, wrappers: int = 0) -> Opened:
    """What a prefetch value, or a fetched page, answers: a resource, a Bundle, a list or wrapper of them, ``null``."""
    text = bytes(value).strip()
    if text == b"null":
        return Opened(KeyState.NULL)
    if text[:1] == b"[" and wrappers < _MOST_WRAPPERS:
        return _open_list(text, wrappers)
    if text[:1] != b"{" or wrappers >= _MOST_WRAPPERS:
        return Opened(KeyState.ABSENT, "not readable")
    kind = decoding.resource_type(text)
    if kind is None:
        return _open_wrapper(text, wrappers)
    if kind == "OperationOutcome":
        return Opened(KeyState.FAILED, "answered with an OperationOutcome", outcomes=1)
    if kind == "Bundle":
        return _open_bundle(text, wrappers)
    return Opened(KeyState.DATA, items=[Item(text, kind)])


def _open_list(text: bytes, wrappers: int) -> Opened:
    try:
        parts = [open_answer(part, wrappers + 1) for part in _RAWS.decode(text)]
    except (msgspec.MsgspecError, RecursionError):
        return Opened(KeyState.ABSENT, "not readable")
    return _joined(parts) if parts else Opened(KeyState.EMPTY)


def _open_wrapper(text: bytes, wrappers: int) -> Opened:
    """``{response, resource}`` as batch answers have it, or ``{resource}``."""
    try:
        head = decoding.read_head(text)
    except NotReadable:
        return Opened(KeyState.ABSENT, "not readable")
    status = (head.response.status or "").strip() if head.response else ""
    inner = bytes(head.resource)
    if status and status[0] != "2":
        return Opened(KeyState.FAILED, "answered with an HTTP error")
    if not inner and not status:
        return Opened(KeyState.ABSENT, "not a FHIR resource")
    return open_answer(inner or b"null", wrappers + 1)


def _open_bundle(text: bytes, wrappers: int) -> Opened:
    bundle, lost = _read_bundle(text)
    if bundle is None:
        return Opened(KeyState.ABSENT, "not readable")
    if bundle.type == "history":
        return Opened(KeyState.ABSENT, "a Bundle of old versions")
    opened = Opened(KeyState.DATA, lost=lost)
    nested: list[Opened] = []
    matches = failures = shortened = 0
    for entry in bundle.entry:
        kind = decoding.resource_type(entry.resource)
        if kind is None and bytes(entry.resource) in {b"", b"null"}:
            answered = entry.response is None or (entry.response.status or "2").strip().startswith("2")
            opened.lost += answered
            failures += not answered
        elif kind == "OperationOutcome":
            opened.outcomes += 1
            failed, cut = _judge(entry.resource)
            failures += failed
            shortened += cut
        elif kind == "Bundle":
            nested.append(open_answer(entry.resource, wrappers + 1))
        else:
            matches += entry.search is None or entry.search.mode in {None, "match"}
            opened.items.append(Item(entry.resource, kind, entry.full_url))
    opened.state, opened.why = _bundle_state(bundle, matches + opened.lost, bool(opened.items), failures, shortened)
    opened.next = _next_of(bundle)
    return _joined([opened, *nested]) if nested else opened


def _next_of(bundle: fhir.Bundle) -> str | None:
    return next((link.url for link in bundle.link if link.relation == "next" and link.url), None)


@dataclass(frozen=True, slots=True)
class PageHead:
    """What stands around the entries of a page: the type of the Bundle, where the next page is, how many they are."""

    type: str | None
    next: str | None
    entries: int


def page_head(text: bytes) -> PageHead | None:
    """What a page says of itself; None for what is no Bundle."""
    bundle, _ = _read_bundle(text)
    return None if bundle is None else PageHead(bundle.type, _next_of(bundle), len(bundle.entry))


def _bundle_state(
    bundle: fhir.Bundle, matches: int, has_items: bool, failures: int, shortened: int
) -> tuple[KeyState, str | None]:
    if failures and not has_items:
        return KeyState.FAILED, "answered with an OperationOutcome"
    if bundle.type not in _LISTS and bundle.type != "batch-response":
        return KeyState.ABSENT, "a Bundle that is no search result"
    if failures or shortened:
        return KeyState.PARTIAL, "an error beside the data"
    if any(link.relation == "next" for link in bundle.link):
        return KeyState.PARTIAL, FURTHER_PAGES
    if bundle.total is not None and bundle.total > matches:
        return KeyState.PARTIAL, SHORT_OF_TOTAL
    return (KeyState.DATA if has_items or matches else KeyState.EMPTY), None


def _judge(raw: Raw) -> tuple[bool, bool]:
    """(the search failed, the answer was shortened). An outcome that does not say how bad it is counts as a failure."""
    try:
        outcome = decoding.decode(raw, fhir.OperationOutcome)
    except NotReadable:
        return True, False
    if not outcome.issue:
        return True, False
    failed = any(issue.severity in _FAILING or issue.severity is None for issue in outcome.issue)
    return failed, any(issue.code in _SHORTENED for issue in outcome.issue)


def _read_bundle(text: bytes) -> tuple[fhir.Bundle | None, int]:
    """The Bundle, and how many of its entries were lost; entry by entry when it is ill-typed as a whole."""
    try:
        return decoding.decode(text, fhir.Bundle), 0
    except NotReadable:
        pass
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, 0
    if not isinstance(document, dict):
        return None, 0
    listed = document.pop("entry", None)
    entries: list[fhir.Entry] = []
    lost = 0
    for each in listed if isinstance(listed, list) else [] if listed is None else [listed]:
        try:
            entries.append(decoding.mend(msgspec.json.encode(each), fhir.Entry))
        except NotReadable:
            lost += 1
    try:
        around = decoding.mend(msgspec.json.encode(document), fhir.Bundle)
    except NotReadable:
        # Links and total cannot be read, so there may be more than this.
        kind = document.get("type")
        around = fhir.Bundle(type=kind if isinstance(kind, str) else None)
        lost += 1
    return msgspec.structs.replace(around, entry=tuple(entries)), lost


def entries_of(text: bytes) -> tuple[list[Raw | bytes], int] | None:
    """The resources of a Bundle of any type, or a single resource, and how many entries hold none; None for anything
    else.
    """
    kind = decoding.resource_type(text)
    if kind is not None and kind != "Bundle":
        return [text], 0
    bundle, lost = _read_bundle(text)
    if bundle is None or (kind is None and not bundle.entry):
        return None
    filled = [entry.resource for entry in bundle.entry if bytes(entry.resource) not in {b"", b"null"}]
    return [*filled], lost + len(bundle.entry) - len(filled)


def open_pages(pages: Sequence[Raw | bytes], before: int = 0, total: int = 0) -> Opened:
    """Pages of one list, all of which were followed: a link to the next one, and a total over all, are no gap.

    ``before`` entries came on a page before these, which stated ``total``.
    """
    opened = [open_answer(page) for page in pages]
    for each in opened:
        if each.why in (FURTHER_PAGES, SHORT_OF_TOTAL):
            each.state, each.why = (KeyState.DATA if each.items or each.lost else KeyState.EMPTY), None
    whole = _joined(opened)
    total = max(total, *(total_of(page) for page in pages)) if pages else total
    matched = before + len(whole.items) + whole.lost
    if whole.state in {KeyState.DATA, KeyState.EMPTY} and total > matched:
        whole.state, whole.why = KeyState.PARTIAL, SHORT_OF_TOTAL
    return whole


def total_of(page: Raw | bytes) -> int:
    """The total that a page states; 0 where it states none."""
    try:
        return decoding.decode(page, fhir.Bundle).total or 0
    except NotReadable:
        return 0


def _joined(parts: list[Opened]) -> Opened:
    answers = {str(number): Retrieval(part.state, part.why) for number, part in enumerate(parts)}
    whole = combined(answers)
    return Opened(
        whole.state,
        next((part.why for part in parts if part.why), None),
        [item for part in parts for item in part.items],
        sum(part.lost for part in parts),
        sum(part.outcomes for part in parts),
        parts[0].next if len(parts) == 1 else None,
    )


def combined(answers: Mapping[str, Retrieval]) -> Retrieval:
    """Several answers as one: as complete as the worst, PARTIAL when some were answered and some not."""
    if len(answers) == 1:
        return next(iter(answers.values()))
    states = {answer.state for answer in answers.values()}
    unread = sum(answer.unread for answer in answers.values())
    why = "; ".join(f"{name}: {answer.why}" for name, answer in answers.items() if answer.why) or None
    if states <= _UNANSWERED:
        return Retrieval(KeyState.FAILED if states == {KeyState.FAILED} else KeyState.ABSENT, why, unread)
    if states & _UNANSWERED:
        return Retrieval(KeyState.PARTIAL, why, unread)
    order = (KeyState.PARTIAL, KeyState.DATA, KeyState.EMPTY, KeyState.NULL)
    return Retrieval(next(state for state in order if state in states), why, unread)
