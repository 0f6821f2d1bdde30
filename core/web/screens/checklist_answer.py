"""A person's answer to an item: how it stands, what helps to answer, and the form for it."""

from datetime import timedelta
from functools import partial
from urllib.parse import quote

import streamlit as st

from core.actions.attached_files import (
    ENDINGS,
    MOST_BYTES,
    MOST_FILES,
    attach_file,
    check_file,
    files_of_answers,
    name_to_save,
    open_attached,
)
from core.actions.checklist_help import protection
from core.actions.checklists import answer_item
from core.actions.counted_beside import counted_beside
from core.actions.policy import Act
from core.criteria.checklist import AttestedItem
from core.criteria.judge import AnswerGiven
from core.criteria.wording import days_words
from core.errors import WrongUsage
from core.store.attestations import Attestation
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.permitted import permitted
from core.web.widgets import flash, guarded
from core.web.wording import write_age, write_count, write_date

_ANSWERS = {
    AnswerGiven.YES: "Yes",
    AnswerGiven.NO: "No",
    AnswerGiven.NOT_APPLICABLE: "Does not apply here",
}
_LOOK_AT = {
    "discovery": ("health", {"show": "discovery"}, "Health: new kinds of failure"),
    "trend": ("health", {"show": "trend"}, "Health: the trend from day to day"),
    "cost": ("health", {"show": "cost"}, "Health: what it costs"),
    "evidence": ("evidence", None, "Evidence: what the traces record"),
    "failures": ("failures", None, "Failures: which of the ten most frequent are handled"),
    "release": ("release", None, "Release: drills of going back, and red-team findings"),
}


def answer_standing(page: PageContext, item: AttestedItem, given: Attestation | None) -> None:
    """The answer with its age, when it stops to count, its link, and what the app knows about it."""
    st.caption(_answer_words(page, item, given))
    if given is not None and given.link:
        # What an address may not hold as it is (spaces, brackets, quotes) is written as an address writes it.
        address = quote(given.link, safe=":/?#@!&'()*+,;=%~")
        st.link_button("Evidence", address, icon=":material/open_in_new:", type="tertiary")
    if given is not None:
        _files(page, given)
    if item.mechanisms is not None:
        st.caption(_mechanism_words(page, item.mechanisms))
    if item.look_at is not None:
        if words := counted_here(page, item):
            st.caption(words)
        key, query, label = _LOOK_AT[item.look_at]
        link_to(key, feature=page.slug, label=label, query=query)


def counted_here(page: PageContext, item: AttestedItem) -> str:
    """What the app itself counts of what is asked, as Markdown; "" where it counts nothing of it.

    Whoever answers, and whoever reads the answer, sees both: a yes beside "3 of 10 are handled" shows.
    """
    counted = counted_beside(page.workspace, page.caller, page.now, page.slug, item)
    if counted is None:
        return ""
    if counted.agrees is None:
        return ":material/calculate: No failure is noted yet, so there is nothing to count."
    colour = "green" if counted.agrees else "orange"
    return f":{colour}[:material/calculate: Readygate counts:] {lit(counted.sentence)}"


def answer_popover(page: PageContext, item: AttestedItem) -> None:
    choice, why, link, files = _keys(page, item.id)
    # Whoever lost the role while writing finds their words still there.
    if not (permitted(page, Act.ATTEST) or st.session_state.get(why)):
        return
    with st.popover("Answer", icon=":material/how_to_reg:", key=f"answer_{item.id}"):
        st.radio("Is it so?", list(_ANSWERS), format_func=_ANSWERS.__getitem__, key=choice, index=None)
        st.text_area(
            "What did you look at?",
            key=why,
            max_chars=1_000,
            help="Needed. Where it does not apply here, say why: everyone who decides reads it.",
        )
        st.text_input(
            "Link to the evidence (optional)",
            key=link,
            max_chars=500,
            placeholder="https://…",
            help="Readygate keeps the link, not what is behind it; attach a file where it must not change.",
        )
        st.file_uploader(
            f"Files (optional, at most {MOST_FILES})",
            # The ending and the first bytes are looked at when the answer is saved.
            type=None,
            accept_multiple_files=True,
            max_upload_size=MOST_BYTES // 2**20,
            key=files,
            help=f"{', '.join(ENDINGS)}. They are kept as a part of the answer, with their fingerprint; "
            "nobody can take them away.",
        )
        st.button(
            "Save the answer",
            type="primary",
            key=f"save_answer_{item.id}",
            on_click=guarded(partial(_answer, page, item.id)),
        )


