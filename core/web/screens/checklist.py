"""The blocks of the Checklist page: where it stands, with the seal of the lock, the items, the history."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.actions.checklists import ChecklistView
from core.actions.policy import Act
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.dependencies import parts_of
from core.criteria.frameworks import TAGS
from core.criteria.planning import measured_rows, needed_for
from core.criteria.wording import bar_words, item_label, item_sentence
from core.decision.decide import CommitmentLine
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.checklist_answer import answer_popover, answer_standing
from core.web.screens.checklist_editor import begin_edit, begin_new, edited_item, editor, remove_item
from core.web.screens.checklist_lock import begin
from core.web.screens.commitments import refusal_of, waiting_words
from core.web.screens.permitted import only_for, permitted, says_who_may, way_to_sign
from core.web.widgets import guarded
from core.web.wording import SOURCE_WORDS, stakes_words, tier_words, write_count, write_date, write_moment


def standing(page: PageContext, view: ChecklistView, commitments: Sequence[CommitmentLine]) -> None:
    """Draft or locked: the seal with who locked what when, its signatures, and an amendment that waits."""
    holds = next((one for one in commitments if one.holds), None)
    if holds is None:
        saved = f"Draft, version {view.number}" if view.number else "Nothing saved yet"
        items = write_count(len(view.checklist.items), "item")
        st.caption(f"{saved} · {items} · {stakes_words(view.checklist.stakes).word}")
        return
    with st.container(border=True, gap="xsmall", key="seal"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(":primary[:material/verified:]", width="content")
            amended = f" (amendment {holds.number - 1})" if holds.number > 1 else ""
            st.markdown(f"**Version {holds.checklist_number} is locked**{amended}", width="stretch")
            with st.popover("Fingerprint", icon=":material/fingerprint:", type="tertiary", key="seal_hash"):
                st.caption("The hash of everything that is locked. A change of one letter gives another one.")
                st.code(holds.sha256, language=None, wrap_lines=True)
            if permitted(page, Act.LOCK_CHECKLIST):
                st.button("Amend", icon=":material/edit_note:", key="amend", on_click=partial(begin, page))
        st.caption(
            f"{write_moment(holds.at)} by {lit(holds.by)} · fingerprint {holds.sha256[:12]} · evidence since "
            "then counts"
        )
        _seal_signatures(page, holds)
    for one in commitments:
        if one.waits:
            _waiting(page, one, holds)


def _seal_signatures(page: PageContext, holds: CommitmentLine) -> None:
    """Given and wanted; where nobody signs in, nobody can sign."""
    if page.caller.person_id is None:
        st.caption(":material/no_accounts: Unsigned: identity not verified. Ready for sign-off at most.")
        return
    given = [line for line in holds.lines if line.counts and line.choice == "approve"]
    by = f": {', '.join(line.by for line in given)}" if given else ""
    of = write_count(holds.needed, "signature")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/draw: {len(given)} of {lit(of + by)}", width="content")
        for line in holds.lines:
            if line.counts and line.choice == "refuse":
                st.markdown(f":red-badge[:material/cancel: REFUSED by {lit(line.by)}]", width="content")
        if len(given) < holds.needed:
            way_to_sign(page)


def _waiting(page: PageContext, one: CommitmentLine, holds: CommitmentLine) -> None:
    with st.container(border=True, gap="xsmall", key="amendment_waits"):
        st.markdown(
            f":orange[:material/pending_actions:] **Amendment {one.number - 1} (version "
            f"{one.checklist_number}) {lit(waiting_words(one))}.** The bars of "
            f"{write_date(holds.at)} still hold."
        )
        st.markdown(lit(f"{one.by}: {one.reason}"))
        if refusal_of(one):
            st.caption("Change what was refused and lock again; or leave it: what holds goes on to hold.")
        way_to_sign(page)


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
    new_item(page, view)
    download_row("This checklist", _table(view.checklist.items), f"{page.slug}-checklist", key="checklist")


def new_item(page: PageContext, view: ChecklistView) -> None:
    """The buttons for an item of one's own, and the form of a new one below them."""
    says_who_may(page, Act.EDIT_CHECKLIST, Act.ATTEST)
    with st.container(horizontal=True):
        st.button(
            "Add a measured item",
            icon=":material/add:",
            key="add_measured",
            on_click=partial(begin_new, page, view, "measured"),
            **only_for(page, Act.EDIT_CHECKLIST),
        )
        st.button(
            "Add a question",
            icon=":material/add:",
            key="add_attested",
            on_click=partial(begin_new, page, view, "attested"),
            **only_for(page, Act.EDIT_CHECKLIST),
        )
    # A new item's form stands below its button; so does that of an item which is gone meanwhile.
    edited = edited_item(page)
    if edited is None or view.checklist.item(edited) is None:
        editor(page, view)


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
        needed = needed_for(item, view.checklist.stakes, measured_rows(view.checklist))
        facts = [f"from {SOURCE_WORDS[item.source]}"]
        if item.minimum_n:
            facts.append(f"at least {item.minimum_n:,} cases")
        if item.window_days:
            facts.append(f"last {item.window_days} days")
        if item.owner or item.owner_role:
            facts.append(f"owner {item.owner or item.owner_role}")
        st.caption(lit(" · ".join(facts)))
        if needed is not None:
            st.caption(f":material/straighten: To show this: {lit(needed.sentence)}")
        _guidance(item)
    with actions:
        _item_buttons(page, view, item.id)


def _attested(page: PageContext, view: ChecklistView, item: AttestedItem) -> None:
    words, actions = _halves()
    with words:
        st.markdown(f"**{lit(item.sentence)}** {_badges(item)}")
        answer_standing(page, item, view.answers.get(item.id))
        _guidance(item)
    with actions:
        answer_popover(page, item)
        _item_buttons(page, view, item.id)


def _guidance(item: MeasuredItem | AttestedItem) -> None:
    """Who answers for it, what failing means, what good evidence is, where the bar is from: what there is."""
    role = f"{item.owner_role} (role)" if item.owner_role and not item.owner else item.owner
    said = [
        ("Owner", role),
        ("Good evidence", item.good_evidence),
        ("If it fails", item.when_it_fails),
        ("Bar from" if isinstance(item, MeasuredItem) else "From", item.threshold_source),
        ("Speaks to", ", ".join(TAGS[tag] for tag in item.frameworks)),
        ("A change of these parts of the release makes it stale", _depends_words(item)),
    ]
    lines = [f"**{name}:** {lit(words)}" for name, words in said if words]
    if lines:
        with st.popover("Guidance", icon=":material/help:", type="tertiary", key=f"guidance_{item.id}"):
            st.markdown("  \n".join(lines))


def _depends_words(item: MeasuredItem | AttestedItem) -> str:
    return ", ".join(part.label for part in parts_of(item)) or "none"


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The words of an item, close together, and beside them (on a phone below) what can be done with it."""
    left, right = st.columns([4.7, 2.1], vertical_alignment="center")
    return left.container(gap="xxsmall"), right.container(horizontal_alignment="right", gap="small")


def _item_buttons(page: PageContext, view: ChecklistView, item_id: str) -> None:
    if not permitted(page, Act.EDIT_CHECKLIST):
        return
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
