"""One clinical vignette, in shorthand a clinician can edit, becomes a CDS Hooks request.

A vignette is a YAML mapping. Days count back from `as_of`, so 8 is eight days ago. Every section may be left out; what
is left out was looked for and not found, because every prefetch key is sent whole unless `unread` names it.

    id            unique
    from          another vignette whose sections are the start: a section given here replaces it, `null` removes it
    title, rules  one line, and the rows of the decision table that the expectation rests on
    as_of         the day of the call, 2026-11-20 unless given
    patient       {age, sex, deceased_days, state}
    fractures     [{code, level, onset_days, onset, recorded_days, status, verification, text}]
                  `onset`: a (partial) date instead of days; `code`: M80.08XA unless given
    conditions    [{code, text, onset_days, recorded_days, status, verification}]   ICD-10-CM, "" for words alone
    reports       [{study: MR|MR-CONTRAST|CT|XR|NM, region: thoracic|lumbar, days, text, status}]
    pain          [{days, nrs, unit}]     unit: "" for none, {score} unless given
    observations  [{what, value, days, unit}]   unit: "" for none, the usual one unless given
                                          temperature crp esr platelets inr pvr t-score hcg pregnancy-status
                                          blood-culture haemoglobin calcium bmi egfr vitamin-d z-score
    care          {analgesic_days, brace_days, physiotherapy_days}   treatment under way for so many days
    medications   [{drug, days, status, dose, ended_days}]   `ended_days`: its supply ended so many days ago
    devices       [{what, safety}]        safety: unsafe, conditional, safe, or not given
    procedures    [{what, level, days, status}]
    orders        [{what, level, region, days, status}]
    allergies     [{to, criticality, reaction}]
    encounters    [inpatient | observation | emergency | ambulatory | hospice]
    coverage      [medicare-ffs | medicare-advantage | commercial]
    assessment    {linkId: answer}        the questionnaire, answered today; `assessment_days` ago when given
    unread        [prefetch keys that are not sent]
    hook          patient-view | order-select | order-sign | encounter-start | encounter-discharge | appointment-book |
                  problem-list-item-create | order-dispatch
    role          scheduler | nurse: the user's PractitionerRole (else a Practitioner without one)
    new_problems  [as fractures]   what problem-list-item-create is about; not on the problem list yet
    drafts        [{what, level, levels, region, planned_days, selected, note, priority, place, diagnosis, cpt}]
                  `planned_days` counts forward; a study is mri, mri-contrast, ct, xr or nm, its region thoracic,
                  lumbar or (MRI) whole; `place`: the state of the place of service; `diagnosis`: ICD-10-CM; `cpt`:
                  a further code; of a drug also {dose}, of a brace {orthosis: TLSO|LSO, weeks, reason}
    only_coded    true where the questionnaire could not say the same (default false)
    expect        {topic: indicator}: exactly these among the topics of this build

A `Variant` says in which of the ways seen in real records the same facts are written down; no answer depends on it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

VIGNETTES: Final = Path(__file__).resolve().parent.parent / "vignettes"
AS_OF: Final = date(2026, 11, 20)
PATIENT: Final = "pat-1"
SERVER: Final = "https://ehr.example/fhir"
URN: Final = "urn:uuid:0d9f6a52-5a2b-4c58-9c0e-3f4f0a7f2b11"

Json = dict[str, Any]

SECTIONS: Final = frozenset(
    "patient fractures conditions reports pain observations care medications devices procedures orders allergies"
    " encounters coverage assessment assessment_days unread hook role new_problems drafts expect only_coded".split()
)
KEYS: Final = tuple(
    "patient encounter conditions reports imaging observations medications devices procedures orders allergies"
    " coverage questionnaire".split()
)
"""Our own prefetch keys: all of them are sent, whole, unless a vignette says otherwise."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of writing the same facts down."""

    name: str = "plain"
    codes: Literal["canonical", "oid", "snomed", "undotted", "local-first"] = "canonical"
    status: Literal["stated", "absent"] = "stated"
    reference: Literal["relative", "absolute", "urn", "none"] = "relative"
    bundle: Literal["searchset", "collection", "untyped", "bare-list"] = "searchset"
    text: Literal["conclusion", "attachment", "both"] = "conclusion"
    dates: Literal["day", "instant"] = "day"
    home: Literal["coded", "assessment"] = "coded"


