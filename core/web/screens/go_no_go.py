"""The blocks of the Go / no-go page: the answer first, then what decides it, then everything else."""

from collections.abc import Sequence

import streamlit as st

from core.actions.gates import GateView
from core.actions.waivers import WaiverLine
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.decide import ANSWERS_ALONE, Decision
from core.metrics.catalogue import metric
from core.metrics.measurement import FirstTraces, Measurement
from core.rollout.standing import STATE_WORDS
from core.web.charts import (
    trend_alt,
    trend_chart,
    trend_points,
    whisker_alt,
    whisker_chart,
    whisker_rows,
)
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import commitments, waivers
from core.web.screens.provenance import counted_lines
from core.web.widgets import empty_state, show_chart, verdict_banner, verdict_mark
from core.web.wording import (
    SOURCE_WORDS,
    checklist_said,
    tier_words,
    verdict_said,
    verdict_words,
    write_date,
    write_moment,
)

_TOP_REASONS = 2
_WORDS_PIXELS = 560


def nothing_to_decide(slug: str) -> None:
    """There is no checklist yet: say what to do first."""
    verdict_banner(
        "no_data", sentences=["There is no checklist, so there is nothing to hold the feature to."]
    )
    with empty_state(
        "Write down what ready means",
        "Take a template on the Checklist page; it takes five minutes. Then upload evidence.",
        icon=":material/checklist:",
    ):
        link_to("checklist", feature=slug, label="Go to the checklist")


def answer(decision: Decision, waived: Sequence[WaiverLine]) -> None:
    """The verdict with its strongest reasons, how many rows are where, and how many are waived."""
    sentences = [*_stopped(decision), *_strongest(decision), _tally(decision)]
    if counted := waivers.count_words(waived):
        sentences.append(f"{counted}.")
    note = f"As of {write_moment(decision.as_of)}. {_lock_words(decision)}"
    verdict_banner(decision.verdict, sentences=sentences, draft=decision.bar.is_draft, note=note)
    waivers.way_to_decide(waived)
    commitments.both_verdicts(decision)


def _stopped(decision: Decision) -> list[str]:
    """A rollout that was stopped says no to whoever asks the gate, whatever the rows say."""
    standing = decision.standing
    if not standing.is_stopped:
        return []
    return [f"The rollout is {STATE_WORDS[standing.state]}, whatever the verdict."]


def what_decides(rows: Sequence[Row]) -> None:
    """Every measured row on one scale: the bar as a tick, the interval as a line, the value as a dot."""
    drawn = whisker_rows([row for row in rows if row.counts])
    if not drawn:
        return
    st.subheader("What decides")
    show_chart(whisker_chart(drawn), alt=whisker_alt(drawn), key="whiskers")
    st.caption(
        "Dot: the value so far. Thick line: where the true value can still lie, with this many cases. "
        "Tick: the bar. A row is GO only when its whole line is on the good side."
    )


def all_rows(page: PageContext, decision: Decision, waived: Sequence[WaiverLine]) -> None:
    """Each row with its sentence and its provenance, in groups, and as a download."""
    groups = {
        "Measured": [row for row in decision.rows if row.item.decides and row.finding is not None],
        "Answered by people": [row for row in decision.rows if row.item.kind == "attested"],
        "Advisory (shown, never decides)": [
            row for row in decision.rows if row.finding is not None and not row.item.decides
        ],
    }
    st.subheader("Every row")
    for name, rows in groups.items():
        if rows:
            st.markdown(f"**{name}**")
            for row in rows:
                _row(page, row, waived)
    name = page.feature.name if page.feature else page.slug
    download_row("All rows", table_of(decision, name), f"{decision.feature}-go-no-go", key="rows")


def by_week(view: GateView) -> None:
    """One row's weeks as a chart; the row is chosen above it."""
    choices = {row.item.id: row for row in view.decision.rows if len(view.weeks.get(row.item.id, ())) > 1}
    if not choices:
        return
    st.subheader("Trend by week")
    chosen = st.selectbox(
        "Row",
        list(choices),
        format_func=lambda item_id: choices[item_id].label,
        key="trend_row",
        label_visibility="collapsed",
    )
    item = choices[chosen].item
    if isinstance(item, MeasuredItem):
        points = trend_points(view.weeks[chosen])
        unit = metric(item.metric).unit
        words = choices[chosen].bar
        show_chart(
            trend_chart(points, item.bar, unit=unit, bar_words=words, label=choices[chosen].label),
            alt=trend_alt(points, item.bar, unit=unit, bar_words=words, label=choices[chosen].label),
            key=f"trend_{chosen}",
        )
        table = Table(
            ("Week", "Value", "Low", "High", "n"),
            [(point.week, point.value, point.low, point.high, point.n) for point in points],
        )
        download_row("These weeks", table, f"{view.decision.feature}-{chosen}-by-week", key="weeks")


def conditions(view: GateView) -> None:
    """What else must hold before the feature may go on, with the locks, amendments and withdrawals."""
    st.subheader("Before it may go on")
    for condition in view.decision.conditions:
        icon = (
            ":green[:material/check_circle:]" if condition.met else ":gray[:material/radio_button_unchecked:]"
        )
        st.markdown(f"{icon} {lit(condition.sentence)}")
    commitments.every_lock(view.decision)
    for gone in view.withdrawn:
        st.markdown(
            f":material/block: {lit(gone.file_name)} was withdrawn {write_date(gone.at)} by {lit(gone.by)}: "
            f"{lit(gone.reason)}"
        )
    st.caption(
        "All of this assumes that the traces counted are a fair sample of what the next users will bring."
    )
    with st.expander("Fingerprints of this answer", icon=":material/fingerprint:"):
        st.caption("The same checklist, the same evidence and the same moment always give the same verdict.")
        st.code(
            f"checklist  {view.decision.bar.checklist_sha256}\nevidence   {view.decision.evidence_sha256}",
            language=None,
        )


