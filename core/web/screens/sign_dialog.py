"""The dialogs in which a signer approves, on conditions or without, and refuses."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import streamlit as st

from core.actions.proven import is_fresh
from core.actions.sign_in_settings import SignInMode
from core.actions.signing import SignOffView, sign
from core.decision.decide import Decision
from core.decision.promises import LONGEST_OWNER, LONGEST_WORDS, MOST_CONDITIONS, AskedCondition
from core.decision.sign_off import SignOff
from core.web import wiring
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.signed_text import name_of, what_is_signed
from core.web.session import take_problem
from core.web.sign_in import settings
from core.web.widgets import flash, guarded, problem_box

_DAYS_AT_FIRST = 14


def ask_go(page: PageContext, view: SignOffView, waiting: Sequence[SignOff], decision: Decision) -> None:
    """Read, then sign the first of ``waiting``; the others follow one by one."""
    one = waiting[0]

    @st.dialog("Sign: go", width="large", icon=":material/draw:")
    def ask() -> None:
        st.markdown(f"**{lit(one.title)}**")
        if len(waiting) > 1:
            then = ", ".join(other.title for other in waiting[1:])
            st.caption(lit(f"1 of {len(waiting)} things that wait for you. Then: {then}"))
        what_is_signed(page, view, one, decision, key=f"dialog_{name_of(one)}")
        if not_asked := decision.not_asked:
            st.markdown(f":small[:orange[:material/foundation:] {lit(not_asked)}]")
        if not is_fresh(page.caller, page.now):
            sign_in_afresh(key=f"sign_in_again_dialog_{name_of(one)}")
            return
        _go_form(page, view, one)

    ask()


def ask_no_go(page: PageContext, refusable: Sequence[SignOff]) -> None:
    """Refuse one of ``refusable`` with a reason: the last, which is the step, unless another is chosen."""

    @st.dialog("Sign: no-go", icon=":material/cancel:")
    def ask() -> None:
        one = refusable[-1]
        if not is_fresh(page.caller, page.now):
            sign_in_afresh(key="sign_in_again_no_go")
            return
        if len(refusable) > 1:
            titles = {name_of(each): each for each in refusable}
            chosen = st.radio(
                "What do you refuse?",
                list(titles),
                index=len(titles) - 1,
                format_func=lambda name: titles[name].title,
                key="sign_no_go_what",
            )
            one = titles.get(chosen, one)
        st.markdown(
            f"While your refusal stands, nothing goes on with **{lit(one.title)}**. You can take it back at "
            "any time."
        )
        name = name_of(one)
        with st.form(f"sign_no_go_form_{name}", border=False, enter_to_submit=False):
            st.text_area(
                "Why? What would have to be so?",
                key=f"sign_why_{name}",
                max_chars=500,
                help="At least 10 characters; everyone reads it.",
            )
            refused = st.form_submit_button(
                "Refuse",
                type="primary",
                icon=":material/cancel:",
                key=f"sign_refuse_{name}",
                on_click=guarded(partial(_refuse, page, one)),
            )
        _closed_when(refused)

    ask()


def sign_in_afresh(key: str) -> None:
    """A sign-in that is too old: how to get a new one."""
    if settings().mode is SignInMode.PROXY:
        st.caption(
            ":material/login: A signature takes a page that was opened in the last 15 minutes: the proxy "
            "looks who you are when a page is opened. Load this one again, then sign."
        )
        return
    st.caption("A signature takes a sign-in of the last 15 minutes. You come back to this page.")
    wiring.sign_in_again_button(key=key)


def _go_form(page: PageContext, view: SignOffView, one: SignOff) -> None:
    """Typed, so that nobody signs without having read the verdict."""
    name, word = name_of(one), view.typed_for(one)
    is_ready = one.about != "step" or word == "GO"
    if not is_ready:
        st.caption(
            f":material/hourglass_top: The verdict is {word}. Signing here **approves** the step all the "
            "same; to say no, close this and take “Sign: no-go”. You can also wait: new evidence changes "
            "what is signed, and voids what was signed before it."
        )
    asked = _conditions(page, name) if one.about == "step" else 0
    with st.form(f"sign_form_{name}", border=False, enter_to_submit=False):
        _condition_fields(page, name, asked)
        st.text_input(
            f"Type {word} to show that you have read it",
            key=f"sign_typed_{name}",
            max_chars=40,
            autocomplete="off",
        )
        st.text_input("Note (optional)", key=f"sign_reason_{name}", max_chars=500)
        signed = st.form_submit_button(
            _button_words(word, is_ready=is_ready, asked=asked),
            type="primary" if is_ready else "secondary",
            icon=":material/draw:",
            key=f"sign_approve_{name}",
            on_click=guarded(partial(_approve, page, one, asked)),
        )
    _closed_when(signed)


def _button_words(word: str, *, is_ready: bool, asked: int) -> str:
    if asked:
        return "Sign on these conditions"
    return "Sign" if is_ready else f"Approve although it is {word}"


def _conditions(page: PageContext, name: str) -> int:
    """On how many conditions: 0 is a plain GO."""
    asked = st.segmented_control(
        "On conditions?",
        list(range(MOST_CONDITIONS + 1)),
        default=0,
        required=True,
        format_func=lambda n: "None" if n == 0 else str(n),
        key=f"sign_conditions_{name}",
        help="Your signature counts. A condition that nobody has met when its day is over turns the verdict "
        "into NO-GO, until it is met or a signer releases it.",
    )
    return int(asked or 0)


def _condition_fields(page: PageContext, name: str, asked: int) -> None:
    for place in range(asked):
        key = f"sign_condition_{name}_{place}"
        st.text_input(
            f"Condition {place + 1}: what has to be so",
            key=key,
            max_chars=LONGEST_WORDS,
            placeholder="Legal has read ten billing answers",
        )
        with st.container(horizontal=True, gap="small"):
            st.text_input("Who sees to it", key=f"{key}_owner", max_chars=LONGEST_OWNER)
            st.date_input(
                "To the end of (UTC)",
                value=(page.now + timedelta(days=_DAYS_AT_FIRST)).date(),
                min_value=page.now.date(),
                key=f"{key}_due",
            )


def _asked(name: str, count: int) -> tuple[AskedCondition, ...]:
    said = st.session_state
    found = []
    for place in range(count):
        key = f"sign_condition_{name}_{place}"
        due = said.get(f"{key}_due")
        found.append(
            AskedCondition(
                words=said.get(key) or "",
                owner=said.get(f"{key}_owner") or "",
                due=due if isinstance(due, date) else date.min,
            )
        )
    return tuple(found)


def _approve(page: PageContext, one: SignOff, asked: int) -> None:
    name = name_of(one)
    conditions = _asked(name, asked)
    _sign(page, one, "approve", f"sign_reason_{name}", conditions)
    st.session_state.pop(f"sign_typed_{name}", None)
    flash("Signed, on conditions." if conditions else "Signed.", icon=":material/draw:")


def _refuse(page: PageContext, one: SignOff) -> None:
    _sign(page, one, "refuse", f"sign_why_{name_of(one)}", ())
    flash("Refused, with your reason.", icon=":material/cancel:")


def _sign(
    page: PageContext, one: SignOff, choice: str, reason: str, conditions: tuple[AskedCondition, ...]
) -> None:
    sign(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        about=one.about,
        sha256=one.sha256,
        typed=st.session_state.get(f"sign_typed_{name_of(one)}") or "",
        choice=choice,
        reason=st.session_state.get(reason) or "",
        conditions=conditions,
    )
    st.session_state.pop(reason, None)


def _closed_when(pressed: bool) -> None:
    """After the press the dialog closes; what went wrong is told in it instead, and the words stay."""
    if not pressed:
        return
    problem = take_problem()
    if problem is None:
        st.rerun()
    else:
        problem_box(problem)
