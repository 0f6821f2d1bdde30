"""The confidence section of the Health page: what goes out alone, and whether stated confidence is earned."""

import streamlit as st

from core.actions.confidence import ConfidenceView, view_confidence
from core.actions.gauges import Health, Part
from core.criteria.verdict import Verdict
from core.criteria.wording import value_words
from core.metrics.confidence import at_threshold
from core.metrics.confidence_words import (
    only_above_words,
    picked_words,
    promise_grounds,
    promise_words,
    shift_words,
    write_confidence,
)
from core.metrics.measurement import Source
from core.rollout.transitions import State
from core.units import Unit, write
from core.web.address import put, text_in
from core.web.charts.confidence import (
    bin_words,
    reliability_alt,
    reliability_chart,
    standing,
)
from core.web.charts.confidence_curve import Mark, curve_alt, curve_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_confidence_traffic import distribution, wrong_answers
from core.web.screens.health_filters import part_words, say_unfit
from core.web.widgets import empty_state, show_chart
from core.web.wording import SOURCE_WORDS, write_count

_TARGET, _THRESHOLD = "health_promise", "health_threshold"
_PROMISES = (0.1, 99.9)
_CORRECT = "answer_correctness"
_ASK = (
    "Please record with every answer how sure the feature is of it, as a number from 0 to 1 in the column "
    "“confidence” of the trace export (one value for each run_id; leave it blank where there is none)."
)


def section(page: PageContext, health: Health, part: Part) -> None:
    """The threshold that keeps a promise, the curve behind it, reliability, shift, and what went wrong."""
    st.header("Confidence")
    view = view_confidence(
        page.workspace,
        page.caller,
        page.now,
        page.slug,
        part,
        target=_promise_asked(),
        threshold=_number_in("threshold", 0, 1),
    )
    if view is None:
        _no_confidence(page, part)
        return
    _what_it_is_of(view, part)
    _say_unfit(view)
    _answer(view, against_words(health))
    _pickers(view)
    st.markdown(lit(picked_words(view.at)))
    if view.counted.judged:
        _curve(page, view)
        _reliability(page, view)
    else:
        _what_to_label(page, view)
    distribution(page, view, part)
    wrong_answers(page, view, part)


def _promise_asked() -> float | None:
    """The share of right answers that the address asks for; it holds per cent."""
    found = _number_in("promise", *_PROMISES)
    return None if found is None else round(found / 100, 3)


def _say_unfit(view: ConfidenceView) -> None:
    """What the address asks for and cannot have, before the numbers that stand there instead."""
    low, high = _PROMISES
    promise, threshold = write(view.promise.target, Unit.SHARE), write_confidence(view.at.threshold)
    fits = _number_in("promise", low, high) is not None
    say_unfit("promise", f"promise from {low} to {high} %", promise, fits=fits)
    fits = _number_in("threshold", 0, 1) is not None
    say_unfit("threshold", "threshold from 0 to 1", threshold, fits=fits)


def _number_in(name: str, least: float, most: float) -> float | None:
    """A number that the address holds, to three decimals; None where it is not from ``least`` to ``most``."""
    try:
        found = float(text_in(name, 12))
    except ValueError:
        return None
    return round(found, 3) if least <= found <= most else None


def _no_confidence(page: PageContext, part: Part) -> None:
    where = f" of {part_words(part)}" if part.narrows else ""
    with empty_state(
        "No confidence recorded",
        f"No trace{where} says how sure the feature was. With a column “confidence” (0 to 1) this shows "
        "which answers may go out alone, and which of the confident ones are wrong.",
        icon=":material/speed:",
    ):
        st.caption("To paste to the engineers:")
        st.code(_ASK, language=None, wrap_lines=True)
        link_to("evidence", feature=page.slug, label="Go to Evidence")


