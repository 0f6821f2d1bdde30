"""What the Portfolio shows and in which order: fields that stand in the address, and the pages of cards."""

from collections.abc import Sequence

import streamlit as st

from core.actions.portfolio import Order, PortfolioLine, Wanted
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.rollout.transitions import State
from core.web.address import number_in, one_in, put, some_in, text_in, unknown_in, writes
from core.web.safe import lit
from core.web.wording import STATES, stakes_words, verdict_words

_ORDERS = {
    Order.WORST.value: "Worst first",
    Order.NAME.value: "By name",
    Order.SINCE.value: "Changed last",
}
_WORST_FIRST = (
    "Alarms and overruled verdicts first, then what reaches users without a GO, then what is stopped or "
    "waits, then GO; drafts that nobody has come last."
)
_VERDICTS = [verdict.value for verdict in Verdict]
_STAKES = [stakes.value for stakes in reversed(Stakes)]
_STATES = [state.value for state in State]
_LOOK = "yes"
_FILTERS = ("q", "verdict", "owner", "stakes", "state", "look")


def bar(lines: Sequence[PortfolioLine]) -> Wanted:
    """The fields, filled from the address; returns what they ask for."""
    owners = sorted({line.feature.owner for line in lines}, key=str.casefold)
    wanted = Wanted(
        text=text_in("q"),
        verdicts=frozenset(Verdict(word) for word in some_in("verdict", _VERDICTS)),
        owners=frozenset(some_in("owner", owners)),
        stakes=frozenset(Stakes(word) for word in some_in("stakes", _STAKES)),
        states=frozenset(State(word) for word in some_in("state", _STATES)),
        asks_for_a_look=text_in("look") == _LOOK,
        order=Order(one_in("sort", _ORDERS, Order.WORST.value)),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="portfolio_filters"):
        _field("portfolio_q", wanted.text)
        st.text_input(
            "Find",
            key="portfolio_q",
            max_chars=100,
            placeholder="Name or owner",
            icon=":material/search:",
            width=260,
            on_change=writes("q", "portfolio_q", also_drops="page"),
        )
        _field("portfolio_sort", wanted.order.value)
        st.selectbox(
            "Order",
            list(_ORDERS),
            format_func=_ORDERS.__getitem__,
            key="portfolio_sort",
            width=170,
            on_change=writes("sort", "portfolio_sort", default=Order.WORST.value, also_drops="page"),
        )
        chosen = sum(map(len, (wanted.verdicts, wanted.owners, wanted.stakes, wanted.states)))
        chosen += wanted.asks_for_a_look
        label = f"Filter ({chosen})" if chosen else "Filter"
        with st.popover(label, icon=":material/filter_list:", key="portfolio_filter"):
            _choices("Verdict", "verdict", _VERDICTS, {word: verdict_words(word).word for word in _VERDICTS})
            _choices("Rollout", "state", _STATES, {word: _state_words(word) for word in _STATES})
            _choices("Owner", "owner", owners, {})
            _choices("Stakes", "stakes", _STAKES, {word: stakes_words(word).word for word in _STAKES})
            _look(wanted.asks_for_a_look)
        if wanted.narrows:
            st.button("Show all", key="show_all", icon=":material/filter_alt_off:", on_click=_show_all)
    _say_unknown(owners)
    if wanted.order is Order.WORST:
        st.caption(_WORST_FIRST)
    return wanted


def place(count: int, at_once: int) -> tuple[int, int]:
    """The places (first, behind the last) of the cards on the page that the address names."""
    page = number_in("page", -(-count // at_once))
    return (page - 1) * at_once, page * at_once


def pager(count: int, at_once: int) -> None:
    """The way to the other pages, where there are any."""
    pages = -(-count // at_once)
    if pages < 2:
        return
    page = number_in("page", pages)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="center", key="portfolio_pager"
    ):
        st.button(
            "Earlier",
            icon=":material/chevron_left:",
            key="pager_back",
            disabled=page == 1,
            on_click=put,
            args=("page", str(page - 1) if page > 2 else ""),
        )
        first, last = (page - 1) * at_once + 1, min(page * at_once, count)
        st.caption(f"{first}–{last} of {count} features", width="content")
        st.button(
            "Later",
            icon=":material/chevron_right:",
            key="pager_on",
            disabled=page == pages,
            on_click=put,
            args=("page", str(page + 1)),
        )


def _choices(label: str, name: str, options: list[str], words: dict[str, str]) -> None:
    key = f"portfolio_{name}"
    _field(key, some_in(name, options))
    st.multiselect(
        label,
        options,
        format_func=lambda value: words.get(value, value),
        key=key,
        placeholder="All",
        on_change=writes(name, key, also_drops="page"),
    )


def _look(is_asked: bool) -> None:
    st.session_state["portfolio_look"] = is_asked
    st.checkbox(
        "Only what asks for a look now",
        key="portfolio_look",
        help="An alarm that nobody has answered, a verdict that was overruled, a look-back that is due, or a "
        "rollout that was stopped.",
        on_change=_look_changed,
    )


def _look_changed() -> None:
    put("look", _LOOK if st.session_state.get("portfolio_look") else "")
    put("page", "")


def _state_words(state: str) -> str:
    return STATES[state].word.capitalize()


def _field(key: str, value: str | list[str]) -> None:
    """The address decides what a field shows, also when it was pasted."""
    st.session_state[key] = value


def _say_unknown(owners: Sequence[str]) -> None:
    """A filter that no longer fits is said, so that a list which is too long does not surprise."""
    asked = {"verdict": _VERDICTS, "owner": owners, "stakes": _STAKES, "state": _STATES, "look": [_LOOK]}
    unknown = [value for name, known in asked.items() for value in unknown_in(name, known)]
    if unknown:
        names = ", ".join(f"“{value[:60]}”" for value in unknown[:3])
        st.warning(
            lit(f"The address asks for {names}, which no feature here has. That filter is left out."),
            icon=":material/link_off:",
        )


def _show_all() -> None:
    for name in (*_FILTERS, "page"):
        put(name, "")
