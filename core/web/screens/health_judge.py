"""The AI judge section of the Health page: how far it may be believed, and what people say it gets wrong."""

import streamlit as st

from core.actions.gauges import Health, Part
from core.actions.judge_audits import HALF_WIDTH, MOST_DISPUTES, JudgeAudit, view_judge_audits
from core.metrics.catalogue import Better
from core.metrics.judged import FEWEST_AGREED
from core.statistics.interval import Interval
from core.statistics.judge_audit import FEWEST_LABELS
from core.units import Unit, write, write_interval
from core.web.charts.phases import PhaseLine, phase_alt, phase_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.widgets import empty_state, show_chart
from core.web.wording import write_count

_SEEN_AT_ONCE = 20


def section(page: PageContext, _view: Health, part: Part) -> None:
    """Each metric that an AI judge has judged: its rate, corrected by people, and its audit."""
    st.header("AI judge")
    audits = view_judge_audits(page.workspace, page.caller, page.now, page.slug, part)
    if not audits:
        with empty_state(
            "No AI judge's labels",
            "Upload the labels of an AI judge (a column is_judge that says yes), and people's labels of some "
            "of the same traces, picked at random. This then shows how far the judge may be believed.",
            icon=":material/gavel:",
        ):
            link_to("evidence", feature=page.slug, label="Go to Evidence")
        return
    st.caption(
        "A judge's rate counts only corrected by people: by labels of traces that it judged too, picked "
        "at random (or all of them) and labelled without seeing its verdict. Traces picked worst first "
        "correct nothing."
    )
    for audit in audits:
        with st.container(border=True, key=f"judge_{audit.metric.id}"):
            _one(page, audit)
    columns = (
        *("Metric", "Judge's own rate", "Corrected", "Low", "High", "Worth cases", "Judged", "Labels"),
        *("Right of the bad ones", "Right of the good ones", "Bad ones let through", "Good ones refused"),
    )
    rows = [_line(audit) for audit in audits]
    download_row("These audits", Table(columns, rows), f"{page.slug}-ai-judge", key="judge")


def audit_words(audit: JudgeAudit) -> str:
    """What the judge says, what people make of it, and what is missing."""
    found, own = audit.measured, audit.audit
    says = f"The judge says {write(own.raw, Unit.SHARE)} of {own.judged:,}."
    if not audit.is_audited:
        if audit.lacking:
            return (
                f"{says} People labelled {own.labels:,} of them at random; from {FEWEST_LABELS} on it can be "
                f"corrected: label {audit.lacking} more."
            )
        same = "good" if not audit.agreement.fail_pass + audit.agreement.both_fail else "bad"
        return (
            f"{says} All {own.labels:,} labels of people say {same}: it cannot be seen what the judge misses."
        )
    corrected = write_interval(found.low or 0.0, 1.0 if found.high is None else found.high, Unit.SHARE)
    sentence = (
        f"{says} Corrected with {own.labels:,} labels of people the rate is {write(found.value, Unit.SHARE)} "
        f"({corrected}), worth {found.effective_n:,.0f} labelled cases."
    )
    if audit.planned is not None and audit.planned > own.labels:
        points = f"{100 * HALF_WIDTH:.0f}"
        sentence += f" To know it to {points} points either way, label {audit.planned - own.labels:,} more."
    return sentence


def trust_words(audit: JudgeAudit) -> tuple[str, str, str]:
    """(icon, colour, sentence): whether a row may rest on this judge."""
    limit = write(FEWEST_AGREED, Unit.SHARE)
    if not audit.is_audited:
        return ":material/help_center:", "gray", "Not audited: a row on this judge cannot pass."
    if audit.is_weak:
        return (
            ":material/thumb_down:",
            "orange",
            f"Weak: it gets under {limit} of the good or of the bad ones right, so a row on it cannot pass.",
        )
    return (
        ":material/verified:",
        "green",
        f"Audited: it gets {limit} or more of the good and the bad ones right.",
    )


