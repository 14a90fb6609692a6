"""The vocabulary in which criteria are written: small frozen topics, no decisions, no FHIR.

Every topic holds either a `Fact` (one value or why there is none) or a `Listing` (what was found, and whether finding
nothing would have proved that there is nothing). Units are in the names. Data elements DE-01 to DE-33 are those of
`clinical.md` section C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Generic, Literal, Protocol, TypeVar

from msgspec import Struct

from cds_service.facts.fact import Claim, Evidence, Fact, Interval, claim, days_between, no_fact, not_met, unknown
from cds_service.facts.truth import MET, UNKNOWN
from cds_service.facts.truth import any_of as kleene_any
from cds_service.facts.truth import of as truth_of
from cds_service.reports.findings import Region, ReportReading, Span

Level = str
"""``T1`` to ``L5``."""
Modality = Literal["MR", "CT", "XR", "NM", "DXA"]
"""NM covers bone scan, SPECT and SPECT/CT: the studies that show tracer uptake."""
Contrast = Literal["without", "with", "without-and-with"]
SpineRegion = Literal["cervical", "thoracic", "lumbar", "sacral"]
MrSafety = Literal["safe", "conditional", "unsafe", "unknown"]
Setting = Literal["inpatient", "not-hospitalised"]
DraftKind = Literal["imaging", "augmentation", "spine-referral", "brace", "opioid", "physiotherapy", "other"]


class DateRange(Struct, frozen=True):
    """A day known to lie between two days, both included."""

    first: date
    last: date

    def days_before(self, reference: date) -> Interval:
        """Whole days from this day to the reference day."""
        return days_between(self.first, self.last, reference)

    def __str__(self) -> str:
        return self.first.isoformat() if self.first == self.last else f"{self.first} to {self.last}"


class Recorded(Protocol):
    """Anything that came from one place of the record."""

    @property
    def evidence(self) -> Evidence: ...


R = TypeVar("R", bound=Recorded)


class Listing(Struct, Generic[R], frozen=True):
    """What was found of one kind; ``gap`` says why finding nothing would prove nothing (None: it would)."""

    items: tuple[R, ...] = ()
    gap: str | None = None

    def some(self, says: Callable[[R], bool | None]) -> Claim:
        """The claim that some item is so: met by one, not met when all are known not to be and the listing is
        complete.
        """
        judged = [(item, truth_of(says(item))) for item in self.items]
        result = kleene_any([truth for _, truth in judged])
        if result is MET:
            return claim(True, (item.evidence for item, truth in judged if truth is MET))
        if result is UNKNOWN:
            return unknown("not stated", (item.evidence for item, truth in judged if truth is UNKNOWN))
        return not_met() if self.gap is None else unknown(self.gap)

    def where(self, keep: Callable[[R], bool]) -> Listing[R]:
        """The items that satisfy ``keep``; as complete as the whole."""
        return Listing(tuple(item for item in self.items if keep(item)), self.gap)


NOTHING_READ: Final = "not retrieved"


def unread() -> Listing[R]:
    """A listing nobody retrieved: the state before any extractor spoke."""
    return Listing((), NOTHING_READ)


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody's yes or no, of a day (``when`` None: undated)."""

    says: bool
    when: DateRange | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number in the unit its topic names, of a day and, when the record has it, an instant."""

    value: float
    when: DateRange | None
    at: datetime | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Disease:
    """A problem on record that is neither refuted nor entered in error. ``by_wording``: only its text names it
    (decision 15).
    """

    kind: str
    active: bool
    onset: DateRange | None
    recorded: DateRange | None
    evidence: Evidence
    by_wording: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """DE-01. Age in completed years."""

    age: Fact[Interval] = field(default_factory=no_fact)
    male: Fact[bool] = field(default_factory=no_fact)
    deceased: Fact[bool] = field(default_factory=no_fact)
    born: DateRange | None = None


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """DE-01: coded pregnancies, status observations and tests (``says``: pregnant), and what the questionnaire says is
    possible.
    """

    diagnoses: Listing[Disease] = field(default_factory=unread)
    tests: Listing[Statement] = field(default_factory=unread)
    statuses: Listing[Statement] = field(default_factory=unread)
    possible: Listing[Statement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Stay:
    """DE-16. ``setting`` is unknown for observation and emergency encounters, and when encounters could not be read."""

    setting: Fact[Setting] = field(default_factory=no_fact)
    hospice: Claim = field(default_factory=unknown)
    restricted: Claim = field(default_factory=unknown)
    """A test patient, or a test or confidential encounter (G-02)."""


Teller = Literal["report text", "Observation", "conclusion code"]


@dataclass(frozen=True, slots=True)
class Stated:
    """One field of one level that a reading has from a code or an Observation, not from the report's words."""

    level: Level | None
    field: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Account:
    """What one teller says of a disputed field: the value in the vocabulary of `LevelFinding`, and in words of ours.

    ``evidence`` is None for the report's own words; ``span`` says where they stand.
    """

    teller: Teller
    value: object
    shown: str
    evidence: Evidence | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Accounts of one field of one level that cannot all be true, the report text first where it speaks.

    With ``level`` None a code that names no level stands against a denial of every fracture in ``regions``.
    """

    level: Level | None
    field: str
    accounts: tuple[Account, ...]
    regions: tuple[Region, ...] = ()

    def __str__(self) -> str:
        """ "Observation says 30 %, report text says 15 %"."""
        structured = [each for each in self.accounts if each.teller != "report text"]
        texts = [each for each in self.accounts if each.teller == "report text"]
        said: list[str] = []
        for number, each in enumerate((*structured, *texts)):
            again = any(other.teller == each.teller for other in structured[:number])
            said.append(f"{'another ' if again else ''}{each.teller} says {each.shown}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Study:
    """DE-05 to DE-09: one imaging study and, when there is a report that could be read, what it says."""

    evidence: Evidence
    modality: Modality | None
    when: DateRange | None
    final: bool
    preliminary: bool
    contrast: Contrast | None
    regions: frozenset[SpineRegion]
    """Empty when the region is not known."""
    reading: ReportReading | None
    not_read: str | None = None
    """Why the report's words could not be read; None with ``reading`` None means that there is no report."""
    text: str | None = field(default=None, repr=False)
    """The words as read, which the spans of ``reading`` point into; for quoting on a card, never for a log."""
    unread: tuple[str, ...] = ()
    """Why parts of a report that was read could not be."""
    stated: tuple[Stated, ...] = ()
    """What of ``reading`` codes and Observations state."""
    disputes: tuple[Dispute, ...] = ()
    """Where they disagree with the report's words, or with each other."""
    sparse: bool = False
    """Only codes and Observations speak here, so what they leave out is not denied."""


