"""The lock of the Checklist page: everything that it binds, in words, before the click that does it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.actions.checklists import ChecklistView, LockPreview, lock_checklist, preview_lock
from core.actions.policy import Act
from core.criteria.changes import changed_items
from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.commitment import Signers
from core.criteria.floors import FLOOR, lacking
from core.criteria.loosening import fewer_signers
from core.criteria.wording import bar_words, days_words, item_label, regression_words
from core.errors import WrongUsage
from core.web import form_drafts
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for
from core.web.screens.signers import say_who_could
from core.web.widgets import flash, guarded
from core.web.wording import SOURCE_WORDS, stakes_words, write_count

_FORM = "checklist lock"
_MOST_SIGNERS, _LONGEST_ADDRESS = 10, 320
_SHOWN_CHANGES = 12


@dataclass(frozen=True)
class _Fields:
    """The keys of the form's fields; with the feature, because two may be open."""

    reason: str
    needed: str
    named: str
    is_open: str


def lock(page: PageContext, view: ChecklistView) -> None:
    """One line while the block is closed; opened, what the lock binds, who must sign, the second click."""
    if view.number is None or not view.checklist.items:
        return
    keys = _fields(page)
    preview = preview_lock(page.workspace, page.caller, page.now, page.slug)
    is_open = bool(st.session_state.get(keys.is_open))
    if not (is_open or view.commitment is None or view.has_unlocked_changes or _plan_moved(view, preview)):
        return
    with st.container(border=True, gap="small", key="lock_block"):
        if is_open:
            _opened(page, view, preview, keys)
        else:
            _closed(page, view, preview, keys)


def begin(page: PageContext) -> None:
    """Open the block: the first of the two clicks, here or at the seal."""
    _open(_fields(page))


def _closed(page: PageContext, view: ChecklistView, preview: LockPreview, keys: _Fields) -> None:
    words = (
        f"**Version {view.number} is not locked yet.** Once it is, its bars cannot move unseen, and new "
        "evidence counts."
    )
    if view.commitment is not None:
        what = []
        if view.has_unlocked_changes:
            what.append(f"Version {view.number} has changes that are not locked")
        if _plan_moved(view, preview):
            what.append(f"version {preview.plan_number} of the phase plan is not locked")
        sentence = " and ".join(what)
        held = view.holds.checklist_number if view.holds else 1
        words = (
            f"**{sentence[:1].upper()}{sentence[1:]}.** The verdict still uses version {held}. "
            + _ease_words(preview, preview.loosens)
        )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(words, width="stretch")
        st.button(
            "Lock this checklist" if view.commitment is None else "Lock the changes (amendment)",
            icon=":material/lock:",
            type="primary",
            key="lock_begin",
            on_click=partial(_open, keys),
            **only_for(page, Act.LOCK_CHECKLIST),
        )


def _opened(page: PageContext, view: ChecklistView, preview: LockPreview, keys: _Fields) -> None:
    """The form; the signers are asked before it is said what gets easier, because fewer of them is easier."""
    amends = view.commitment is not None
    st.markdown(f"## You commit to version {view.number}")
    if not amends:
        st.markdown(
            "From this moment only evidence dated after the lock counts, and no bar can move unseen: every "
            "later change is an amendment with a reason that everyone sees."
        )
    _warnings(view.checklist)
    if amends:
        changes = changed_items(view.committed, view.checklist) if view.committed else ()
        _list("What changes", changes)
    _binds(view, preview)
    typed = _who_signs(page, preview, keys)
    is_change = preview.is_change
    if amends:
        is_change = is_change or (
            view.terms is not None and typed is not None and typed != view.terms.signers
        )
        _amendment(view, preview, typed, is_change=is_change)
        st.text_area(
            "Why does it change? Everyone who decides reads it.",
            value=_kept(page).get("reason", ""),
            key=keys.reason,
            max_chars=500,
            height=80,
        )
    _keep(page, keys)
    with st.container(horizontal=True):
        st.button(
            f"Lock version {view.number}" + (" as an amendment" if amends else ""),
            type="primary",
            icon=":material/lock:",
            key="lock",
            disabled=not is_change,
            on_click=guarded(partial(_lock, page, view, keys)),
        )
        st.button("Not now", key="lock_cancel", on_click=partial(_close, keys))


