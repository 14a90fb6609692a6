"""Posterior wall, spinal canal and kyphosis in one sentence."""

from __future__ import annotations

from cds_service.reports import quantities
from cds_service.reports.fractures import adjectives
from cds_service.reports.lexicon import Mark
from cds_service.reports.said import Said, in_something_else, words_of
from cds_service.reports.scopes import Manner
from cds_service.reports.statements import NOWHERE, Target, body_targets, is_noun


def wall(here: Said, mark: Mark) -> None:
    c = here.c
    how = c.manner(mark)
    if how.hypothetical or how.past or how.other:
        return
    foreign = mark.first > 0 and (bone := c.covered(mark.first - 1)) is not None and "bone" in bone.facts
    if in_something_else(here, mark) or foreign:
        return
    targets = here.about_bodies(here.targets(mark))
    value = mark.facts["wall"]
    if value != "noun":
        if how.doubted is not None or not c.vouched(mark):
            return
        if how.denied is not None:
            value = "intact" if value == "disrupted" else ""
        if value:
            _wall_is(here, targets, value, mark)
        return
    start, end = c.clause(mark.first)
    state = _wall_state(here, mark, start, end)
    if state is None:
        return
    value, words = state
    _wall_is(here, targets, value, words)


def _wall_is(here: Said, targets: tuple[Target, ...], value: str, words: Mark) -> None:
    """A wall that bulges back is retropulsion in other words (hazard 22)."""
    here.add(targets or (NOWHERE,), "posterior_wall", value, words)
    after = [w.text for w in here.c.words[words.last : words.last + 4]]
    if value == "bowed" and (
        any(w.text.startswith(("bulg", "protrud")) for w in here.c.words[words.first : words.last])
        or ("into" in after and "canal" in after)
    ):
        here.add(targets or (NOWHERE,), "retropulsion", True, words, True)


def _wall_state(here: Said, mark: Mark, start: int, end: int) -> tuple[str, Mark] | None:
    c = here.c
    comma_after = min((k for k in c.commas if k >= mark.last), default=end)
    rival = min(
        (
            m.first
            for m in c.marks
            if m.first >= mark.last and is_noun(m) and "wallstate" not in m.facts and m.get("fx") is None
        ),
        default=end,
    )
    for m in c.marks:
        if start <= m.first and m.last <= mark.first and "wallstate" in m.facts and c.reaches(m.last, mark.first):
            return _judged(here, m, mark)
        if m.first >= mark.last and m.first < min(end, comma_after, max(rival, mark.last)) and "wallstate" in m.facts:
            return _judged(here, m, mark)
    for m in c.marks:
        breach = (
            m.get("involve") is not None
            or m.get("wallstate") == "disrupted"
            or (
                "fx" in m.facts
                and not any(
                    "neg" in o.facts or "wallstate" in o.facts for o in c.marks if m.last <= o.first < mark.first
                )
                and any(w.text in ("through", "of", "into", "to", "involving") for w in c.words[m.last : mark.first])
            )
        )
        if (
            breach
            and start <= m.first
            and m.last <= mark.first
            and mark.first - m.last <= 4
            and not any(k in c.commas for k in range(m.last, mark.first))
        ):
            return _judged_as(here, "disrupted", m)
        if m.get("wallstate") == "bowed" and start <= m.first and m.last <= mark.first and mark.first - m.last <= 3:
            return _judged_as(here, "bowed", m)
    return None


def _judged(here: Said, state: Mark, noun: Mark) -> tuple[str, Mark] | None:
    return _judged_as(here, state.facts["wallstate"], state)


def _judged_as(here: Said, value: str, words: Mark) -> tuple[str, Mark] | None:
    how = here.c.manner(words)
    if how.doubted is not None or how.doubtful or how.hypothetical:
        return None
    if how.denied is not None:
        opposite = {"disrupted": "intact", "intact": "disrupted"}.get(value)
        return (opposite, words) if opposite else None
    return value, words