def _what_it_is_of(view: ConfidenceView, part: Part) -> None:
    counted, release = view.counted, view.release.release
    which = f"release “{release}”" if release else "traces that do not say their release"
    newest = " (the newest)" if release and part.bundle is None else ""
    words = [
        f"Of {which}{newest} only: any change of release voids a threshold. "
        f"{write_count(counted.judged, 'answer').capitalize()} with a confidence that people judged right or "
        "wrong; at most 5 of one user count."
    ]
    if counted.worst_first:
        words.append(f"{counted.worst_first:,} picked worst first are left out.")
    if counted.stratified:
        words.append(f"{counted.stratified:,} of a stratified sample count as they are.")
    if part.source not in (None, Source.LABEL):
        words.append("The filter “Measured from” does not apply here.")
    if not counted.judged and view.others:
        other = max(view.others, key=lambda span: span.judged)
        name = f"Release “{other.release}”" if other.release else "Traces without a release"
        words.append(f"{name} had {write_count(other.judged, 'label')}: choose it above to look back.")
    st.caption(lit(" ".join(words)))


def against_words(health: Health) -> list[str]:
    """What the checklist holds against a promise over all answers: bars that are shown to be missed.

    These are the deciding rows of answer correctness, and every protected slice.
    """
    words = []
    for gauge in [*health.slices, *health.gauges]:
        found, row = gauge.measured, gauge.row
        if found is None or row is None or row.verdict is not Verdict.NO_GO:
            continue
        slice_ = ", ".join(value for _, value in gauge.within.where)
        if gauge.metric.id == _CORRECT and (row.item.decides or gauge.is_protected):
            who = f"{slice_} is right" if slice_ else f"answers are right by {SOURCE_WORDS[gauge.source]}"
        elif gauge.is_protected:
            who = f"{gauge.metric.label.lower()} of {slice_} is"
        else:
            continue
        at = "in " if gauge.metric.id == _CORRECT else ""
        own = "its own bar" if slice_ else "the bar"
        words.append(f"{who} {at}{value_words(found)}, n {found.n:,}: {own} is {row.bar}")
    return words


def _answer(view: ConfidenceView, against: list[str]) -> None:
    """The one sentence, large, with its numbers; and what limits it."""
    made = view.promise
    sentence = lit(promise_words(made))
    if made.cut is not None:
        grounds = f":small[{lit(promise_grounds(made))}]"
        limits = [f"**But {lit(words)}.**" for words in against]
        if view.periods is not None and view.periods.shift.is_worse:
            limits.append(f"**{lit(shift_words(view.periods.shift, view.at.threshold)[0])}**")
        if limits:
            limits.append("Mend that first: the sentence above is of all answers together.")
            st.warning("\n\n".join([sentence, *limits, grounds]), icon=":material/warning:")
        else:
            st.success(f"{sentence}\n\n{grounds}", icon=":material/shield:")
    elif made.is_refuted:
        st.error(sentence, icon=":material/remove_moderator:")
    else:
        st.warning(sentence, icon=":material/hourglass_top:")
    if view.only_above is not None:
        st.warning(lit(only_above_words(view.only_above)), icon=":material/vertical_align_top:")


def _pickers(view: ConfidenceView) -> None:
    st.session_state[_TARGET] = round(view.promise.target * 100, 1)
    st.session_state[_THRESHOLD] = view.at.threshold
    origin = (
        "It starts with the checklist's bar of answer correctness."
        if view.target_from_checklist
        else "The checklist has no bar of answer correctness, so it starts with 90 %."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Promise: right at least (%)",
            min_value=_PROMISES[0],
            max_value=_PROMISES[1],
            step=1.0,
            format="%.1f",
            key=_TARGET,
            width=210,
            on_change=_put_number,
            args=("promise", _TARGET),
            help=f"Of the answers that go out alone. {origin}",
        )
        st.number_input(
            "Look at threshold",
            min_value=0.0,
            max_value=1.0,
            step=0.01,
            format="%.3f",
            key=_THRESHOLD,
            width=210,
            on_change=_put_number,
            args=("threshold", _THRESHOLD),
            help="What it would answer alone and get wrong. It starts with the phase plan's threshold.",
        )


def _put_number(name: str, key: str) -> None:
    put(name, f"{st.session_state[key]:g}")


