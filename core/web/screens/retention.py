"""How long evidence and the log are kept, said and set on the Evidence page; below it, erasure."""

from functools import partial

import streamlit as st

from core.actions.age_limits import LONGEST_DAYS, AgeLimits, set_days, view_limits
from core.actions.usual_limits import USUAL_DAYS, Kept
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.erasure import erase_a_person
from core.web.screens.legal_hold import legal_holds
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_date

_FOR_EVER, _FOR_DAYS = "For ever", "For a number of days"
_ASK = {
    Kept.TEXTS: "Keep the texts of traces, from the day they were handed in",
    Kept.NUMBERS: "Keep numbers and labels, from the day they were handed in",
    Kept.LOG: "Keep what old entries of the audit log say, from the day of the entry",
    Kept.CASES: "Keep the texts of eval cases made from traces, from the day they were saved",
}
_SHORTER = {
    Kept.TEXTS: "Texts that were handed in longer ago than this are gone within a day.",
    Kept.NUMBERS: "Numbers handed in longer ago, and that no verdict counts, are gone within a day.",
    Kept.LOG: "What such entries from before that day say is gone within a day.",
    Kept.CASES: "Texts of cases saved longer ago, and that no locked set holds, are gone within a day.",
}
_LISTED = 5
"""So many files are named whose numbers are gone."""


def how_long_texts_are_kept(page: PageContext) -> None:
    view = view_limits(page.workspace, page.caller, page.moment(), page.slug)
    kept = _for(view.days[Kept.TEXTS], "after they were handed in")
    title = "Texts of traces are kept: a legal hold" if view.held else f"Texts of traces are kept {kept}"
    with st.expander(title, icon=":material/auto_delete:", key="retention"):
        if view.held:
            st.warning(
                lit(f"{view.held}. Nothing expires while it holds, though texts are otherwise kept {kept}."),
                icon=":material/gavel:",
            )
        _texts(page, view)
        _numbers(page, view)
        _cases(page, view)
        _log(page, view)
        if not view.may_change:
            st.caption("An administrator sets how long each is kept.")
        legal_holds(page)
    erase_a_person(page)


def _texts(page: PageContext, view: AgeLimits) -> None:
    st.markdown(
        "What users asked and what the feature answered is often personal. After the time you set, "
        "counted from the day on which a file was handed in, Readygate removes these texts for good: "
        "questions, answers, contexts, steps, errors, remarks, corrected answers and rejected rows. "
        "User ids become codes. How old a trace is does not matter: of an old export, too, "
        "you can review every text until then."
    )
    st.markdown(
        "**Numbers and verdicts stay exactly as they are when texts go**: what is counted is not a text. "
        "Eval cases made from traces have a time of their own, below. "
        "Uploading an old file again does not bring its texts back. "
        "Backups made before that day still hold them."
    )
    if view.texts_expired:
        st.caption("The time of some files is over: where a text has expired, its trace says when.")
    _form(page, view, Kept.TEXTS)


def _numbers(page: PageContext, view: AgeLimits) -> None:
    days = _for(view.days[Kept.NUMBERS], "after they were handed in")
    st.markdown(f"**Numbers and labels** are kept {days}")
    st.caption(
        "Then a file's traces, results, labels and failures are gone, with all that is counted of them. "
        "**What a verdict counts stays, however old it is**, so no verdict moves; a signature keeps the "
        "numbers it was given on. Of the file its name, SHA-256 and row counts stay."
    )
    if view.numbers_expired:
        _gone(view)
    if view.counted:
        files, stay = write_count(view.counted, "file"), "stays" if view.counted == 1 else "stay"
        st.caption(f"{files} older than that {stay}, because a verdict still counts what is in them.")
    _form(page, view, Kept.NUMBERS)


def _gone(view: AgeLimits) -> None:
    files = write_count(len(view.numbers_expired), "file")
    named = [
        f"{one.file_name} of {write_date(one.handed_in_at)}, gone on {write_date(one.expired_at)}"
        for one in view.numbers_expired[:_LISTED]
    ]
    more = len(view.numbers_expired) - len(named)
    also = f"; and {more:,} more" if more else ""
    st.caption(lit(f"Numbers of {files} have expired: {'; '.join(named)}{also}."))


def _cases(page: PageContext, view: AgeLimits) -> None:
    days = _for(view.days[Kept.CASES], "after they were saved")
    st.markdown(f"**Texts of eval cases made from traces** are kept {days}")
    st.caption(
        "Such a case is a copy of what a user asked. Then its question, its right answer and what was "
        "observed are gone, and a new lock leaves it out; its id, its results and every verdict stay. "
        "**A case that a locked set holds stays as long as it does**: lock the set anew without it, and "
        "amend the commitment where it names the set. Cases written by hand are kept."
    )
    if view.cases_expired:
        st.caption(f"The texts of {write_count(view.cases_expired, 'case')} have expired: Evals says which.")
    if view.cases_bound:
        stay, them = ("stays", "it") if view.cases_bound == 1 else ("stay", "them")
        cases = write_count(view.cases_bound, "case")
        st.caption(f"{cases} older than that {stay}, because a locked set holds {them}.")
    _form(page, view, Kept.CASES)


def _log(page: PageContext, view: AgeLimits) -> None:
    days = _for(view.days[Kept.LOG], "after the entry")
    st.markdown(f"**What the audit log says** is kept {days}")
    st.caption(
        "Then entries about looking, trying and taking out (texts shown, refusals, exports) lose what they "
        "say. Who did what and when stays for good, and entries about decisions keep everything: without "
        "them nobody could tell whether a record was changed."
    )
    _form(page, view, Kept.LOG)


def _for(days: int | None, after: str) -> str:
    return "for ever" if days is None else f"for {write_count(days, 'day')} {after}"


def _form(page: PageContext, view: AgeLimits, kept: Kept) -> None:
    if not view.may_change:
        return
    days = view.days[kept]
    choice = st.radio(
        _ASK[kept],
        [_FOR_DAYS, _FOR_EVER],
        index=1 if days is None else 0,
        horizontal=True,
        key=f"{kept}_days_choice",
    )
    if choice == _FOR_DAYS:
        st.number_input(
            "Days",
            min_value=1,
            max_value=LONGEST_DAYS,
            value=days or USUAL_DAYS[kept],
            step=1,
            key=f"{kept}_days",
            width=160,
        )
        if days is None or (st.session_state.get(f"{kept}_days") or 0) < days:
            st.caption(f"{_SHORTER[kept]} Nobody can bring them back.")
    save = guarded(partial(_save, page, kept))
    st.button("Save", icon=":material/save:", key=f"{kept}_days_save", on_click=save)


def _save(page: PageContext, kept: Kept) -> None:
    state = st.session_state
    days = int(state[f"{kept}_days"]) if state[f"{kept}_days_choice"] == _FOR_DAYS else None
    if not set_days(page.workspace, page.caller, page.moment(), page.slug, kept, days):
        flash("Nothing changed.")
        return
    words = {
        Kept.TEXTS: f"texts are kept {_for(days, 'after they were handed in')}",
        Kept.NUMBERS: f"numbers are kept {_for(days, 'after they were handed in')}",
        Kept.LOG: f"what old entries of the log say is kept {_for(days, 'after the entry')}",
        Kept.CASES: f"texts of eval cases made from traces are kept {_for(days, 'after they were saved')}",
    }[kept]
    flash(f"From now on {words}.", icon=":material/auto_delete:")
