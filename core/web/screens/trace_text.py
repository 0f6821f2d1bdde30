"""Showing what users, models and tools wrote: as text only, with hidden characters made visible."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import streamlit as st

from core.evidence.free_text import KEPT_BACK, erased_on, expired_on
from core.units import Unit, write
from core.web.safe import lit, printable, visible
from core.web.wording import write_count, write_date

NOT_RECORDED = "not recorded"
LONGEST_SHOWN = 20_000
"""So many characters of one text are drawn; whoever needs all of it takes the download."""


def show_text(text: str) -> None:
    """A text in its own lines; how many hidden characters it holds, and that it is cut, is said below it.
    Of one that is no longer there, or not for this reader, why is."""
    if words := instead_of(text):
        st.caption(f":material/visibility_off: {lit(words)}")
        return
    shown, hidden = visible(text[:LONGEST_SHOWN])
    st.text(shown)
    notes = []
    if hidden:
        verb = "is" if hidden == 1 else "are"
        notes.append(f"{write_count(hidden, 'hidden character')} {verb} shown as �.")
    if len(text) > LONGEST_SHOWN:
        notes.append(f"The first {LONGEST_SHOWN:,} of {len(text):,} characters; the download has the rest.")
    if notes:
        st.caption(" ".join(notes))


def instead_of(text: object) -> str:
    """What stands instead of a text: "The text expired on 14 Oct 2026."; "" where it is one."""
    if text == KEPT_BACK:
        return "Texts are for reviewers."
    if day := expired_on(text):
        return f"The text expired on {_day(day)}."
    if day := erased_on(text):
        return f"The text was erased with its person on {_day(day)}."
    return ""


def _day(day: str) -> str:
    try:
        return write_date(date.fromisoformat(day))
    except ValueError:
        return day


def show_facts(facts: Mapping[str, str | None]) -> None:
    """Each name with its text below it; what nobody recorded is said to be so."""
    for name, value in facts.items():
        with st.container(gap=None):
            st.caption(name)
            if value:
                show_text(value)
            else:
                st.text(NOT_RECORDED)


def one_line(value: object, otherwise: str = NOT_RECORDED) -> str:
    """``value`` on one line, or ``otherwise`` where there is none."""
    if words := instead_of(value):
        return printable(words)
    return printable(str(value)) if value not in (None, "") else otherwise


def number(value: object, unit: Unit) -> str:
    """``value`` (in the base unit) as it is written, never 0 where it is unknown."""
    return write(float(value), unit) if isinstance(value, int | float) else NOT_RECORDED


def cost(usd: float | None) -> str:
    """A cost in US dollars; one run is cheap, so below a cent it is written to a millionth."""
    if usd is None or not 0 < usd < 0.01:
        return number(usd, Unit.USD)
    return f"${usd:.6f}".rstrip("0") if usd >= 5e-7 else "below $0.000001"


def listed(values: object) -> str:
    """The texts of a list between commas; "" where there is none."""
    return ", ".join(map(str, values)) if isinstance(values, Iterable) and not isinstance(values, str) else ""


def as_columns(rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Rows (at least one) as columns, without those that are blank in every row."""
    return {name: [row[name] for row in rows] for name in rows[0] if any(row[name] for row in rows)}
