"""How readings of labelled texts are scored, on made-up labels and readings; and what the labelled texts give.

Those texts are others'. They are read where they lie beside the repository, never copied into it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.reports import LevelFinding, ReportReading, read_report
from scripts.validate_reports import PAGE, complaints, measure
from scripts.validation import differences, documents, sentences
from scripts.validation.answers import BY_KEY, Answer, answers
from scripts.validation.page import page
from scripts.validation.results import Result
from scripts.validation.scoring import Found, Share, accuracy, found, stated, wilson, wrong_met

LABEL: Mapping[str, Any] = {
    "fracture_present": "no",
    "levels": [],
    "regions": [],
    "acuity": "unknown",
    "interval_change": None,
    "edema": "unknown",
    "retropulsion": "unknown",
    "height_loss_pct": None,
    "height_loss_grade": None,
    "prior_augmentation": "unknown",
    "pathologic_or_malignancy_concern": False,
    "negated": False,
    "per_level": [],
    "accept": {},
}


def reading(*findings: LevelFinding, without: bool = False) -> ReportReading:
    """A reading with these findings; ``without``: that also calls the spine free of fractures."""
    return ReportReading(findings=findings, regions_without_fracture=("spine",) if without else ())


def at(level: str | None, **facts: Any) -> LevelFinding:
    """A finding; its status is present unless said."""
    return LevelFinding(level=level, **{"status": "present", **facts})


def asked(said: ReportReading, **label: Any) -> dict[str, Answer]:
    """Answers by field, for one made-up document."""
    return {answer.field: answer for answer in answers("lss-1", "lss", False, {**LABEL, **label}, said)}


def an_answer(key: str, right: str | tuple[str, ...], read: str) -> Answer:
    """One answer to a question about a whole text."""
    return Answer("lss-1", "lss", False, BY_KEY[key], None, (right,) if isinstance(right, str) else right, read)


# ------------------------------------------------------------------------------------------------------------ intervals


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(right: int, total: int, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:857-872, table I, method 3 (Wilson score without continuity correction)."""
    assert wilson(right, total) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_stays_within_nothing_and_all() -> None:
    """The interval of a proportion ends at 0 and 1; of no cases there is none."""
    assert wilson(20, 20) == pytest.approx((1 - 0.1611, 1.0), abs=5e-5)
    assert wilson(0, 0) is None
    assert Share(0, 0).shown == "–"


def test_a_target_is_reached_on_the_limit() -> None:
    """97 of 100 reach 97 %, 96 do not, and nothing reaches nothing."""
    assert [Share(right, 100).reaches(0.97) for right in (96, 97)] == [False, True]
    assert not Share(0, 0).reaches(0.97)


# ----------------------------------------------------------------------------------------------- from reading to answer


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        ((), "no"),
        (("absent",), "no"),
        ((None,), "no"),
        (("possible", "absent"), "uncertain"),
        (("possible", "present"), "yes"),
        (("treated",), "yes"),
        (("historical",), "yes"),
    ],
)
def test_current_old_and_treated_fractures_are_fractures(statuses: tuple[Any, ...], answer: str) -> None:
    """Label schema: yes is current or old and asserted; possible is uncertain; absent or nothing is no."""
    said = reading(*(at(f"L{k}", status=status) for k, status in enumerate(statuses, 1)))
    assert asked(said)["fracture_present"].read == answer


def test_bones_of_neck_and_sacrum_are_no_vertebral_fracture() -> None:
    """Label schema: cervical and sacral fractures are no."""
    said = reading(at("C5", region="cervical"), at("sacrum", region="sacral"), at(None, region="cervical"))
    assert asked(said)["fracture_present"].read == "no"
    assert asked(said)["levels"].read == "none"


def test_levels_are_those_of_every_fracture_from_the_head_down() -> None:
    """Present, possible, treated and historical levels count; absent ones and ones with edema alone do not."""
    said = reading(
        at("L1", status="possible"),
        at("T12", status="historical"),
        at("T9", status="treated"),
        at("T10"),
        at("L4", status="absent"),
        at("L5", status=None, marrow_edema=True),
    )
    assert asked(said)["levels"].read == "T9 T10 T12 L1"