@dataclass(frozen=True, slots=True)
class Order:
    """DE-27: an active request, booking or referral already in the record (never a draft)."""

    evidence: Evidence
    kind: DraftKind | Literal["bone-health-referral"]
    modality: Modality | None
    contrast: Contrast | None
    regions: frozenset[SpineRegion]
    levels: tuple[Level, ...]
    when: DateRange | None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Imaging:
    """Studies newest first, and the imaging, referrals and bookings already ordered."""

    studies: Listing[Study] = field(default_factory=unread)
    orders: Listing[Order] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class FractureDiagnosis:
    """DE-02, DE-04: one coded vertebral fracture. ``levels`` holds the level, both levels of a pair code, or
    nothing.
    """

    evidence: Evidence
    role: Literal["core", "broad", "trauma", "neoplastic", "needs-site", "history"]
    standing: Literal["current", "suspected", "past"]
    levels: tuple[Level, ...]
    onset: DateRange | None
    recorded: DateRange | None
    traumatic: bool = False
    """Whether the code itself says that an injury broke the vertebra."""

    @property
    def level(self) -> Level | None:
        """The one level it names; None for a pair code or none."""
        return self.levels[0] if len(self.levels) == 1 else None


@dataclass(frozen=True, slots=True)
class Fractures:
    """Coded fractures, and the onset of this episode's pain where a clinician answered it (DE-03)."""

    diagnoses: Listing[FractureDiagnosis] = field(default_factory=unread)
    stated_onset: Fact[DateRange] = field(default_factory=no_fact)
    mechanism: Fact[Literal["low-energy", "high-energy", "none"]] = field(default_factory=no_fact)
    kyphosis_diagnoses: Listing[Disease] = field(default_factory=unread)
    kyphosis_stated: Listing[Statement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Pain:
    """DE-11, DE-12, DE-14. Scores 0-10, newest first."""

    scores: Listing[Measurement] = field(default_factory=unread)
    back_scores: Listing[Measurement] = field(default_factory=unread)
    """Those of ``scores`` that are of the back: answered in the form, or observed there."""
    stated_trend: Fact[Literal["worsening", "stable", "improving"]] = field(default_factory=no_fact)
    at_fracture_level: Listing[Statement] = field(default_factory=unread)
    back_pain: Listing[Disease] = field(default_factory=unread)
    signs: Listing[Disease] = field(default_factory=unread)
    """RAND signs that only words carry: kinds relief-with-rest, pain-with-activity, worse-with-position, midline-pain.
    """
    unreliable: Listing[Disease] = field(default_factory=unread)
    """Dementia or delirium: a stated score may mislead (SP-10)."""
    other_source: Listing[Disease] = field(default_factory=unread)
    """A current disc or nerve root problem below the neck, from which the pain may come instead (CX-01, S1-04)."""


@dataclass(frozen=True, slots=True)
class Function:
    """DE-13. ``rdq`` is the Roland-Morris total, 0-24."""

    rdq: Listing[Measurement] = field(default_factory=unread)
    incapacitated: Listing[Statement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Treatment:
    """DE-15: one analgesic, brace, course of physiotherapy or bed rest that was given, not merely drafted."""

    kind: Literal["analgesic", "brace", "physiotherapy", "bed-rest"]
    start: DateRange | None
    active: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Conservative:
    """DE-15: what was given, and what a clinician answered about it (days, whole course)."""

    given: Listing[Treatment] = field(default_factory=unread)
    analgesic_days: Fact[float] = field(default_factory=no_fact)
    brace_days: Fact[float] = field(default_factory=no_fact)
    physiotherapy_days: Fact[float] = field(default_factory=no_fact)
    bed_rest_days: Fact[float] = field(default_factory=no_fact)
    failed: Fact[Literal["yes", "no", "not-tolerated"]] = field(default_factory=no_fact)
    brace_refused: Listing[Statement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Neurology:
    """DE-22. Kinds of ``signs``: definite, supportive, weak (gait and weakness codes that never count alone)."""

    signs: Listing[Disease] = field(default_factory=unread)
    stated: Listing[Statement] = field(default_factory=unread)
    post_void_residual_ml: Listing[Measurement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Infection:
    """DE-21. Diseases: spinal, sepsis, systemic, bacteraemia, iv-drug-use, immunosuppression, fever; and, for CX-02
    alone, site (where a vertebra is reached) and organ (pneumonia, urinary tract). Cultures: ``says`` positive.
    """

    diseases: Listing[Disease] = field(default_factory=unread)
    temperature_c: Listing[Measurement] = field(default_factory=unread)
    crp_mg_l: Listing[Measurement] = field(default_factory=unread)
    esr_mm_h: Listing[Measurement] = field(default_factory=unread)
    blood_cultures: Listing[Statement] = field(default_factory=unread)
    fever_or_sepsis: Listing[Statement] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Malignancy:
    """DE-23. Kinds: bone-tropic, other, benign-lesion, vascular. ``active`` False means past."""

    diseases: Listing[Disease] = field(default_factory=unread)
    reviews: Listing[Statement] = field(default_factory=unread)
    """A tumour board or oncology asked or seen (OC-29)."""
    myeloma: Listing[Disease] = field(default_factory=unread)
    """Those of ``diseases`` that are myeloma or plasmacytoma (OC-06, OC-16)."""


@dataclass(frozen=True, slots=True)
class Steroid:
    """DE-20: one systemic glucocorticoid exposure; ``mg_per_day`` is prednisone-equivalent, None when the dose is not
    stated.
    """

    start: DateRange | None
    end: DateRange | None
    active: bool
    mg_per_day: float | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class BoneHealth:
    """DE-20, DE-26. Diseases: osteoporosis, osteopenia, osteogenesis-imperfecta, metabolic. T-scores of spine, hip or
    femur.
    """

    diseases: Listing[Disease] = field(default_factory=unread)
    t_scores: Listing[Measurement] = field(default_factory=unread)
    dxa: Listing[Statement] = field(default_factory=unread)
    """DXA ordered or done."""
    steroids: Listing[Steroid] = field(default_factory=unread)
    drugs: Listing[Disease] = field(default_factory=unread)
    referral: Listing[Statement] = field(default_factory=unread)
    education: Listing[Statement] = field(default_factory=unread)
    programme: Listing[Statement] = field(default_factory=unread)
    z_scores: Listing[Measurement] = field(default_factory=unread)
    vitamin_d_ng_ml: Listing[Measurement] = field(default_factory=unread)
    """25-OH vitamin D, newest first."""
    denosumab_doses: Listing[Statement] = field(default_factory=unread)
    """Doses given or handed over, newest first; a prescription is none (SP-06)."""


@dataclass(frozen=True, slots=True)
class Implant:
    """DE-17: one implant that MRI has to reckon with."""

    kind: str
    mr_safety: MrSafety
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Antithrombotic:
    """DE-19: what one resource says of an antithrombotic drug. ``agent``: our own name for it; ``kind``: its class.

    ``ended``: the days among which it ended (None: nothing says); ``last_dose``: of an administration on record.
    """

    agent: str
    kind: str
    status: Literal["active", "on-hold", "ended"]
    ended: DateRange | None
    last_dose: DateRange | None
    evidence: Evidence
    by_wording: bool = False

    @property
    def active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class Bleeding:
    """DE-18, DE-19. Platelets in 10*9/L. ``disorders``: coded coagulopathies. ``events``: stent, mechanical-valve,
    valve-of-no-type, vte.

    ``no_inr`` and ``no_platelets``: the results were searched whole and hold none of any age.
    """

    inr: Listing[Measurement] = field(default_factory=unread)
    platelets: Listing[Measurement] = field(default_factory=unread)
    antithrombotics: Listing[Antithrombotic] = field(default_factory=unread)
    disorders: Listing[Disease] = field(default_factory=unread)
    events: Listing[Disease] = field(default_factory=unread)
    no_inr: Claim = field(default_factory=unknown)
    no_platelets: Claim = field(default_factory=unknown)


@dataclass(frozen=True, slots=True)
class Preparation:
    """DE-31 and what else has to be known before a procedure. ``risks``: home-oxygen, lung-disease, heart-failure,
    heart-attack, stroke, by their wording. ``antibiotics``: allergies to them. ``bmi`` in kg/m2.
    """

    escort: Listing[Statement] = field(default_factory=unread)
    bmi: Listing[Measurement] = field(default_factory=unread)
    risks: Listing[Disease] = field(default_factory=unread)
    antibiotics: Listing[Disease] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Allergy:
    """DE-24. Agents: cement, opacifier, gadolinium (which is neither). ``severe``: high criticality, anaphylaxis or a
    severe reaction on record.
    """

    agent: Literal["cement", "opacifier", "gadolinium"]
    severe: bool
    by_wording: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Augmentation:
    """DE-28: an augmentation already done; ``levels`` empty when the record does not say where."""

    levels: tuple[Level, ...]
    when: DateRange | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Spine:
    """DE-28, DE-31: earlier augmentations, surgery that is planned, and whether the patient can lie prone."""

    augmentations: Listing[Augmentation] = field(default_factory=unread)
    planned_surgery: Listing[Statement] = field(default_factory=unread)
    can_lie_prone: Listing[Statement] = field(default_factory=unread)
    surgery: Listing[Disease] = field(default_factory=unread)
    """Operations on the spine already done, augmentation apart; by their words alone (OC-04)."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What RF-07 and RF-08 read besides the other topics: chest symptoms on record, and signs of a secondary cause."""

    chest: Listing[Disease] = field(default_factory=unread)
    """Dyspnoea, chest pain and pulmonary embolism; ``onset`` is when it began or the encounter did."""
    haemoglobin_g_dl: Listing[Measurement] = field(default_factory=unread)
    calcium_mg_dl: Listing[Measurement] = field(default_factory=unread)
    anaemia: Listing[Disease] = field(default_factory=unread)
    hypercalcaemia: Listing[Disease] = field(default_factory=unread)
    metabolic: Listing[Disease] = field(default_factory=unread)
    """Renal bone disease (osteomalacia and osteogenesis imperfecta stand with the diseases of bone)."""


PayerKind = Literal["medicare-ffs", "medicare-advantage", "other"]


@dataclass(frozen=True, slots=True)
class Insurance:
    """DE-29: one Coverage of medical care; ``kind`` None where it does not say whose. It covers both days and those
    between.
    """

    kind: PayerKind | None
    covers: DateRange
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class DiagnosisCode:
    """DE-02: one ICD-10-CM code of a current problem that a coverage policy may ask for; ``levels`` empty where it
    names none.
    """

    code: str
    levels: tuple[Level, ...]
    fracture: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Payer:
    """DE-29. ``state`` is the patient's, two letters; the place of service is the draft's."""

    coverages: Listing[Insurance] = field(default_factory=unread)
    state: Fact[str] = field(default_factory=no_fact)
    diagnoses: Listing[DiagnosisCode] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Opioid:
    """DE-32: one opioid, prescribed or drafted. ``per_day`` in ``unit``: milligrams a day, or of a patch micrograms an
    hour; None when the dose is not stated. As-needed doses stand at their maximum. ``factor`` is that of the source's
    table of morphine milligram equivalents (MME); None for what it does not list, and for injections.
    """

    ingredient: str
    product: str
    """Its words as recorded: the same words mean the same product."""
    source: str
    """The resource type it came in: a prescription and a statement of one drug are one."""
    per_day: Interval | None
    unit: Literal["mg/d", "ug/h"]
    factor: float | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class OpioidCare:
    """DE-32: opioids in force; ``depressants`` in force (kinds benzodiazepine, gabapentinoid); ``safeguards`` on record
    (naloxone, laxative); ``falls`` (kinds history, event).
    """

    active: Listing[Opioid] = field(default_factory=unread)
    depressants: Listing[Disease] = field(default_factory=unread)
    safeguards: Listing[Disease] = field(default_factory=unread)
    falls: Listing[Disease] = field(default_factory=unread)


@dataclass(frozen=True, slots=True)
class Draft:
    """DE-30: one order of this request that nobody has signed yet (on re-sign: that is being signed again)."""

    evidence: Evidence
    kind: DraftKind
    modality: Modality | None = None
    contrast: Contrast | None = None
    regions: frozenset[SpineRegion] = frozenset()
    levels: tuple[Level, ...] = ()
    planned: date | None = None
    selected: bool = True
    """On order-select, whether the user picked it just now; elsewhere always true."""
    for_augmentation: bool = False
    """Its reason or note names augmentation."""
    outside: bool = False
    """It names the neck or the sacrum, and no level from T1 to L5 (LV-03)."""
    hurried: bool = False
    """Its priority is urgent, asap or stat; one without a priority is routine."""
    weight_bearing: bool = False
    """A film taken standing, or in flexion and extension."""
    state: Fact[str] = field(default_factory=no_fact)
    """DE-29: the state of the place of service it names."""
    procedure_numbers: tuple[str, ...] = ()
    """CPT, numbers alone."""
    diagnosis_codes: tuple[str, ...] = ()
    """ICD-10-CM of its reasons."""
    opioid: Opioid | None = None
    companion: Literal["benzodiazepine", "gabapentinoid", "naloxone", "laxative"] | None = None
    """What else it is that stands beside an opioid."""
    orthosis: Literal["TLSO", "LSO", "CTLSO"] | None = None
    """Of a brace, its type; a lumbar orthosis counts as LSO."""
    duration_days: float | None = None
    """Of a brace, for how long it is meant."""
    reasoned: bool = False
    """It names a reason or a problem of its own."""


UnitlessKind = Literal["pain", "crp", "esr", "temperature", "inr", "platelets"]


@dataclass(frozen=True, slots=True)
class Unitless:
    """CF-07: a number that was not used because its unit is missing, not known or contradictory. ``readings``: what it
    is in the unit of its topic, for each unit it may have been in.
    """

    kind: UnitlessKind
    readings: tuple[float, ...]
    when: DateRange | None
    at: datetime | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the criteria may know of one patient at one moment. ``as_of`` is the only clock."""

    as_of: date
    at: datetime | None = None
    patient: Patient = field(default_factory=Patient)
    pregnancy: Pregnancy = field(default_factory=Pregnancy)
    stay: Stay = field(default_factory=Stay)
    imaging: Imaging = field(default_factory=Imaging)
    fractures: Fractures = field(default_factory=Fractures)
    pain: Pain = field(default_factory=Pain)
    function: Function = field(default_factory=Function)
    conservative: Conservative = field(default_factory=Conservative)
    neurology: Neurology = field(default_factory=Neurology)
    infection: Infection = field(default_factory=Infection)
    malignancy: Malignancy = field(default_factory=Malignancy)
    bone_health: BoneHealth = field(default_factory=BoneHealth)
    implants: Listing[Implant] = field(default_factory=unread)
    bleeding: Bleeding = field(default_factory=Bleeding)
    preparation: Preparation = field(default_factory=Preparation)
    allergies: Listing[Allergy] = field(default_factory=unread)
    spine: Spine = field(default_factory=Spine)
    drafts: tuple[Draft, ...] = ()
    weight_loss: Listing[Disease] = field(default_factory=unread)
    alarms: Alarms = field(default_factory=Alarms)
    egfr: Listing[Measurement] = field(default_factory=unread)
    """DE-25, mL/min/1.73 m2, newest first."""
    payer: Payer = field(default_factory=Payer)
    opioid_care: OpioidCare = field(default_factory=OpioidCare)
    contacts: Listing[Statement] = field(default_factory=unread)
    """Scores, questionnaires and visits by their days: that somebody looked. Visits are seldom sent."""
    unitless: tuple[Unitless, ...] = ()
    judged_level: Level | None = None
    """The level whose dates are asked for; None for the patient's own."""

    @property
    def reference_date(self) -> date:
        """The planned date of a drafted augmentation when it has one, else `as_of` (`clinical.md` section 0,
        "Dates").

        Of several the last, by which what is in date now may no longer be; at a level, of those drafts that name it or
        name none. A day that is over is no plan.
        """
        planned = (d.planned for d in self.drafts if d.kind == "augmentation" and d.selected and self._is_here(d))
        return max((day for day in planned if day is not None and day >= self.as_of), default=self.as_of)

    def _is_here(self, draft: Draft) -> bool:
        return self.judged_level is None or not draft.levels or self.judged_level in draft.levels
