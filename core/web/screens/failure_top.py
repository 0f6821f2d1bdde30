"""The ten most frequent kinds of failure: handled or why not, who sees to each, and what its fix changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import partial

import streamlit as st

from core.actions.counted_beside import handled_words
from core.actions.fixes import LONGEST_FIX, LONGEST_OWNER, save_fix
from core.actions.policy import Act
from core.actions.top_failures import TopView, view_top_failures
from core.evidence.failure_words import fold_words
from core.metrics.catalogue import metric
from core.metrics.change_words import change_with_interval
from core.metrics.top_failures import Effect, Share, Shown, Standing, TopFailure
from core.store.fixes import Fix
from core.units import Unit, write, write_interval
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.permitted import only_for, says_who_may
from core.web.screens.promote import promote_button
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import SOURCE_WORDS, write_count, write_date

_MARKS = {
    Standing.HANDLED: ":green-badge[:material/verified: HANDLED]",
    Standing.OPEN: ":gray-badge[:material/radio_button_unchecked: OPEN]",
    Standing.OPEN_AGAIN: ":orange-badge[:material/replay: OPEN AGAIN]",
}
STATES = {"open": "open", "in_progress": "in progress", "done": "done"}


def top_ten(page: PageContext) -> None:
    """What to mend first, and whether what was mended stays mended."""
    st.header("The ten most frequent", anchor="top-ten")
    view = view_top_failures(page.workspace, page.caller, page.now, page.slug)
    if not view.top.lines:
        with empty_state(
            "Nothing to follow up yet",
            "Once failures are noted, the ten most frequent kinds stand here, each with its owner, its fix "
            "and the eval case that keeps it from coming back.",
            icon=":material/format_list_numbered:",
        ):
            link_to("review", feature=page.slug, label="Review traces")
        return
    st.markdown(lit(handled_words(view.top)))
    st.caption(
        "Handled: an eval case tests it and passes on the live release"
        + (f" ({lit(view.release)})" if view.release else "")
        + ", and it has not happened since its fix. When it comes back, it opens again by itself."
    )
    says_who_may(page, Act.NAME_FAILURES)
    for place, line in enumerate(view.top.lines, start=1):
        with st.container(border=True, gap="xsmall", key=f"top_failure_{place}"):
            _line(page, view, line, place)
    download_row("These kinds", table_of(view), f"{page.slug}-top-failures", key="top_failures")


def _line(page: PageContext, view: TopView, line: TopFailure, place: int) -> None:
    bar = line.bar
    share = f"{write(bar.share, Unit.SHARE)}, {write_interval(bar.low, bar.high, Unit.SHARE)}"
    st.markdown(
        f"{_MARKS[line.standing]} **{place}\\. {lit(bar.word)}** · {bar.count:,} of {bar.of:,} ({share})"
    )
    st.caption(lit(standing_words(line)))
    if line.fix is not None:
        said = [f"Owner {line.fix.owner}", STATES[line.fix.state]]
        if line.fix.at is not None:
            said[-1] += f" since {write_date(line.fix.at)}"
        said += [f"release {line.fix.bundle}"] if line.fix.bundle else []
        st.markdown(f":material/build: {lit(' · '.join(said))}")
        newest = view.history[fold_words(bar.word)][0]
        if newest.fix:
            st.text(newest.fix)
    for one in view.effects.get(fold_words(bar.word), ()):
        st.markdown(f"{_EFFECT_ICONS[one.shown]} {lit(effect_words(one, bar.word))}")
    if view.effects.get(fold_words(bar.word)):
        st.caption(
            "This is what changed over time, not proof that the fix did it: other things changed as well."
        )
    elif line.fix is not None and line.fix.at is not None:
        st.caption(
            "Before and after cannot be compared yet: it takes traces from both sides of the fix that were "
            "reviewed completely or at random."
        )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _form(page, line, place, view.history.get(fold_words(bar.word), ()))
        link_to("traces", feature=page.slug, label="Its traces", query={"failure": bar.word})
    if not line.cases:
        promote_button(page, line.newest_run, f"promote_top_{place}", failure_type=bar.word)


def standing_words(line: TopFailure) -> str:
    """Handled by what, or what keeps it from being handled."""
    cases = f"{write_count(len(line.cases), 'eval case')} {'pass' if len(line.cases) > 1 else 'passes'}"
    if line.standing is Standing.HANDLED:
        return f"{cases}, and it has not happened since the fix."
    why = "; ".join(line.why_not)
    said = f"{why[:1].upper()}{why[1:]}."
    if line.came_back is not None:
        return f"Came back on {write_date(line.came_back)}: {why}."
    return said


_EFFECT_ICONS = {
    Shown.BETTER: ":material/trending_up:",
    Shown.WORSE: ":material/warning:",
    Shown.UNDECIDED: ":material/trending_flat:",
}


def effect_words(one: Effect, kind: str) -> str:
    """One rate before and after the fix, with counts and intervals, and what the difference shows."""
    if one.metric:
        label = f"{metric(one.metric).label} by {SOURCE_WORDS[one.source]}"
    else:
        label = f"“{kind}” in reviewed traces"
    change = change_with_interval(one.change, one.interval)
    shown = {
        Shown.BETTER: "better, and not by luck alone",
        Shown.WORSE: "worse, and not by luck alone",
        Shown.UNDECIDED: "luck alone can explain it",
    }[one.shown]
    return (
        f"{label}: {_side(one.before, one)} before the fix, {_side(one.after, one)} after: {change}; {shown}."
    )


def _side(side: Share, of: Effect) -> str:
    interval = side.interval(of.error)
    span = write_interval(interval.low, interval.high, Unit.SHARE)
    return f"{write(side.rate, Unit.SHARE)} ({span}, {side.count:,} of {side.n:,})"


def _form(page: PageContext, line: TopFailure, place: int, history: Sequence[Fix]) -> None:
    fix, key = line.fix, f"fix_{page.slug}/{fold_words(line.bar.word)}"
    with st.popover(
        "Fix" if fix is None else "Change the fix",
        icon=":material/build:",
        key=f"fix_popover_{place}",
        **only_for(page, Act.NAME_FAILURES),
    ):
        st.text_input(
            "Who takes care of it?",
            value=fix.owner if fix else "",
            key=f"{key}/owner",
            max_chars=LONGEST_OWNER,
        )
        st.text_area(
            "What is done about it?",
            value=history[0].fix if history else "",
            key=f"{key}/fix",
            max_chars=LONGEST_FIX,
        )
        state = st.segmented_control(
            "How far is it?",
            list(STATES),
            format_func=STATES.__getitem__,
            default=fix.state if fix else "open",
            required=True,
            key=f"{key}/state",
        )
        if state == "done":
            st.date_input(
                "Fixed since (UTC)",
                value=(fix.at if fix and fix.at else page.now).date(),
                max_value=page.now.date(),
                format="YYYY-MM-DD",
                key=f"{key}/day",
                help="A trace of this kind from the day after on opens it again.",
            )
            st.text_input(
                "In which release? (optional)",
                value=(fix.bundle or "") if fix else "",
                key=f"{key}/bundle",
                max_chars=80,
            )
        st.button(
            "Save",
            type="primary",
            key=f"{key}/save",
            on_click=guarded(partial(_save, page, line.bar.word, key)),
        )
        if len(history) > 1:
            st.caption(
                lit(
                    f"Saved {len(history):,} times, last by {history[0].saved_by} on "
                    f"{write_date(history[0].saved_at)}."
                )
            )


def _save(page: PageContext, kind: str, key: str) -> None:
    said = st.session_state
    state, day = said.get(f"{key}/state") or "open", said.get(f"{key}/day")
    now = page.moment()
    # What ran on the day of the fix may have run before it.
    until = datetime.combine(day, time.max, UTC) if state == "done" and day is not None else None
    save_fix(
        page.workspace,
        page.caller,
        now,
        page.slug,
        kind,
        fix=said.get(f"{key}/fix") or "",
        owner=said.get(f"{key}/owner") or "",
        state=state,
        fixed_at=min(until, now) if until else None,
        bundle=(said.get(f"{key}/bundle") or "") if state == "done" else "",
    )
    flash(f"The fix of “{kind}” is saved.")


def table_of(view: TopView) -> Table:
    """The kinds for a file."""
    columns = (
        *(
            "Failure type",
            "Failures",
            "Share",
            "Low",
            "High",
            "Traces",
            "State",
            "Why not handled",
            "Came back",
        ),
        *("Owner", "Fix", "State of the fix", "Fixed since", "Release", "Eval cases"),
    )
    rows = []
    for line in view.top.lines:
        history = view.history.get(fold_words(line.bar.word), ())
        saved = history[0] if history else None
        rows.append(
            (
                *(
                    line.bar.word,
                    line.bar.count,
                    line.bar.share,
                    line.bar.low,
                    line.bar.high,
                    line.bar.traces,
                ),
                *(line.standing.value, "; ".join(line.why_not), line.came_back),
                *(
                    (saved.owner, saved.fix, STATES[saved.state], saved.fixed_at, saved.bundle)
                    if saved
                    else ("",) * 5
                ),
                ", ".join(case.case_id for case in line.cases),
            )
        )
    return Table(columns, rows)