def test_a_region_is_asked_only_where_no_level_is_labelled() -> None:
    """Label schema: regions where only a region is named; the reading's regions are those without a level."""
    said = reading(at(None, region="thoracic"), at("T7", region="mid-thoracic"))
    assert "regions" not in asked(said)
    assert "regions" not in asked(said, fracture_present="yes", levels=["T7"])
    assert asked(said, fracture_present="yes", regions=["mid-thoracic"])["regions"].read == "thoracic"


@pytest.mark.parametrize(
    ("ages", "answer"),
    [
        (("chronic", "acute"), "acute"),
        (("chronic", "subacute"), "subacute"),
        (("chronic", "chronic"), "chronic"),
        (("chronic", None), "unknown"),
        (("indeterminate",), "unknown"),
        ((), "unknown"),
    ],
)
def test_one_fracture_of_unknown_age_keeps_the_text_from_being_chronic(ages: tuple[Any, ...], answer: str) -> None:
    """The age of a text is its freshest fracture's; indeterminate is unknown."""
    said = reading(*(at(f"L{k}", acuity=age) for k, age in enumerate(ages, 1)))
    assert asked(said)["acuity"].read == answer


def test_the_age_of_edema_without_a_fracture_is_no_age_of_a_fracture() -> None:
    """Label schema: acuity is the fracture's."""
    assert asked(reading(at("L1", status=None, acuity="acute", marrow_edema=True)))["acuity"].read == "unknown"


@pytest.mark.parametrize("field", ["edema", "retropulsion"])
def test_one_yes_outweighs_denials_at_other_levels(field: str) -> None:
    """Yes if any finding says so, else no if any denies it, else unknown."""
    key = {"edema": "marrow_edema", "retropulsion": "retropulsion"}[field]
    told: list[list[bool | None]] = [[True, False], [False, None], [None]]
    read = [asked(reading(*(at(f"L{k}", **{key: v}) for k, v in enumerate(row, 1))))[field].read for row in told]
    assert read == ["yes", "no", "unknown"]


def test_height_loss_is_the_largest_that_is_stated() -> None:
    """Label schema: a number or [low, high]; a Genant grade is a grade and no number."""
    said = reading(
        at("L1", height_loss_percent=(35.0, 35.0)),
        at("L2", height_loss_percent=(20.0, 30.0)),
        at("L3", height_loss_percent=(40.0, 100.0), height_loss_grade="genant-3"),
    )
    assert asked(said)["height_loss_pct"].read == "35"
    assert asked(said)["height_loss_grade"].read == "severe"
    assert asked(reading(at("L2", height_loss_percent=(20.0, 30.0))))["height_loss_pct"].read == "20-30"


@pytest.mark.parametrize(
    ("fields", "key", "answer"),
    [
        ({"height_change": "progressed"}, "interval_change", "worse"),
        ({"height_change": "unchanged"}, "interval_change", "stable"),
        ({"height_loss_grade": "genant-1"}, "height_loss_grade", "mild"),
        ({"height_loss_grade": "plana"}, "height_loss_grade", "severe"),
        ({"augmentation": "cement"}, "prior_augmentation", "yes"),
        ({"status": "treated"}, "prior_augmentation", "yes"),
        ({}, "prior_augmentation", "unknown"),
        ({"etiology": "suspicious"}, "pathologic_or_malignancy_concern", "yes"),
        ({"etiology": "infectious"}, "pathologic_or_malignancy_concern", "yes"),
        ({"etiology": "osteoporotic"}, "pathologic_or_malignancy_concern", "no"),
        ({"status": "absent"}, "negated", "yes"),
        ({}, "negated", "no"),
    ],
)
def test_words_of_the_contract_become_words_of_the_label(fields: dict[str, Any], key: str, answer: str) -> None:
    """The table of rules in the report, one row a field."""
    assert asked(reading(at("L1", **fields)))[key].read == answer


def test_a_region_without_fracture_is_a_denial() -> None:
    """Label schema: negated when the text explicitly denies a fracture."""
    assert asked(reading(without=True))["negated"].read == "yes"


