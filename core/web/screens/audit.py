"""The blocks of the Audit page: whose log, the filters, the timeline, and one entry with all it holds."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from core.actions.audit_log import PER_PAGE, AuditEntry, AuditFilter, AuditView, open_entry, view_audit
from core.actions.audit_words import title_of
from core.actions.features import list_features
from core.actions.policy import Act, may
from core.errors import UserError
from core.web.address import number_in, put, text_in
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.day_filters import DAYS, day_field, day_in
from core.web.widgets import empty_state, problem_box
from core.web.wording import write_count, write_date, write_moment

_FEATURE = "feature"
_TEXTS = ("person", "action", "words")
_ANY = ""
_MOST_PAGES = 10**6
_DETAILS_SHOWN = 4
_LONGEST_LINE = 300


def choose_feature(page: PageContext) -> str | None:
    """The feature whose log is shown, from the address; None for the log of everything.

    Who may not see the whole log sees that of one feature; without any feature the page ends here.
    """
    names = {line.slug: line.name for line in list_features(page.workspace, page.caller)}
    sees_all = may(page.workspace, page.caller, Act.SEE_AUDIT)
    asked = text_in(_FEATURE)
    if asked and asked not in names:
        st.warning(
            "The address names a feature that does not exist, or that you may not see.",
            icon=":material/link_off:",
        )
        put(_FEATURE, "")
        asked = ""
    if not names and not sees_all:
        with empty_state(
            "Nothing to show yet",
            "Whatever is done to an AI feature is written down here. There is no feature yet.",
            icon=":material/history:",
        ):
            link_to("portfolio", label="Go to Portfolio")
        st.stop()
    options = [*([_ANY] if sees_all else []), *names]
    st.session_state["audit_feature"] = asked if asked in options else options[0]
    st.selectbox(
        "Feature",
        options,
        format_func=lambda slug: printable(names[slug]) if slug in names else "Everything",
        key="audit_feature",
        on_change=partial(_written, _FEATURE),
    )
    return st.session_state["audit_feature"] or None


def asked() -> AuditFilter:
    """The filters in the address; what is no day of these times narrows nothing."""
    return AuditFilter(
        person=text_in("person"),
        action=text_in("action"),
        words=text_in("words").strip(),
        first=day_in("from"),
        last=day_in("to"),
    )


def opened_entry() -> int:
    """The number of the entry in the address, 0 while the timeline is asked for."""
    text = text_in("entry")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def view(page: PageContext, slug: str | None) -> AuditView:
    """The page of the log that the address asks for."""
    return view_audit(page.workspace, page.caller, slug, asked(), number_in("page", _MOST_PAGES))


def timeline(page: PageContext, slug: str | None, view: AuditView) -> None:
    """The filters, and what fits, by day."""
    wanted = asked()
    if not view.total and wanted.is_open:
        with empty_state(
            "Nothing was done yet",
            "Every change of a scope, a checklist or a plan, every upload, answer, lock and step of a "
            "rollout will stand here with who did it and when.",
            icon=":material/history:",
        ):
            link_to("portfolio", label="Go to Portfolio")
        return
    _filters(view, wanted)
    if not view.total:
        with empty_state(
            "No entry fits",
            "Words are looked for in what was recorded: reasons, names, files, changes. Take a filter away.",
            icon=":material/search_off:",
        ):
            pass
        return
    first = (view.page - 1) * PER_PAGE
    st.caption(
        f"{write_count(view.total, 'entry', 'entries')}, newest first; times are UTC"
        + (f"; {first + 1:,} to {first + len(view.entries):,} are shown." if view.pages > 1 else ".")
    )
    for day, entries in groupby(view.entries, key=lambda entry: entry.at.date()):
        st.markdown(f"## {write_date(day)}")
        for entry in entries:
            _line(entry, names_feature=slug is None)
    if view.pages > 1:
        # A key of its own for each page: the address, not the widget, remembers where the reader is.
        key = f"audit_page_{view.page}"
        st.pagination(view.pages, default=view.page, key=key, on_change=partial(_turn, key))


def one_entry(page: PageContext, slug: str | None, seq: int) -> None:
    """Everything about one entry; its address can be sent to somebody else."""
    st.button("Back to the list", icon=":material/arrow_back:", key="audit_back", on_click=_close)
    try:
        entry = open_entry(page.workspace, page.caller, slug, seq)
    except UserError as problem:
        problem_box(problem)
        return
    with st.container(border=True):
        about = f" · {lit(entry.feature[1])}" if entry.feature else ""
        st.caption(f"Entry {entry.seq:,} · {write_moment(entry.at)}{about}")
        st.markdown(f"## {lit(entry.who)} {lit(entry.sentence)}")
        if entry.details:
            st.markdown("\n".join(f"- {lit(line)}" for line in entry.details))
        st.caption(f"Fingerprint {entry.hash}")
    if not entry.erased and entry.payload is not None:
        with st.expander("As it was recorded", icon=":material/data_object:", key="audit_recorded"):
            st.code(json.dumps(entry.payload, ensure_ascii=False, indent=2), language="json", wrap_lines=True)


def _line(entry: AuditEntry, *, names_feature: bool) -> None:
    about = f" :gray[· {lit(entry.feature[1])}]" if names_feature and entry.feature else ""
    lines = [f":gray[{entry.at:%H:%M}] **{lit(entry.who)}** {lit(_short(entry.sentence))}{about}"]
    lines += [f":small[{lit(_short(line))}]" for line in entry.details[:_DETAILS_SHOWN]]
    more = len(entry.details) - _DETAILS_SHOWN
    lines += [f":small[:gray[and {more:,} more]]"] * (more > 0)
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        # Two spaces at its end keep a line a line.
        st.markdown("  \n".join(lines), width="stretch")
        st.button(
            "Details",
            key=f"audit_open_{entry.seq}",
            type="tertiary",
            width="content",
            on_click=partial(put, "entry", str(entry.seq)),
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1].rstrip() + "…"


def _filters(view: AuditView, wanted: AuditFilter) -> None:
    """One field each; the address is the truth, so a shared link shows the same list."""
    with st.expander(
        "Filter", icon=":material/filter_alt:", expanded=not wanted.is_open, key="audit_filters"
    ):
        person, action, words = st.columns(3)
        with person:
            _choice("person", "Who", view.people, wanted.person)
        with action:
            _choice("action", "What", view.actions, wanted.action)
        with words:
            st.session_state["audit_words"] = wanted.words
            st.text_input(
                "Words in reasons and changes",
                key="audit_words",
                max_chars=100,
                on_change=partial(_written, "words"),
            )
        first, last, _ = st.columns(3)
        with first:
            day_field("from", wanted.first, key="audit_from", changed=_written)
        with last:
            day_field("to", wanted.last, key="audit_to", changed=_written)
        if not wanted.is_open:
            st.button("Show all", icon=":material/close:", key="audit_filters_off", on_click=_show_all)


def _choice(name: str, label: str, known: Sequence[str], value: str) -> None:
    key = f"audit_{name}"
    options = [_ANY, *known, *([value] if value and value not in known else [])]
    st.session_state[key] = value
    said = title_of if name == "action" else printable
    st.selectbox(
        label,
        options,
        format_func=lambda option: printable(said(option)) if option else "Any",
        key=key,
        on_change=partial(_written, name),
    )


def _written(name: str) -> None:
    """A field's value goes into the address; the list it led through is another one now."""
    put(name, str(st.session_state.get(f"audit_{name}") or "").strip())
    put("page", "")
    put("entry", "")


def _show_all() -> None:
    for name in (*_TEXTS, *DAYS, "page"):
        put(name, "")


def _turn(key: str) -> None:
    put("page", str(st.session_state[key]))


def _close() -> None:
    put("entry", "")
