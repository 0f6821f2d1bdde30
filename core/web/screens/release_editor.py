"""Registering a release: the open form, what it would make stale before it is saved, and conflicts.

The form has two steps, the fields and then the consequences; nothing is saved before the second. Where
somebody saved another release meanwhile, both are shown side by side, and the person chooses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from core.actions.bundles import RegisteredBundle, ReleaseView, SeenRelease, put_live, save_bundle
from core.actions.policy import Act
from core.errors import Conflict, UserError
from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.bundle_changes import bundle_changes
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens import release_diff, release_live
from core.web.screens.conflict import both_changes
from core.web.screens.permitted import permitted
from core.web.screens.release_form import bundle_fields, entered, fill, is_filled
from core.web.widgets import flash, guarded

_OPEN = "release_edit"
_CONFLICT = "release_conflict"
_REASON = "release_reason"
_GOES_LIVE = "release_goes_live"
_LATER, _IS_LIVE = "Not yet: only register it", "Yes, it is live"


@dataclass(frozen=True)
class OpenForm:
    """The release under edit, which started from ``start``, on the version that the person saw.

    ``body`` is what stands in the fields; in the step ``is_checked`` it can be read, and is shown with its
    consequences. ``is_fixed``: it is or was live, so that only its links and ways back can change.
    """

    slug: str
    based_on: int | None
    start: ReleaseBundle | None
    body: Mapping[str, Any]
    is_fixed: bool = False
    is_checked: bool = False
    problem: str = ""


def begin_new(page: PageContext, view: ReleaseView, seen: SeenRelease | None = None) -> None:
    """Open the form of a new release: what is live with another name, and what the traces say of it."""
    start = view.live_bundle or (view.registered[0].bundle if view.registered else None)
    body = _body(start) | {"name": "", "note": ""}
    if seen is not None:
        body = suggested(body, seen)
    _open(OpenForm(page.slug, view.number, start, body))


def begin_change(page: PageContext, view: ReleaseView, chosen: RegisteredBundle) -> None:
    """Open the form of a release that is registered already."""
    body = _body(chosen.bundle)
    _open(OpenForm(page.slug, view.number, chosen.bundle, body, is_fixed=chosen.was_live))


def begin_read(page: PageContext, view: ReleaseView, bundle: ReleaseBundle) -> None:
    """Open the second step for a release that a file holds."""
    _open(OpenForm(page.slug, view.number, view.live_bundle, _body(bundle), is_checked=True))


def suggested(body: Mapping[str, Any], seen: SeenRelease) -> dict[str, Any]:
    """``body`` with the name, the model and the prompt version that traces carry."""
    parts = {name: dict(part) for name, part in body.get("parts", {}).items()}
    for part, version in ((BundlePart.MODEL, seen.model), (BundlePart.PROMPT, seen.prompt_version)):
        held = parts.get(part.value, {})
        if version and held.get("version") != version:
            # The contents that are written down are those of another version.
            parts[part.value] = held | {"version": version[:200], "text": "", "sha256": ""}
    return {**body, "name": seen.name[:120], "parts": parts}


def open_form(page: PageContext, view: ReleaseView) -> None:
    """The form of the release under edit, if one is, in a dialog."""
    form = _opened()
    if form is None or form.slug != page.slug or not permitted(page, Act.EDIT_BUNDLE):
        return
    title = f"Change {lit(form.start.name)}" if form.is_fixed and form.start else "Register a release"
    # A stray click beside a long form must not lose it: there is a button to cancel.
    show = st.dialog(title, width="large", dismissible=False, icon=":material/package_2:")
    show(_steps)(page, view)


def conflict(page: PageContext, view: ReleaseView) -> None:
    """Somebody saved a release meanwhile: both side by side, nothing lost."""
    pending = st.session_state.get(_CONFLICT)
    if pending is None or pending["slug"] != page.slug or not view.registered:
        return
    form: OpenForm = pending["form"]
    theirs = [
        f"{one.name}: {sentence}"
        for one in view.registered
        if one.number > (form.based_on or 0)
        for sentence in _against(form.start, one.bundle)
    ]
    wanted = read_bundle(form.body)
    both_changes(
        "list of releases",
        view.registered[0],
        theirs,
        [f"{wanted.name}: {sentence}" for sentence in _against(form.start, wanted)],
        drop=_drop_conflict,
        save=partial(_save, page, replace(form, based_on=view.number), *pending["asked"]),
    )


def _steps(page: PageContext, view: ReleaseView) -> None:
    form = _opened()
    if form is None:
        # Saved or cancelled. The dialog runs for itself; the page behind it must be drawn anew.
        st.rerun()
    elif form.is_checked:
        _second_step(page, view, form)
    else:
        _first_step(form)


def _first_step(form: OpenForm) -> None:
    if not is_filled():
        fill(form.body)
    if form.is_fixed:
        st.caption(
            "This release is or was live, so its name stands for these parts for good. Links, ways back and "
            "the note can change; for other parts, register a new release."
        )
    elif form.start is not None:
        st.caption(lit(f"It starts from {form.start.name}: change what is not the same any more."))
    else:
        st.caption("What you do not know stays empty: it counts as unknown, never as unchanged.")
    bundle_fields(is_live=form.is_fixed)
    # Whoever looks at another page meanwhile comes back to their own words.
    st.session_state[_OPEN] = replace(form, body=entered())
    if form.problem:
        st.error(lit(form.problem), icon=":material/error:")
    with st.container(horizontal=True):
        st.button(
            "Next: what this changes",
            type="primary",
            key="release_next",
            icon=":material/arrow_forward:",
            on_click=guarded(partial(_check, form)),
        )
        st.button("Cancel", key="release_cancel", on_click=close)


def _second_step(page: PageContext, view: ReleaseView, form: OpenForm) -> None:
    wanted = read_bundle(form.body)
    sentences = _against(form.start, wanted)
    st.markdown(f"**{lit(wanted.name)}**" + (f" against {lit(form.start.name)}:" if form.start else ":"))
    for sentence in sentences:
        st.markdown(f":material/change_circle: {lit(sentence)}")
    if not sentences:
        st.caption("Nothing is changed yet.")
    _old_contents(form.start, wanted)
    if form.start is not None:
        release_diff.changed_texts(page, form.start, wanted, key="release_new_text", is_open=False)
    goes_live = not _is_live(view, wanted) and _asks_whether_live(page, view, form, wanted)
    st.text_input("Why (for the history; optional)", key=_REASON, max_chars=500)
    with st.container(horizontal=True):
        st.button(
            "Save, and it is live" if goes_live else "Save",
            type="primary",
            key="release_save",
            disabled=not sentences and not goes_live,
            on_click=guarded(partial(_save_form, page, form, goes_live)),
        )
        st.button("Back to the fields", key="release_back", on_click=_back, icon=":material/arrow_back:")
        st.button("Cancel", key="release_cancel", on_click=close)


def _asks_whether_live(page: PageContext, view: ReleaseView, form: OpenForm, wanted: ReleaseBundle) -> bool:
    """What it makes stale once it is live, and whether that is now."""
    st.markdown("**Once it is live**")
    goes_live = permitted(page, Act.PUT_LIVE) and (
        st.radio("Is it live already?", [_LATER, _IS_LIVE], key=_GOES_LIVE, horizontal=True) == _IS_LIVE
    )
    at = release_live.moment_fields(page) if goes_live else None
    # What stands above is against the release that the form started from.
    release_live.preview(page, view, wanted, at, with_changes=form.start != view.live_bundle)
    return goes_live


def _old_contents(start: ReleaseBundle | None, wanted: ReleaseBundle) -> None:
    """A new version with the contents of the old one is mostly a forgotten upload."""
    for part in BundlePart if start else ():
        before, after = start.part(part) if start else wanted.part(part), wanted.part(part)
        if after.text and after.text == before.text and after.version != before.version:
            st.warning(
                lit(
                    f"{part.label}: the version is {after.version or 'empty'}, but the contents are still "
                    f"those of {before.version or 'the one before'}. Go back and replace them, or empty them."
                ),
                icon=":material/content_copy:",
            )


def _check(form: OpenForm) -> None:
    """On to the second step, if what was entered is a release."""
    body = entered()
    if not body["name"]:
        problem = "Give the release its name: the one that its traces and eval results carry."
        st.session_state[_OPEN] = replace(form, body=body, problem=problem)
        return
    try:
        bundle = read_bundle(body)
    except UserError as error:
        st.session_state[_OPEN] = replace(form, body=body, problem=error.sentence)
        return
    st.session_state[_OPEN] = replace(form, body=_body(bundle), is_checked=True, problem="")


def _back() -> None:
    form = _opened()
    if form is not None:
        st.session_state[_OPEN] = replace(form, is_checked=False)
        fill(form.body)


def _save_form(page: PageContext, form: OpenForm, goes_live: bool) -> None:
    reason = st.session_state.get(_REASON) or ""
    _save(page, form, reason, goes_live, release_live.moment_entered())


def _save(page: PageContext, form: OpenForm, reason: str, goes_live: bool, at: datetime | None) -> None:
    """Save it, and say that it is live where it ``goes_live``, ``at`` an earlier moment or now."""
    wanted = read_bundle(form.body)
    try:
        save_bundle(
            page.workspace,
            page.caller,
            page.moment(),
            page.slug,
            wanted,
            based_on=form.based_on,
            reason=reason,
        )
    except Conflict:
        asked = (reason, goes_live, at)
        st.session_state[_CONFLICT] = {"slug": page.slug, "form": form, "asked": asked}
        close()
        return
    close()
    _drop_conflict()
    flash(f"{printable(wanted.name)} is registered.")
    if goes_live:
        put_live(page.workspace, page.caller, page.moment(), page.slug, wanted.name, at=at, reason=reason)
        flash(f"{printable(wanted.name)} is live.", icon=":material/rocket_launch:")
    release_live.forget_fields()


def _against(start: ReleaseBundle | None, wanted: ReleaseBundle) -> tuple[str, ...]:
    """The changes without the name, which stands above them already."""
    return tuple(one for one in bundle_changes(start, wanted) if not one.startswith("Name: "))


def _is_live(view: ReleaseView, wanted: ReleaseBundle) -> bool:
    return view.live is not None and view.live.name == wanted.name


def _body(bundle: ReleaseBundle | None) -> dict[str, Any]:
    return bundle.model_dump(mode="json") if bundle else {}


def _open(form: OpenForm) -> None:
    st.session_state[_OPEN] = form
    st.session_state[_REASON] = ""
    st.session_state.pop(_GOES_LIVE, None)
    release_live.forget_fields()
    fill(form.body)


def _opened() -> OpenForm | None:
    form = st.session_state.get(_OPEN)
    return form if isinstance(form, OpenForm) else None


def close() -> None:
    """Close the form; what was typed is gone."""
    st.session_state.pop(_OPEN, None)


def _drop_conflict() -> None:
    st.session_state.pop(_CONFLICT, None)