def canal(here: Said, mark: Mark) -> None:
    c = here.c
    start, end = c.clause(mark.first)
    how = c.manner(mark)
    if how.hypothetical or how.past or how.other or how.doubted is not None or how.doubtful:
        return
    cause = [
        m
        for m in c.marks
        if start <= m.first < end and (m.get("noun") == "disc" or "degenerative" in m.facts or m.get("bone") == "facet")
    ]
    if cause and how.denied is None:
        return
    targets = here.about_bodies(here.targets(mark))
    if not targets and how.denied is None and mark.get("canal") != "cord":
        return
    targets = targets or (NOWHERE,)
    value = mark.facts["canal"]
    if value == "noun":
        _canal_state(here, mark, targets, start, end)
        return
    if how.denied is not None:
        if value == "stenosis" and not how.acute_only and not _graded_denial(here, mark, how):
            here.add(here.whole_or(targets, mark), "canal_compromise", "none", mark)
        return
    if value == "cord":
        here.add(targets, "canal_compromise", "cord", mark)
        return
    grade = _grade(here, mark, start, end)
    if grade is not None:
        here.add(targets, "canal_compromise", grade, mark)


def _graded_denial(here: Said, mark: Mark, how: Manner) -> bool:
    """ "No severe stenosis" does not deny a milder one."""
    start = how.denied.last if how.denied is not None else 0
    return any(
        m.get("severity") in ("severe", "moderate", "moderate-severe") and start <= m.first < mark.first
        for m in here.c.marks
    )


def _grade(here: Said, mark: Mark, start: int, end: int) -> str | None:
    for m in adjectives(here.c, mark, "severity"):
        return {"mild-moderate": "moderate", "moderate-severe": "severe"}.get(
            m.facts["severity"], m.facts["severity"].replace("slight", "mild")
        )
    at = mark.last
    words = here.c.words
    while at < min(end, len(words)) and words[at].text in ("is", "are", ":", "-", ",", "(", "of", "a", "degree"):
        at += 1
    after = next((m for m in here.c.within("severity", start, end) if m.first == at), None)
    return (
        after.facts["severity"]
        if after is not None
        and after.facts["severity"] in ("mild", "moderate", "severe")
        and _last_of(here, after, end)
        else None
    )


def _last_of(here: Said, mark: Mark, end: int) -> bool:
    return mark.last >= end or here.c.words[mark.last].text in (",", ";", ".", ")", "at", "in")


def _canal_state(here: Said, mark: Mark, targets: tuple[Target, ...], start: int, end: int) -> None:
    c = here.c
    for m in c.within("canalstate", start, end):
        if m.first < mark.last or m.first - mark.last > 4:
            continue
        how = c.manner(m)
        if how.doubted is not None:
            return
        if (m.facts["canalstate"] == "none" and how.denied is None) or (
            m.facts["canalstate"] == "narrowed" and how.denied is not None
        ):
            here.add(targets, "canal_compromise", "none", m)
        elif m.facts["canalstate"] == "narrowed":
            grade = next((g.facts["severity"] for g in c.within("severity", mark.last, m.first)), None)
            if grade in ("mild", "moderate", "severe"):
                here.add(targets, "canal_compromise", grade, m)
        return


def kyphosis(here: Said, mark: Mark) -> None:
    c = here.c
    how = c.manner(mark)
    start, end = c.clause(mark.first)
    if how.hypothetical or how.past or how.other or how.doubted is not None or how.doubtful:
        return
    if any("normal" in m.facts for m in c.within("normal", start, end)) or any(
        w.text == "positional" or w.text.endswith("scoliosis") for w in c.words
    ):
        return
    degrees = next((q for q in quantities.find(c) if q.unit == "degree" and start <= q.first < end), None)
    targets = here.about_bodies(here.targets(mark))
    kind = mark.facts["kyphosis"]
    bare_angle = c.words[mark.first].text == "angulation" and mark.last - mark.first == 1
    if kind == "general" or bare_angle:
        ours = any(t.level for t in targets) and (bool(here.readings) or bool(body_targets(c.levels)))
        whole = any(
            w.text
            in (
                "thoracic",
                "dorsal",
                "exaggerated",
                "exaggeration",
                "accentuated",
                "accentuation",
                "senile",
                "increased",
            )
            for w in c.words[max(start, mark.first - 4) : mark.last + 4]
        )
        if how.denied is not None or (degrees is None and (not ours or whole)):
            return
        if degrees is not None and not any(t.level for t in targets):
            return
    if how.denied is not None:
        if kind == "focal":
            here.add(targets or (NOWHERE,), "kyphosis", False, mark)
        return
    if degrees is not None:
        here.add(targets or (NOWHERE,), "kyphosis_degrees", degrees.high, words_of(degrees))
        if kind == "angle":
            return
    if kind != "angle":
        here.add(targets or (NOWHERE,), "kyphosis", True, mark)
