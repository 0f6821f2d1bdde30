"""The blocks of the Checklist page: where it stands, the templates, the items, the lock."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.actions.checklists import ChecklistView, answer_item, lock_checklist, take_template
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.gallery import Template, templates
from core.criteria.judge import AnswerGiven
from core.criteria.planning import needed_for
from core.criteria.wording import bar_words, item_label, item_sentence
from core.errors import WrongUsage
from core.store.attestations import Attestation
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.checklist_editor import begin_edit, begin_new, edited_item, editor, remove_item
from core.web.widgets import flash, guarded
from core.web.wording import SOURCE_WORDS, stakes_words, tier_words, write_count, write_date, write_moment

_ANSWERS = {
    AnswerGiven.YES: "Yes",
    AnswerGiven.NO: "No",
    AnswerGiven.NOT_APPLICABLE: "Does not apply here",
}


def standing(view: ChecklistView) -> None:
    """Draft or locked: since when, by whom, under which fingerprint, with which changes waiting."""
    lock = view.commitment
    if lock is None:
        saved = f"Draft, version {view.number}" if view.number else "Nothing saved yet"
        items = write_count(len(view.checklist.items), "item")
        st.caption(f"{saved} · {items} · {stakes_words(view.checklist.stakes).word}")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="seal"):
        st.markdown(":primary[:material/verified:]", width="content")
        with st.container(gap="xxsmall"):
            amended = f" (amendment {lock.number - 1})" if lock.number > 1 else ""
            st.markdown(f"**Version {lock.checklist_number} is locked**{amended}")
            st.caption(
                f"{write_moment(lock.locked_at)} by {lit(lock.locked_by)} · fingerprint "
                f"{lock.checklist_sha256[:12]} · evidence since then counts"
            )
    if view.has_unlocked_changes:
        st.warning(
            f"Version {view.number} has changes that are not locked. The verdict still uses version "
            f"{lock.checklist_number}. Lock the changes with a reason to make them count.",
            icon=":material/edit_note:",
        )


def gallery(page: PageContext, view: ChecklistView) -> None:
    """The templates as cards; taking one saves the first version."""
    st.markdown("#### Start from a template")
    st.caption("Every number in it can be changed before you lock.")
    for template in templates():
        with st.container(border=True):
            st.markdown(f"**{lit(template.name)}**")
            st.markdown(f"{lit(template.about)} *{lit(template.for_whom)}.*")
            for item in template.checklist.items:
                words = item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence
                st.caption(f"· {lit(words)}")
            st.button(
                "Take this template",
                type="primary",
                key=f"take_{template.id}",
                on_click=guarded(partial(_take, page, view, template)),
            )


def items(page: PageContext, view: ChecklistView) -> None:
    """The items by theme, each with its sentence, tier, owner and what can be done with it."""
    edited = edited_item(page)
    by_theme = groupby(view.checklist.items, key=lambda item: item.theme)
    for theme, group in by_theme:
        if theme:
            st.markdown(f"**{lit(theme)}**")
        for item in group:
            with st.container(border=True):
                if isinstance(item, MeasuredItem):
                    _measured(page, view, item)
                else:
                    _attested(page, view, item)
            if item.id == edited:
                editor(page, view)
    with st.container(horizontal=True):
        st.button(
            "Add a measured item",
            icon=":material/add:",
            key="add_measured",
            on_click=partial(begin_new, page, view, "measured"),
        )
        st.button(
            "Add a question",
            icon=":material/add:",
            key="add_attested",
            on_click=partial(begin_new, page, view, "attested"),
        )
    # A new item's form stands below its button; so does that of an item which is gone meanwhile.
    if edited is None or view.checklist.item(edited) is None:
        editor(page, view)
    download_row("This checklist", _table(view.checklist.items), f"{page.slug}-checklist", key="checklist")


def lock(page: PageContext, view: ChecklistView) -> None:
    """The lock, with what it means, behind a popover: one click and a confirmation."""
    if view.number is None or not view.checklist.items or (view.commitment and not view.has_unlocked_changes):
        return
    amendment = view.commitment is not None
    label = "Lock the changes (amendment)" if amendment else "Lock this checklist"
    with st.popover(label, icon=":material/lock:", type="primary", key="lock_popover"):
        st.markdown(
            f"**You commit to version {view.number}** with {write_count(len(view.checklist.items), 'item')}."
        )
        st.markdown(
            "From this moment only evidence dated after the lock counts, and no bar can move unseen: "
            "every later change is an amendment with a reason that everyone sees."
        )
        if not any(isinstance(item, MeasuredItem) and item.decides for item in view.checklist.items):
            st.warning("No deciding item is measured: the verdict would rest on people's answers alone.")
        if amendment:
            st.markdown(
                "The evidence so far stops counting against the new version. The verdict against the bars as "
                "first committed stays on show."
            )
            st.text_input("Why do the bars change?", key=f"lock_reason_{page.slug}", max_chars=500)
        st.button(
            f"Lock version {view.number}",
            type="primary",
            key="lock",
            on_click=guarded(partial(_lock, page, view.number)),
        )


def history(view: ChecklistView) -> None:
    """Every version and every lock, newest first."""
    if not view.history:
        return
    with st.expander(f"History ({write_count(len(view.history), 'version')})", icon=":material/history:"):
        locked = {lock.checklist_number: lock for lock in view.commitments}
        for version in view.history:
            seal = (
                f" · locked {write_date(locked[version.number].locked_at)}"
                if version.number in locked
                else ""
            )
            reason = f" · {version.reason}" if version.reason else ""
            saved = f"{write_moment(version.saved_at)} · {version.author}"
            st.text(f"Version {version.number} · {saved}{reason}{seal}")


def _measured(page: PageContext, view: ChecklistView, item: MeasuredItem) -> None:
    words, actions = _halves()
    with words:
        st.markdown(f"**{lit(item_sentence(item))}** {_badges(item)}")
        needed = needed_for(item, view.checklist.stakes)
        facts = [f"from {SOURCE_WORDS[item.source]}"]
        if item.minimum_n:
            facts.append(f"at least {item.minimum_n:,} cases")
        if item.window_days:
            facts.append(f"last {item.window_days} days")
        if item.owner:
            facts.append(f"owner {item.owner}")
        st.caption(lit(" · ".join(facts)))
        if needed is not None:
            st.caption(f":material/straighten: To show this: {lit(needed.sentence)}")
    with actions:
        _item_buttons(page, view, item.id)


def _attested(page: PageContext, view: ChecklistView, item: AttestedItem) -> None:
    words, actions = _halves()
    given = view.answers.get(item.id)
    with words:
        st.markdown(f"**{lit(item.sentence)}** {_badges(item)}")
        st.caption(lit(_answer_words(given)))
        if item.good_evidence:
            st.caption(lit(f"Good evidence: {item.good_evidence}"))
    with actions:
        choice, why, link = _answer_keys(page, item.id)
        with st.popover("Answer", icon=":material/how_to_reg:", key=f"answer_{item.id}"):
            st.radio(
                "Is it so?",
                list(_ANSWERS),
                format_func=_ANSWERS.__getitem__,
                key=choice,
                index=None,
            )
            st.text_area("What did you look at?", key=why, max_chars=1_000)
            st.text_input("Link (optional)", key=link, max_chars=500, placeholder="https://…")
            st.button(
                "Save the answer",
                type="primary",
                key=f"save_answer_{item.id}",
                on_click=guarded(partial(_answer, page, item.id)),
            )
        _item_buttons(page, view, item.id)


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The words of an item, close together, and beside them (on a phone below) what can be done with it."""
    left, right = st.columns([4.7, 2.1], vertical_alignment="center")
    return left.container(gap="xxsmall"), right.container(horizontal_alignment="right", gap="small")


