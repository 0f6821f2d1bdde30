"""Where two people labelled the same traces: how far they agree, and the disagreements to be settled."""

from functools import partial

import streamlit as st

from core.actions.agreement import (
    AgreementView,
    Disagreement,
    QuestionAgreement,
    open_disagreement,
    settle,
    view_agreement,
)
from core.actions.policy import Act
from core.actions.review_labels import LONGEST_NOTE
from core.evidence.fingerprints import key_of
from core.statistics.interval import Interval
from core.statistics.judge_audit import FEWEST_FOR_KAPPA, FEWEST_RARE_FOR_KAPPA
from core.units import Unit, write, write_interval
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.permitted import only_for, permitted
from core.web.screens.review_keys import QUESTIONS, options_of
from core.web.screens.review_trace import show_trace
from core.web.screens.trace_text import one_line
from core.web.widgets import flash, guarded
from core.web.wording import write_count

_SHOWN = 20


def agreement(page: PageContext) -> None:
    """How far two reviewers agree by question, and what they disagree on."""
    view = view_agreement(page.workspace, page.caller, page.now, page.slug)
    st.header("Do reviewers agree?")
    if not view.doubly:
        st.caption(
            "No trace has labels of two people yet. Let somebody start a review as second reviewer: a tenth "
            "of what others labelled is enough to see whether the labels mean the same to everybody."
        )
        return
    st.caption(f"{write_count(view.doubly, 'trace')} with labels of two people.")
    rows = [_row(one) for one in view.questions]
    names = ("Question", "Traces", "Agreed", "Good ones kept", "Faults found by both", "Kappa")
    st.dataframe(
        {name: [row[place] for row in rows] for place, name in enumerate(names)},
        hide_index=True,
        key="agreement_table",
    )
    st.caption(
        "Agreed: the share on which both say the same. Faults found by both: of what the first calls wrong, "
        "the share that the second calls wrong too; good ones kept: the same for what the first calls right. "
        "Kappa is agreement beyond chance (1 is full); it falls "
        f"where one answer is rare, and its interval can be trusted from {FEWEST_FOR_KAPPA} traces with "
        f"{FEWEST_RARE_FOR_KAPPA} of the rarer answer on. No AI judge can be expected to agree with people "
        "better than they do with each other."
    )
    download_row("Agreement", Table(names, rows), f"{page.slug}-agreement", key="agreement_download")
    _disagreements(page, view)


def _row(one: QuestionAgreement) -> tuple[str, int, str, str, str, str]:
    counts = one.counts
    kappa = "" if one.kappa is None else f"{one.kappa.value:.2f}"
    if counts.kappa is not None:
        kappa += f" ({counts.kappa.interval.low:.2f} to {counts.kappa.interval.high:.2f})"
    elif kappa:
        kappa += " (too few)"
    passed, failed = counts.both_pass + counts.pass_fail, counts.fail_pass + counts.both_fail
    return (
        QUESTIONS[one.question][2],
        counts.n,
        _share(counts.both_pass + counts.both_fail, counts.n, counts.agreed),
        _share(counts.both_pass, passed, counts.kept),
        _share(counts.both_fail, failed, counts.caught),
        kappa,
    )


def _share(count: int, n: int, interval: Interval) -> str:
    if not n:
        return ""
    return f"{write(count / n, Unit.SHARE)} ({write_interval(interval.low, interval.high, Unit.SHARE)})"


def _disagreements(page: PageContext, view: AgreementView) -> None:
    if not view.disagreements:
        st.markdown(":material/check_circle: They say the same of every trace.")
        return
    settled = len(view.disagreements) - view.open
    done = f", {settled:,} settled" if settled else ""
    st.markdown(f"**{write_count(view.open, 'open disagreement')}{done}**")
    if view.open:
        st.caption("Until it is settled, a trace that one of them called wrong counts as wrong.")
    open_ones = [one for one in view.disagreements if not one.is_settled]
    for one in open_ones[:_SHOWN]:
        fold = st.expander(
            f"{lit(printable(one.run_id))} · {', '.join(QUESTIONS[name][0] for name in one.questions)}",
            icon=":material/balance:",
            key=_key(one, "fold"),
            on_change="rerun",
        )
        if fold.open:
            with fold:
                _open(page, one)
    if len(open_ones) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {len(open_ones):,}; the file has all of them.")
    rows = [
        (one.run_id, QUESTIONS[name][2], opinion.reviewer, opinion.values[name], one.is_settled)
        for one in view.disagreements
        for name in one.questions
        for opinion in one.opinions
    ]
    columns = ("Run ID", "Question", "Reviewer", "Said", "Settled")
    download_row("Disagreements", Table(columns, rows), f"{page.slug}-disagreements", key="disagreements")


def _key(one: Disagreement, name: str) -> str:
    """Of the trace, not of its place in the list: the list moves up as traces are settled."""
    return f"settle_{key_of(one.run_id)}_{name}"


def _open(page: PageContext, one: Disagreement) -> None:
    if not permitted(page, Act.REVIEW):
        st.caption("To settle it takes the role pm or reviewer.")
        return
    trace = open_disagreement(page.workspace, page.caller, page.slug, one.run_id)
    if trace is not None:
        show_trace(key_of(one.run_id), trace)
    for name in one.questions:
        said = [
            f"{one_line(opinion.reviewer, 'somebody')}: {_word(name, value)}"
            for opinion in one.opinions
            if (value := opinion.values[name]) is not None
        ]
        st.caption(lit(f"{QUESTIONS[name][2]} {' · '.join(said)}"))
        st.segmented_control(
            QUESTIONS[name][2],
            options_of(name)[:2],
            key=_key(one, name),
            label_visibility="collapsed",
        )
    st.text_input("Why", key=_key(one, "note"), max_chars=LONGEST_NOTE)
    is_mine = page.caller.name in {opinion.reviewer for opinion in one.opinions}
    if is_mine:
        st.checkbox("We talked it over and agree", key=_key(one, "together"))
    st.button(
        "Settle it",
        type="primary",
        icon=":material/gavel:",
        key=_key(one, "save"),
        on_click=guarded(partial(_settle, page, one)),
        **only_for(page, Act.REVIEW),
    )


def _word(name: str, value: bool) -> str:
    options = options_of(name)
    return options[0] if value != (name == "hallucination") else options[1]


def _settle(page: PageContext, one: Disagreement) -> None:
    values = {}
    for name in one.questions:
        word = st.session_state.get(_key(one, name))
        if word is not None:
            values[name] = (word == options_of(name)[0]) != (name == "hallucination")
    settle(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        one.run_id,
        values,
        note=st.session_state.get(_key(one, "note")) or "",
        agreed_together=bool(st.session_state.get(_key(one, "together"))),
    )
    flash("Settled: the decision counts from now on.")
