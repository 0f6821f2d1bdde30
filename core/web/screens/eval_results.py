"""The results of the Evals page: by set and release, the mix of tasks, and what grades the hard cases."""

import streamlit as st

from core.actions.eval_results import EvalResults
from core.metrics.eval_results import KindShare, SuiteResult
from core.statistics.interval import Interval
from core.statistics.judge_audit import FEWEST_LABELS
from core.units import Unit, write, write_interval
from core.web.charts.task_mix import percent, task_mix_alt, task_mix_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, printable
from core.web.screens.case_view import suite_words
from core.web.widgets import empty_state, show_chart
from core.web.wording import write_count, write_date

_SEEN = 20
_MOST_NAMED = 6


def results(page: PageContext, view: EvalResults) -> None:
    """How each set did on each release, the newest first."""
    st.header("Results by set and release")
    if not view.results:
        with empty_state(
            "No result yet",
            "Export the set for your eval tool, run it, and upload the tool's result file. The case ids come "
            "back with it, so every result finds its case.",
            icon=":material/play_circle:",
        ):
            link_to("evidence", feature=page.slug, label="Upload results")
        return
    rows = [_shown(one) for one in view.results[:_SEEN]]
    repeated = any(one.repeated for one in view.results)
    if not repeated:
        rows = [{name: cell for name, cell in row.items() if name not in _REPEATS} for row in rows]
    if not any(row["No result"] for row in rows):
        rows = [{name: cell for name, cell in row.items() if name != "No result"} for row in rows]
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        key="eval_results",
        alt=" ".join(_sentence(one) for one in view.results[:_SEEN]),
    )
    words = (
        "A case counts once, however often it was repeated. In brackets: where the true rate can still lie, "
        f"{write(1 - view.error, Unit.SHARE)} sure on each side, by the stakes."
    )
    if repeated:
        words += (
            " 2 of 2 pass: the chance that two tries at a case both pass (also written pass^2). "
            "Flaky: cases that both passed and failed."
        )
    else:
        words += " No case was repeated, so nothing can be said of flakiness: run each case 3 times."
    st.caption(lit(words))
    download_row("Results", _table(view), f"{page.slug}-eval-results", key="eval_results")


_REPEATS = ("2 of 2 pass", "3 of 3 pass", "Flaky")


def _shown(one: SuiteResult) -> dict[str, str]:
    hats = {hat.k: hat for hat in one.hats}
    return {
        "Set": printable(suite_words(one.tally.suite, one.tally.number)),
        "Release": printable(one.tally.bundle or "not named"),
        "Last run": write_date(one.tally.newest),
        "Pass rate": _rate(one.rate, one.interval),
        "Cases": f"{one.cases:,}",
        **{f"{k} of {k} pass": _hat(hats.get(k)) for k in (2, 3)},
        "Flaky": _flaky(one),
        "No result": f"{one.tally.unclear:,}" if one.tally.unclear else "",
    }


def _rate(rate: float | None, interval: Interval) -> str:
    if rate is None:
        return "not measured"
    return f"{write(rate, Unit.SHARE)} ({write_interval(interval.low, interval.high, Unit.SHARE)})"


def _hat(hat: object) -> str:
    value, cases = getattr(hat, "value", None), getattr(hat, "cases", 0)
    return "" if value is None else f"{write(value, Unit.SHARE)} (n {cases:,})"


def _flaky(one: SuiteResult) -> str:
    if one.flake_rate is None:
        return ""
    interval = write_interval(one.flake_interval.low, one.flake_interval.high, Unit.SHARE)
    return f"{one.flaky:,} of {one.repeated:,} ({interval})"


def _sentence(one: SuiteResult) -> str:
    row = _shown(one)
    return f"{row['Set']} on {row['Release']}: {row['Pass rate']} of {row['Cases']} cases."


