"""Editing a phase plan: the open form, the change in words before it is saved, mends, and conflicts.

Every edit is a list of operations on the version the person saw. When somebody saved a newer one
meanwhile, nothing is overwritten: both changes are shown side by side, and the person chooses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.actions.plans import PlanView, save_plan
from core.actions.policy import Act
from core.criteria.wording import days_words
from core.errors import Conflict, InvalidDocument
from core.rollout.changes import changed_plan
from core.rollout.edits import AddPhase, Edit, SetPhase, SetPlan, differing_fields, edited
from core.rollout.plan import Phase, PhasePlan, read_plan
from core.rollout.wording import exposure_words, fallback_words, review_words, threshold_words, warning_words
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.conflict import both_changes
from core.web.screens.permitted import permitted
from core.web.screens.phase_form import entered, fill, is_filled, phase_fields
from core.web.widgets import flash, guarded

_OPEN = "plan_edit"
_CONFLICT = "plan_conflict"


@dataclass(frozen=True)
class OpenForm:
    """Which form is open: of a phase, of a new one (``phase_id`` is ``None``), on the version then seen."""

    slug: str
    phase_id: str | None
    based_on: int | None


def begin_edit(page: PageContext, view: PlanView, phase_id: str) -> None:
    phase = view.plan.phase(phase_id)
    if phase is not None:
        st.session_state[_OPEN] = OpenForm(page.slug, phase_id, view.number)
        fill(phase)


def begin_new(page: PageContext, view: PlanView) -> None:
    st.session_state[_OPEN] = OpenForm(page.slug, None, view.number)
    fill(None)


def open_form(page: PageContext, view: PlanView) -> None:
    """The form of the phase under edit, if one is, in a dialog: on a phone too it stands where one looks."""
    form = st.session_state.get(_OPEN)
    if not isinstance(form, OpenForm) or form.slug != page.slug:
        return
    before = _version(view, form.based_on).phase(form.phase_id) if form.phase_id else None
    title = f"Change {lit(before.name)}" if before else "New phase"
    st.dialog(title, width="large", on_dismiss=_close)(_form)(page, view, form)


def settings(page: PageContext, view: PlanView) -> None:
    """Who decides and how much traffic to expect, for the whole plan."""
    if not permitted(page, Act.EDIT_PLAN):
        return
    plan, key = view.plan, f"plan_settings_{page.slug}_{view.number}"
    with st.expander("Owner and expected traffic", icon=":material/tune:", key=f"{page.slug}_plan_settings"):
        st.caption("Requests and users once everyone has the feature. They turn shares into cases.")
        with st.form(f"{key}_form", border=False, enter_to_submit=False):
            st.text_input("Who decides", value=plan.owner, key=f"{key}_owner", max_chars=120)
            traffic_fields(key, plan)
            st.form_submit_button(
                "Save",
                type="primary",
                key=f"{key}_save",
                on_click=guarded(partial(_save_settings, page, view, key)),
            )


def traffic_fields(key: str, plan: PhasePlan) -> None:
    """Requests a day and users at full exposure; 0 stands for not known."""
    for name, label in (("requests_per_day", "Requests a day"), ("users", "Users")):
        st.number_input(
            f"{label} once everyone has it (0: not known yet)",
            min_value=0,
            step=100,
            value=getattr(plan, name) or 0,
            key=f"{key}_{name}",
        )


def traffic_entered(key: str) -> dict[str, int | None]:
    return {name: st.session_state.get(f"{key}_{name}") or None for name in ("requests_per_day", "users")}


def save_edit(page: PageContext, view: PlanView, edit: Edit) -> None:
    """Save one edit of the version on the page."""
    _save(page, view.plan, (edit,), view.number)


def mend(page: PageContext, view: PlanView, edits: Sequence[Edit], title: str) -> None:
    """Do what a finding's button says, in every phase where it was found."""
    _save(page, view.plan, tuple(edits), view.number, reason=f"Mended: {title}")


def mend_words(plan: PhasePlan, edits: Sequence[SetPhase]) -> str:
    """What the button of a finding will do: "Set the minimum to 7 days in 2 phases"."""
    done = {_edit_words(plan, edit) for edit in edits}
    if len(done) > 1:
        return f"Mend this in {len(edits)} phases"
    where = f", in {len(edits)} phases" if len(edits) > 1 else ""
    return f"{done.pop()}{where}"


def conflict(page: PageContext, view: PlanView) -> None:
    """Somebody saved a newer version: both changes side by side, nothing lost."""
    pending = st.session_state.get(_CONFLICT)
    if pending is None or pending["slug"] != page.slug or not view.history:
        return
    base, edits, newest = _version(view, pending["based_on"]), pending["edits"], view.history[0]
    both_changes(
        "plan",
        newest,
        changed_plan(base, view.plan),
        changed_plan(base, _all_edited(base, edits)),
        drop=_drop_conflict,
        save=partial(_save, page, view.plan, edits, view.number, pending["reason"]),
    )


