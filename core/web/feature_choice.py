"""Which feature the visitor looks at: `?feature=<slug>` in the address, and the list in the sidebar.

The address carries the slug, never the name, so that a link survives renaming and can be shared.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.actions.features import FeatureLine

PARAMETER = "feature"
_CHOSEN = "_readygate_feature"
_WIDGET = "feature_pick"


def choose_feature(features: "Sequence[FeatureLine]") -> "FeatureLine | None":
    """The chosen feature of ``features`` (at least one), or None while the visitor has to choose.

    :func:`feature_list` draws the list to choose from.
    """
    by_slug = {feature.slug: feature for feature in features}
    asked = st.query_params.get(PARAMETER)
    if asked is not None and asked not in by_slug:
        st.warning(
            "The address names a feature that does not exist, or that you may not see.",
            icon=":material/link_off:",
        )
        chosen = None
        st.session_state.pop(_CHOSEN, None)
        st.query_params.pop(PARAMETER, None)
    else:
        # A click in the menu clears the address, so the choice is remembered beside it.
        chosen = asked or st.session_state.get(_CHOSEN)
        if chosen not in by_slug:
            chosen = next(iter(by_slug)) if len(by_slug) == 1 else None
    _remember(chosen)
    return by_slug[chosen] if chosen else None


def feature_list(features: "Sequence[FeatureLine]") -> None:
    """The list in the sidebar, with the chosen one on top."""
    by_slug = {feature.slug: feature for feature in features}
    st.session_state[_WIDGET] = st.session_state.get(_CHOSEN)
    st.sidebar.selectbox(
        "Feature",
        list(by_slug),
        format_func=lambda slug: by_slug[slug].name if slug in by_slug else slug,
        key=_WIDGET,
        index=None,
        placeholder="Choose a feature",
        on_change=_picked,
    )


def _remember(slug: str | None) -> None:
    st.session_state[_CHOSEN] = slug
    if slug and st.query_params.get(PARAMETER) != slug:
        st.query_params[PARAMETER] = slug


def _picked() -> None:
    pick_feature(st.session_state.get(_WIDGET))


def pick_feature(slug: str | None) -> None:
    """Choose the feature for the next run, in the address and in the session; a widget callback."""
    st.session_state[_CHOSEN] = slug
    if slug:
        st.query_params[PARAMETER] = slug
    else:
        st.query_params.pop(PARAMETER, None)
