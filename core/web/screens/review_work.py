"""The work of a review: one trace after the other, by keyboard, each label saved as one goes on.

All of it is one fragment: a key costs the trace and its form, and nothing of the page around them. What is
chosen is kept as a draft at once, so that a closed tab loses nothing.
"""

from functools import partial

import streamlit as st

from core.actions.review_labels import defer, end_review, save_label, take_back_last
from core.actions.reviews import Judged, ReviewTask, coming, open_item, queue_of, view_session
from core.errors import Conflict
from core.store.reviews import ReviewItem, ReviewSession
from core.web import form_drafts
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import review_keys as keys
from core.web.screens.review import close_review
from core.web.screens.review_form import details, do_pressed, label_form, save_new_words
from core.web.screens.review_timer import timer
from core.web.screens.review_trace import show_trace
from core.web.session import take_problem
from core.web.widgets import empty_state, flash, guarded, problem_box

_LEAVES, _SHOWS_KEYS = "_readygate_review_leaves", "_readygate_review_shows_keys"
_STATES = {"waiting": "", "reviewed": "done", "deferred": "deferred"}


def work(page: PageContext, session_id: int) -> bool:
    """The next trace of the review with its form; False, and nothing, where none is left."""
    session = view_session(page.workspace, page.caller, page.slug, session_id)
    if _place(page, session) is None:
        return False
    _fragment(page, session_id)
    return True


@st.fragment
def _fragment(page: PageContext, session_id: int) -> None:
    if st.session_state.pop(_LEAVES, False):
        st.rerun()
    keys.all_done()
    if problem := take_problem():
        problem_box(problem)
    session = view_session(page.workspace, page.caller, page.slug, session_id)
    place = _place(page, session)
    if place is None:
        st.rerun()
    task = _task(page, session, place)
    # Before anything is drawn: a key pressed from now on is meant for this trace.
    _fill(page, session, task)
    _head(page, session, task)
    trace, form = st.columns([10, 9], gap="medium")
    with trace:
        if task.why:
            why = task.why[:1].lower() + task.why[1:]
            st.caption(f":material/priority_high: In this queue because: {lit(why)}")
        if task.trace is None:
            with empty_state("This trace is gone", "Its upload was withdrawn; put it off and go on."):
                pass
        else:
            show_trace(task.item.id, task.trace)
    with form:
        label_form(page, task)
        _buttons(page, session, task)
        details(page, task)
    _keep_draft(page, task)
    _look_ahead(page, session, place)


# Where one stands in the queue, and what is fetched ahead, live in the session of this visitor.


def _key(session_id: int, name: str) -> str:
    return f"_readygate_review_{session_id}_{name}"


def _place(page: PageContext, session: ReviewSession) -> int | None:
    """The place in the queue that is looked at; None at the end of it."""
    chosen = st.session_state.get(_key(session.id, "place"))
    if isinstance(chosen, int) and 1 <= chosen <= session.size:
        return chosen
    found = coming(page.workspace, page.caller, page.slug, session.id)
    if not found:
        return None
    st.session_state[_key(session.id, "place")] = found[0].place
    return found[0].place


def _go_to(session_id: int, place: int | None) -> None:
    st.session_state[_key(session_id, "place")] = place


def _task(page: PageContext, session: ReviewSession, place: int) -> ReviewTask:
    """The trace at this place: as it was fetched ahead, or now."""
    who = page.caller.name
    for name in ("now", "ahead"):
        kept = st.session_state.get(_key(session.id, name))
        if kept is not None and kept[0] == (who, place):
            st.session_state[_key(session.id, "now")] = kept
            return _typed(kept[1])
    task = open_item(page.workspace, page.caller, page.slug, session.id, place)
    st.session_state[_key(session.id, "now")] = ((who, place), task)
    return task


def _typed(task: object) -> ReviewTask:
    if not isinstance(task, ReviewTask):
        raise TypeError("what was fetched ahead is no task")
    return task


