"""The further blocks of the Scope page: stakes, regression, registers, owners, calendar."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.actions.scope_reviews import ScopeReview
from core.actions.scopes import ScopeView
from core.criteria.calendar import SIGN_WORDS, CalendarLine, Course
from core.criteria.registers import ACTION_WORDS, SOURCE_WORDS, PermittedAction
from core.criteria.scope_parts import AUTONOMY_WORDS, OWNER_WORDS, REACH_WORDS
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.scope_card import card
from core.web.screens.scope_tables import TABLES
from core.web.wording import write_count, write_date

_COURSES = {
    Course.DONE: "Done",
    Course.LATE: "Late",
    Course.AHEAD: "Ahead",
    Course.UNSEEN: "Look yourself",
}


def profile(page: PageContext, view: ScopeView) -> None:
    """What makes a mistake expensive."""
    given = view.scope.stakes_profile
    with card(
        page,
        view,
        "stakes_profile",
        "What makes a mistake expensive",
        example="Customers or the public; it advises a person; the field is regulated.",
    ):
        said = [
            REACH_WORDS[given.reach] if given.reach else "",
            AUTONOMY_WORDS[given.autonomy] if given.autonomy else "",
            "" if given.regulated is None else "Regulated" if given.regulated else "Not regulated",
        ]
        if any(said):
            st.markdown(lit(" · ".join(filter(None, said))))


def investment(page: PageContext, view: ScopeView) -> None:
    """Why it was worth building; this gate takes over from there."""
    given = view.scope.investment
    with card(
        page,
        view,
        "investment",
        "Why it is worth building",
        example="RICE 42, decided in the January review; 3,000 refund questions a week, 8 minutes each.",
    ):
        if given.words:
            st.text(given.words)
        if given.link:
            st.text(given.link)


def regression(page: PageContext, view: ScopeView) -> None:
    """How much worse is too much, where nothing may get worse, and what must never fail."""
    rule = view.scope.regression_rule
    with card(
        page,
        view,
        "regression_rule",
        "What counts as a regression",
        example="3 points lower in answer correctness; never worse for new customers; "
        "the case “refund twice” must never fail.",
    ):
        if rule.margin_points is not None:
            st.markdown(f"A rate that is **{rule.margin_points:g} percentage points** lower than before")
        if rule.slices:
            slices = ", ".join(f"{one.column} = {one.value}" for one in rule.slices)
            st.markdown(lit(f"May not get worse: {slices}"))
        if rule.critical_cases:
            st.markdown(lit(f"Must never fail: {', '.join(rule.critical_cases)}"))


def sources(page: PageContext, view: ScopeView) -> None:
    """The context register."""
    with card(
        page,
        view,
        "sources",
        "What it reads",
        example="Refund policy; system of record: the policy wiki; at most 30 days old; owner Ada; read over "
        "its interface. Only people know: goodwill up to $20 needs no receipt.",
    ):
        _listed(page, "sources", view.scope.sources, SOURCE_WORDS, "context-register")


def permissions(page: PageContext, view: ScopeView) -> None:
    """The permission register: what can be undone and what cannot, apart."""
    permitted = view.scope.permitted
    with card(
        page,
        view,
        "permitted",
        "What it may do",
        example="Read orders; suggest an answer; trigger a refund, which cannot be undone: a colleague "
        "agrees in the desk's queue.",
    ):
        final = [one for one in permitted.actions if one.is_final]
        if final:
            st.markdown(":material/lock: **Cannot be undone, or nobody has said that it can**")
            _listed(page, "final", final, ACTION_WORDS, "irreversible-actions", part="permitted")
        others: list[PermittedAction] = [one for one in permitted.actions if not one.is_final]
        if others:
            st.markdown(":material/undo: **Can be undone, or changes nothing**")
            _listed(page, "undone", others, ACTION_WORDS, "reversible-actions", part="permitted")
        if permitted.same_roles_everywhere is not None:
            same = "the same" if permitted.same_roles_everywhere else "not the same"
            st.caption(f"Its roles are {same} in every environment.")


def owners(page: PageContext, view: ScopeView) -> None:
    """Who answers for what, after the release."""
    given: dict[str, str] = view.scope.owners.model_dump()
    with card(
        page,
        view,
        "owners",
        "Who answers for what",
        example="Ada for its behaviour, Ben for alerts and for pausing it, Cleo for going on to more users.",
    ):
        for key, words in OWNER_WORDS.items():
            name = lit(given[key]) if given[key] else ":orange-badge[:material/warning: nobody yet]"
            st.markdown(f"{words}: {name}")


def calendar(page: PageContext, view: ScopeView, review: ScopeReview) -> None:
    """The weeks as they were planned, beside the days on which things really happened."""
    with card(
        page,
        view,
        "calendar",
        "Calendar",
        example="Week 0 from Monday: instrument it. Week 1: review every answer. Week 4: ten users.",
    ):
        if review.calendar:
            columns = ("Week", "What happens", "Planned from", "Really", "Where it stands", "Seen by")
            rows = [_calendar_row(line) for line in review.calendar]
            _shown(columns, rows, "calendar_lines")
            download_row("", Table(columns, rows), f"{page.slug}-calendar", key="calendar")
            st.caption(
                "The real days are those of the first upload of its kind, of the first lock and of the "
                "phases. What Readygate cannot see says so."
            )


def _calendar_row(line: CalendarLine) -> tuple[str, ...]:
    stands = _COURSES[line.course]
    if line.weeks_late:
        stands = f"Done, {write_count(line.weeks_late, 'week')} late"
    return (
        str(line.step.week),
        line.step.what,
        write_date(line.planned) if line.planned else "no date yet",
        write_date(line.happened) if line.happened else "–",
        stands,
        SIGN_WORDS[line.step.shown_by],
    )


def _listed(
    page: PageContext, key: str, rows: Sequence[Any], words: dict[str, str], file: str, *, part: str = ""
) -> None:
    """The lines of a register as its editor shows them, and as a file."""
    if not rows:
        return
    table = TABLES[part or key]
    cells = [table.cells(row.model_dump()) for row in rows]
    said = [tuple(line[name] for name in words) for line in cells]
    _shown(tuple(words.values()), said, f"{key}_table")
    download_row("", Table(tuple(words.values()), said), f"{page.slug}-{file}", key=key)


def _shown(columns: Sequence[str], rows: Sequence[tuple[str, ...]], key: str) -> None:
    listed = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    st.dataframe(listed, hide_index=True, key=key)