def _item_buttons(page: PageContext, view: ChecklistView, item_id: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button(
            "Edit",
            icon=":material/edit:",
            key=f"edit_{item_id}",
            on_click=partial(begin_edit, page, view, item_id),
        )
        with st.popover("Remove", icon=":material/delete:", key=f"remove_popover_{item_id}"):
            st.markdown("Remove this item from the draft?")
            st.button(
                "Remove", key=f"remove_{item_id}", on_click=guarded(partial(remove_item, page, view, item_id))
            )


def _badges(item: MeasuredItem | AttestedItem) -> str:
    tier = tier_words(item.tier)
    protected = " :violet-badge[protected]" if isinstance(item, MeasuredItem) and item.protected else ""
    return f":{tier.colour}-badge[{tier.word.lower()}]{protected}"


def _answer_words(given: Attestation | None) -> str:
    if given is None:
        return "Not answered yet"
    answer = _ANSWERS[AnswerGiven(given.answer)]
    return f"{answer}, says {given.answered_by} on {write_date(given.answered_at)}: {given.why}"


def _take(page: PageContext, view: ChecklistView, template: Template) -> None:
    take_template(page.workspace, page.caller, page.moment(), page.slug, template.id, based_on=view.number)
    flash(f"The checklist starts from “{template.name}”.")


def _lock(page: PageContext, number: int) -> None:
    key = f"lock_reason_{page.slug}"
    reason = st.session_state.get(key, "")
    lock_checklist(page.workspace, page.caller, page.moment(), page.slug, based_on=number, reason=reason)
    st.session_state.pop(key, None)
    flash(f"Version {number} is locked. From now on new evidence counts.", icon=":material/lock:")


def _answer(page: PageContext, item_id: str) -> None:
    choice, why, link = _answer_keys(page, item_id)
    given = st.session_state.get(choice)
    if given is None:
        raise WrongUsage("Is it so, or not?", mend="Choose yes, no, or does not apply here.")
    answer_item(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        item_id,
        answer=given,
        why=st.session_state.get(why, ""),
        link=st.session_state.get(link, ""),
    )
    st.session_state.update({choice: None, why: "", link: ""})
    flash("The answer is saved.")


def _answer_keys(page: PageContext, item_id: str) -> tuple[str, str, str]:
    """The names of the fields of an answer; with the feature, because two may have the same items."""
    return (
        f"given_{page.slug}/{item_id}",
        f"why_{page.slug}/{item_id}",
        f"link_{page.slug}/{item_id}",
    )


def _table(listed: Sequence[MeasuredItem | AttestedItem]) -> Table:
    columns = ("Id", "Theme", "Item", "Bar", "Source", "Tier", "Owner", "Least cases", "Valid days")
    rows = [
        (
            item.id,
            item.theme,
            item_label(item) if isinstance(item, MeasuredItem) else item.sentence,
            bar_words(item) if isinstance(item, MeasuredItem) else "yes",
            item.source.value if isinstance(item, MeasuredItem) else "person",
            item.tier.value,
            item.owner,
            item.minimum_n if isinstance(item, MeasuredItem) else None,
            item.valid_days,
        )
        for item in listed
    ]
    return Table(columns, rows)
