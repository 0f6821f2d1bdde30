"""What people count outside the feature each week: seen on the Health page, typed in or uploaded there."""

from functools import partial

import streamlit as st

from core.actions.outside import (
    OutsideView,
    OutsideWeek,
    SheetTaken,
    outside_sheet,
    record_count,
    upload_counts,
    view_outside,
    withdraw_count,
)
from core.evidence.outside_measures import LARGEST, LONGEST_MEASURE, LONGEST_NOTE, MEASURES
from core.evidence.weeks import monday
from core.store.outside_counts import KeptCount
from core.units import Unit, write, write_interval
from core.web.charts.outside import are_rates, outside_alt, outside_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import counts_written, empty_state, flash, guarded, show_chart
from core.web.wording import write_count, write_date, write_moment

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OWN = "Something else"
_SEEN_AT_ONCE = 200


def counted_outside(page: PageContext) -> None:
    """The counts by week, how to add some, and what was corrected."""
    view = view_outside(page.workspace, page.caller, page.slug)
    st.header("Counted outside")
    if not view.weeks:
        with empty_state(
            "Nothing counted yet",
            "Traces do not show everything. Once a week, note how many support tickets mention the feature, "
            "how many people used it, and how many work around it.",
            icon=":material/support_agent:",
        ):
            _ways_in(page, view)
        return
    st.caption("As people stated them: Readygate cannot verify these numbers, and no verdict rests on them.")
    measure = view.measures[0]
    if len(view.measures) > 1:
        measure = st.selectbox("Measure", view.measures, key="outside_measure") or measure
    weeks = [one for one in view.weeks if one.kept.measure == measure]
    if weeks:
        # One week alone is a number, not a picture.
        if len(weeks) > 1:
            show_chart(outside_chart(weeks, measure), alt=outside_alt(weeks, measure), key="outside_chart")
        st.markdown(lit(_newest(weeks, measure)))
        if not are_rates(weeks) and any(one.rate is not None for one in weeks):
            st.caption("Some weeks do not say of how many, so the counts are drawn and not the rates.")
    _ways_in(page, view)
    _list(page, view)


def _newest(weeks: list[OutsideWeek], measure: str) -> str:
    newest = weeks[-1]
    words = f"{measure}, week of {write_date(newest.kept.week)}: {newest.kept.count:,}"
    if newest.rate is not None and newest.low is not None and newest.high is not None:
        interval = write_interval(newest.low, newest.high, Unit.SHARE)
        words += f" of {newest.kept.out_of:,}, that is {write(newest.rate, Unit.SHARE)} ({interval})"
    note = f" {newest.kept.note}" if newest.kept.note else ""
    return f"{words}.{note}"


def _ways_in(page: PageContext, view: OutsideView) -> None:
    with st.container(horizontal=True, gap="small"):
        if view.may_record:
            with st.popover("Add a count", icon=":material/add:", key="outside_add"):
                _form(page, view)
            with st.popover("Upload the sheet", icon=":material/upload:", key="outside_upload"):
                _upload(page)
        st.download_button(
            "Sheet to fill in",
            data=partial(outside_sheet, page.workspace, page.caller, page.now, page.slug),
            file_name=f"{page.slug}-weekly-counts.xlsx",
            mime=_XLSX,
            icon=":material/download:",
            on_click="ignore",
            key="outside_sheet",
            help="An Excel sheet with drop-downs and what is known so far. Fill it in and upload it.",
        )
    _bad_rows(page)


def _form(page: PageContext, view: OutsideView) -> None:
    own = [one for one in view.measures if one not in MEASURES]
    measure = st.selectbox("What was counted", [*MEASURES, *own, _OWN], key="outside_what")
    if measure == _OWN:
        st.text_input("In your own words", key="outside_own", max_chars=LONGEST_MEASURE)
    st.date_input(
        "A day of the week", value=monday(page.now.date()), max_value=page.now.date(), key="outside_day"
    )
    count, out_of = st.columns(2)
    count.number_input("How many", min_value=0, max_value=LARGEST, value=None, step=1, key="outside_count")
    out_of.number_input(
        "Out of (optional)",
        min_value=1,
        max_value=LARGEST,
        value=None,
        step=1,
        key="outside_out_of",
        help=f"For a rate: {MEASURES.get(measure, 'of how many in all')}.",
    )
    st.text_input("Note (optional)", key="outside_note", max_chars=LONGEST_NOTE)
    st.caption("A count of the same week and measure is corrected; the earlier one stays in the history.")
    st.button("Save the count", type="primary", key="outside_save", on_click=guarded(partial(_save, page)))


