"""The words of failures on the page: what each means, adding one, renaming, merging, and undoing that."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from core.actions.failure_words import (
    OfferedWord,
    WordsView,
    add_word,
    merge_words,
    part_word,
    rename_word,
    view_words,
)
from core.actions.policy import Act
from core.errors import WrongUsage
from core.evidence.failure_words import LONGEST_MEANING, LONGEST_WORD, WordKind
from core.store.failure_words import SavedWord
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import permitted, says_who_may
from core.web.widgets import counts_written, flash, guarded
from core.web.wording import write_count, write_date

KINDS = {WordKind.TYPE: "Failure types", WordKind.CAUSE: "Root causes"}
_ALIKE_AT_ONCE = 6
_HISTORY_AT_ONCE = 50


def words(page: PageContext) -> None:
    """The words and what to do with them; those that look alike first."""
    st.header("Words", anchor="words")
    view = view_words(page.workspace, page.caller, page.slug)
    st.markdown(
        "One kind of failure, one name: every count here stands on that. Rows keep the word they have; "
        "what was renamed or merged counts under its new word everywhere, and can be undone."
    )
    says_who_may(page, Act.NAME_FAILURES)
    may_name = permitted(page, Act.NAME_FAILURES)
    _alike(page, view, may_name)
    kind = st.segmented_control(
        "Words",
        list(KINDS),
        format_func=KINDS.__getitem__,
        default=WordKind.TYPE,
        key="failure_words_kind",
        required=True,
        label_visibility="collapsed",
    )
    of_kind = [one for one in view.words if one.kind is kind]
    if may_name:
        with st.container(horizontal=True, gap="small"):
            _add(page, kind)
            _rename(page, kind, of_kind)
            _merge(page, kind, of_kind)
            _undo(page, kind, view)
    _listed(kind, of_kind)
    download_row("These words", table_of(view.words), f"{page.slug}-failure-words", key="failure_words")
    _history(view.history)


def _alike(page: PageContext, view: WordsView, may_name: bool) -> None:
    times = {(one.kind, one.word): one.times for one in view.words}
    for place, (kind, one, other) in enumerate(view.alike[:_ALIKE_AT_ONCE]):
        # The word with more failures stays: fewer rows stand under a word they do not have.
        into, away = (other, one) if times[kind, other] > times[kind, one] else (one, other)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"alike_{place}"):
            counts = (
                f"{write_count(times[kind, away], 'failure')} and {write_count(times[kind, into], 'failure')}"
            )
            st.markdown(
                f":material/merge: {lit(f'“{away}” and “{into}” look like one word ({counts}).')}",
                width="stretch",
            )
            if may_name:
                st.button(
                    lit(f"Count both as “{into}”"),
                    key=f"alike_merge_{place}",
                    on_click=guarded(partial(_merge_now, page, kind, [away], into)),
                )
    if len(view.alike) > _ALIKE_AT_ONCE:
        st.caption(f"{len(view.alike) - _ALIKE_AT_ONCE:,} more pairs look alike.")


def _listed(kind: WordKind, listed: Sequence[OfferedWord]) -> None:
    ordered = sorted(listed, key=lambda one: one.group == "Your own") if kind is WordKind.CAUSE else listed
    for group, members in groupby(ordered, key=lambda one: one.group):
        if group:
            st.markdown(f"**{lit(group)}**")
        found = list(members)
        shown = {
            "Word": [one.word for one in found],
            "Failures": [one.times for one in found],
            "Means": [one.definition for one in found],
            "Example": [one.example for one in found],
            "Also counted here": [", ".join(one.earlier) for one in found],
        }
        st.dataframe(
            shown,
            hide_index=True,
            column_config=counts_written(shown),
            key=f"failure_words_{kind}_{group}",
        )


def _add(page: PageContext, kind: WordKind) -> None:
    key = f"word_add_{page.slug}/{kind}"
    with st.popover("Add or define", icon=":material/add:", key=f"word_add_popover_{kind}"):
        st.text_input("Word", key=f"{key}/word", max_chars=LONGEST_WORD)
        st.text_input("What does it mean?", key=f"{key}/definition", max_chars=LONGEST_MEANING)
        st.text_input("An example", key=f"{key}/example", max_chars=LONGEST_MEANING)
        st.caption("For a word that is there already, this says anew what it means.")
        st.button(
            "Save", type="primary", key=f"{key}/save", on_click=guarded(partial(_add_now, page, kind, key))
        )


def _rename(page: PageContext, kind: WordKind, listed: Sequence[OfferedWord]) -> None:
    key = f"word_rename_{page.slug}/{kind}"
    with st.popover("Rename", icon=":material/edit:", key=f"word_rename_popover_{kind}"):
        st.selectbox("Word", [one.word for one in listed], index=None, key=f"{key}/word")
        st.text_input("New name", key=f"{key}/new", max_chars=LONGEST_WORD)
        st.button(
            "Rename",
            type="primary",
            key=f"{key}/save",
            on_click=guarded(partial(_rename_now, page, kind, key)),
        )


def _merge(page: PageContext, kind: WordKind, listed: Sequence[OfferedWord]) -> None:
    key, names = f"word_merge_{page.slug}/{kind}", [one.word for one in listed]
    with st.popover("Merge", icon=":material/merge:", key=f"word_merge_popover_{kind}"):
        st.multiselect("Count these", names, key=f"{key}/words")
        st.selectbox("as", names, index=None, key=f"{key}/into")
        st.text_input("Why? (optional)", key=f"{key}/reason", max_chars=300)
        st.button(
            "Merge",
            type="primary",
            key=f"{key}/save",
            on_click=guarded(partial(_merge_chosen, page, kind, key)),
        )


def _undo(page: PageContext, kind: WordKind, view: WordsView) -> None:
    merged = {earlier: one.word for one in view.words if one.kind is kind for earlier in one.earlier}
    if not merged:
        return
    key = f"word_part_{page.slug}/{kind}"
    with st.popover("Undo", icon=":material/undo:", key=f"word_part_popover_{kind}"):
        st.selectbox(
            "Count for itself again",
            list(merged),
            index=None,
            format_func=lambda word: f"{word} (now {merged.get(word, '')})",
            key=f"{key}/word",
        )
        st.button(
            "Undo", type="primary", key=f"{key}/save", on_click=guarded(partial(_part_now, page, kind, key))
        )


def _add_now(page: PageContext, kind: WordKind, key: str) -> None:
    said = st.session_state
    word, *meaning = (said.get(f"{key}/{name}") or "" for name in ("word", "definition", "example"))
    used = add_word(page.workspace, page.caller, page.moment(), page.slug, kind, word, *meaning)
    for name in ("word", "definition", "example"):
        said.pop(f"{key}/{name}", None)
    flash(f"“{used}” is in the list.")


def _rename_now(page: PageContext, kind: WordKind, key: str) -> None:
    said = st.session_state
    word, new = _chosen(said.get(f"{key}/word")), said.get(f"{key}/new") or ""
    rename_word(page.workspace, page.caller, page.moment(), page.slug, kind, word, new)
    for name in ("word", "new"):
        said.pop(f"{key}/{name}", None)
    flash(f"“{word}” counts as “{new.strip()}” now.")


def _merge_chosen(page: PageContext, kind: WordKind, key: str) -> None:
    said = st.session_state
    away, into = said.get(f"{key}/words") or [], _chosen(said.get(f"{key}/into"))
    _merge_now(page, kind, away, into, said.get(f"{key}/reason") or "")
    for name in ("words", "into", "reason"):
        said.pop(f"{key}/{name}", None)


def _merge_now(page: PageContext, kind: WordKind, away: Sequence[str], into: str, reason: str = "") -> None:
    merge_words(page.workspace, page.caller, page.moment(), page.slug, kind, away, into, reason=reason)
    flash(f"They count as “{into}” now. “Undo” takes it back.", icon=":material/merge:")


def _part_now(page: PageContext, kind: WordKind, key: str) -> None:
    word = _chosen(st.session_state.get(f"{key}/word"))
    part_word(page.workspace, page.caller, page.moment(), page.slug, kind, word)
    st.session_state.pop(f"{key}/word", None)
    flash(f"“{word}” counts for itself again.", icon=":material/undo:")


def _chosen(word: str | None) -> str:
    if not word:
        raise WrongUsage("No word is chosen.", mend="Choose one from the list.")
    return word


def _history(history: Sequence[SavedWord]) -> None:
    if not history:
        return
    with st.expander(f"History: saved {write_count(len(history), 'time')}", icon=":material/history:"):
        for one in history[:_HISTORY_AT_ONCE]:
            done = f"counts as “{one.became}”" if one.became else "counts for itself"
            reason = f": {one.reason}" if one.reason else ""
            st.markdown(lit(f"{write_date(one.saved_at)}, {one.saved_by}: “{one.word}” {done}{reason}"))


def table_of(listed: Sequence[OfferedWord]) -> Table:
    """The words for a file."""
    columns = ("Kind", "Word", "Group", "Failures", "Means", "Example", "Also counted here")
    rows = [
        (KINDS[one.kind], one.word, one.group, one.times, one.definition, one.example, ", ".join(one.earlier))
        for one in listed
    ]
    return Table(columns, rows)