def _amendment(view: ChecklistView, preview: LockPreview, typed: Signers | None, *, is_change: bool) -> None:
    """What gets easier than what holds now, and which evidence starts anew."""
    if not is_change:
        st.info(
            "Nothing is changed yet. Edit the items below or the phase plan: each change stays a draft until "
            "you lock it here.",
            icon=":material/edit_note:",
        )
        return
    loosens = preview.loosens
    if view.terms is not None and typed is not None:
        loosens += fewer_signers(view.terms.signers, typed)
    if loosens:
        with st.container(border=True, gap="xsmall", key="lock_loosens"):
            st.markdown(f":orange[:material/trending_down:] **{_ease_words(preview, loosens)}**")
            st.markdown("\n".join(f"- {lit(one)}" for one in loosens))
    if preview.restarts:
        _list("Evidence starts anew for", preview.restarts)
    else:
        st.caption("No row loses its evidence: the wording and bar of each measured row stay as they are.")


def _ease_words(preview: LockPreview, loosens: Sequence[str]) -> str:
    """What an amendment makes easier, counted, with what follows from it."""
    if not loosens:
        return "Nothing gets easier."
    words = f"This makes {write_count(len(loosens), 'thing')} easier"
    if not preview.evidence_seen:
        return f"{words}, before any result was seen."
    words += " after results were seen"
    if preview.waits_for_signatures:
        return (
            f"{words}: it waits for {write_count(preview.approval.needed, 'signer')} and is marked for ever."
        )
    return f"{words}: it is marked for ever."


def _plan_moved(view: ChecklistView, preview: LockPreview) -> bool:
    """Whether there is another phase plan than the one that was locked with the checklist."""
    return view.terms is not None and view.terms.plan_number not in (None, preview.plan_number)


def _warnings(checklist: Checklist) -> None:
    if not any(isinstance(item, MeasuredItem) and item.decides for item in checklist.items):
        st.warning("No deciding item is measured: the verdict would rest on people's answers alone.")
    if lacks := lacking(checklist):
        titles = (FLOOR[part].title for part in lacks)
        named = ", ".join(title[:1].lower() + title[1:] for title in titles)
        st.warning(lit(f"Must-haves for these stakes are not in yet: {named}."))


def _binds(view: ChecklistView, preview: LockPreview) -> None:
    """Everything that cannot move afterwards without an amendment, a line each."""
    items = view.checklist.items
    measured = [item for item in items if isinstance(item, MeasuredItem)]
    stakes = stakes_words(view.checklist.stakes)
    advisory = sum(not item.decides for item in items)
    counted = f"{len(measured)} measured, {len(items) - len(measured)} answered by people"
    if advisory:
        counted += f"; {advisory} of them only advisory"
    plan = f"version {preview.plan_number}" if preview.plan_number else "none yet, so none is bound"
    lines = [
        ("Items", f"{write_count(len(items), 'item')}: {counted}"),
        ("Strength of evidence", f"{stakes.word}. {stakes.meaning}"),
        ("Phase plan", plan),
        ("Eval sets", ", ".join(sorted(preview.suites)) or "none yet, so none is bound"),
        ("A regression", regression_words(preview.regression_rule)),
    ]
    st.markdown("  \n".join(f"**{name}:** {lit(words)}" for name, words in lines))
    if measured:
        with st.expander(
            f"The {write_count(len(measured), 'bar')}, each with its least cases and its window",
            key="lock_bars",
        ):
            st.markdown("\n".join(f"- {lit(_bar_line(item))}" for item in measured))


def _bar_line(item: MeasuredItem) -> str:
    facts = [f"{item_label(item)}: {bar_words(item)}", f"from {SOURCE_WORDS[item.source]}"]
    facts.append(
        f"at least {write_count(item.minimum_n, 'case')}" if item.minimum_n else "no least number of cases"
    )
    facts.append(
        f"last {days_words(item.window_days)}" if item.window_days else "all evidence since the lock"
    )
    if item.protected:
        facts.append("protected")
    return " · ".join(facts)


