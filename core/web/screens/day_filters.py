"""The two days of a filter, both included: from the address, and as fields."""

from collections.abc import Callable
from datetime import date
from functools import partial

import streamlit as st

from core.web.address import text_in

DAYS = {"from": "From (day, UTC)", "to": "To (day, UTC)"}
"""The days in the address, with the label of each."""

_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


def day_in(name: str) -> date | None:
    """The day that the address names; what is no day of these times leaves it open."""
    try:
        day = date.fromisoformat(text_in(name))
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def day_field(name: str, day: date | None, *, key: str, changed: Callable[[str], None]) -> None:
    """The field of one of :data:`DAYS`; ``changed`` is called with its name."""
    st.session_state[key] = day
    st.date_input(
        DAYS[name],
        value=None,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        key=key,
        format="YYYY-MM-DD",
        on_change=partial(changed, name),
    )