def _one(page: PageContext, audit: JudgeAudit) -> None:
    icon, colour, trust = trust_words(audit)
    st.markdown(f"**{lit(audit.metric.label)}**", help=lit(audit.metric.sentence))
    st.markdown(f":{colour}[{icon} {lit(trust)}]")
    st.markdown(lit(audit_words(audit)))
    rates, agreed = _rates(audit), _agreed(audit)
    left, right = st.columns(2)
    with left:
        st.caption("The rate")
        show_chart(phase_chart(rates), alt=phase_alt("The rate", rates), key=f"judge_rate_{audit.metric.id}")
    if agreed:
        with right:
            st.caption("What the judge gets right")
            alt = phase_alt("What the judge gets right", agreed)
            show_chart(phase_chart(agreed), alt=alt, key=f"judge_agreed_{audit.metric.id}")
    _kappa(audit)
    _disputes(page, audit)


def _rates(audit: JudgeAudit) -> list[PhaseLine]:
    own, found, people = audit.audit, audit.measured, audit.people
    lines = [PhaseLine("Judge alone", own.raw, n=own.judged)]
    if people is not None:
        lines.append(PhaseLine("People alone", people.value, people.low, people.high, people.n))
    if own.is_corrected:
        lines.append(PhaseLine("Corrected", found.value, found.low, found.high, own.labels))
    return lines


def _agreed(audit: JudgeAudit) -> list[PhaseLine]:
    """How much of what people call bad, and good, the judge calls so; both need cases of their kind."""
    table = audit.agreement
    parts: tuple[tuple[str, int, int, Interval], ...] = (
        ("Of the bad ones", table.both_fail, table.fail_pass + table.both_fail, table.caught),
        ("Of the good ones", table.both_pass, table.both_pass + table.pass_fail, table.kept),
    )
    return [
        PhaseLine(name, right / n, interval.low, interval.high, n, bar=FEWEST_AGREED)
        for name, right, n, interval in parts
        if n
    ]


def _kappa(audit: JudgeAudit) -> None:
    kappa = audit.agreement.kappa
    if kappa is None:
        return
    st.caption(
        f"Cohen's kappa {kappa.value:.2f} ({kappa.interval.low:.2f} to {kappa.interval.high:.2f}): agreement "
        "beyond chance, 1 is full. It falls where one answer is rare, so nothing is decided by it."
    )


def _disputes(page: PageContext, audit: JudgeAudit) -> None:
    if not audit.disputes:
        return
    good_side = audit.metric.better is Better.HIGHER
    with st.expander(
        f"Where they disagree: {write_count(len(audit.disputes), 'trace')}", icon=":material/balance:"
    ):
        st.caption("First those that the judge lets through. Settle them: they show what to tell the judge.")
        for one in audit.disputes[:_SEEN_AT_ONCE]:
            people, judge = ("good", "bad") if one.passes_by_people is good_side else ("bad", "good")
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                link_to("traces", feature=page.slug, label=one.run_id, query={"trace": one.run_id})
                st.text(f"people: {people}, judge: {judge}. {one.query or ''}")
        columns = ("Run", "People", "Judge", "Question")
        rows = [
            (one.run_id, *(("pass", "fail") if one.passes_by_people else ("fail", "pass")), one.query)
            for one in audit.disputes
        ]
        label = "All of these" if len(rows) < MOST_DISPUTES else f"The first {MOST_DISPUTES}"
        download_row(
            label, Table(columns, rows), f"{page.slug}-judge-disputes", key=f"judge_{audit.metric.id}"
        )


def _line(audit: JudgeAudit) -> tuple[object, ...]:
    own, found, table = audit.audit, audit.measured, audit.agreement
    corrected = (found.value, found.low, found.high, found.effective_n) if own.is_corrected else (None,) * 4
    caught = _share(table.both_fail, table.fail_pass)
    kept = _share(table.both_pass, table.pass_fail)
    head = (audit.metric.label, own.raw, *corrected, own.judged, own.labels)
    return (*head, caught, kept, table.fail_pass, table.pass_fail)


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None
