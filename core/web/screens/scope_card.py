"""A card of the Scope page: its state, the way to change it, and its form while it is changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import streamlit as st

from core.actions.policy import Act, may
from core.actions.scopes import ScopeView
from core.criteria.scope_progress import is_written
from core.rollout.scenario import Scenario
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.scope_editor import begin, edited_part, editor, has_unsaved


@contextmanager
def card(
    page: PageContext,
    view: ScopeView,
    part: str,
    title: str,
    *,
    done: str = "Written down",
    question: str = "",
    example: str = "",
    scenario: Scenario | None = None,
) -> Iterator[None]:
    """The block draws what is saved; an open part shows the ``example`` of a good answer as well."""
    is_decided = is_written(view.scope, part)
    with st.container(border=True, gap="xsmall", key=f"scope_{part}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{lit(title)}**", width="content")
            if is_decided:
                st.badge(done, icon=":material/check_circle:", color="green")
            else:
                st.badge("Open", icon=":material/radio_button_unchecked:", color="orange")
            if has_unsaved(page, view, part):
                st.badge("Typed, not saved", icon=":material/edit_note:", color="violet")
            if may(page.workspace, page.caller, Act.EDIT_SCOPE, page.slug) and edited_part(page) != part:
                st.button(
                    "Change" if is_decided else "Fill in",
                    icon=":material/edit:",
                    type="tertiary",
                    key=f"edit_{part}",
                    on_click=partial(begin, page, view, part),
                )
        if question:
            st.caption(lit(question))
        if example and not is_decided:
            st.caption(f"*Example:* {lit(example)}")
        if edited_part(page) == part:
            editor(page, view, scenario)
            # What is saved stands under the form's own words; the block would only repeat it.
            with st.expander("As it is saved", key=f"saved_{part}"):
                yield
        else:
            yield


def answers(questions: Mapping[str, str], given: Mapping[str, Any], *, good: bool) -> None:
    """Each question with its answer; ``good`` is the answer that one hopes for."""
    for key, question in questions.items():
        value = given[key]
        if value is None:
            mark = ":gray-badge[:material/radio_button_unchecked: not answered]"
        elif value is good:
            mark = f":green-badge[:material/check: {'yes' if value else 'no'}]"
        else:
            mark = f":orange-badge[:material/warning: {'yes' if value else 'no'}]"
        st.markdown(f"{lit(question)} {mark}")