def _look_ahead(page: PageContext, session: ReviewSession, place: int) -> None:
    """Fetch the next trace while this one is looked at, so that it is there at once."""
    following = _next(page, session.id, place)
    kept = st.session_state.get(_key(session.id, "ahead"))
    if following is None or (kept is not None and kept[0] == (page.caller.name, following.place)):
        return
    task = open_item(page.workspace, page.caller, page.slug, session.id, following.place)
    st.session_state[_key(session.id, "ahead")] = ((page.caller.name, following.place), task)


def _next(page: PageContext, session_id: int, place: int) -> ReviewItem | None:
    """What comes after the trace at ``place``, whatever becomes of that one."""
    found = coming(page.workspace, page.caller, page.slug, session_id, after=place)
    return next((one for one in found if one.place != place), None)


def _forget(session_id: int) -> None:
    """What was read is old now: the next run reads it anew."""
    for name in ("now", "ahead", "filled"):
        st.session_state.pop(_key(session_id, name), None)


def _draft(task: ReviewTask) -> str:
    return f"review-{task.item.id}"


def _fill(page: PageContext, session: ReviewSession, task: ReviewTask) -> None:
    """Put into the fields what was begun, or else what was said, whenever another trace comes up."""
    if st.session_state.get(_key(session.id, "filled")) == task.item.id:
        return
    draft = form_drafts.kept(page, _draft(task))
    begun = keys.from_draft(draft.fields) if draft else None
    keys.fill(task.item.id, begun or task.mine or Judged())
    keys.now_at(task.item.id, task.trace)
    st.session_state[_key(session.id, "filled")] = task.item.id


def _keep_draft(page: PageContext, task: ReviewTask) -> None:
    judged = keys.judged_on_page(task.item.id)
    if judged != (task.mine or Judged()):
        form_drafts.keep(page, _draft(task), keys.as_draft(task.item.run_id, judged))


def _head(page: PageContext, session: ReviewSession, task: ReviewTask) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review_head"):
        st.button(
            "All reviews", icon=":material/arrow_back:", key="review_close", on_click=_leave, type="tertiary"
        )
        st.markdown(f"**{task.item.place:,} of {session.size:,}**", width="content")
        st.progress(session.reviewed / session.size, width=120)
        deferred = f", {session.deferred:,} deferred" if session.deferred else ""
        st.caption(f"{session.reviewed:,} done{deferred}", width="content")
        if session.minutes:
            timer(page, session)
        _queue(page, session)
        st.button(
            "Finish",
            icon=":material/flag:",
            key="review_finish",
            help="Ends this review as it is; you can go on with it later.",
            on_click=guarded(partial(_finish, page, session.id)),
        )


def _leave() -> None:
    close_review()
    st.session_state[_LEAVES] = True


def _queue(page: PageContext, session: ReviewSession) -> None:
    pop = st.popover("Queue", icon=":material/list:", key=f"review_queue_{session.id}", on_change="rerun")
    # A long queue is sent only to whoever opens it.
    if not pop.open:
        return
    with pop:
        found = queue_of(page.workspace, page.caller, page.slug, session.id)
        places = [one.place for one in found]
        chosen = st.selectbox(
            "Go to",
            places,
            index=None,
            format_func=lambda place: _described(found[place - 1]),
            key=f"review_jump_{session.id}",
            placeholder=f"One of {len(places):,}",
        )
        if chosen is not None:
            st.button(
                "Open it",
                key="review_jump",
                on_click=partial(_go_to, session.id, chosen),
            )


def _described(item: ReviewItem) -> str:
    state = _STATES[item.state]
    return f"{item.place} · {item.run_id}" + (f" · {state}" if state else "")