def _who_signs(page: PageContext, preview: LockPreview, keys: _Fields) -> Signers | None:
    """The two fields, and what is typed in them; ``None`` where that is nothing that can be."""
    kept = _kept(page)
    few, many = st.columns([1, 2.6])
    with few:
        st.number_input(
            "Signatures needed",
            min_value=1,
            max_value=_MOST_SIGNERS,
            value=int(kept.get("needed", preview.signers.needed)),
            key=keys.needed,
            help="Different people. Whoever wrote, edited or locked it never counts.",
        )
    with many:
        st.text_input(
            "Who must sign (e-mail addresses; empty: anybody with the role signer)",
            value=kept.get("named", ", ".join(preview.signers.named)),
            key=keys.named,
            max_chars=1_000,
            placeholder="lea@example.com, omar@example.com",
        )
    if page.caller.person_id is None:
        st.caption(
            ":material/no_accounts: Nobody signs in here, so nobody can sign: “ready for sign-off” is the "
            "most that this installation can show."
        )
    try:
        typed = _signers(st.session_state.get(keys.needed), st.session_state.get(keys.named) or "")
    except WrongUsage as problem:
        st.warning(lit(f"{problem.sentence} {problem.mend}"))
        return None
    if page.caller.person_id is not None and typed is not None:
        say_who_could(page, typed)
    return typed


def _list(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    more = [f"and {len(lines) - _SHOWN_CHANGES} more"] if len(lines) > _SHOWN_CHANGES else []
    shown = [*lines[:_SHOWN_CHANGES], *more]
    st.markdown(f"**{title}**\n\n" + "\n".join(f"- {lit(one)}" for one in shown))


def _lock(page: PageContext, view: ChecklistView, keys: _Fields) -> None:
    if view.number is None:
        return
    state = st.session_state
    made = lock_checklist(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        based_on=view.number,
        reason=state.get(keys.reason) or "",
        signers=_signers(state.get(keys.needed), state.get(keys.named) or ""),
    )
    form_drafts.drop(page, _FORM)
    for key in (keys.reason, keys.needed, keys.named, keys.is_open):
        state.pop(key, None)
    if made.in_force_at is None:
        flash(
            f"Version {view.number} is put to the signers. Until they approve, the bars of before hold.",
            icon=":material/pending_actions:",
        )
    else:
        flash(f"Version {view.number} is locked. From now on new evidence counts.", icon=":material/lock:")


def _signers(needed: object, typed: str) -> Signers | None:
    """Who must sign, as it was typed; an address has an @, so that a name is not taken for one."""
    if needed is None:
        return None
    named = [one for one in re.split(r"[\s,;]+", typed.strip()) if one]
    for one in named:
        if "@" not in one.strip("@") or len(one) > _LONGEST_ADDRESS:
            raise WrongUsage(
                f"“{one[:80]}” is not an e-mail address.",
                mend="Name each signer by the address they sign in with.",
            )
    return Signers(needed=int(str(needed)), named=tuple(named))


def _fields(page: PageContext) -> _Fields:
    slug = page.slug
    return _Fields(f"lock_reason_{slug}", f"lock_needed_{slug}", f"lock_named_{slug}", f"lock_open_{slug}")


def _kept(page: PageContext) -> dict[str, str]:
    """What was typed here before; a reload or a closed tab loses none of it."""
    draft = form_drafts.kept(page, _FORM)
    return {name: str(value) for name, value in draft.fields.items()} if draft else {}


def _keep(page: PageContext, keys: _Fields) -> None:
    state = st.session_state
    typed = {
        "reason": state.get(keys.reason),
        "needed": state.get(keys.needed),
        "named": state.get(keys.named),
    }
    fields = {name: value for name, value in typed.items() if value is not None}
    if fields.get("reason") or form_drafts.kept(page, _FORM) is not None:
        form_drafts.keep(page, _FORM, fields)


def _open(keys: _Fields) -> None:
    st.session_state[keys.is_open] = True


def _close(keys: _Fields) -> None:
    st.session_state[keys.is_open] = False
