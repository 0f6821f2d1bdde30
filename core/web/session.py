"""What one visitor's session carries between script runs: messages, and the router's mark on a run."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec

import streamlit as st

from core.errors import NotAllowed, UserError
from core.web import wiring

P = ParamSpec("P")

# The page that the router has started in this very run. A context variable lives and dies with the
# run's own thread, so that an unfinished run leaves no mark for a later one, and no visitor can set it.
_started: ContextVar[str | None] = ContextVar("readygate_started_page", default=None)

_FLASH = "_readygate_flash"
_PROBLEM = "_readygate_problem"
_PERSON = "_readygate_person"


@contextmanager
def started_by_router(key: str) -> Iterator[None]:
    """Mark the run of the page ``key`` as the router's own for as long as the block lasts."""
    mark = _started.set(key)
    try:
        yield
    finally:
        _started.reset(mark)


def claim_run(key: str) -> bool:
    """True once per run when the router started the page ``key``; the mark is used up."""
    if _started.get() != key:
        return False
    _started.set(None)
    return True


def drawn_for(person_id: int | None) -> None:
    """Remember whom the page of this session is drawn for; None is the person of single-user mode."""
    st.session_state[_PERSON] = person_id


def flash(message: str, *, icon: str = ":material/check:") -> None:
    """Keep a message (plain text) for the next run; a toast drawn before a rerun would be lost."""
    st.session_state.setdefault(_FLASH, []).append((message, icon))


def take_flashes() -> list[tuple[str, str]]:
    """The messages kept since the last run, as (message, icon); they are shown once."""
    return list(st.session_state.pop(_FLASH, []))


def guarded(callback: Callable[P, object]) -> Callable[P, None]:
    """A widget callback whose ``UserError`` is shown on the page instead of replacing it.

    Streamlit does not run the page after a callback has failed; this way the page is drawn with
    the problem at its top, and the person's own input stays in its fields.

    A callback runs before the router has looked who is there, with the caller of the run before. So it
    happens for whom the page was drawn for only, and only while they are signed in.
    """

    @functools.wraps(callback)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            if wiring.caller().person_id != st.session_state.get(_PERSON):
                raise NotAllowed("Somebody else has signed in since.", mend="Look at the page again first.")
            callback(*args, **kwargs)
        except UserError as problem:
            st.session_state[_PROBLEM] = problem

    return call


def take_problem() -> UserError | None:
    """The problem that the last guarded callback met, once."""
    problem = st.session_state.pop(_PROBLEM, None)
    return problem if isinstance(problem, UserError) else None
