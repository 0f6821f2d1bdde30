"""A release as a file: out as JSON, in as JSON or TOML, the same file that `readygate apply` takes."""

import json
from functools import partial

import streamlit as st

from core.actions.bundle_files import read_bundle_file
from core.actions.bundles import ReleaseView
from core.actions.policy import Act
from core.errors import UserError
from core.rollout.bundle import ReleaseBundle
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.permitted import permitted, says_who_may
from core.web.screens.release_editor import begin_read
from core.web.widgets import problem_box

_COUNT = "release_file_count"
_MOST_MEGABYTES = 5


def as_file(page: PageContext, view: ReleaseView) -> None:
    """Take a release out as a file, or bring one in; nothing is saved before its consequences are shown."""
    with st.expander("A release as a file", icon=":material/file_export:", key="release_file"):
        if view.registered:
            _take_out(page, view)
        if not permitted(page, Act.EDIT_BUNDLE):
            says_who_may(page, Act.EDIT_BUNDLE)
            return
        # A new key empties the field once its file is read.
        key = f"release_upload_{page.slug}_{st.session_state.get(_COUNT, 0)}"
        uploaded = st.file_uploader(
            "Bring in a release (.toml or .json)",
            type=["toml", "json"],
            key=key,
            max_upload_size=_MOST_MEGABYTES,
            help="The fields of a release, or a file for `readygate apply` with a [bundle].",
        )
        if uploaded is None:
            return
        try:
            bundle = read_bundle_file(uploaded.name, uploaded.getvalue())
        except UserError as problem:
            problem_box(problem)
            return
        st.markdown(f"The file holds **{lit(bundle.name)}**.")
        st.button(
            "Show what it changes",
            type="primary",
            key="release_file_read",
            icon=":material/arrow_forward:",
            on_click=partial(_begin, page, view, bundle),
        )


def file_of(bundle: ReleaseBundle) -> bytes:
    """The bundle as the file that comes in again; what is empty is left out."""
    body = bundle.model_dump(mode="json", exclude_defaults=True)
    return (json.dumps({"bundle": body}, indent=2, ensure_ascii=False) + "\n").encode()


def _take_out(page: PageContext, view: ReleaseView) -> None:
    names = [one.name for one in view.registered]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Take out", names, format_func=printable, key=f"release_out_{page.slug}", width="stretch"
        )
        bundle = next(one.bundle for one in view.registered if one.name == chosen)
        st.download_button(
            "As JSON",
            data=partial(file_of, bundle),
            file_name=f"{page.slug}-release.json",
            mime="application/json",
            key="release_out_json",
            icon=":material/download:",
            on_click="ignore",
        )


def _begin(page: PageContext, view: ReleaseView, bundle: ReleaseBundle) -> None:
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    begin_read(page, view, bundle)