def _curve(page: PageContext, view: ConfidenceView) -> None:
    st.markdown("**What goes out alone, and how much of it is wrong**")
    allowed, marks = 1 - view.promise.target, _marks(view)
    show_chart(
        curve_chart(view.cuts, allowed, marks),
        alt=curve_alt(view.cuts, allowed, marks),
        key="health_confidence_curve",
    )
    stands = _stands_now(page)
    held = ", ".join(
        f"{write_confidence(one.confidence)} ({', '.join([*one.phases, *[stands] * one.is_current])})"
        for one in view.plan
    )
    sure = write(1 - view.error, Unit.SHARE)
    st.caption(
        lit(
            f"Shaded: up to where the true share of wrong answers may lie, {sure} sure at each point alone, "
            "not over the whole line: only the sentence above holds for the threshold that it picks. "
            "★ keeps the promise · □ phase plan · ○ looked at. "
            + (f"Phase plan: {held}." if held else "The phase plan has no threshold.")
        )
    )
    rows = [
        (
            *(cut.confidence, cut.share, cut.n, cut.right, 1 - cut.right / cut.n),
            *(1 - cut.precision.high, 1 - cut.precision.low),
        )
        for cut in view.cuts
    ]
    columns = ("Threshold", "Share of traffic", "n", "Right", "Wrong share", "Low", "High")
    download_row("The curve", Table(columns, rows), f"{page.slug}-coverage-risk", key="confidence_curve")


def _stands_now(page: PageContext) -> str:
    """How the current phase stands: it runs only where nobody has stopped it."""
    state = page.progress.decision.standing.state if page.progress is not None else State.RUNNING
    return {State.PAUSED: "paused now", State.ROLLED_BACK: "rolled back"}.get(state, "runs now")


def _marks(view: ConfidenceView) -> list[Mark]:
    wanted = [("plan", one.confidence) for one in view.plan]
    if view.promise.cut is not None:
        wanted.append(("safe", view.promise.cut.confidence))
    wanted.append(("picked", view.at.threshold))
    found = [(kind, at_threshold(view.counted, confidence, view.error)) for kind, confidence in wanted]
    return [
        Mark(kind, at.threshold, at.share or 0.0, at.wrong_share, picked_words(at).rstrip("."))
        for kind, at in found
    ]


def _reliability(page: PageContext, view: ConfidenceView) -> None:
    st.markdown("**Does it mean what it says?**")
    found = view.calibration
    show_chart(
        reliability_chart(found.bins), alt=reliability_alt(found.bins), key="health_confidence_reliability"
    )
    words = "Open diamond: what is stated on average. Filled mark with its bar: how many are right. " + (
        "▼ over-confident, ▲ under-confident: shown, after looking at all rows."
    )
    if found.error is not None and found.perfect_error is not None and found.perfect_high is not None:
        words += (
            f" On average the two lie {found.error * 100:.1f} points apart (ECE); a perfectly calibrated "
            f"feature would show {found.perfect_error * 100:.1f} at this n, and up to "
            f"{found.perfect_high * 100:.1f} by luck. It decides nothing."
        )
    st.caption(lit(words))
    rows = [
        (
            *(bin_words(one), one.stated, one.n, one.right, one.right / one.n),
            *(one.interval.low, one.interval.high, standing(one) or None),
        )
        for one in found.bins
    ]
    columns = ("Confidence", "Stated on average", "n", "Right", "Right share", "Low", "High", "Shown to be")
    download_row("Reliability", Table(columns, rows), f"{page.slug}-reliability", key="confidence_bins")


def _what_to_label(page: PageContext, view: ConfidenceView) -> None:
    with empty_state(
        "What to label",
        f"Have people judge at least {view.promise.chosen.fewest:,} answers of this release right or wrong, "
        "picked at random from all answers, not from the confident ones. Then the threshold, its curve and "
        "its reliability stand here.",
        icon=":material/rate_review:",
    ):
        link_to("evidence", feature=page.slug, label="Go to Evidence")