def _form(page: PageContext, view: PlanView, form: OpenForm) -> None:
    seen = _version(view, form.based_on)
    before = seen.phase(form.phase_id) if form.phase_id else None
    if not is_filled():
        fill(before)
    phase_fields(before, view.checklist)
    try:
        wanted = _all_edited(seen, _entered(form, seen))
    except InvalidDocument as problem:
        st.error(lit(problem.sentence), icon=":material/error:")
        wanted = seen
    for sentence in changed_plan(seen, wanted):
        st.markdown(f":material/change_circle: {lit(sentence)}")
    if before and wanted == seen:
        st.caption("Nothing is changed yet.")
    st.text_input("Why (for the history; optional)", key="phase_reason", max_chars=500)
    with st.container(horizontal=True):
        is_saved = st.button(
            "Save",
            type="primary",
            key="save_phase",
            disabled=wanted == seen,
            on_click=guarded(partial(_save_form, page, view, form)),
        )
        is_cancelled = st.button("Cancel", key="cancel_phase", on_click=_close)
    if is_saved or is_cancelled:
        # The dialog runs for itself; the page behind it must be drawn anew.
        st.rerun()


def _entered(form: OpenForm, seen: PhasePlan) -> tuple[Edit, ...]:
    """What the fields stand for now. Of a phase only what differs, so that it fits a newer version too."""
    before = seen.phase(form.phase_id) if form.phase_id else None
    body = entered(before)
    if before is None:
        return (AddPhase(body | {"id": _id_of(str(body["name"]))}, len(seen.phases)),)
    after = read_plan({"phases": [body]}).phases[0]
    return (SetPhase(before.id, differing_fields(before, after)),)


def _id_of(name: str) -> str:
    """ "Early access!" becomes "early_access"; a name without such letters "phase"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "phase"


def _edit_words(plan: PhasePlan, edit: SetPhase) -> str:
    after: Phase | None = edited(plan, edit).phase(edit.phase_id)
    if after is None:
        raise ValueError(f"the plan has no phase {edit.phase_id}")
    name = next(iter(edit.fields))
    words = {
        "minimum_days": f"Set the minimum to {days_words(after.minimum_days or 0)}",
        "confidence_threshold": f"Set the threshold to {threshold_words(after)}",
        "fallback": f"Fallback: {fallback_words(after)}",
        "feedback_button": "Give users a feedback button",
        "review_share": f"Review {review_words(after)}",
        "exposure_share": f"Start with {exposure_words(after)}",
        "exposure_users": f"Start with {exposure_words(after)}",
        "criteria": "Take the name out",
    }
    if name == "warnings":
        return f"Watch {warning_words(after.warnings[0])}"
    return words[name]


def _version(view: PlanView, number: int | None) -> PhasePlan:
    body = next((version.body for version in view.history if version.number == number), None)
    return read_plan(body) if body is not None else PhasePlan()


def _all_edited(plan: PhasePlan, edits: Sequence[Edit]) -> PhasePlan:
    for edit in edits:
        plan = edited(plan, edit)
    return plan


def _save_settings(page: PageContext, view: PlanView, key: str) -> None:
    fields: dict[str, Any] = {"owner": st.session_state.get(f"{key}_owner", ""), **traffic_entered(key)}
    was = view.plan.model_dump(mode="json")
    changed = {name: value for name, value in fields.items() if was[name] != value}
    _save(page, view.plan, (SetPlan(changed),), view.number)


def _save_form(page: PageContext, view: PlanView, form: OpenForm) -> None:
    seen = _version(view, form.based_on)
    reason = st.session_state.get("phase_reason", "")
    _save(page, seen, _entered(form, seen), form.based_on, reason)


def _save(
    page: PageContext, plan: PhasePlan, edits: tuple[Edit, ...], based_on: int | None, reason: str = ""
) -> None:
    wanted = _all_edited(plan, edits)
    try:
        save_plan(
            page.workspace, page.caller, page.moment(), page.slug, wanted, based_on=based_on, reason=reason
        )
    except Conflict:
        st.session_state[_CONFLICT] = {
            "slug": page.slug,
            "edits": edits,
            "based_on": based_on,
            "reason": reason,
        }
        _close()
        return
    _close()
    _drop_conflict()
    changes = changed_plan(plan, wanted)
    flash(f"Saved. {changes[0]}" if len(changes) == 1 else "Saved.")


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _drop_conflict() -> None:
    st.session_state.pop(_CONFLICT, None)
