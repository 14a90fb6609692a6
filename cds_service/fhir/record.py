"""One patient's record as a request brought it: what each prefetch key answered, and every usable resource by its type.

The six answers a key can give are kept apart, because only a complete answer under our own key can prove that there is
nothing (CDS Hooks 2.0.1, "Prefetch"; a paginated or failed answer proves nothing). Whose a resource is, is settled
here: another patient's is dropped and noted, and another patient under ``patient`` ends the call.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.resources import NotReadable, Owner, Resource, Unreadable
from cds_service.fhir.when import when

R = TypeVar("R", bound=Resource)

KEY_TYPES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "patient": frozenset({"Patient"}),
        "encounter": frozenset({"Encounter"}),
        "conditions": frozenset({"Condition"}),
        "reports": frozenset({"DiagnosticReport", "DocumentReference"}),
        "imaging": frozenset({"ImagingStudy"}),
        "observations": frozenset({"Observation"}),
        "medications": frozenset(
            {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "Medication"}
        ),
        "devices": frozenset({"Device", "DeviceUseStatement"}),
        "procedures": frozenset({"Procedure"}),
        "orders": frozenset(
            {"ServiceRequest", "DeviceRequest", "SupplyRequest", "Appointment", "Task", "CarePlan", "Communication"}
        ),
        "allergies": frozenset({"AllergyIntolerance"}),
        "coverage": frozenset({"Coverage"}),
        "questionnaire": frozenset({"QuestionnaireResponse"}),
        "practitioner-role": frozenset({"PractitionerRole"}),
    }
)
"""Our own prefetch keys, and the resource types that answer each."""

OWN_KEYS: Final = tuple(KEY_TYPES)
OTHER: Final = "other"
MOST_PER_TYPE: Final = 1000
"""Resources of one type that are evaluated, newest first; the rest is noted as not reviewed (bounded work per call)."""

_MOST_WRAPPERS: Final = 4
_LISTS: Final = frozenset({None, "searchset", "collection"})
_FAILING: Final = frozenset({"error", "fatal"})
_FURTHER_PAGES: Final = "further pages were not read"
_SHORT_OF_TOTAL: Final = "fewer entries than the stated total"
# A warning of these codes says that the answer is not whole; other warnings (no results, privacy) change nothing.
_SHORTENED: Final = frozenset({"incomplete", "timeout", "throttled", "too-costly"})
_TARGET: Final = re.compile(
    r"(?:[^?#]*/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-._]{1,64})(?:/_history/[A-Za-z0-9\-._]{1,64})?"
)
_URN: Final = re.compile(r"urn:(?:uuid|oid):(?P<id>[A-Za-z0-9\-._]{1,64})", re.IGNORECASE)
_LONGEST_REFERENCE: Final = 2000
_PART: Final = re.compile(r"-[a-z0-9\-]{1,40}")
_RAWS: Final = msgspec.json.Decoder(tuple[Raw, ...])


class IdentityMismatch(Exception):
    """The key ``patient`` holds another patient than the one the call is about. Carries no id."""


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


class NoteKind(enum.Enum):
    """What happened to resources on the way in. Counts only: nothing of the record is kept."""

    UNREADABLE = "unreadable"
    MODIFIER_EXTENSION = "modifier-extension"
    TOO_DEEP = "nested-too-deep"
    OTHER_PATIENT = "other-patient"
    SUBJECT_NOT_STATED = "subject-not-stated"
    DUPLICATE = "duplicate"
    DUPLICATE_DIFFERS = "duplicate-differs"
    NOT_REVIEWED = "not-reviewed"
    OUTCOME = "operation-outcome"
    UNKNOWN_TYPE = "unknown-type"
    WRONG_TYPE = "wrong-type"


@dataclass(frozen=True, slots=True)
class Note:
    """``count`` resources of ``resource_type`` (or "other") under ``key`` (one of ours, or "other")."""

    kind: NoteKind
    key: str
    resource_type: str
    count: int


class Located(Struct, Generic[R], frozen=True, gc=False):
    """A usable resource and where it came from.

    ``reference`` is ``Condition/123``; without a usable id the entry's fullUrl when it is a urn, else ``Condition``.
    ``key`` is our own prefetch key as sent (``observations-pain``) or "other". ``subject_stated`` is False when nothing
    in it says whose it is.
    """

    reference: str
    resource: R
    key: str
    subject_stated: bool


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Everything usable about one patient. Immutable; made by ``read_record``."""

    patient_id: str
    patient: fhir.Patient | None
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[Note, ...] = ()
    _by_type: Mapping[type[Resource], tuple[Located[Any], ...]] = field(default_factory=dict, repr=False)
    _by_reference: Mapping[str, Located[Any]] = field(default_factory=dict, repr=False)
    _urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    _answers: Mapping[str, Retrieval] = field(default_factory=dict, repr=False)
    """By key as sent, and by own key."""
    _itself: Mapping[str, Retrieval] = field(default_factory=dict, repr=False)
    """By own key, without its parts."""

    def of(self, kind: type[R]) -> tuple[Located[R], ...]:
        """All usable resources of a type, under whatever key they came, without duplicates, whatever their status.

        By reference, so that nothing depends on the order received; when there were more than MOST_PER_TYPE, the newest
        of them, newest first.
        """
        return self._by_type.get(kind, ())

    def locate(self, reference: Owner | None) -> Located[Any] | None:
        """The resource of this record that a relative, absolute, versioned or urn reference names; None when not
        here.
        """
        if reference is None or not reference.reference:
            return None
        text = reference.reference.strip()
        target = _target(text, self._urls)
        return None if target is None else self._by_reference.get(target)

    def resolve(self, reference: Owner | None, within: Resource | None = None) -> Resource | None:
        """What a reference names: ``#id`` among the resources contained in ``within``, anything else in this record."""
        if reference is not None and within is not None and (reference.reference or "").strip().startswith("#"):
            return contained(within, (reference.reference or "").strip()[1:])
        found = self.locate(reference)
        return None if found is None else cast(Resource, found.resource)

    def retrieval(self, key: str) -> Retrieval:
        """What a key answered. A plain own key stands for itself and all its parts (``observations-pain``).

        A split key is as complete as its worst part; with some parts answered and some not, it is PARTIAL.
        """
        return self._answers.get(key, NOT_SENT)

    def unread_keys(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of ``keys`` that cannot prove an absence: not sent, failed, partial, or with something unreadable in
        it. Where a part alone of a split key is not whole it is named, where the key itself is not, the key.
        """
        asked = tuple(keys)
        open_parts = {own_key(key) for key in asked if own_key(key) != key and not self.retrieval(key).complete}

        def named(key: str) -> bool:
            own = own_key(key)
            itself = own is not None and self._itself.get(own, NOT_SENT).complete
            if key == own:
                return not itself or key not in open_parts
            return itself or own not in asked

        return tuple(key for key in asked if not self.retrieval(key).complete and named(key))


def bare_id(patient_id: str | None) -> str | None:
    """The FHIR id of ``123`` or ``Patient/123`` (67 of 79 recorded requests send the latter); None for anything
    else.
    """
    return decoding.well_formed_id((patient_id or "").strip().removeprefix("Patient/"))


def own_key(key: str) -> str | None:
    """The own key that ``key`` is, or is a part of (``observations-pain`` of ``observations``); None for any other."""
    if key in KEY_TYPES:
        return key
    return next((own for own in KEY_TYPES if key.startswith(own) and _PART.fullmatch(key, len(own))), None)


def contained(resource: Resource, local_id: str) -> Resource | None:
    """The contained resource of that id, if it is there, readable and of a type this service reads."""
    for raw in resource.contained:
        try:
            if decoding.read_head(raw).id == local_id:
                return decoding.read_resource(raw)
        except NotReadable:
            continue
    return None


def read_record(
    patient_id: str,
    prefetch: Mapping[str, Raw | bytes],
    *,
    zone: tzinfo = UTC,
    asked: Iterable[str] = (),
) -> PatientRecord:
    """The record in ``prefetch`` alone: ``open_record``, closed at once."""
    return open_record(patient_id, prefetch, zone=zone).record(asked)


def open_record(patient_id: str, prefetch: Mapping[str, Raw | bytes], *, zone: tzinfo = UTC) -> OpenRecord:
    """The record in ``prefetch``, one raw JSON value a key, open for what is fetched beside it.

    Raises ValueError when ``patient_id`` is no FHIR id; nothing else, whatever is sent.
    """
    wanted = bare_id(patient_id)
    if wanted is None:
        raise ValueError("patient_id must be a FHIR id, with or without Patient/ before it")
    reading = OpenRecord(wanted, zone)
    # Our own keys first, so that of two copies the one that can prove something is kept.
    for key in sorted(prefetch, key=lambda name: own_key(name) is None):
        reading.take(key, prefetch[key])
    return reading


# --- opening one prefetch value ---------------------------------------------------------------------------------------


class _Item(Struct, frozen=True, gc=False):
    raw: Raw | bytes
    kind: str | None
    full_url: str | None = None


@dataclass(slots=True)
class _Opened:
    """The resources of one prefetch value, and what the value as a whole answered."""

    state: KeyState
    why: str | None = None
    items: list[_Item] = field(default_factory=list)
    lost: int = 0
    outcomes: int = 0
    next: str | None = None
    """Where a further page is, of a value that is one Bundle."""


def _open(value: Raw | bytes, wrappers: int = 0) -> _Opened:
    text = bytes(value).strip()
    if text == b"null":
        return _Opened(KeyState.NULL)
    if text[:1] == b"[" and wrappers < _MOST_WRAPPERS:
        return _open_list(text, wrappers)
    if text[:1] != b"{" or wrappers >= _MOST_WRAPPERS:
        return _Opened(KeyState.ABSENT, "not readable")
    kind = decoding.resource_type(text)
    if kind is None:
        return _open_wrapper(text, wrappers)
    if kind == "OperationOutcome":
        return _Opened(KeyState.FAILED, "answered with an OperationOutcome", outcomes=1)
    if kind == "Bundle":
        return _open_bundle(text, wrappers)
    return _Opened(KeyState.DATA, items=[_Item(text, kind)])


def _open_list(text: bytes, wrappers: int) -> _Opened:
    try:
        parts = [_open(part, wrappers + 1) for part in _RAWS.decode(text)]
    except (msgspec.MsgspecError, RecursionError):
        return _Opened(KeyState.ABSENT, "not readable")
    return _joined(parts) if parts else _Opened(KeyState.EMPTY)


def _open_wrapper(text: bytes, wrappers: int) -> _Opened:
    """``{response, resource}`` as batch answers have it, or ``{resource}``."""
    try:
        head = decoding.read_head(text)
    except NotReadable:
        return _Opened(KeyState.ABSENT, "not readable")
    status = (head.response.status or "").strip() if head.response else ""
    inner = bytes(head.resource)
    if status and status[0] != "2":
        return _Opened(KeyState.FAILED, "answered with an HTTP error")
    if not inner and not status:
        return _Opened(KeyState.ABSENT, "not a FHIR resource")
    return _open(inner or b"null", wrappers + 1)


def _open_bundle(text: bytes, wrappers: int) -> _Opened:
    bundle, lost = _read_bundle(text)
    if bundle is None:
        return _Opened(KeyState.ABSENT, "not readable")
    if bundle.type == "history":
        return _Opened(KeyState.ABSENT, "a Bundle of old versions")
    opened = _Opened(KeyState.DATA, lost=lost)
    nested: list[_Opened] = []
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
            nested.append(_open(entry.resource, wrappers + 1))
        else:
            matches += entry.search is None or entry.search.mode in {None, "match"}
            opened.items.append(_Item(entry.resource, kind, entry.full_url))
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
        return KeyState.PARTIAL, _FURTHER_PAGES
    if bundle.total is not None and bundle.total > matches:
        return KeyState.PARTIAL, _SHORT_OF_TOTAL
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


def _open_pages(pages: Sequence[Raw | bytes], before: int = 0, total: int = 0) -> _Opened:
    """Pages of one list, all of which were followed: a link to the next one, and a total over all, are no gap.

    ``before`` entries came on a page before these, which stated ``total``.
    """
    opened = [_open(page) for page in pages]
    for each in opened:
        if each.why in (_FURTHER_PAGES, _SHORT_OF_TOTAL):
            each.state, each.why = (KeyState.DATA if each.items or each.lost else KeyState.EMPTY), None
    whole = _joined(opened)
    total = max(total, *(_total_of(page) for page in pages)) if pages else total
    matched = before + len(whole.items) + whole.lost
    if whole.state in {KeyState.DATA, KeyState.EMPTY} and total > matched:
        whole.state, whole.why = KeyState.PARTIAL, _SHORT_OF_TOTAL
    return whole


def _total_of(page: Raw | bytes) -> int:
    try:
        return decoding.decode(page, fhir.Bundle).total or 0
    except NotReadable:
        return 0


def _joined(parts: list[_Opened]) -> _Opened:
    answers = {str(number): Retrieval(part.state, part.why) for number, part in enumerate(parts)}
    whole = _combined(answers)
    return _Opened(
        whole.state,
        next((part.why for part in parts if part.why), None),
        [item for part in parts for item in part.items],
        sum(part.lost for part in parts),
        sum(part.outcomes for part in parts),
        parts[0].next if len(parts) == 1 else None,
    )


def _combined(answers: Mapping[str, Retrieval]) -> Retrieval:
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


# --- whose is it ------------------------------------------------------------------------------------------------------


def _target(text: str, urls: Mapping[str, str]) -> str | None:
    """``Type/id`` of a reference as written; None when it cannot be told."""
    if text in urls:
        return urls[text]
    match = _TARGET.fullmatch(text) if len(text) <= _LONGEST_REFERENCE else None
    return None if match is None else f"{match['type']}/{match['id']}"


def _names_patient(reference: Owner, patient_id: str, urls: Mapping[str, str]) -> bool | None:
    """Whether a reference names the patient; None when it does not say (identifier only, contained, conditional)."""
    text = (reference.reference or "").strip()
    if text == f"Patient/{patient_id}":
        return True
    if not text or text.startswith(("#", "Patient?")):
        return None
    target = _target(text, urls)
    if target is not None:
        return target == f"Patient/{patient_id}"
    urn = _URN.fullmatch(text)
    named = urn["id"] if urn else text
    return named == patient_id or (urn is not None and named.lower() == patient_id.lower())


def _owners(resource: Resource) -> tuple[Owner, ...]:
    """The references that say whose a resource is."""
    owners = [each for each in (resource.subject, resource.patient) if each is not None]
    match resource:
        case fhir.Coverage(beneficiary=Owner() as owner) | fhir.Task(for_=Owner() as owner):
            owners.append(owner)
        case fhir.SupplyRequest(deliver_to=Owner() as owner) if _is_patient(owner):
            owners.append(owner)
    return tuple(owners)


def _is_patient(reference: Owner) -> bool:
    return reference.type == "Patient" or "Patient/" in (reference.reference or "")


def belongs(resource: Resource, patient_id: str, urls: Mapping[str, str] = MappingProxyType({})) -> bool | None:
    """Whether a resource is of the patient with the bare id: True, False, or None when it does not say.

    ``urls`` maps the fullUrl of Bundle entries to ``Type/id``. A subject that is no patient (a group, a place) is
    another.
    """
    if isinstance(resource, fhir.Appointment):
        # A group visit names several patients; ours among them is enough.
        actors = [each.actor for each in resource.participant if each.actor is not None and _is_patient(each.actor)]
        named = [_names_patient(actor, patient_id, urls) for actor in actors]
        return True if True in named else (False if False in named else None)
    named = [_names_patient(owner, patient_id, urls) for owner in _owners(resource)]
    return False if False in named else (True if True in named else None)


# --- reading all ------------------------------------------------------------------------------------------------------

# What nobody expects to name a patient.
_OWNERLESS: Final = (fhir.Binary, fhir.Location, fhir.Medication, fhir.Organization, fhir.PractitionerRole)
_SUBJECT_ONLY: Final = frozenset(fhir.RESOURCE_TYPES.values()) - {
    fhir.Appointment,
    fhir.Coverage,
    fhir.Patient,
    fhir.SupplyRequest,
    fhir.Task,
}
_REFUSALS: Final[Mapping[str, NoteKind]] = {
    "modifierExtension": NoteKind.MODIFIER_EXTENSION,
    "nested too deep": NoteKind.TOO_DEEP,
}


class _Found(Struct, frozen=True, gc=False):
    resource: Resource
    kind: str
    key: str
    item: _Item


class OpenRecord:
    """A record that is still being put together: what was sent, then what is fetched beside it, closed by ``record``.

    Owners are settled in the end, because a urn may point ahead.
    """

    def __init__(self, patient_id: str, zone: tzinfo) -> None:
        self.patient_id = patient_id
        self.zone = zone
        self.answers: dict[str, Retrieval] = {}
        self.found: list[_Found] = []
        self.urls: dict[str, str] = {}
        self.unread: Counter[str] = Counter()
        self.notes: Counter[tuple[NoteKind, str, str]] = Counter()
        self.unreadable: list[Unreadable] = []
        self.other_patient = False
        self.next_page: dict[str, str] = {}
        """By key: where the page after the one that was sent is."""
        self.first_pages: dict[str, tuple[int, int]] = {}
        """By key that has such a page: how many entries the first had, and the total it stated."""
        self.spellings: set[str] = set()

    def state(self, key: str) -> KeyState:
        """What a key as sent, or as fetched, answered so far; a part of a split key by its own name."""
        answer = self.answers.get(key)
        return KeyState.ABSENT if answer is None else answer.state

    def take(self, key: str, value: Raw | bytes) -> None:
        """Opens one prefetch value and decodes what it holds."""
        opened = _open(value)
        if opened.next is not None and own_key(key):
            self.next_page[key] = opened.next
            self.first_pages[key] = len(opened.items) + opened.lost, _total_of(value)
        self._take(key, opened, (value,))

    def add(self, key: str, fetched: Pages, *, proven: bool = True) -> None:
        """Takes in what was fetched for a key, in place of the answer that there was none.

        An empty answer that is not ``proven`` to be about this patient says nothing.
        """
        if not fetched.pages:
            self.answers[key] = Retrieval(KeyState.FAILED, fetched.why)
            return
        self.unread[key] = 0
        opened = _open_pages(fetched.pages)
        if fetched.why is not None and opened.state is not KeyState.FAILED:
            opened.state, opened.why = KeyState.PARTIAL, fetched.why
        elif opened.state is KeyState.EMPTY and not proven:
            opened.state, opened.why = KeyState.PARTIAL, UNPROVEN
        self._take(key, opened, fetched.pages)

    def more(self, key: str, pages: Sequence[Raw | bytes], why: str | None, *, proven: bool = True) -> None:
        """Takes in the pages after the one that was sent; ``why`` tells why they are not all, ``proven`` is as for
        ``add``.
        """
        sent = self.answers[key]
        self._take(key, _open_pages(pages, *self.first_pages[key]), pages)
        read = self.answers[key]
        if not pages or read.state in {KeyState.DATA, KeyState.EMPTY}:
            why = why or (None if sent.why in (None, _FURTHER_PAGES, _SHORT_OF_TOTAL) else sent.why)
        else:
            why = why or read.why or _FURTHER_PAGES
        if read.state is KeyState.EMPTY and not self.first_pages[key][0] and not proven:
            why = why or UNPROVEN
        self.answers[key] = Retrieval(KeyState.PARTIAL if why else KeyState.DATA, why)

    def _take(self, key: str, opened: _Opened, values: Sequence[Raw | bytes]) -> None:
        own = own_key(key)
        name = key if own else OTHER
        if opened.outcomes:
            self.notes[NoteKind.OUTCOME, name, "OperationOutcome"] += opened.outcomes
        if opened.lost:
            self.notes[NoteKind.UNREADABLE, name, OTHER] += opened.lost
            self.unread[name] += opened.lost
        suspect = any(decoding.may_be_unusable(bytes(value)) for value in values)
        expected = KEY_TYPES[own] if own else frozenset()
        answers_key = False
        for item in opened.items:
            answers_key |= self._decode(item, name, expected, suspect=suspect)
        state, why = opened.state, opened.why
        if own and opened.items and not answers_key:
            self.notes[NoteKind.WRONG_TYPE, name, OTHER] += len(opened.items)
            state, why = KeyState.ABSENT, f"no {' or '.join(sorted(expected))} in it"
        if own:
            self.answers[key] = Retrieval(state, why)

    def _decode(self, item: _Item, name: str, expected: frozenset[str], *, suspect: bool) -> bool:
        """Decodes one resource; whether it is (or may be) of a type that the key asks for."""
        kind = item.kind
        structure = fhir.RESOURCE_TYPES.get(kind) if kind else None
        if kind is None:
            self._refuse(item, OTHER, name, "no resourceType")
            self.unread[name] += 1
            return True
        if structure is None:
            self.notes[NoteKind.UNKNOWN_TYPE, name, OTHER] += 1
            return False
        try:
            if suspect:
                decoding.refuse_unusable(bytes(item.raw))
            resource = decoding.decode(item.raw, structure)
        except NotReadable as error:
            self._refuse(item, kind, name, str(error))
            self.unread[name] += kind in expected
            return kind in expected
        self.found.append(_Found(resource, kind, name, item))
        # Other forms of fullUrl end in Type/id and need no table.
        if item.full_url and resource.id and item.full_url.startswith("urn:"):
            target = f"{kind}/{resource.id}"
            if self.urls.setdefault(item.full_url, target) != target:
                # Two resources under one urn: whoever refers to it refers to nobody.
                self.urls[item.full_url] = ""
        return kind in expected

    def _refuse(self, item: _Item, kind: str, name: str, reason: str) -> None:
        try:
            resource_id = decoding.well_formed_id(decoding.read_head(item.raw).id)
        except NotReadable:
            resource_id = None
        if kind == "Patient" and own_key(name) == "patient" and resource_id not in {None, self.patient_id}:
            self.other_patient = True
        self.notes[_REFUSALS.get(reason, NoteKind.UNREADABLE), name, kind] += 1
        self.unreadable.append(Unreadable(kind, resource_id, name, reason))

    def _miss_nameless(self) -> None:
        """A drug that nobody can tell is there and not read: it may be the one that a rule asks for."""
        nameless = set(self.nameless_medications())
        for found in self._medicated() if nameless else ():
            if _medication_id(found.resource, self.urls) in nameless:
                self.notes[NoteKind.UNREADABLE, found.key, found.kind] += 1
                self.unread[found.key] += 1

    def nameless_medications(self) -> tuple[str, ...]:
        """Ids of Medications that are not here and that a resource refers to without saying in any word what they
        are.
        """
        here = {found.resource.id for found in self.found if found.kind == "Medication"}
        ids = (_medication_id(each.resource, self.urls) for each in self._medicated())
        return tuple(dict.fromkeys(each for each in ids if each is not None and each not in here))

    def _medicated(self) -> Iterator[_Found]:
        """What names a drug, of this patient."""
        for found in self.found:
            is_named = isinstance(found.resource, _MEDICATED)
            if is_named and belongs(found.resource, self.patient_id, self.urls) is not False:
                yield found

    def holds(self, kind: str) -> bool:
        """Whether a resource of that type came, under whatever key."""
        return any(found.kind == kind for found in self.found)

    def record(self, asked: Iterable[str] = ()) -> PatientRecord:
        """Settles owners and duplicates, cuts to the bound, and closes the record; once.

        ``asked`` names the templates of the service: an asked part of a split key that was not answered makes the
        whole incomplete. Raises IdentityMismatch when ``patient`` holds somebody else.
        """
        patient = self._patient()
        self._miss_nameless()
        by_type: dict[type[Resource], list[Located[Any]]] = {}
        by_reference: dict[str, Located[Any]] = {}
        originals: dict[str | tuple[str, str | bytes], _Found] = {}
        for found in self.found:
            stated = self._stated(found)
            if stated is None:
                continue
            # The same one is the same type and id, or without a usable id the very same bytes.
            resource_id = decoding.well_formed_id(found.resource.id)
            name = f"{found.kind}/{resource_id}" if resource_id else None
            mark = name or (found.kind, found.resource.id or bytes(found.item.raw))
            original = originals.setdefault(mark, found)
            if original is not found:
                same = original.item.raw is found.item.raw or bytes(original.item.raw) == bytes(found.item.raw)
                self.notes[NoteKind.DUPLICATE if same else NoteKind.DUPLICATE_DIFFERS, found.key, found.kind] += 1
                continue
            located = Located(name or _nameless(found), found.resource, found.key, stated)
            by_type.setdefault(type(found.resource), []).append(located)
            by_reference.setdefault(located.reference, located)
        cut = {kind: self._newest(kind.__name__, every) for kind, every in by_type.items()}
        return PatientRecord(
            patient_id=self.patient_id,
            patient=patient,
            unreadable=tuple(self.unreadable),
            notes=tuple(Note(kind, key, of, count) for (kind, key, of), count in self.notes.items() if count),
            _by_type=cut,
            _by_reference=by_reference,
            _urls=self.urls,
            _answers=self._retrievals(frozenset(asked)),
            _itself=self._sent(),
        )

    def _retrievals(self, asked: frozenset[str]) -> dict[str, Retrieval]:
        """What each key as sent answered, and each own key with all its parts, sent or asked for."""
        sent = self._sent()
        parts: dict[str, dict[str, Retrieval]] = {}
        for name in sorted({*sent, *asked}):
            own = own_key(name)
            if own is not None:
                parts.setdefault(own, {})[name] = sent.get(name, NOT_SENT)
        return sent | {own: _combined(answers) for own, answers in parts.items()}

    def _sent(self) -> dict[str, Retrieval]:
        """What each key as sent, or as fetched, answered."""
        return {key: Retrieval(each.state, each.why, self.unread[key]) for key, each in self.answers.items()}

    def _patient(self) -> fhir.Patient | None:
        """The Patient of the call; one that names no id only where ``patient`` itself holds it."""
        every = [found for found in self.found if found.kind == "Patient"]
        under_key = [found for found in every if own_key(found.key) == "patient"]
        mine = next((found for found in every if self._is_mine(found)), None)
        if mine is None or (under_key and not any(map(self._is_mine, under_key))):
            nameless = [found for found in under_key if not found.resource.id and not found.item.full_url]
            if len(nameless) < len(under_key) or self.other_patient:
                raise IdentityMismatch("the prefetched Patient is not the patient of the context")
            mine = mine or next(iter(nameless), None)
        elif self.other_patient and not under_key:
            raise IdentityMismatch("the prefetched Patient is not the patient of the context")
        return cast(fhir.Patient, mine.resource) if mine else None

    def _is_mine(self, found: _Found) -> bool:
        if found.resource.id:
            return found.resource.id.strip() == self.patient_id
        return bool(found.item.full_url) and bool(
            _names_patient(Owner(reference=found.item.full_url), self.patient_id, self.urls)
        )

    def _stated(self, found: _Found) -> bool | None:
        """Whether a resource says that it is the patient's; None when it is another's and dropped."""
        subject = found.resource.subject
        if subject is not None and found.resource.patient is None and type(found.resource) in _SUBJECT_ONLY:
            # The way of nearly every resource: one reference, in one of few spellings.
            if subject.reference in self.spellings:
                return True
            if subject.reference and _names_patient(subject, self.patient_id, self.urls):
                self.spellings.add(subject.reference)
                return True
        if found.kind == "Patient":
            mine = self._is_mine(found) or (not found.resource.id and own_key(found.key) == "patient")
        elif isinstance(found.resource, _OWNERLESS):
            return True
        else:
            owner = belongs(found.resource, self.patient_id, self.urls)
            if owner is None:
                self.notes[NoteKind.SUBJECT_NOT_STATED, found.key, found.kind] += 1
                return False
            mine = owner
        if not mine:
            self.notes[NoteKind.OTHER_PATIENT, found.key, found.kind] += 1
            return None
        return True

    def _newest(self, kind: str, every: list[Located[Any]]) -> tuple[Located[Any], ...]:
        every.sort(key=lambda located: located.reference)
        if len(every) <= MOST_PER_TYPE:
            return tuple(every)

        def last_day(located: Located[Any]) -> date:
            days = when(located.resource, self.zone)
            return date.min if days is None else days.last

        ordered = sorted(every, key=last_day, reverse=True)
        for located in ordered[MOST_PER_TYPE:]:
            self.notes[NoteKind.NOT_REVIEWED, located.key, kind] += 1
            self.unread[located.key] += 1
        return tuple(ordered[:MOST_PER_TYPE])


_MEDICATED: Final = (
    fhir.MedicationAdministration,
    fhir.MedicationDispense,
    fhir.MedicationRequest,
    fhir.MedicationStatement,
)


def _medication_id(resource: Resource, urls: Mapping[str, str]) -> str | None:
    """The id of the Medication that alone says what a resource is about; None where words or codes say it."""
    if not isinstance(resource, _MEDICATED) or _is_named(resource.medication_codeable_concept):
        return None
    named = resource.medication_reference
    target = None if named is None or named.display else _target((named.reference or "").strip(), urls)
    kind, _, resource_id = (target or "").partition("/")
    return decoding.well_formed_id(resource_id) if kind == "Medication" else None


def _is_named(concept: fhir.CodeableConcept | None) -> bool:
    return concept is not None and bool(concept.text or concept.coding)


def _nameless(found: _Found) -> str:
    """The reference of a resource without a usable id: what its fullUrl says, else its type alone."""
    url = (found.item.full_url or "").strip()
    if _URN.fullmatch(url):
        return url
    match = _TARGET.fullmatch(url)
    return f"{match['type']}/{match['id']}" if match else found.kind