PLAIN: Final = Variant()
VARIANTS: Final = (
    Variant("oid-codes", codes="oid", text="attachment", dates="instant"),
    Variant("no-status", status="absent", bundle="untyped"),
    Variant("absolute-references", reference="absolute", bundle="collection", text="both"),
    Variant("urn-references", reference="urn", codes="local-first"),
    Variant("no-references", reference="none", dates="instant"),
    Variant("snomed-codes", codes="snomed", text="attachment"),
    Variant("undotted-codes", codes="undotted", bundle="bare-list", text="both"),
    Variant("assessment-form", home="assessment", codes="local-first", dates="instant"),
    Variant("assessment-alone", home="assessment", status="absent", reference="absolute", bundle="untyped"),
)

ICD: Final = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT: Final = "http://www.ama-assn.org/go/cpt"
HL7: Final = "http://terminology.hl7.org/CodeSystem/"

OIDS: Final = {ICD: "2.16.840.1.113883.6.90", SNOMED: "2.16.840.1.113883.6.96", LOINC: "2.16.840.1.113883.6.1"}
SNOMED_OF: Final = {"M80.08XA": "42942008", "M54.50": "279039007", "M54.9": "161891005"}
"""The ICD-10-CM codes that have a verified SNOMED CT twin."""

BODY_SITES: Final = {
    "T2": "53733008",
    "T3": "1626008",
    "T5": "56401006",
    "T8": "11068009",
    "T9": "82687006",
    "T10": "7610001",
    "T11": "12989004",
    "T12": "23215003",
    "L1": "66794005",
    "L2": "14293000",
    "L3": "36470004",
}
"""SNOMED CT; a level that is not here is named in words."""
STUDIES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("MR", "thoracic"): ("36532-0", "MRI thoracic spine without contrast"),
    ("MR", "lumbar"): ("30679-5", "MRI lumbar spine without contrast"),
    ("CT", "thoracic"): ("30597-9", "CT thoracic spine without contrast"),
    ("CT", "lumbar"): ("30620-9", "CT lumbar spine without contrast"),
    ("XR", "thoracic"): ("24983-9", "X-ray thoracic spine"),
    ("XR", "lumbar"): ("24972-2", "X-ray lumbar spine"),
    ("NM", "thoracic"): ("39879-2", "SPECT/CT bone, thoracic spine"),
    ("NM", "lumbar"): ("39879-2", "SPECT/CT bone, lumbar spine"),
    ("CT", "chest"): ("24627-2", "CT chest"),
    ("MR", "whole"): ("30854-4", "MRI whole spine without contrast"),
    ("MR-CONTRAST", "thoracic"): ("24981-3", "MRI thoracic spine without and with contrast"),
    ("MR-CONTRAST", "lumbar"): ("24967-2", "MRI lumbar spine without and with contrast"),
    ("MR-CONTRAST", "whole"): ("30855-1", "MRI whole spine without and with contrast"),
}
MEASURED: Final[Mapping[str, tuple[str, str, str]]] = {
    "temperature": ("8310-5", "Body temperature", "Cel"),
    "crp": ("1988-5", "C reactive protein", "mg/L"),
    "esr": ("4537-7", "Erythrocyte sedimentation rate", "mm/h"),
    "inr": ("6301-6", "INR", "{INR}"),
    "platelets": ("777-3", "Platelets", "10*9/L"),
    "t-score": ("38267-1", "DXA lumbar spine T-score", "{T-score}"),
    "bmi": ("39156-5", "Body mass index", "kg/m2"),
    "egfr": ("98979-8", "Glomerular filtration rate, estimated", "mL/min/{1.73_m2}"),
    "pvr": ("", "Post-void residual urine volume", "mL"),
    "haemoglobin": ("718-7", "Hemoglobin", "g/dL"),
    "calcium": ("17861-6", "Calcium", "mg/dL"),
    "vitamin-d": ("62292-8", "25-OH vitamin D", "ng/mL"),
    "z-score": ("85394-5", "DXA lumbar spine Z-score", "{Z-score}"),
}
POSITIVE: Final = {"positive": ("10828004", "Positive"), "negative": ("260385009", "Negative")}
PREGNANT: Final = {"pregnant": ("77386006", "Pregnant"), "not-pregnant": ("60001007", "Not pregnant")}
ANSWERED: Final[Mapping[str, tuple[str, str, Mapping[str, tuple[str, str]]]]] = {
    "hcg": ("2106-3", "Pregnancy test, urine", POSITIVE),
    "pregnancy-status": ("82810-3", "Pregnancy status", PREGNANT),
    "blood-culture": ("600-7", "Blood culture", POSITIVE),
}
DRUGS: Final = {
    "acetaminophen": "161",
    "alendronate": "46041",
    "denosumab": "993449",
    "apixaban": "1364430",
    "aspirin": "1191",
    "clopidogrel": "32968",
    "gabapentin": "25480",
    "ibuprofen": "5640",
    "lisinopril": "29046",
    "lorazepam": "6470",
    "oxycodone": "7804",
    "prednisone": "8640",
    "tramadol": "10689",
    "warfarin": "11289",
}
ORTHOSES: Final = {"TLSO": "L0456", "LSO": "L0631"}
DEVICES: Final = {
    "pacemaker": ("14106009", "Cardiac pacemaker"),
    "pump": ("", "Intrathecal drug pump"),
    "cochlear": ("", "Cochlear implant"),
    "fragment": ("", "Metallic foreign body of the eye"),
}
LABELS: Final = {
    "unsafe": ("C106047", "MR Unsafe"),
    "conditional": ("C106046", "MR Conditional"),
    "safe": ("C106045", "MR Safe"),
}
SERVICES: Final[Mapping[str, tuple[str, str, str]]] = {
    "kyphoplasty": (SNOMED, "426243004", "Balloon kyphoplasty"),
    "vertebroplasty": (CPT, "22510", "Vertebroplasty"),
    "spine-referral": (SNOMED, "770695002", "Referral to spine surgery"),
    "oncology": (SNOMED, "183529009", "Referral to oncologist"),
    "physiotherapy": (SNOMED, "91251008", "Physiotherapy"),
    "coronary-stent": (SNOMED, "", "Percutaneous coronary intervention with drug-eluting stent"),
    "lumbar-fusion": (SNOMED, "", "Posterior lumbar fusion"),
    "blood-count": (LOINC, "58410-2", "Complete blood count"),
    "dxa": (LOINC, "38268-9", "DXA"),
    "bone-health-referral": (SNOMED, "412717001", "Referral to osteoporosis clinic"),
}
INSURED: Final = {
    "medicare-ffs": "Medicare Part A and B",
    "medicare-advantage": "Medicare Advantage HMO",
    "commercial": "Example Mutual Health",
}
CLASSES: Final = {
    "inpatient": "IMP", "observation": "OBSENC", "emergency": "EMER", "ambulatory": "AMB", "hospice": "IMP",
}  # fmt: skip