def _buttons(page: PageContext, session: ReviewSession, task: ReviewTask) -> None:
    st.button(
        "Save and go on",
        type="primary",
        icon=":material/check:",
        key="review_save",
        shortcut="Enter",
        width="stretch",
        on_click=guarded(partial(_save, page, session.id)),
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Undo",
            icon=":material/undo:",
            key="review_undo",
            shortcut="U",
            help="Takes your last saved label back and opens its trace again.",
            on_click=guarded(partial(_undo, page, session.id)),
        )
        st.button(
            "Defer",
            icon=":material/schedule:",
            key="review_defer",
            shortcut="D",
            help="Comes again at the end of the queue.",
            on_click=guarded(partial(_defer, page, session.id)),
        )
        st.button("Keys", icon=":material/keyboard:", key="review_help", shortcut="K", on_click=_show_keys)
    if st.session_state.get(_SHOWS_KEYS):
        _keys_help()


def _current(session_id: int) -> ReviewTask:
    """The trace on the page. Callbacks ask for it when they run: a key that is pressed while the next trace
    is being drawn still has the callback of the one before."""
    return _typed(st.session_state[_key(session_id, "now")][1])


def _save(page: PageContext, session_id: int) -> None:
    task = _current(session_id)
    do_pressed(page, session_id)
    judged = keys.judged_on_page(task.item.id)
    now = page.moment()
    judged = save_new_words(page, now, session_id, judged)
    following = _next(page, session_id, task.item.place)
    try:
        save_label(
            page.workspace,
            page.caller,
            now,
            page.slug,
            session_id,
            task.item.place,
            judged,
            based_on=task.based_on,
        )
    except Conflict:
        # What stands in the fields is kept as a draft, and drawn over what the other tab has saved.
        form_drafts.keep(page, _draft(task), keys.as_draft(task.item.run_id, judged))
        _forget(session_id)
        raise
    form_drafts.drop(page, _draft(task))
    st.session_state[_key(session_id, "last")] = judged
    _move_on(session_id, following)


def _move_on(session_id: int, following: ReviewItem | None) -> None:
    ahead = st.session_state.get(_key(session_id, "ahead"))
    _forget(session_id)
    if ahead is not None and following is not None and ahead[0][1] == following.place:
        st.session_state[_key(session_id, "ahead")] = ahead
    _go_to(session_id, following.place if following else None)


def _undo(page: PageContext, session_id: int) -> None:
    place, judged = take_back_last(page.workspace, page.caller, page.moment(), page.slug, session_id)
    _forget(session_id)
    _go_to(session_id, place)
    task = open_item(page.workspace, page.caller, page.slug, session_id, place)
    form_drafts.keep(page, _draft(task), keys.as_draft(task.item.run_id, judged))


def _defer(page: PageContext, session_id: int) -> None:
    task = _current(session_id)
    following = _next(page, session_id, task.item.place)
    defer(page.workspace, page.caller, page.moment(), page.slug, session_id, task.item.place)
    if following is None:
        flash("This is the last one: nothing else is left to look at.", icon=":material/info:")
        return
    _move_on(session_id, following)


def _finish(page: PageContext, session_id: int) -> None:
    end_review(page.workspace, page.caller, page.moment(), page.slug, session_id)
    st.session_state[f"review_end_{session_id}"] = True
    st.session_state[_LEAVES] = True


def _show_keys() -> None:
    shown = st.session_state.get(_SHOWS_KEYS, False)
    st.session_state[_SHOWS_KEYS] = not shown


def _keys_help() -> None:
    with st.container(border=True, key="review_keys"):
        rows = [(key, f"{full} Press again: wrong, cannot tell.") for _, key, full in keys.QUESTIONS.values()]
        rows += [
            ("O", "Everything is right"),
            ("1–9", "Failure type"),
            ("L", "Same as the last one"),
            ("Enter", "Save and go on"),
            ("U", "Undo the last save"),
            ("D", "Defer"),
            ("K", "Show or hide the keys"),
        ]
        st.dataframe(
            {"Key": [key for key, _ in rows], "Does": [words for _, words in rows]},
            hide_index=True,
            height="content",
            key="review_keys_table",
        )
        st.caption("Keys do nothing while you write in a field; Tab leaves it.")