def _answer_words(page: PageContext, item: AttestedItem, given: Attestation | None) -> str:
    """Markdown."""
    if given is None:
        counts = f"; an answer counts for {days_words(item.valid_days)}" if item.valid_days else ""
        return f"Not answered yet{counts}"
    answer = _ANSWERS[AnswerGiven(given.answer)]
    said = lit(f"{answer}, says {given.answered_by} on {write_date(given.answered_at)}: {given.why}")
    rows = page.progress.decision.rows if page.progress else ()
    if any(row.of_other_release and row.item == item for row in rows):
        return f":blue-badge[:material/package_2: STALE] {said} (given for another release than the live one)"
    if item.valid_days is None:
        return said
    until = given.answered_at + timedelta(days=item.valid_days)
    if page.now > until:
        age = write_age(given.answered_at, page.now)
        counts = f"({age} old, counts for {days_words(item.valid_days)})"
        return f":blue-badge[:material/schedule: STALE] {said} {counts}"
    left = (until - page.now).days
    soon = f" · :orange[{days_words(left)} left]" if left <= 7 else ""
    return f"{said} (counts until {write_date(until)}{soon})"


def _mechanism_words(page: PageContext, least: int) -> str:
    """What the phase plan says about the five mechanisms, as Markdown; whether it is so, a person says."""
    found = protection(page.workspace, page.caller, page.slug)
    if found is None:
        return ":material/shield: No phase is planned yet, so nothing says which mechanisms will be on."
    colour = "green" if len(found.on) >= least else "orange"
    on = f" ({', '.join(found.on)})" if found.on else ""
    off = f" Off: {', '.join(found.off)}." if found.off else ""
    sentence = f"The plan has {len(found.on)} of 5 on in “{found.phase}”{on}.{off}"
    return f":{colour}[:material/shield:] {lit(sentence)}"


def _answer(page: PageContext, item_id: str) -> None:
    choice, why, link, files = _keys(page, item_id)
    given = st.session_state.get(choice)
    if given is None:
        raise WrongUsage("Is it so, or not?", mend="Choose yes, no, or does not apply here.")
    chosen = st.session_state.get(files) or []
    if len(chosen) > MOST_FILES:
        raise WrongUsage(f"An answer holds at most {MOST_FILES} files.", mend="Take some of them away.")
    # Looked at before the answer is saved: an answer is never there without its files.
    contents = {file.getvalue(): file.name for file in chosen}
    for content, name in contents.items():
        check_file(name, content)
    saved = answer_item(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        item_id,
        answer=given,
        why=st.session_state.get(why, ""),
        link=st.session_state.get(link, ""),
    )
    for content, name in contents.items():
        attach_file(
            page.workspace, page.caller, page.moment(), page.slug, saved.id, file_name=name, content=content
        )
    st.session_state.update(
        {choice: None, why: "", link: "", _turn(page, item_id): _turned(page, item_id) + 1}
    )
    flash(
        f"The answer is saved with {write_count(len(contents), 'file')}."
        if chosen
        else "The answer is saved."
    )


def _files(page: PageContext, given: Attestation) -> None:
    """The files behind an answer, as downloads only. They are as old as the answer, and count as long."""
    attached = files_of_answers(page.workspace, page.caller, page.slug).get(given.id, ())
    if not attached:
        return
    may_open = permitted(page, Act.READ_TEXTS)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for one in attached:
            st.download_button(
                lit(printable(one.file_name)),
                data=partial(open_attached, page.workspace, page.caller, page.slug, one.id),
                file_name=name_to_save(one),
                mime="application/octet-stream",
                icon=":material/attach_file:",
                type="tertiary",
                disabled=not may_open,
                on_click="ignore",
                key=f"attached_{one.id}",
                help=f"{one.bytes:,} bytes, SHA-256 {one.sha256[:12]}…"
                + ("" if may_open else " Files are for reviewers."),
            )


def _turn(page: PageContext, item_id: str) -> str:
    return f"files_turn_{page.slug}/{item_id}"


def _turned(page: PageContext, item_id: str) -> int:
    return int(st.session_state.get(_turn(page, item_id), 0))


def _keys(page: PageContext, item_id: str) -> tuple[str, str, str, str]:
    """The names of the fields of an answer; with the feature, because two may have the same items."""
    return (
        f"given_{page.slug}/{item_id}",
        f"why_{page.slug}/{item_id}",
        f"link_{page.slug}/{item_id}",
        # A new uploader after every answer, which frees the memory of its files.
        f"files_{page.slug}/{item_id}/{_turned(page, item_id)}",
    )