# --- reading ----------------------------------------------------------------------------------------------------------


@cache
def load_vignettes(folder: Path = VIGNETTES) -> dict[str, Json]:
    """Every vignette by id, with what `from` names filled in. Raises ValueError that says what to change."""
    written: dict[str, Json] = {}
    for file in sorted(folder.glob("*.yaml")):
        for vignette in yaml.safe_load(file.read_text(encoding="utf-8")):
            name = str(vignette["id"])
            if name in written:
                raise ValueError(f"{file.name}: the id {name} is given twice")
            strange = set(vignette) - SECTIONS - {"id", "from", "title", "rules", "as_of"}
            if strange:
                raise ValueError(f"{file.name}: {name}: no such section: {', '.join(sorted(strange))}")
            written[name] = vignette
    return {name: _filled(name, written) for name in written}


def _filled(name: str, written: Mapping[str, Json]) -> Json:
    own = written[name]
    start = _filled(str(own["from"]), written) if "from" in own else {}
    filled = {key: value for key, value in {**start, **own}.items() if value is not None}
    filled["expect"] = own["expect"]
    return filled


def as_of(vignette: Mapping[str, Any]) -> date:
    """The day of the call."""
    given = vignette.get("as_of", AS_OF)
    return given if isinstance(given, date) else date.fromisoformat(given)


# --- building ---------------------------------------------------------------------------------------------------------


def build(vignette: Mapping[str, Any], variant: Variant = PLAIN) -> Json:
    """The CDS Hooks request of a vignette, written down in the way of the variant."""
    told = moved_to_the_form(vignette) if variant.home == "assessment" and not vignette.get("only_coded") else vignette
    writer = Writer(as_of(vignette), variant)
    hook = vignette.get("hook", "patient-view")
    record = writer.record(told)
    context = writer.context(hook, told, record)
    prefetch: Json = {key: writer.bundle(resources) for key, resources in record.items()}
    prefetch["patient"] = writer.patient_key(vignette.get("patient", {}))
    if "role" in vignette:
        prefetch["practitioner-role"] = writer.role(vignette["role"])
        context["userId"] = "PractitionerRole/role-1"
    unread = vignette.get("unread", ())
    return {
        "hook": hook,
        "hookInstance": "6a1f0b1e-6a43-4d51-9d92-3d1b7f0e7c10",
        "context": context,
        "prefetch": {key: value for key, value in prefetch.items() if key not in unread},
    }