def test_levels_that_differ_are_asked_one_by_one() -> None:
    """Label schema: per_level when levels differ; `accept` is for the text as a whole."""
    label = {
        "fracture_present": "yes",
        "levels": ["T12", "L2"],
        "acuity": "acute",
        "per_level": [{"level": "T12", "acuity": "acute"}, {"level": "L2", "grade": "mild", "interval_change": "new"}],
        "accept": {"acuity": ["unknown"]},
    }
    seen = asked(reading(at("L2", height_loss_grade="mild")), **label)
    assert seen["acuity"].right
    assert not seen["T12 acuity"].right
    assert seen["L2 height_loss_grade"].right
    assert (seen["L2 interval_change"].accepted, seen["L2 interval_change"].read) == (("new",), "none")


# ---------------------------------------------------------------------------------------------------- accept and counts


def test_any_accepted_answer_is_right_and_settles_the_question() -> None:
    """Label schema: score the answers in `accept` as right; the label's own comes first."""
    label = {"fracture_present": "yes", "levels": ["L2"], "accept": {"levels": [["L3", "L2"], []]}}
    none, both = (asked(said, **label)["levels"] for said in (reading(), reading(at("L2"), at("L3"))))
    wrong = asked(reading(at("L4")), **label)["levels"]
    assert none.accepted == ("L2", "L2 L3", "none")
    assert [one.right for one in (none, both, wrong)] == [True, True, False]
    assert [one.settled for one in (none, both, wrong)] == ["none", "L2 L3", "L2"]


def test_numbers_and_nothing_can_be_accepted() -> None:
    """Label schema: height_loss_pct is a number, [low, high] or null, and so are its further answers."""
    label = {"height_loss_pct": [70, 80], "accept": {"height_loss_pct": [75, None, 43.3]}}
    said = reading(at("L1", height_loss_percent=(75.0, 75.0)))
    assert asked(said, **label)["height_loss_pct"].accepted == ("70-80", "75", "none", "43.3")
    assert asked(said, **label)["height_loss_pct"].right


def test_sets_are_counted_member_by_member() -> None:
    """Precision and recall of levels: two right, one wrong, one missed, of three that the labels name."""
    seen = [an_answer("levels", "T11 T12 L1", "T11 T12 L2"), an_answer("levels", "none", "none")]
    assert found(seen) == Found(true=2, false=1, missed=1, named=3)
    assert accuracy(seen) == Share(1, 2)
    assert accuracy(stated(seen)) == Share(0, 1)


def test_an_accepted_silence_is_neither_found_nor_missed() -> None:
    """Precision and recall compare with the settled answer; how often labels name the class stands beside them."""
    seen = [
        an_answer("acuity", ("acute", "unknown"), "unknown"),
        an_answer("acuity", "acute", "acute"),
        an_answer("acuity", "chronic", "acute"),
        an_answer("acuity", "acute", "chronic"),
    ]
    assert found(seen, "acute") == Found(true=1, false=1, missed=1, named=3)
    assert (found(seen, "acute").precision, found(seen, "acute").recall) == (Share(1, 2), Share(1, 2))


@pytest.mark.parametrize(
    ("key", "right", "read", "name"),
    [
        ("edema", "unknown", "yes", "marrow edema"),
        ("retropulsion", "no", "yes", "retropulsion"),
        ("acuity", "chronic", "acute", "acute"),
        ("prior_augmentation", "unknown", "yes", "prior augmentation"),
        ("height_loss_pct", "0-33", "33", "height loss percent too high"),
        ("height_loss_pct", "none", "10", "height loss percent too high"),
        ("height_loss_grade", "mild-moderate", "severe", "height loss grade too high"),
        ("levels", ("L1", "L1 L2"), "L1 L3", "a level that no right answer has"),
    ],
)
def test_an_error_that_could_meet_a_criterion_is_named(
    key: str, right: str | tuple[str, ...], read: str, name: str
) -> None:
    """A wrong "met" is worse than a miss; of a height loss the lower end is what a criterion asks for."""
    assert [found for found, _ in wrong_met([an_answer(key, right, read)])] == [name]