def _table(view: EvalResults) -> Table:
    columns = (
        "Set", "Version", "Release", "Last run", "Cases", "Pass rate", "Low", "High", "Repeated cases",
        "Flaky cases", "2 of 2 pass", "3 of 3 pass", "4 of 4 pass", "Without a result",
    )  # fmt: skip
    rows = []
    for one in view.results:
        hats = {hat.k: hat.value for hat in one.hats}
        tally = one.tally
        rows.append(
            (
                tally.suite,
                tally.number,
                tally.bundle,
                tally.newest,
                one.cases,
                one.rate,
                one.interval.low if one.cases else None,
                one.interval.high if one.cases else None,
                one.repeated,
                one.flaky,
                hats.get(2),
                hats.get(3),
                hats.get(4),
                tally.unclear,
            )
        )
    return Table(columns, rows)


def task_mix(page: PageContext, view: EvalResults) -> None:
    """Whether the set asks what users ask."""
    mix = view.mix
    st.header("Does the set ask what users ask?")
    if not mix.kinds or not any(kind.traces for kind in mix.kinds):
        st.caption("The traces do not say their kind of task, so the mix cannot be compared.")
        return
    if not any(kind.cases for kind in mix.kinds):
        st.caption(lit(_without_kinds(mix.unnamed)))
        return
    if mix.missing:
        named = ", ".join(kind.kind for kind in mix.missing[:_MOST_NAMED])
        more = f" and {len(mix.missing) - _MOST_NAMED:,} more" if len(mix.missing) > _MOST_NAMED else ""
        st.warning(
            lit(f"No case for {named}{more}: {percent(mix.missed_share)} of what users ask is not tested."),
            icon=":material/remove_done:",
        )
    else:
        st.markdown(":material/check_circle: Every kind of task that users bring has a case.")
    if mix.unnamed:
        verb = "is" if mix.unnamed == 1 else "are"
        words = f"{write_count(mix.unnamed, 'case')} without a task type {verb} not in the picture."
        st.caption(lit(words))
    st.caption(
        "Of each kind: the upper bar is its share of what users bring, the lower one its share of the set."
    )
    show_chart(task_mix_chart(mix.kinds), alt=task_mix_alt(mix.kinds), key="eval_mix")
    table = Table(
        ("Kind of task", "Cases", "Traces", "Share of cases", "Share of traces"), _mix_rows(mix.kinds)
    )
    download_row("The mix", table, f"{page.slug}-task-mix", key="eval_mix")


def _without_kinds(unnamed: int) -> str:
    if not unnamed:
        return "There is no case yet, so nothing of what users ask is tested."
    return f"No case says its kind of task ({write_count(unnamed, 'case')}). Fill in “Task type”."


def _mix_rows(kinds: tuple[KindShare, ...]) -> list[tuple[object, ...]]:
    return [(one.kind, one.cases, one.traces, one.case_share, one.trace_share) for one in kinds]


def graders(view: EvalResults) -> None:
    """Whether what grades the hard cases can be believed: it against people."""
    st.header("Who grades the hard cases?")
    if not view.hard:
        st.caption(
            "No case is in the adversarial part: that is where a judge goes wrong first. Choose "
            "“adversarial” as part of the set for cases that try to break the feature."
        )
        return
    found = view.graders
    if found is None:
        st.caption(
            lit(
                f"{write_count(view.hard, 'adversarial case')}, none of them judged by a person as well. "
                "Let a person judge them too, and upload the results with the column “human_label”."
            )
        )
        return
    missed, caught = found.fail_pass, found.both_fail
    st.markdown(
        lit(
            f"Of {write_count(found.n, 'hard case')} that a person judged too, the grader agreed on "
            f"{found.both_pass + found.both_fail:,} "
            f"({write_interval(found.agreed.low, found.agreed.high, Unit.SHARE)})."
        )
    )
    if caught + missed:
        interval = write_interval(found.caught.low, found.caught.high, Unit.SHARE)
        st.markdown(
            lit(f"It caught {caught:,} of the {caught + missed:,} that people call failed ({interval}).")
        )
    if not found.audited:
        st.warning(
            lit(
                f"Not audited: that takes {FEWEST_LABELS} cases that people judged, with passes and failures "
                "among them."
            ),
            icon=":material/balance:",
        )