def moved_to_the_form(vignette: Mapping[str, Any]) -> Json:
    """The same facts, but what a clinician may have typed into the assessment form stands there and is not coded.

    The onset moves only where one fracture is known and a report shows it acute (AC-01).
    """
    moved = json.loads(json.dumps(vignette, default=str))
    form = moved.setdefault("assessment", {})
    scores = moved.get("pain", [])
    if len(scores) == 1 and scores[0]["days"] == 0:
        form.setdefault("pain-nrs", scores[0]["nrs"])
        moved["pain"] = []
    for kind in ("analgesic", "brace", "physiotherapy"):
        days = moved.get("care", {}).pop(f"{kind}_days", None)
        if days is not None:
            form.setdefault(f"{kind}-days", days)
    fractures = moved.get("fractures", [])
    acute = any("edema" in r["text"] and "no marrow edema" not in r["text"].lower() for r in moved.get("reports", []))
    if len(fractures) == 1 and acute and "onset_days" in fractures[0]:
        onset = as_of(vignette) - timedelta(days=fractures[0].pop("onset_days"))
        form.setdefault("symptom-onset-date", onset.isoformat())
    return moved  # type: ignore[no-any-return]  # JSON in, JSON out


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes clinical facts as FHIR R4 in the way of one variant."""

    today: date
    variant: Variant

    # ........................................................................ what the call is about

    def context(self, hook: str, v: Mapping[str, Any], record: dict[str, list[Json]]) -> Json:
        """The context of the hook. An order that is dispatched is one of the record, so it joins its orders."""
        drafts = [(each, self.draft(each, n)) for n, each in enumerate(v.get("drafts", []), 1)]
        context: Json = {"userId": "Practitioner/prac-1", "patientId": PATIENT}
        match hook:
            case "encounter-start" | "encounter-discharge":
                context["encounterId"] = "encounter-1"
            case "order-select" | "order-sign":
                context["draftOrders"] = collection(draft for _, draft in drafts)
                if hook == "order-select":
                    context["selections"] = [reference(d) for each, d in drafts if each.get("selected", True)]
            case "appointment-book":
                context["appointments"] = collection(self.booking(draft) for _, draft in drafts)
            case "problem-list-item-create":
                problems = enumerate(v.get("new_problems", []), 1)
                context["conditions"] = collection(self.fracture(each, n) | {"id": f"new-{n}"} for n, each in problems)
            case "order-dispatch":
                for _, draft in drafts:
                    key = "medications" if draft["resourceType"] == "MedicationRequest" else "orders"
                    record[key].append(draft | {"status": "active"})
                context["dispatchedOrders"] = [reference(draft) for _, draft in drafts]
                context["performer"] = "Organization/ir-practice"
                del context["userId"]
        return context

    def booking(self, order: Json) -> Json:
        """The appointment for which an order would be booked, described in its words."""
        resource: Json = {"resourceType": "Appointment", "id": order["id"], "status": "proposed"}
        resource["serviceType"] = [order["code"]]
        if "occurrenceDateTime" in order:
            day = order["occurrenceDateTime"][:10]
            resource |= {"start": f"{day}T12:00:00Z", "end": f"{day}T13:00:00Z"}
        places = [{"actor": place, "status": "needs-action"} for place in order.get("locationReference", [])]
        patient = {"actor": {"reference": f"Patient/{PATIENT}"}, "status": "needs-action"}
        held = {"contained": order["contained"]} if places else {}
        return resource | held | {"participant": [patient, *places]}

    def role(self, role: str) -> Json:
        """The user's PractitionerRole, in words and with a local code."""
        words = {"scheduler": "Scheduling clerk", "nurse": "Registered nurse", "physician": "Physician"}[role]
        resource: Json = {"resourceType": "PractitionerRole", "id": "role-1", "active": True}
        return resource | {"code": [{"coding": [{"system": "https://ehr.example/roles", "code": "7"}], "text": words}]}

    # ........................................................................ the parts of a resource

    def day(self, days: float) -> str:
        """So many days ago, as a day or as an instant of it."""
        return self.on(self.today - timedelta(days=days))

    def on(self, when: date) -> str:
        """That day, as a day or as an instant of it (noon UTC, the zone of the tests' facility)."""
        return f"{when.isoformat()}T12:00:00Z" if self.variant.dates == "instant" else when.isoformat()

    def concept(self, system: str, code: str, text: str = "") -> Json:
        """A CodeableConcept, its coding spelled as the variant spells it; words alone when there is no code."""
        if not code:
            return {"text": text}
        spelled, alias = code, system
        if system == ICD and self.variant.codes == "snomed" and code in SNOMED_OF:
            spelled, alias = SNOMED_OF[code], SNOMED
        if system == ICD and self.variant.codes == "undotted":
            spelled = code.replace(".", "")
        if self.variant.codes == "oid":
            alias = f"urn:oid:{OIDS[system]}" if system in OIDS else system
        local = [{"system": "https://ehr.example/codes", "code": "73291", "userSelected": True}]
        first = local if self.variant.codes == "local-first" else []
        return {"coding": [*first, {"system": alias, "code": spelled}], **({"text": text} if text else {})}

    def subject(self) -> Json:
        """Who a resource is about, in the reference form of the variant."""
        if self.variant.reference == "none":
            return {}
        return {"subject": self.owner()}

    def owner(self) -> Json:
        """The reference itself, for the elements that R4 does not let go without."""
        forms = {"absolute": f"{SERVER}/Patient/{PATIENT}", "urn": URN}
        return {"reference": forms.get(self.variant.reference, f"Patient/{PATIENT}")}

    def bundle(self, resources: Iterable[Json]) -> Any:
        """The answer of one prefetch key."""
        entries = [{"fullUrl": f"{SERVER}/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
        match self.variant.bundle:
            case "bare-list":
                return [entry["resource"] for entry in entries]
            case "untyped":
                return {"resourceType": "Bundle", "entry": entries}
            case kind:
                return {"resourceType": "Bundle", "type": kind, **({"entry": entries} if entries else {})}

    # ........................................................................ the prefetch keys

    def patient_key(self, patient: Mapping[str, Any]) -> Json:
        """The Patient; in a Bundle under a urn when references are urns."""
        age = patient.get("age", 78)
        resource: Json = {"resourceType": "Patient", "id": PATIENT, "gender": patient.get("sex", "female")}
        resource["birthDate"] = f"{self.today.year - age}-03-14"
        if "state" in patient:
            resource["address"] = [{"use": "home", "state": patient["state"], "country": "US"}]
        if "deceased_days" in patient:
            resource["deceasedDateTime"] = self.day(patient["deceased_days"])
        if self.variant.reference != "urn":
            return resource
        return {"resourceType": "Bundle", "type": "searchset", "entry": [{"fullUrl": URN, "resource": resource}]}

    def record(self, v: Mapping[str, Any]) -> dict[str, list[Json]]:
        """Every other key of the vignette's record."""
        care = v.get("care", {})
        return {
            "encounter": [self.encounter(kind, n) for n, kind in enumerate(v.get("encounters", []), 1)],
            "conditions": [
                *(self.fracture(each, n) for n, each in enumerate(v.get("fractures", []), 1)),
                *(self.condition(each, f"problem-{n}") for n, each in enumerate(v.get("conditions", []), 1)),
            ],
            "reports": [self.report(each, n) for n, each in enumerate(v.get("reports", []), 1)],
            "imaging": [],
            "observations": [
                *(self.pain_score(each, n) for n, each in enumerate(v.get("pain", []), 1)),
                *(self.observation(each, n) for n, each in enumerate(v.get("observations", []), 1)),
            ],
            "medications": [
                *(self.medication(each, f"drug-{n}") for n, each in enumerate(v.get("medications", []), 1)),
                *self.given(
                    "analgesic_days",
                    care,
                    lambda days: self.medication({"drug": "acetaminophen", "days": days}, "analgesic"),
                ),
            ],
            "devices": [self.device(each, n) for n, each in enumerate(v.get("devices", []), 1)],
            "procedures": [
                *(self.procedure(each, n) for n, each in enumerate(v.get("procedures", []), 1)),
                *self.given("physiotherapy_days", care, self.physiotherapy),
            ],
            "orders": [
                *(self.order(each, f"order-{n}", "active") for n, each in enumerate(v.get("orders", []), 1)),
                *self.given("brace_days", care, self.brace),
            ],
            "allergies": [self.allergy(each, n) for n, each in enumerate(v.get("allergies", []), 1)],
            "coverage": [self.insurance(kind, n) for n, kind in enumerate(v.get("coverage", []), 1)],
            "questionnaire": [self.form(v["assessment"], v.get("assessment_days", 0))] if v.get("assessment") else [],
        }

    @staticmethod
    def given(kind: str, care: Mapping[str, Any], write: Any) -> Iterator[Json]:
        """The treatment of that kind, if there is one."""
        if kind in care:
            yield write(care[kind])

    def encounter(self, kind: str, n: int) -> Json:
        """An encounter in progress."""
        resource: Json = {"resourceType": "Encounter", "id": f"encounter-{n}", "status": "in-progress"}
        resource["class"] = {"system": f"{HL7}v3-ActCode", "code": CLASSES[kind]}
        if kind == "hospice":
            resource["type"] = [{"coding": [{"system": SNOMED, "code": "305336008"}], "text": "Hospice admission"}]
        return resource | self.subject() | {"period": {"start": self.day(2)}}

    def fracture(self, fracture: Mapping[str, Any], n: int) -> Json:
        """A coded vertebral fracture, its level as body site and in words."""
        level = fracture.get("level")
        words = fracture.get(
            "text", f"Vertebral compression fracture {level}" if level else "Vertebral compression fracture"
        )
        resource = self.condition({"code": "M80.08XA", "text": words, **fracture}, f"fracture-{n}")
        if level in BODY_SITES:
            resource["bodySite"] = [{"coding": [{"system": SNOMED, "code": BODY_SITES[level]}], "text": level}]
        elif level:
            resource["bodySite"] = [{"text": f"{level} vertebra"}]
        return resource

    def condition(self, condition: Mapping[str, Any], name: str) -> Json:
        """A problem: active unless its status says otherwise."""
        resource: Json = {"resourceType": "Condition", "id": name}
        status, verification = condition.get("status"), condition.get("verification")
        if self.variant.status == "stated" or status:
            resource["clinicalStatus"] = {
                "coding": [{"system": f"{HL7}condition-clinical", "code": status or "active"}]
            }
        if self.variant.status == "stated" or verification:
            known = {"coding": [{"system": f"{HL7}condition-ver-status", "code": verification or "confirmed"}]}
            resource["verificationStatus"] = known
        resource["code"] = self.concept(ICD, str(condition.get("code", "")), condition.get("text", ""))
        if "onset_days" in condition:
            resource["onsetDateTime"] = self.day(condition["onset_days"])
        if "onset" in condition:
            resource["onsetDateTime"] = str(condition["onset"])
        if "recorded_days" in condition:
            resource["recordedDate"] = self.day(condition["recorded_days"])
        return resource | self.subject()

    def report(self, report: Mapping[str, Any], n: int) -> Json:
        """An imaging report, its words in the conclusion, in an attachment, or in both."""
        code, title = STUDIES[report["study"], report.get("region", "thoracic")]
        resource: Json = {
            "resourceType": "DiagnosticReport",
            "id": f"report-{n}",
            "status": report.get("status", "final"),
        }
        resource["category"] = [{"coding": [{"system": f"{HL7}v2-0074", "code": "RAD"}]}]
        resource["code"] = self.concept(LOINC, code, title)
        resource["effectiveDateTime"] = self.day(report["days"])
        if self.variant.text != "attachment":
            resource["conclusion"] = report["text"]
        if self.variant.text != "conclusion":
            data = base64.b64encode(report["text"].encode()).decode()
            resource["presentedForm"] = [{"contentType": "text/plain; charset=utf-8", "data": data}]
        return resource | self.subject()

    def pain_score(self, score: Mapping[str, Any], n: int) -> Json:
        """NRS 0 to 10."""
        value = quantity(score["nrs"], score.get("unit", "{score}"))
        return self.measured("72514-3", "Pain severity 0-10", score["days"], f"pain-{n}") | {"valueQuantity": value}

    def measured(self, code: str, title: str, days: float, name: str) -> Json:
        """An observation without its value."""
        resource: Json = {
            "resourceType": "Observation",
            "id": name,
            "status": "final",
            "code": self.concept(LOINC, code, title),
        }
        return resource | self.subject() | {"effectiveDateTime": self.day(days)}

    def observation(self, seen: Mapping[str, Any], n: int) -> Json:
        """A measurement or a coded answer."""
        what, days = seen["what"], seen.get("days", 0)
        if what in MEASURED:
            code, title, unit = MEASURED[what]
            value = quantity(seen["value"], seen.get("unit", unit))
            return self.measured(code, title, days, f"observation-{n}") | {"valueQuantity": value}
        code, title, answers = ANSWERED[what]
        answer, words = answers[seen["value"]]
        value_concept = {"coding": [{"system": SNOMED, "code": answer, "display": words}], "text": words}
        return self.measured(code, title, days, f"observation-{n}") | {"valueCodeableConcept": value_concept}

    def medication(self, drug: Mapping[str, Any], name: str) -> Json:
        """A prescription, active since so many days."""
        resource: Json = {
            "resourceType": "MedicationRequest",
            "id": name,
            "status": drug.get("status", "active"),
            "intent": "order",
        }
        resource["medicationCodeableConcept"] = self.concept(RXNORM, DRUGS[drug["drug"]], drug["drug"])
        resource["authoredOn"] = self.day(drug.get("days", 0))
        if "ended_days" in drug:
            resource["dispenseRequest"] = {"validityPeriod": {"end": self.day(drug["ended_days"])}}
        if "dose" in drug:
            dose = {"doseAndRate": [{"doseQuantity": {"value": drug["dose"], "unit": "mg", "code": "mg"}}]}
            resource["dosageInstruction"] = [
                dose | {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
            ]
        return resource | self.subject()

    def brace(self, days: float, orthosis: str = "TLSO") -> Json:
        """A brace ordered so many days ago and in use."""
        resource: Json = {"resourceType": "DeviceRequest", "id": "brace", "status": "active", "intent": "order"}
        resource["codeCodeableConcept"] = self.concept(HCPCS, ORTHOSES[orthosis], orthosis)
        return resource | self.subject() | {"authoredOn": self.day(days)}

    def plan(self, brace: Mapping[str, Any]) -> Json:
        """For how long a brace is meant from today on, and why, where the order says so."""
        weeks = timedelta(weeks=brace.get("weeks", 0))
        period = {"start": self.on(self.today), "end": self.on(self.today + weeks)}
        return {
            **({"occurrencePeriod": period} if weeks else {}),
            **({"reasonCode": [{"text": brace["reason"]}]} if "reason" in brace else {}),
        }

    def physiotherapy(self, days: float) -> Json:
        """A course of physiotherapy since so many days."""
        resource: Json = {"resourceType": "Procedure", "id": "physiotherapy", "status": "in-progress"}
        resource["code"] = self.concept(SNOMED, "91251008", "Physiotherapy")
        return resource | self.subject() | {"performedPeriod": {"start": self.day(days)}}

    def device(self, device: Mapping[str, Any], n: int) -> Json:
        """An implant, with its MR label when it has one."""
        code, words = DEVICES[device["what"]]
        resource: Json = {"resourceType": "Device", "id": f"device-{n}", "status": "active"}
        resource["type"] = self.concept(SNOMED, code, words)
        if device.get("safety"):
            label, said = LABELS[device["safety"]]
            resource["safety"] = [
                {"coding": [{"system": "urn:oid:2.16.840.1.113883.3.26.1.1", "code": label}], "text": said}
            ]
        return resource | ({"patient": self.owner()} if self.variant.reference != "none" else {})

    def procedure(self, done: Mapping[str, Any], n: int) -> Json:
        """A procedure done so many days ago."""
        system, code, words = SERVICES[done["what"]]
        resource: Json = {
            "resourceType": "Procedure",
            "id": f"procedure-{n}",
            "status": done.get("status", "completed"),
        }
        resource["code"] = self.concept(system, code, f"{words} {done.get('level', '')}".strip())
        if done.get("level") in BODY_SITES:
            resource["bodySite"] = [
                {"coding": [{"system": SNOMED, "code": BODY_SITES[done["level"]]}], "text": done["level"]}
            ]
        return resource | self.subject() | {"performedDateTime": self.day(done["days"])}

    def order(self, order: Mapping[str, Any], name: str, status: str) -> Json:
        """A request of whatever resource type its kind has."""
        what = order["what"]
        if what in DRUGS:
            drug = self.medication(
                {**order, "drug": what, "days": order.get("days", 0), "status": order.get("status", status)}, name
            )
            return drug
        if what == "brace":
            worn = self.brace(order.get("days", 0), order.get("orthosis", "TLSO"))
            return worn | self.plan(order) | {"id": name, "status": order.get("status", status)}
        study = what.upper().replace("MRI", "MR")
        if (study, order.get("region", "thoracic")) in STUDIES:
            code, words = STUDIES[study, order.get("region", "thoracic")]
            system = LOINC
        else:
            system, code, words = SERVICES[what]
        resource: Json = {
            "resourceType": "ServiceRequest",
            "id": name,
            "status": order.get("status", status),
            "intent": "order",
        }
        levels = order.get("levels", [order["level"]] if "level" in order else [])
        resource["code"] = self.concept(system, code, f"{words} {', '.join(levels)}".strip())
        sites = [
            {"coding": [{"system": SNOMED, "code": BODY_SITES[site]}]} | {"text": site}
            for site in levels
            if site in BODY_SITES
        ]
        resource |= {"bodySite": sites} if sites else {}
        return resource | self.subject() | {"authoredOn": self.day(order.get("days", 0))}

    def draft(self, draft: Mapping[str, Any], n: int) -> Json:
        """An order nobody has signed yet, planned for so many days ahead; R4 wants its subject named."""
        resource = self.order(draft, f"draft-{n}", "draft") | {"subject": {"reference": f"Patient/{PATIENT}"}}
        if "planned_days" in draft:
            resource["occurrenceDateTime"] = self.on(self.today + timedelta(days=draft["planned_days"]))
        if "note" in draft:
            resource["note"] = [{"text": draft["note"]}]
        if "priority" in draft:
            resource["priority"] = draft["priority"]
        if "cpt" in draft:
            resource["code"]["coding"].append({"system": CPT, "code": str(draft["cpt"])})
        if "diagnosis" in draft:
            resource["reasonCode"] = [{"coding": [{"system": ICD, "code": draft["diagnosis"]}]}]
        if "place" in draft:
            site = {"resourceType": "Location", "id": "site", "address": {"state": draft["place"], "country": "US"}}
            resource |= {"contained": [site], "locationReference": [{"reference": "#site"}]}
        return resource

    def insurance(self, kind: str, n: int) -> Json:
        """A Coverage in force, known by its payor's words."""
        resource: Json = {"resourceType": "Coverage", "id": f"coverage-{n}", "status": "active"}
        resource |= {"payor": [{"display": INSURED[kind]}], "period": {"start": self.day(900)}}
        return resource | ({"beneficiary": self.owner()} if self.variant.reference != "none" else {})

    def allergy(self, allergy: Mapping[str, Any], n: int) -> Json:
        """An allergy on record."""
        resource: Json = {"resourceType": "AllergyIntolerance", "id": f"allergy-{n}"}
        resource["clinicalStatus"] = {"coding": [{"system": f"{HL7}allergyintolerance-clinical", "code": "active"}]}
        cement = self.concept(SNOMED, "261712009", "Bone cement (PMMA)")
        resource["code"] = cement if allergy["to"] == "cement" else {"text": allergy["to"]}
        if "criticality" in allergy:
            resource["criticality"] = allergy["criticality"]
        if "reaction" in allergy:
            resource["reaction"] = [{"manifestation": [{"text": allergy["reaction"]}]}]
        return resource | ({"patient": self.owner()} if self.variant.reference != "none" else {})

    def form(self, answers: Mapping[str, Any], days: float) -> Json:
        """The assessment questionnaire, answered so many days ago."""
        resource: Json = {"resourceType": "QuestionnaireResponse", "id": "assessment", "status": "completed"}
        resource["questionnaire"] = "https://vcf-cds.example/fhir/Questionnaire/vcf-assessment"
        resource["authored"] = self.on(self.today - timedelta(days=days))
        resource["item"] = [{"linkId": link, "answer": [_answer(value)]} for link, value in answers.items()]
        return resource | self.subject()


def collection(resources: Iterable[Json]) -> Json:
    """A Bundle as contexts hold it."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def reference(resource: Mapping[str, Any]) -> str:
    """``ServiceRequest/draft-1``."""
    return f"{resource['resourceType']}/{resource['id']}"


def quantity(value: float, unit: str) -> Json:
    """A number in a UCUM unit; alone without one."""
    return {"value": value, **({"unit": unit, "system": "http://unitsofmeasure.org", "code": unit} if unit else {})}


def _answer(value: object) -> Json:
    match value:
        case bool():
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
        case date():
            return {"valueDate": value.isoformat()}
        case str() if value[:4].isdigit():
            return {"valueDate": value}
        case _:
            return {"valueCoding": {"code": str(value)}}