@pytest.mark.parametrize(
    ("key", "right", "read"),
    [
        ("edema", ("unknown", "yes"), "yes"),
        ("acuity", "acute", "unknown"),
        ("prior_augmentation", "yes", "unknown"),
        ("height_loss_pct", ("70-80", "75"), "75"),
        ("height_loss_pct", "35", "0-35"),
        ("height_loss_grade", "mild-moderate", "moderate"),
        ("levels", "L1 L2", "L1"),
    ],
)
def test_a_miss_or_an_accepted_answer_meets_nothing(key: str, right: str | tuple[str, ...], read: str) -> None:
    """What is missed, and what `accept` allows, is not wrongly met."""
    assert wrong_met([an_answer(key, right, read)]) == []


def test_a_worked_sentence_is_compared_field_by_field() -> None:
    """A field or level that is read and not expected is as wrong as one that is missing."""
    expected: sentences.Facts = {"L1": {"status": "present", "acuity": "acute"}, "L2": {"status": "present"}}
    read: sentences.Facts = {"L1": {"status": "present", "marrow_edema": True}, "L3": {"status": "present"}}
    assert sentences.compared(expected, read) == {
        "level": Share(1, 3),
        "status": Share(1, 3),
        "acuity": Share(0, 1),
        "marrow_edema": Share(0, 1),
    }
    assert sentences.scored([(1, "", expected)], lambda _: expected)["status"] == Share(2, 2)


# ------------------------------------------------------------------------------------------------- reviewed differences

REASON = """[[difference]]
id = "lss-1"
field = "acuity"
read = "unknown"
kind = "reader misses"
why = "made up"
"""


def test_an_error_needs_a_reason_and_a_reason_an_error() -> None:
    """An error without a reason is not yet understood; a reason without its error, or about another reading, is
    stale."""
    (reason,) = differences.parse(REASON)
    same, other, right = (an_answer("acuity", "acute", read) for read in ("unknown", "chronic", "acute"))
    assert differences.review([same], [reason]) == differences.Reviewed(((same, reason),), (), ())
    assert differences.review([other], [reason]) == differences.Reviewed((), (other,), (reason,))
    assert differences.review([right], [reason]) == differences.Reviewed((), (), (reason,))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (REASON.replace('why = "made up"', ""), "give field, id, kind, read, why"),
        (REASON.replace("made up", ""), "give field"),
        (REASON.replace("reader misses", "no idea"), "kind is one of"),
        (REASON + REASON, "stands twice"),
    ],
)
def test_a_reason_that_is_not_well_formed_is_refused(source: str, told: str) -> None:
    """Errors say what to change."""
    with pytest.raises(differences.DifferencesError, match=told):
        differences.parse(source)


# ------------------------------------------------------------------------------------------------------------ documents


