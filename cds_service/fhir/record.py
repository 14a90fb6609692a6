"""One patient's record as a request brought it: what each prefetch key answered, and every usable resource by its type.

Only a complete answer under our own key can prove that there is nothing (``answers``). Whose a resource is, is settled
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

from msgspec import Raw, Struct

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.answers import (
    FURTHER_PAGES,
    NOT_SENT,
    SHORT_OF_TOTAL,
    UNPROVEN,
    Item,
    KeyState,
    Opened,
    Pages,
    Retrieval,
    combined,
    open_answer,
    open_pages,
    total_of,
)
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

_TARGET: Final = re.compile(
    r"(?:[^?#]*/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-._]{1,64})(?:/_history/[A-Za-z0-9\-._]{1,64})?"
)
_URN: Final = re.compile(r"urn:(?:uuid|oid):(?P<id>[A-Za-z0-9\-._]{1,64})", re.IGNORECASE)
_LONGEST_REFERENCE: Final = 2000
_PART: Final = re.compile(r"-[a-z0-9\-]{1,40}")


class IdentityMismatch(Exception):
    """The key ``patient`` holds another patient than the one the call is about. Carries no id."""


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
    item: Item


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
        opened = open_answer(value)
        if opened.next is not None and own_key(key):
            self.next_page[key] = opened.next
            self.first_pages[key] = len(opened.items) + opened.lost, total_of(value)
        self._take(key, opened, (value,))

    def add(self, key: str, fetched: Pages, *, proven: bool = True) -> None:
        """Takes in what was fetched for a key, in place of the answer that there was none.

        An empty answer that is not ``proven`` to be about this patient says nothing.
        """
        if not fetched.pages:
            self.answers[key] = Retrieval(KeyState.FAILED, fetched.why)
            return
        self.unread[key] = 0
        opened = open_pages(fetched.pages)
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
        self._take(key, open_pages(pages, *self.first_pages[key]), pages)
        read = self.answers[key]
        if not pages or read.state in {KeyState.DATA, KeyState.EMPTY}:
            why = why or (None if sent.why in (None, FURTHER_PAGES, SHORT_OF_TOTAL) else sent.why)
        else:
            why = why or read.why or FURTHER_PAGES
        if read.state is KeyState.EMPTY and not self.first_pages[key][0] and not proven:
            why = why or UNPROVEN
        self.answers[key] = Retrieval(KeyState.PARTIAL if why else KeyState.DATA, why)

    def _take(self, key: str, opened: Opened, values: Sequence[Raw | bytes]) -> None:
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

    def _decode(self, item: Item, name: str, expected: frozenset[str], *, suspect: bool) -> bool:
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

    def _refuse(self, item: Item, kind: str, name: str, reason: str) -> None:
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
        return sent | {own: combined(answers) for own, answers in parts.items()}

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