def _save(page: PageContext) -> None:
    state = st.session_state
    measure = state["outside_own"] if state["outside_what"] == _OWN else state["outside_what"]
    # Without a number there is nothing to keep; -1 is refused with the words that say so.
    count = -1 if state["outside_count"] is None else int(state["outside_count"])
    out_of = None if state["outside_out_of"] is None else int(state["outside_out_of"])
    became = record_count(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        day=state["outside_day"],
        measure=measure,
        count=count,
        out_of=out_of,
        note=state["outside_note"],
    )
    words = {"new": "The count is kept.", "corrected": "The count is corrected.", "same": "Nothing changed."}
    for name in ("outside_count", "outside_out_of", "outside_note"):
        state[name] = "" if name == "outside_note" else None
    flash(words[became])


def _upload(page: PageContext) -> None:
    turn = st.session_state.setdefault("outside_turn", 0)
    file = st.file_uploader("The filled sheet (.xlsx)", type=["xlsx"], key=f"outside_file_{turn}")
    st.button(
        "Take the counts over",
        type="primary",
        key="outside_take",
        disabled=file is None,
        on_click=guarded(partial(_take, page, turn)),
    )


def _take(page: PageContext, turn: int) -> None:
    file = st.session_state.get(f"outside_file_{turn}")
    if file is None:
        return
    taken = upload_counts(
        page.workspace, page.caller, page.moment(), page.slug, file_name=file.name, content=file.getvalue()
    )
    st.session_state["outside_turn"] = turn + 1
    st.session_state[f"outside_bad_{page.slug}"] = taken.bad
    flash(_taken_words(taken))


def _taken_words(taken: SheetTaken) -> str:
    parts = [f"{taken.new:,} new", f"{taken.corrected:,} corrected", f"{taken.same:,} known already"]
    bad = f", {len(taken.bad):,} left out" if taken.bad else ""
    return f"{write_count(taken.read, 'row')} read: {', '.join(parts)}{bad}."


def _bad_rows(page: PageContext) -> None:
    """The rows of the last sheet that were left out, each with what to mend."""
    bad = st.session_state.get(f"outside_bad_{page.slug}")
    if not bad:
        return
    verb = "was" if len(bad) == 1 else "were"
    st.warning(f"{write_count(len(bad), 'row')} {verb} left out. Mend them and upload the sheet again.")
    rows = bad[:_SEEN_AT_ONCE]
    st.dataframe(
        {
            "Row": [one.row for one in rows],
            "Column": [one.column for one in rows],
            "Value": [one.value for one in rows],
            "Reason": [one.reason for one in rows],
            "Fix": [one.fix for one in rows],
        },
        hide_index=True,
        key="outside_bad_rows",
    )


def _list(page: PageContext, view: OutsideView) -> None:
    with st.expander(f"All counts ({len(view.weeks):,})", icon=":material/table:", key="outside_all"):
        newest_first = view.weeks[::-1][:_SEEN_AT_ONCE]
        table = _table([one.kept for one in newest_first])
        shown = {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)}
        st.dataframe(
            shown,
            hide_index=True,
            column_config=counts_written(shown),
            key="outside_table",
        )
        if view.may_record:
            _take_back(page, view)
        if view.earlier:
            st.caption(f"{write_count(len(view.earlier), 'count')} corrected or taken back; in the download.")
    everything = [*(one.kept for one in view.weeks), *view.earlier]
    download_row("Weekly counts", _table(everything), f"{page.slug}-weekly-counts", key="outside_download")


def _take_back(page: PageContext, view: OutsideView) -> None:
    by_id = {one.kept.id: one.kept for one in reversed(view.weeks)}

    def words(count_id: int) -> str:
        one = by_id[count_id]
        return lit(f"{write_date(one.week)} · {one.measure} · {one.count:,}")

    chosen = st.selectbox(
        "Take a count back", list(by_id), index=None, format_func=words, key="outside_back",
        placeholder="Choose one that is wrong",
    )  # fmt: skip
    if chosen is not None:
        st.button("Take it back", key="outside_take_back", on_click=guarded(partial(_drop, page, chosen)))


def _drop(page: PageContext, count_id: int) -> None:
    withdraw_count(page.workspace, page.caller, page.moment(), page.slug, count_id)
    st.session_state["outside_back"] = None
    flash("The count is taken back; it stays in the history.")


def _table(rows: list[KeptCount]) -> Table:
    columns = ("Week", "Measure", "Count", "Out of", "Rate", "Note", "By", "At", "From", "Replaced")
    return Table(
        columns,
        [
            (
                one.week,
                one.measure,
                one.count,
                one.out_of,
                None if one.out_of is None else write(one.count / one.out_of, Unit.SHARE),
                one.note,
                one.recorded_by,
                write_moment(one.recorded_at),
                one.source,
                write_moment(one.replaced_at) if one.replaced_at else None,
            )
            for one in rows
        ],
    )