def put(folder: Path, name: str, text: str, **label: Any) -> None:
    """Adds a made-up document to the files of a folder."""
    row = {"id": name, "sha": "1", "masked": False, "exclude": False, **LABEL, **label}
    for file, line in (("reports.jsonl", {"id": name, "sha": "1", "text": text}), ("labels.jsonl", row)):
        with (folder / file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")


def test_a_mask_is_lifted_before_deformity_and_fracture_alone() -> None:
    """The data's README: `XXXX (deformit|fractur)` becomes `compression $1`, and no other mask is guessed."""
    masked = "XXXX deformity of T9, XXXX fractures; XXXX loss of T10, XXXX from 2019"
    assert (
        documents.lifted(masked)
        == "compression deformity of T9, compression fractures; XXXX loss of T10, XXXX from 2019"
    )


def test_masks_are_lifted_in_masked_documents_and_excluded_ones_are_left_out(tmp_path: Path) -> None:
    """The data's README: masked documents apart, excluded ones not scored."""
    put(tmp_path, "iu-1", "XXXX fracture", masked=True)
    put(tmp_path, "iu-2", "XXXX fracture")
    put(tmp_path, "iu-3", "XXXX fracture", exclude=True)
    read = documents.documents(tmp_path)
    assert [(one.id, one.source, one.masked, one.text) for one in read] == [
        ("iu-1", "iu", True, "compression fracture"),
        ("iu-2", "iu", False, "XXXX fracture"),
    ]


@pytest.mark.parametrize(("name", "label"), [("iu-1", {"sha": "2"}), ("other-1", {})])
def test_a_label_of_another_text_is_refused(tmp_path: Path, name: str, label: dict[str, Any]) -> None:
    """A label counts for the very text that was labelled, from a source that is named."""
    put(tmp_path, name, "a secret text", **label)
    with pytest.raises(documents.DataError, match=name) as refused:
        documents.documents(tmp_path)
    assert "secret" not in str(refused.value)


def test_a_fracture_in_a_text_without_one_fails_the_command(tmp_path: Path) -> None:
    """The worst fault: its text heads the report, and the command says so."""
    put(tmp_path, "lss-1", "Compression fracture of L1.")
    put(tmp_path, "lss-2", "No fracture.", negated=True)
    result = measure(documents.documents(tmp_path), "made up", REASON)
    told = "\n".join(complaints(result))
    assert 'texts labelled "no" that are read as `present`: 1' in told
    assert "not yet understood: lss-1 fracture_present: right no, read yes" in told
    assert "stale in known-differences.toml: lss-1 acuity" in told
    assert "| lss | 2 | 1 | lss-1 |" in page(result)
    assert "| lss-1 | fracture_present | no | yes | **not yet understood** |  |" in page(result)
    assert page(result) == page(measure(documents.documents(tmp_path), "made up", REASON))


# --------------------------------------------------------------------------------------------------- the labelled texts


@pytest.fixture(scope="module")
def result() -> Result:
    """What is measured on the texts beside the repository."""
    if not documents.FOLDER.is_dir():
        pytest.skip("../shared/data/reports is not beside this repository")
    return measure(documents.documents(), documents.fingerprint(), differences.FILE.read_text(encoding="utf-8"))


def test_no_text_without_a_fracture_yields_one(result: Result) -> None:
    """Hazards 18 to 26: a wrong "present" is the worst fault, masked or not."""
    assert [answer.document for answer in result.false_present] == []


def test_nothing_is_wrongly_met(result: Result) -> None:
    """Hazard 22 and the like: edema of lungs and legs is none of the marrow; no age, displacement or cement that is
    not there."""
    assert [(name, answer.document) for name, answer in wrong_met(result.answers)] == []


def test_no_text_without_vertebral_edema_yields_it(result: Result) -> None:
    """Hazard 22, on every finding of the reading and not only on those that are scored."""
    denied = {a.document for a in result.answers if a.field == "edema" and "yes" not in a.accepted}
    wrong = [
        one.id
        for one in documents.documents()
        if one.id in denied and any(finding.marrow_edema for finding in read_report(one.text).findings)
    ]
    assert wrong == []


def test_most_fractures_are_found_with_their_levels(result: Result) -> None:
    """Clinical G, targets: nine in ten of these by status, and by level; a miss is a "possible" or nothing, never
    another level."""
    broken = {a.document for a in result.answers if a.field == "fracture_present" and a.accepted[0] != "no"}
    for field in ("fracture_present", "levels"):
        of_these = [a for a in result.answers if a.field == field and a.document in broken]
        assert accuracy(of_these).reaches(0.9), field


def of_these_texts(result: Result) -> str:
    """The report as committed; skips when it is about other texts."""
    written = PAGE.read_text(encoding="utf-8")
    if result.fingerprint not in written:
        pytest.skip("the texts beside this repository are not those that the report is about")
    return written


def test_every_difference_is_understood(result: Result) -> None:
    """Each has a reviewed reason, each reason a difference, and the targets that are needed are reached."""
    assert of_these_texts(result)
    assert complaints(result) == []


def test_the_report_is_up_to_date(result: Result) -> None:
    """docs/validation/report-reading.md is what `make validate-reports` writes from the same data."""
    assert of_these_texts(result) == page(result), "run `make validate-reports`"
