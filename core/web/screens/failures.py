"""The failure log on the pages: what goes wrong and why, counted; the workbook to fill in."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import streamlit as st

from core.actions.failures import FailurePareto, failure_log, failure_pareto, failure_template
from core.actions.policy import Act
from core.actions.revealing import reveal_failure_log
from core.evidence.columns import Kind
from core.metrics.pareto import Failure, ParetoBar, PerceptionSplit
from core.store.uploads import Upload
from core.units import Unit, write, write_interval
from core.web.charts.pareto import MOST_BARS, pareto_alt, pareto_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.permitted import permitted
from core.web.screens.revealed_file import file_as_it_was
from core.web.widgets import counts_written, empty_state, show_chart
from core.web.wording import write_count

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BY = ("By type", "By root cause")
_SEEN_AT_ONCE = 100


def pareto(page: PageContext, *, since: datetime | None = None, of: str = "", invites: bool = True) -> bool:
    """What goes wrong, most frequent first, with the way to the traces and to the log itself.

    Failures are those found ``since`` a moment, where one is given; ``of`` says so in words. Where
    nothing is noted yet it ``invites`` to begin a log, or draws nothing; returns whether anything is.
    """
    view = failure_pareto(page.workspace, page.caller, page.now, page.slug, since)
    is_noted = bool(view.failures or view.unmatched)
    if is_noted or invites:
        st.header("What goes wrong")
        if of:
            st.caption(of)
    if not is_noted:
        if since is not None:
            st.caption("No failure that somebody noted was found in these weeks.")
        elif invites:
            _nothing_noted(page)
        return False
    if view.failures:
        _counted(page, view)
    _unmatched(page, view.unmatched)
    log_downloads(page, is_filled=True)
    return True


def offer_log(page: PageContext, uploads: Sequence[Upload]) -> None:
    """Beside the place where files are handed in: the workbook for failures that people note by hand."""
    hands_in = permitted(page, Act.IMPORT)
    if not hands_in and not permitted(page, Act.ATTEST):
        return
    where = "drop it above" if hands_in else "give it to whoever uploads evidence"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(f"Failures that people noted: fill in the failure log and {where}.", width="content")
        is_filled = any(one.kind == Kind.FAILURES and one.state == "done" for one in uploads)
        log_downloads(page, is_filled=is_filled)


def log_downloads(page: PageContext, *, is_filled: bool) -> None:
    """The workbook to fill in, and, where there is a log, the log to go on with."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Failure log to fill in",
            data=partial(failure_template, page.workspace, page.caller, page.slug),
            file_name="failure-log.xlsx",
            mime=_XLSX,
            icon=":material/download:",
            on_click="ignore",
            key="failure_template",
            help="An Excel sheet with drop-downs: Run ID, Failure Type, Root Cause, Fix.",
        )
        if is_filled:
            st.download_button(
                "Failure log so far",
                data=partial(failure_log, page.workspace, page.caller, page.slug),
                file_name=f"{page.slug}-failure-log.xlsx",
                mime=_XLSX,
                icon=":material/download:",
                on_click="ignore",
                key="failure_log",
                help="Go on with it in Excel and upload it again: only what you changed is updated.",
            )
            file_as_it_was(
                page,
                partial(_log_as_it_was, page),
                file_name=f"{page.slug}-failure-log-as-it-was.xlsx",
                mime=_XLSX,
                key="failure_log_revealed",
            )


def _log_as_it_was(page: PageContext, reason: str) -> bytes:
    return reveal_failure_log(page.workspace, page.caller, page.moment(), page.slug, reason=reason)


def _nothing_noted(page: PageContext) -> None:
    with empty_state(
        "No failures noted yet",
        "Review traces here and name what went wrong, or write it into the failure log and upload that on "
        "the Evidence page. Then this page counts the kinds, follows up the ten most frequent until each has "
        "its fix and its eval case, and says whether new kinds still come up.",
        icon=":material/bug_report:",
    ):
        log_downloads(page, is_filled=False)
        with st.container(horizontal=True, gap="small"):
            link_to("review", feature=page.slug, label="Review traces")
            link_to("evidence", feature=page.slug, label="Go to Evidence")


