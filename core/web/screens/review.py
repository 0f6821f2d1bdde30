"""The Review page around the work: the week and its coverage, the ways to pick traces, the reviews so far."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.review_queue import (
    Choice,
    ReviewsView,
    nothing_fits,
    open_review,
    title_of,
    view_pools,
    view_reviews,
    what_it_proves,
)
from core.actions.withdrawing import withdraw_upload
from core.evidence.review_queue import FEEDS_RATES, MOST_ITEMS, WORST_SIZE, Queue
from core.store.review_candidates import WeekCoverage
from core.store.reviews import ReviewSession
from core.units import Unit, write
from core.web.address import put, text_in
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.permitted import only_for, permitted, says_who_may
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count, write_date, write_moment

ADDRESS = "review"
_SHOWN_AT_FIRST = 12
_WAYS = {
    Queue.ALL: ("All of the week", "Every trace that no review has labelled yet, in an order nobody chose."),
    Queue.WORST: (
        f"{WORST_SIZE} worst",
        "Those that look bad and that nobody has labelled, in this order: the user rejected the answer or "
        "it was handed to a person; an AI judge finds a fault; something failed in the run; a needed "
        "document was not fetched; the feature was not sure itself; the user changed the answer; slow. At "
        "most three of one user. It takes about 30 minutes.",
    ),
    Queue.RANDOM: ("Random", "Traces drawn at random from those that no review has labelled yet."),
    Queue.STRATIFIED: (
        "By kind of task",
        "Drawn at random within each kind of task, in proportion, but enough of each kind to say something.",
    ),
    Queue.CONFIDENT_WRONG: (
        "Confident and wrong",
        "The feature was at least 80 % sure, and the user rejected the answer or an AI judge calls it wrong.",
    ),
    Queue.JUDGE_DISAGREES: (
        "Judge disagrees",
        "An AI judge says the opposite of a reviewer, or of what the user did.",
    ),
    Queue.SECOND: (
        "Second reviewer",
        "A random share of what others labelled, without seeing what they said. It shows how far people "
        "agree.",
    ),
}
_MARKS = {
    "complete": "feeds the rates",
    "random": "feeds the rates",
    "stratified": "feeds the rates, weighted by kind of task",
    "worst": "for learning, in no rate",
}


def opened_review() -> int | None:
    """The number of the review that the address names."""
    asked = text_in(ADDRESS, 20)
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None


def close_review() -> None:
    """Back to the list of reviews; a widget callback."""
    put(ADDRESS, "")


def overview(page: PageContext) -> bool:
    """How much of each week is reviewed, the ways to go on, and the reviews so far; False without traces."""
    view = view_reviews(page.workspace, page.caller, page.slug)
    if not view.weeks:
        with empty_state(
            "No traces to review yet",
            "Export traces from your tracing tool and upload them on the Evidence page. Then look at all of "
            "the first week, and at the 20 worst of every week from then on.",
            icon=":material/rate_review:",
        ):
            link_to("evidence", feature=page.slug, label="Go to Evidence")
        return False
    week = _week(view.weeks)
    if permitted(page, Act.REVIEW):
        _start(page, view, week)
    else:
        says_who_may(page, Act.REVIEW)
    _sessions(page, view)
    return True


def _week(weeks: Sequence[WeekCoverage]) -> WeekCoverage:
    """The week that is looked at, with how much of it people have reviewed."""
    by_monday = {one.monday.isoformat(): one for one in weeks}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.selectbox(
            "Week",
            list(by_monday),
            format_func=lambda monday: f"from {write_date(date.fromisoformat(monday))}",
            key="review_week",
            width=220,
        )
        week = by_monday[chosen or weeks[0].monday.isoformat()]
        share = write(week.reviewed / week.traces, Unit.SHARE)
        st.progress(
            week.reviewed / week.traces,
            text=f"**{week.reviewed:,} of {week.traces:,}** reviewed ({share})",
            width=360,
        )
    if len(weeks) > 1:
        with st.expander("Coverage of every week", icon=":material/table:"):
            rows = [(write_date(one.monday), one.traces, one.reviewed) for one in weeks]
            names = ("Week from", "Traces", "Reviewed")
            st.dataframe(
                {name: [row[place] for row in rows] for place, name in enumerate(names)},
                hide_index=True,
                key="review_coverage",
            )
            download_row("Coverage", Table(names, rows), "review-coverage", key="review_coverage_download")
    return week


def _start(page: PageContext, view: ReviewsView, week: WeekCoverage) -> None:
    place = (str(page.workspace.home), page.slug, view.version, week.monday, page.caller.name)
    there = _pools(page, place, week.monday)
    with st.container(border=True, gap="small", key="review_start"):
        queue = st.pills(
            "What to look at",
            list(_WAYS),
            format_func=lambda way: f"{_WAYS[way][0]} ({_how_many(way, there[way])})",
            default=Queue.ALL if week.reviewed == 0 and week.traces <= MOST_ITEMS else Queue.WORST,
            required=True,
            key="review_way",
        )
        queue = queue or Queue.WORST
        st.caption(_WAYS[queue][1])
        size, share = WORST_SIZE, 0.1
        if queue in (Queue.RANDOM, Queue.STRATIFIED):
            size = int(
                st.number_input("How many", 1, MOST_ITEMS, 50, step=10, key="review_size", width=160) or 50
            )
            _proof(week, size)
        elif queue is Queue.ALL:
            size = MOST_ITEMS
            if week.traces - week.reviewed > MOST_ITEMS:
                st.caption(f"One review holds {MOST_ITEMS:,} traces at most; open another one for the rest.")
        elif queue is Queue.SECOND:
            percent = st.number_input("Share in %", 1, 100, 10, step=5, key="review_share", width=160)
            share = (percent or 10) / 100
            if page.caller.person_id is None:
                st.caption(
                    ":material/person_alert: Nobody signs in here, so Readygate cannot tell people apart: "
                    "under one name this shows how steady one person is, not how far two agree."
                )
        st.caption(f":material/query_stats: {_feeds(queue)}")
        if not there[queue]:
            st.caption(f":material/info: {nothing_fits(queue)} Choose another week, or another way to pick.")
        choice = Choice(queue, week.monday, size, share)
        st.button(
            "Start reviewing",
            type="primary",
            icon=":material/play_arrow:",
            key="review_begin",
            disabled=not there[queue],
            on_click=guarded(partial(_begin, page, choice)),
        )


def _how_many(way: Queue, there: int) -> str:
    """How many there are to look at; where only the worst are taken, of how many."""
    return f"of {there:,}" if way is Queue.WORST and there > WORST_SIZE else f"{there:,}"


@st.cache_data(show_spinner="Counting what there is to look at …", max_entries=64)
def _pools(_page: PageContext, place: object, monday: date) -> dict[Queue, int]:
    """How many traces each way could take; worked out once for each state of the evidence (``place``)."""
    return view_pools(_page.workspace, _page.caller, _page.slug, monday)


def _feeds(queue: Queue) -> str:
    if queue in (Queue.WORST, Queue.CONFIDENT_WRONG, Queue.JUDGE_DISAGREES):
        return "For learning: what you say of these traces is in no rate, because they were picked as bad."
    return "For the rates: nobody chose these traces, so they may stand for the others."


def _proof(week: WeekCoverage, size: int) -> None:
    """What the number proves if all goes well: the number decides, not the percentage."""
    proof = what_it_proves(week.traces, size)
    share = write(proof.share, Unit.SHARE)
    st.caption(
        f"If none of {proof.reviewed:,} is bad, at most {proof.bad:,} of the {proof.total:,} of this week "
        f"are, and up to {share} of those to come may be. The number reviewed decides, not the percentage."
    )


def _begin(page: PageContext, choice: Choice) -> None:
    session = open_review(page.workspace, page.caller, page.moment(), page.slug, choice)
    put(ADDRESS, str(session.id))


def _sessions(page: PageContext, view: ReviewsView) -> None:
    st.header("Reviews so far")
    if not view.sessions:
        st.caption("None yet.")
        return
    shown = view.sessions
    if len(shown) > _SHOWN_AT_FIRST and not st.toggle(f"Show all {len(shown):,}", key="review_all"):
        shown = shown[:_SHOWN_AT_FIRST]
    for session in shown:
        _session(page, session, view)
    columns = ("Review", "By", "Opened", "Traces", "Reviewed", "Deferred", "Of", "Sampling", "Withdrawn")
    rows = [
        (
            title_of(one),
            one.opened_by,
            one.opened_at,
            one.size,
            one.reviewed,
            one.deferred,
            one.population,
            one.sampling,
            one.id in view.withdrawn,
        )
        for one in view.sessions
    ]
    download_row("Reviews", Table(columns, rows), f"{page.slug}-reviews", key="reviews_download")


def _session(page: PageContext, session: ReviewSession, view: ReviewsView) -> None:
    is_withdrawn = session.id in view.withdrawn
    with st.container(border=True, gap="xsmall", key=f"review_{session.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{lit(_short_title(session))}**", width="content")
            st.badge(
                "withdrawn" if is_withdrawn else _MARKS[session.sampling],
                color="blue" if session.sampling in FEEDS_RATES and not is_withdrawn else "gray",
            )
            if session.opened_by in view.authors:
                st.badge(
                    "labelled by author",
                    color="orange",
                    help="Whoever wrote the checklist or the plan should not be the only one who labels.",
                )
        st.caption(lit(_state(session)))
        with st.container(horizontal=True, gap="small"):
            is_open = session.reviewed < session.size and not is_withdrawn and session.queue != Queue.SETTLED
            if is_open and permitted(page, Act.REVIEW):
                st.button(
                    "Go on" if session.reviewed else "Start",
                    key=f"review_open_{session.id}",
                    icon=":material/play_arrow:",
                    on_click=partial(put, ADDRESS, str(session.id)),
                )
            if session.reviewed:
                st.button(
                    "What was found",
                    key=f"review_found_{session.id}",
                    icon=":material/summarize:",
                    on_click=partial(_show_found, session.id),
                )
            if session.upload_id and not is_withdrawn:
                _withdraw(page, session)


def _short_title(session: ReviewSession) -> str:
    """The title without its first word; only the first letter changes, months keep theirs."""
    rest = title_of(session).removeprefix("Review: ")
    return rest[:1].upper() + rest[1:]


def _state(session: ReviewSession) -> str:
    parts = [f"{session.reviewed:,} of {session.size:,} reviewed"]
    if session.deferred:
        parts.append(f"{session.deferred:,} deferred")
    if session.queue != Queue.SETTLED:
        parts.append(f"picked from {write_count(session.population, 'trace')}")
    parts.append(f"opened by {session.opened_by}, {write_moment(session.opened_at)}")
    return " · ".join(parts)


def _show_found(session_id: int) -> None:
    put(ADDRESS, str(session_id))
    st.session_state[f"review_end_{session_id}"] = True


def _withdraw(page: PageContext, session: ReviewSession) -> None:
    with st.popover("Withdraw", icon=":material/block:", disabled=not permitted(page, Act.WITHDRAW_UPLOAD)):
        st.markdown("Its labels stay listed on the Evidence page, but count nowhere.")
        st.text_input("Why", key=f"review_why_{session.id}", max_chars=500)
        st.button(
            "Withdraw these labels",
            key=f"review_withdraw_{session.id}",
            on_click=guarded(partial(_withdrawn, page, session)),
            **only_for(page, Act.WITHDRAW_UPLOAD),
        )


def _withdrawn(page: PageContext, session: ReviewSession) -> None:
    reason = st.session_state.get(f"review_why_{session.id}", "")
    withdraw_upload(page.workspace, page.caller, page.moment(), session.upload_id or "", reason)
    flash("The labels of this review count no more.")
