"""What a card says of the site and of the sources: only what changes how it reads here (ADR 8)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.app import create_app, evidence_pages
from cds_service.criteria.sources import TOLD
from cds_service.hooks.site_lines import MOST_LINES
from cds_service.knowledge.conflicts import load_conflicts
from cds_service.knowledge.errors import ContentError
from cds_service.recommendations.merge import MATRIX
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF, build, load_vignettes
from tests.clinical.running import post, topics

VIGNETTES = load_vignettes()
SIGNATURE: dict[str, Any] = {"approved_by": "Chief *of* spine", "date": date(2026, 11, 2), "reason": "local payer"}
STAMP = "approved by Chief \\*of\\* spine on 2026-11-02."


def at_site(conflicts: dict[str, str] | None = None, numbers: dict[str, float] | None = None) -> Settings:
    """A site with these signed choices."""
    return Settings(
        as_of=AS_OF,
        site_conflicts={key: {"choice": choice, **SIGNATURE} for key, choice in (conflicts or {}).items()},
        site_thresholds={name: {"value": value, **SIGNATURE} for name, value in (numbers or {}).items()},
    )


def answer(name: str, settings: Settings) -> Any:
    """The response to a vignette."""
    return post(create_app(settings).test_client(), build(VIGNETTES[name])).json


def details(name: str, settings: Settings) -> dict[str, str]:
    """The detail of every card, by topic."""
    return {card["source"]["topic"]["code"]: card["detail"] for card in answer(name, settings)["cards"]}


def lines(detail: str, start: str) -> list[str]:
    """The lines of a detail that begin so."""
    return [line for line in detail.split("\n") if line.startswith(start)]


@pytest.mark.parametrize(
    ("name", "conflicts", "expected"),
    [
        ("malignancy", {}, None),
        ("malignancy", {"va.neoplastic": "block"}, None),
        ("malignancy", {"va.neoplastic": "allow"}, "C-01"),
        ("25", {}, None),
        ("25", {"va.posterior_wall": "review"}, "C-03"),
    ],
)
def test_a_reading_that_lets_a_referral_appear(name: str, conflicts: dict[str, str], expected: str | None) -> None:
    """C-01 `allow`, C-03 `review`: the referral appears with its line, the approver, and both sides of the sources."""
    told = details(name, at_site(conflicts))
    assert ("augmentation-referral" in told) is (expected is not None)
    if expected is not None:
        detail = told["augmentation-referral"]
        (stamp,) = lines(detail, "Site choice")
        assert stamp.startswith(f"Site choice {expected}: ")
        assert stamp.endswith(STAMP)
        assert lines(detail, f"Sources disagree ({expected}")
        assert "Present: a" in detail


@pytest.mark.parametrize(
    ("name", "conflicts", "present"),
    [
        ("malignant-sign", {}, False),
        ("malignant-sign", {"va.neoplastic": "allow"}, False),
        ("malignant-sign", {"va.neoplastic": "block"}, True),
        ("25-sign", {}, True),
        ("25-sign", {"va.posterior_wall": "review"}, True),
    ],
)
def test_on_an_order(name: str, conflicts: dict[str, str], present: bool) -> None:
    """C-01 `block` counts as a contraindication; a wall defect is cautioned whatever is chosen (C-03)."""
    shown = topics(answer(name, at_site(conflicts)))
    assert (shown.get("augmentation-contraindicated") == "warning") is present


def test_a_choice_that_alters_nothing_says_nothing() -> None:
    """No malignancy, no wall defect, both forms of the course: the card reads as shipped, and carries no stamp."""
    readings = {"va.neoplastic": "allow", "va.posterior_wall": "review", "va.secondary": "lcd"}
    assert details("1", at_site(readings)) == details("1", at_site())


def test_a_number_is_stamped_where_it_matters() -> None:
    """C-17: 24 days are enough for 14 and not for 28; a limit that nothing here is measured by leaves no line."""
    changed = details("1", at_site(numbers={"nsm_min_days": 28, "crp_mg_l": 60}))
    assert "augmentation-referral" not in changed
    assert all(
        lines(detail, "Site choice")[0].startswith(
            "Site choice C-17: nsm_min_days = 28 instead of 14".replace("_", "\\_")
        )
        for detail in changed.values()
    )
    assert all(len(lines(detail, "Site choice")) == 1 for detail in changed.values())
    (line,) = lines(details("1", at_site(numbers={"nsm_min_days": 21}))["augmentation-referral"], "Sources disagree")
    assert line.endswith("Here: 21 instead of 14, as this site chose.")


def test_sources_disagree_only_where_they_do_here() -> None:
    """C-17 on a referral after 24 days (some payers ask for 42), not after 42; never more lines than a glance takes."""
    assert lines(details("1", at_site())["augmentation-referral"], "Sources disagree (C-17")
    long = {**VIGNETTES["1"], "fractures": [{"level": "T12", "onset_days": 50}]}
    long["care"] = {"analgesic_days": 42, "brace_days": 42}
    long["reports"] = [{**report, "days": 8} for report in long["reports"]]
    (card,) = post(create_app(at_site()).test_client(), build(long)).json["cards"][:1]
    assert card["source"]["topic"]["code"] == "augmentation-referral"
    assert not lines(card["detail"], "Sources disagree")
    for name in ("1", "25-sign", "malignant-sign", "33", "6"):
        for detail in details(name, at_site()).values():
            assert len(lines(detail, "Sources disagree (")) <= MOST_LINES


def test_every_conflict_concerns_cards_and_is_told_or_left_to_the_page() -> None:
    """conflicts.toml: `shown_on` names published topics; `brief` stands exactly where the sides can be compared."""
    conflicts = load_conflicts()
    assert {topic for c in conflicts.values() for topic in c.shown_on} <= set(MATRIX)
    assert {id_ for id_, c in conflicts.items() if c.brief} == set(TOLD)
    assert all(c.brief.count(" / ") >= 1 for c in conflicts.values() if c.brief)
    assert all(len(c.brief) < 200 for c in conflicts.values())


def test_the_page_tells_all_sides_and_the_choice() -> None:
    """Evidence page: each conflict of the recommendation with all its citations, and what this site signed for."""
    pages = evidence_pages(at_site({"va.secondary": "lcd"}))
    page = pages["augmentation-referral"]
    (told,) = (each for each in page.disagreements if "(C-15)" in each)
    assert "inclusion criteria, (b)(ii)" in told
    assert "candidacy criteria (patient information page), line 11" in told
    assert told.endswith("Here: worsening pain, or two of four.")
    assert any("(C-21)" in each for each in page.disagreements)
    assert page.site_choices[0].endswith("on 2026-11-02. Reason: local payer")
    client = create_app(at_site()).test_client()
    assert b"Where sources disagree" in client.get("/evidence/augmentation-referral").data


def test_version_lists_what_was_signed() -> None:
    """ADR 8: choice, what ships, approver, date and reason."""
    client = create_app(at_site({"va.secondary": "lcd"}, {"severe_nrs": 8})).test_client()
    assert client.get("/version").get_json()["knowledge"]["site"] == [
        {
            "conflict": "C-15", "key": "va.secondary", "choice": "lcd", "default": "both",
            "approved_by": "Chief *of* spine", "date": "2026-11-02", "reason": "local payer",
        },
        {
            "conflict": "C-16", "key": "severe_nrs", "choice": "8", "default": "7",
            "approved_by": "Chief *of* spine", "date": "2026-11-02", "reason": "local payer",
        },
    ]  # fmt: skip
    assert create_app(at_site()).test_client().get("/version").get_json()["knowledge"]["site"] == []


def test_the_service_does_not_start_with_an_unsigned_choice() -> None:
    """ADR 5: refused at start."""
    with pytest.raises(ContentError, match="must be a table"):
        create_app(Settings(site_conflicts={"va.secondary": "lcd"}))
    with pytest.raises(ContentError, match="future"):
        create_app(Settings(site_conflicts={"va.secondary": {"choice": "lcd", **SIGNATURE, "date": date(2999, 1, 1)}}))
