"""The head of the Evals page: the locked sets with their last and next run, and locking the next version."""

from datetime import datetime
from functools import partial

import streamlit as st

from core.actions.eval_results import EvalResults, SuiteStanding
from core.actions.eval_suites import LONGEST_NAME, USUAL_NAME, SuiteLine, SuitesView, lock_suite
from core.evidence.eval_case import Part
from core.metrics.eval_results import ADVISED_CASES, USUAL_RERUN_DAYS, RerunState
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.case_fields import PARTS
from core.web.widgets import flash, guarded
from core.web.wording import write_age, write_count, write_date, write_moment

_PACE = {
    RerunState.DONE: ("Run done", ":material/check_circle:", "green"),
    RerunState.DUE: ("Run due", ":material/schedule:", "orange"),
    RerunState.OVERDUE: ("Run overdue", ":material/alarm:", "red"),
}
_NOT_RUN = ("Not run yet", ":material/schedule:", "gray")
_MOST_NAMED = 8


def header(page: PageContext, suites: SuitesView, results: EvalResults) -> None:
    """Each locked set in a box, then what a lock would hold and the way to lock it."""
    standings = {one.lock.name: one for one in results.standings}
    for place, line in enumerate(suites.lines):
        with st.container(border=True, key=f"eval_set_{place}"):
            _standing(page, line, standings[line.lock.name])
    _advice(suites)
    if suites.may_lock and suites.cases:
        with st.popover("Lock a version", icon=":material/lock:", key="suite_lock"):
            _lock_form(page, suites)
    elif suites.cases and not suites.lines:
        st.caption("Not locked yet: a product manager locks the set.")


def _standing(page: PageContext, line: SuiteLine, standing: SuiteStanding) -> None:
    lock = line.lock
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{lit(lock.name)}, version {lock.number}**", width="content")
        if standing.rerun is not None:
            first = standing.newest is None and standing.rerun.state is RerunState.DUE
            words, icon, colour = _NOT_RUN if first else _PACE[standing.rerun.state]
            st.badge(words, icon=icon, color=colour)  # type: ignore[arg-type]
    facts = st.columns(4)
    newest = standing.newest
    figures = [
        ("Cases", f"{standing.cases:,}"),
        ("Last run", _ago(newest, page.now) if newest else "never"),
        ("Next run due", _due(standing)),
        ("Failing", f"{standing.failing:,}" if newest else "–"),
    ]
    for column, (name, value) in zip(facts, figures, strict=True):
        column.caption(name)
        column.markdown(f"**{lit(value)}**")
    have = "has" if standing.cases == 1 else "have"
    since = f"{standing.tested:,} of {write_count(standing.cases, 'case')} {have} a result since the lock."
    st.caption(lit(since))
    _since_lock(line)
    by = f"Locked {write_moment(lock.locked_at)} by {lock.locked_by}. Fingerprint {lock.digest[:12]}: "
    by += "one word changed in one case gives another."
    st.caption(lit(printable(by)))
    if line.earlier:
        with st.expander(f"Earlier versions ({len(line.earlier):,})", icon=":material/history:"):
            for one in line.earlier:
                why = f": {one.reason}" if one.reason else ""
                words = f"Version {one.number}, {write_moment(one.locked_at)} by {one.locked_by}, "
                words += f"{write_count(len(one.cases), 'case')}, fingerprint {one.digest[:12]}{why}"
                st.text(printable(words))


def _ago(moment: datetime, now: datetime) -> str:
    age = write_age(moment, now)
    return "just now" if age == "now" else f"{age} ago"


def _due(standing: SuiteStanding) -> str:
    return write_date(standing.rerun.due_at) if standing.rerun else "not asked for"


def _since_lock(line: SuiteLine) -> None:
    changes = line.changes
    if changes.is_empty:
        st.caption("Nothing has changed since the lock.")
        return
    parts = [
        f"{len(ids):,} {word} ({_named(ids)})"
        for word, ids in (("added", changes.added), ("changed", changes.changed), ("gone", changes.removed))
        if ids
    ]
    st.markdown(f":material/edit_note: {lit('Since the lock: ' + '; '.join(parts) + '.')}")


def _named(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more


def _advice(suites: SuitesView) -> None:
    if not suites.cases:
        return
    parts = ", ".join(f"{count:,} {part}" for part, count in suites.by_part if count)
    words = f"Own cases: {suites.cases:,} ({parts})."
    if suites.critical:
        words += f" {suites.critical:,} of them critical."
    if suites.cases < ADVISED_CASES:
        words += (
            f" At least {ADVISED_CASES} are advised: fewer can hardly tell a good release from a bad one."
        )
    st.caption(lit(words))


def _lock_form(page: PageContext, suites: SuitesView) -> None:
    usual = suites.lines[0].lock.name if suites.lines else USUAL_NAME
    st.caption(
        "A locked version never changes. It counts as evidence, and the next lock of the checklist binds it."
    )
    st.text_input("Name of the set", value=usual, key="suite_name", max_chars=LONGEST_NAME)
    st.multiselect(
        "Parts", list(Part), default=list(Part), format_func=lambda part: PARTS[part], key="suite_parts"
    )
    st.number_input(
        "Run it again every … days (0: not asked for)",
        min_value=0,
        max_value=366,
        value=USUAL_RERUN_DAYS,
        key="suite_days",
    )
    st.text_input("Why (optional)", key="suite_reason", max_chars=500)
    st.button("Lock this version", type="primary", key="suite_save", on_click=guarded(partial(_lock, page)))


def _lock(page: PageContext) -> None:
    state = st.session_state
    lock = lock_suite(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        name=state["suite_name"],
        parts=state["suite_parts"],
        rerun_days=int(state["suite_days"]) or None,
        reason=state["suite_reason"],
    )
    flash(f"Version {lock.number} of “{lock.name}” is locked, with {write_count(len(lock.cases), 'case')}.")
