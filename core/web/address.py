"""Views in the address: filters stand there, so that a link to what one sees shows others the same.

The address is the only memory of a filter. Each run reads it, puts its values into the fields, and
a changed field writes it back. What stands in an address is anybody's text: only known words count.
"""

from collections.abc import Callable, Collection
from functools import partial

import streamlit as st


def text_in(name: str, longest: int = 100) -> str:
    """The text of the parameter ``name``; empty where the address has none."""
    return (st.query_params.get(name) or "")[:longest]


def one_in(name: str, known: Collection[str], otherwise: str) -> str:
    """The parameter's value if it is one of ``known``, else ``otherwise``."""
    found = st.query_params.get(name)
    return found if found is not None and found in known else otherwise


def some_in(name: str, known: Collection[str]) -> list[str]:
    """The parameter's values that are among ``known``, each once, in the order of ``known``."""
    found = set(st.query_params.get_all(name))
    return [value for value in known if value in found]


def number_in(name: str, most: int) -> int:
    """The parameter as a whole number from 1 to ``most``; 1 where it is none."""
    found = st.query_params.get(name) or ""
    number = int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 1
    return min(max(number, 1), max(most, 1))


def unknown_in(name: str, known: Collection[str]) -> list[str]:
    """Values that the address asks for and that there are not (any more)."""
    return [value for value in st.query_params.get_all(name) if value not in known]


def put(name: str, value: str | list[str]) -> None:
    """Write the parameter; an empty value takes it out of the address."""
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def writes(name: str, key: str, *, default: str = "", also_drops: str = "") -> Callable[[], None]:
    """A widget callback: the value of the field ``key`` goes into the parameter ``name``.

    The ``default`` is not written. ``also_drops`` is another parameter that means nothing any more,
    such as the page of a list that has just become another one.
    """
    return partial(_write, name, key, default, also_drops)


def _write(name: str, key: str, default: str, also_drops: str) -> None:
    value = st.session_state.get(key) or ""
    put(name, "" if value == default else value)
    if also_drops:
        put(also_drops, "")
