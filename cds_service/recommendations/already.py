"""What is already done, booked or on its way: the silence rules several recommendations share (SL-02, G-03)."""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.freshness import fresh
from cds_service.facts.fact import Claim, any_of
from cds_service.facts.model import Augmentation, Order


def recently_augmented(level: LevelFacts, a: Assessment) -> Claim:
    """SL-02: this level was augmented within 90 days (a procedure that names no level counts for every one)."""

    def counts(done: Augmentation) -> bool:
        here = not done.levels or level.site.level is None or level.site.level in done.levels
        return here and fresh(done.when, a.facts, a.limit.augmentation_recent_days)

    return a.facts.spine.augmentations.some(counts)


def referred(level: LevelFacts, a: Assessment) -> Claim:
    """SL-02: a spine or interventional radiology referral within 90 days, or an augmentation booked or done."""

    def counts(order: Order) -> bool:
        if order.kind == "augmentation":
            return not order.levels or level.site.level is None or level.site.level in order.levels
        return order.kind == "spine-referral" and fresh(order.when, a.facts, a.limit.referral_days)

    return any_of(a.facts.imaging.orders.some(counts), recently_augmented(level, a))


def in_hospice(a: Assessment) -> Claim:
    """G-03."""
    return a.facts.stay.hospice