def _counted(page: PageContext, view: FailurePareto) -> None:
    st.markdown(lit(_how_many(view)))
    if view.split is not None:
        st.markdown(f":material/visibility: {lit(split_words(view.split))}")
    by = st.segmented_control(
        "Count", _BY, default=_BY[0], key="pareto_by", required=True, label_visibility="collapsed"
    )
    bars, label = (view.by_type, "Failures by type") if by == _BY[0] else (view.by_cause, "Root causes")
    if by == _BY[1]:
        st.caption(lit(_causes_words(view)))
    if bars:
        show_chart(pareto_chart(bars), alt=pareto_alt(bars, label), key=f"pareto_{_BY.index(by)}")
        _legend(bars, view)
    if by == _BY[0]:
        _links(page, bars)
    with st.expander("As a table", icon=":material/table:"):
        table = _table(bars, by.removeprefix("By ").capitalize())
        shown = {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)}
        st.dataframe(
            shown,
            hide_index=True,
            key=f"pareto_table_{_BY.index(by)}",
            column_config=counts_written(shown)
            | {
                name: st.column_config.NumberColumn(format="percent")
                for name in ("Share", "Low", "High", "Cumulative share")
            },
        )
    download_row(label, table, f"{page.slug}-failures", key="pareto_download")


def _how_many(view: FailurePareto) -> str:
    sentence = f"{write_count(view.failures, 'failure')} in {write_count(view.traces, 'trace')}"
    if view.only_labels:
        sentence += f", {view.only_labels:,} of them noted by reviewers only"
    sentence += "."
    if view.worst_first:
        verb = "stands in a trace that was" if view.worst_first == 1 else "stand in traces that were"
        sentence += f" {view.worst_first:,} of them {verb} picked worst first."
    return sentence


def _causes_words(view: FailurePareto) -> str:
    known = view.failures - view.without_cause
    if not known:
        return "No failure has a root cause yet. Fill in the column Root Cause and upload the log again."
    rest = f"; {view.without_cause:,} have none yet" if view.without_cause else ""
    return f"{write_count(known, 'failure')} with a root cause{rest}."


def _legend(bars: Sequence[ParetoBar], view: FailurePareto) -> None:
    sure = write(1 - view.error, Unit.SHARE)
    more = f" The table has {len(bars) - MOST_BARS} more." if len(bars) > MOST_BARS else ""
    st.caption(
        f"Bar: share of these failures, n {bars[0].of:,}; thin line: where the true share can lie, {sure} "
        f"sure on each side. Circles: this row and all above it together.{more} "
        "These are shares of the failures that somebody wrote down, not rates of all traffic."
    )


def split_words(split: PerceptionSplit) -> str:
    """What the model sees against the prompt, in one or two sentences."""
    n = split.with_cause
    seen = _share(split.perception, n, split.perception_low, split.perception_high)
    prompt = _share(split.prompt, n, split.prompt_low, split.prompt_high)
    sentence = (
        f"Of {n:,} failures with a root cause, {seen} lie in what the model sees (tool names and "
        f"descriptions, missing or wrong context, irrelevant retrieval) and {prompt} in the prompt."
    )
    advice = {
        "perception": " Mend what it sees before the prompt.",
        "prompt": " The prompt comes first here.",
        None: " Which of the two comes first cannot be told yet.",
    }
    return sentence + advice[split.leads]


def _share(count: int, of: int, low: float, high: float) -> str:
    return f"{count:,} ({write(count / of, Unit.SHARE)}, {write_interval(low, high, Unit.SHARE)})"


def _links(page: PageContext, bars: Sequence[ParetoBar]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Look at the traces:", width="content")
        for bar in bars[:MOST_BARS]:
            link_to("traces", feature=page.slug, label=bar.word, query={"failure": bar.word})


def _table(bars: Sequence[ParetoBar], first: str) -> Table:
    columns = (first, "Failures", "Share", "Low", "High", "Cumulative share", "Traces", "Of")
    return Table(
        columns,
        [
            (bar.word, bar.count, bar.share, bar.low, bar.high, bar.cumulative, bar.traces, bar.of)
            for bar in bars
        ],
    )


def _unmatched(page: PageContext, unmatched: Sequence[Failure]) -> None:
    """Failures of runs that are not there: shown, never silently dropped."""
    if not unmatched:
        return
    which = "names a run that is" if len(unmatched) == 1 else "name runs that are"
    st.warning(
        f"{write_count(len(unmatched), 'failure')} {which} not in the traces, and so not counted. "
        "Upload these traces, or correct the run ids in the log.",
        icon=":material/link_off:",
    )
    with st.expander("Which ones", icon=":material/list:"):
        table = Table(
            ("Run ID", "Failure type", "Root cause", "Fix"),
            [(each.run_id, each.failure_type, each.root_cause, each.fix) for each in unmatched],
        )
        shown = table.rows[:_SEEN_AT_ONCE]
        st.dataframe(
            {name: [row[place] for row in shown] for place, name in enumerate(table.columns)},
            hide_index=True,
            key="unmatched_failures",
        )
        if len(shown) < len(table.rows):
            st.caption(f"The first {len(shown)} are shown; the download has all of them.")
        download_row("All of them", table, f"{page.slug}-failures-without-trace", key="unmatched")