def _strongest(decision: Decision) -> list[str]:
    if decision.verdict is Verdict.GO:
        return [reason for reason in decision.reasons if reason == ANSWERS_ALONE]
    advice = [row.item.when_it_fails for row in decision.deciding if row.item.when_it_fails]
    next_step = [f"What to do: {advice[0]}"] if advice and decision.verdict is Verdict.NO_GO else []
    return [*decision.reasons[:_TOP_REASONS], *next_step]


def _tally(decision: Decision) -> str:
    """ "Of 9 deciding rows 2 are NO-GO, 1 is NOT ENOUGH EVIDENCE, 6 are GO." """
    counting = [row for row in decision.rows if row.counts]
    parts = []
    for verdict in Verdict:
        n = sum(row.verdict is verdict for row in counting)
        if n == len(counting) and n:
            return f"All {n} deciding rows are {verdict_words(verdict).word}." if n > 1 else ""
        if n:
            parts.append(f"{n} {'is' if n == 1 else 'are'} {verdict_words(verdict).word}")
    return f"Of {len(counting)} deciding rows {', '.join(parts)}." if parts else ""


def _lock_words(decision: Decision) -> str:
    bar = decision.bar
    strength = f"{bar.stakes} stakes"
    if bar.locked_at is None:
        return f"Judged against a draft, {strength}: all evidence counts until the checklist is locked."
    locked = write_date(bar.locked_at)
    return f"Judged against the checklist locked on {locked}, {strength}; evidence since then counts."


def _row(page: PageContext, row: Row, waived: Sequence[WaiverLine]) -> None:
    # A fixed width for the words: on a phone the button then wraps below them instead of squeezing them.
    with st.container(
        border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width=_WORDS_PIXELS, gap="xxsmall"):
            mark = verdict_mark(row.verdict) if not row.set_aside else ":gray-badge[NOT APPLICABLE]"
            protected = " :violet-badge[protected]" if getattr(row.item, "protected", False) else ""
            st.markdown(f"{waivers.row_marks(row)}{mark} **{lit(row.label)}**{protected}")
            st.text(row.why)
            if row.waiver is not None:
                st.text(f"Waived by {row.waiver.approved_by}: {row.waiver.reason}")
        with st.container(horizontal=True, horizontal_alignment="right", width="content", gap="small"):
            waivers.ask(page, row, waived)
            with st.popover("Where from?", icon=":material/info:"):
                _provenance(row)


def _provenance(row: Row) -> None:
    """What the number is, of what, and how it was judged."""
    tier = tier_words(row.item.tier)
    st.markdown(f"**{tier.word}**: {tier.meaning}")
    if isinstance(row.item, MeasuredItem):
        _measured_provenance(row, row.item)
    elif row.answer is not None:
        st.text(f"Answered {write_moment(row.answer.at)} by {row.answer.by}.")
        if row.answer.link:
            st.text(row.answer.link)
    for title, words in (
        ("Source of the bar", row.item.threshold_source),
        ("When it fails", row.item.when_it_fails),
        ("Good evidence", row.item.good_evidence),
    ):
        if words:
            st.text(f"{title}: {words}")


def _measured_provenance(row: Row, item: MeasuredItem) -> None:
    asked = metric(item.metric)
    st.text(asked.sentence)
    st.text(f"Counted: {asked.reading(item.source).denominator}")
    st.text(f"Source: {SOURCE_WORDS[item.source]}. Bar: {row.bar}.")
    match row.finding:
        case Measurement() as found:
            for sentence in counted_lines(found):
                st.text(sentence)
        case FirstTraces() as first:
            st.text(f"{first.reviewed:,} reviewed of the first {first.wanted:,}; {first.there:,} are there.")
        case _:
            pass


_ROW = ("Row", "Verdict", "Bar", "Value", "Low", "High", "n", "Source", "Tier", "More cases", "Why")
_WHOLE = ("Feature", "Verdict of the feature", "Checklist", "As of")


def table_of(decision: Decision, feature_name: str) -> Table:
    """The rows for a file; each also says what it was judged for, so that it can be passed on alone."""
    bar = decision.bar
    verdict = verdict_said(decision.verdict, draft=bar.is_draft)
    whole = (feature_name, verdict, checklist_said(bar.locked_at), decision.as_of)
    return Table((*_ROW, *_WHOLE), [(*_line(row), *whole) for row in decision.rows])


def _line(row: Row) -> tuple[object, ...]:
    found = row.finding if isinstance(row.finding, Measurement) else None
    value, low, high = (found.value, found.low, found.high) if found else (None, None, None)
    unit = f" ({found.unit})" if found else ""
    source = f"{row.finding.source}{unit}" if row.finding is not None else "person"
    word = verdict_words(row.verdict).word
    n = found.n if found else None
    return (row.label, word, row.bar, value, low, high, n, source, row.item.tier, row.more_cases, row.why)
