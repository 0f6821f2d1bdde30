"""What became of one upload: its report, its fault, or the questions that only a person can answer."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from core.actions.imports import (
    answer_questions,
    discard_waiting,
    left_out_because_of,
    rejected_rows,
    waits_for_answers,
)
from core.actions.policy import Act
from core.actions.revealing import reveal_rejected_rows
from core.actions.withdrawing import withdraw_upload
from core.evidence.columns import Kind
from core.intake.account import SOURCE as OWN_TABLE_SOURCE
from core.intake.pass_rule import PassRule
from core.intake.personal_texts import KEEP
from core.intake.personal_texts import QUESTION as PERSONAL_TEXT
from core.intake.score_offers import WHICH_RUN_PASSED
from core.store.uploads import Upload
from core.web.charts import accounting_alt, accounting_chart
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.facts_question import facts_choice, facts_question
from core.web.screens.feedback_question import feedback_choice, feedback_question
from core.web.screens.import_days import days_words, too_old_words
from core.web.screens.mapping_step import chosen_mapping, show_chosen, show_mapping
from core.web.screens.pass_rule_question import pass_rule_choice, pass_rule_question
from core.web.screens.permitted import only_for, permitted, says_who_may
from core.web.screens.personal_question import personal_question
from core.web.screens.revealed_file import file_as_it_was
from core.web.widgets import counts_written, flash, guarded, show_chart
from core.web.wording import write_count, write_date

# Shorter than the question's own sentence, which also explains how to answer in a mapping file.
_WHAT_PASSES = (
    "The file has scores but does not say what passed. Which score decides, and from which value on?"
)

_PARTS = (Kind.SPANS, Kind.SCORES, Kind.FAILURES)
"""Kinds that add to traces: what the traces can answer with them stands below the uploads."""

COUNTS = ("accepted", "duplicate", "updated", "rejected", "skipped")


def show_fault(page: PageContext, upload: Upload, fault: Mapping[str, Any]) -> None:
    if waits_for_answers(page.workspace, upload):
        _questions(page, upload, fault["questions"])
        return
    if fault.get("questions"):
        st.info("Its questions were not answered; nothing of it was saved. Upload it again to import it.")
        return
    box = st.info if upload.state == "cancelled" else st.error
    box(lit(fault.get("mend") or "Nothing was saved."), title=lit(fault.get("sentence", "")))


def _questions(page: PageContext, upload: Upload, questions: Sequence[Mapping[str, Any]]) -> None:
    """Two readings exist: ask, with samples from the file beside each question."""
    mapping = [asked for asked in questions if asked.get("columns")]
    others = [asked for asked in questions if not asked.get("columns")]
    if mapping:
        st.warning("Nothing is saved yet. Please say what the columns are:", icon=":material/help:")
        show_mapping(upload.id, mapping[0])
        if others:
            st.markdown("### What the cells leave open")
    else:
        things = "one thing" if len(others) == 1 else f"{len(others)} things"
        st.warning(f"Nothing is saved yet. Readygate needs to know {things} first:", icon=":material/help:")
        st.markdown(lit((upload.fault or {}).get("because", "")))
        show_chosen(upload.id, upload.answers.get("columns") or {})
    for asked in others:
        is_rule, is_feedback = (asked["key"] == key for key in ("pass_rule", "feedback"))
        st.markdown(f"**{_what_passes(asked['sentence']) if is_rule else lit(asked['sentence'])}**")
        if asked["samples"] and not is_rule and not asked.get("values"):
            st.text("For example: " + "   ".join(asked["samples"][:5]))
        key = f"answer_{upload.id}_{asked['key']}"
        options = dict(asked["options"])
        if is_rule:
            pass_rule_question(key, asked)
        elif is_feedback:
            feedback_question(key, asked)
        elif asked["key"] == "facts":
            facts_question(key, asked)
        elif asked["key"] == PERSONAL_TEXT:
            personal_question(page, upload.id, key, options)
        elif asked["key"] == "timezone":
            _zone(key)
        else:
            _choice(asked["sentence"], key, options)
    says_who_may(page, Act.IMPORT)
    with st.container(horizontal=True):
        st.button(
            "Import with these answers",
            type="primary",
            key=f"answer_{upload.id}",
            on_click=guarded(partial(_answer, page, upload.id, questions)),
            **only_for(page, Act.IMPORT),
        )
        st.button(
            "Discard this file",
            icon=":material/delete:",
            key=f"discard_{upload.id}",
            on_click=guarded(partial(_discard, page, upload.id)),
            **only_for(page, Act.IMPORT),
        )


def _what_passes(sentence: str) -> str:
    """The question without the way to answer it in words, since a form stands below it."""
    return WHICH_RUN_PASSED if sentence.startswith(WHICH_RUN_PASSED) else _WHAT_PASSES


def _choice(sentence: str, key: str, options: Mapping[str, str]) -> None:
    def words(choice: str) -> str:
        return lit(options[choice] or choice)

    st.radio(sentence, list(options), format_func=words, key=key, index=None, label_visibility="collapsed")


def _zone(key: str) -> None:
    """Every zone there is; the reader's own stands first, because exports are often in it."""
    own = st.context.timezone
    first = ["UTC", *([own] if own and own != "UTC" else [])]
    zones = [*first, *sorted(available_timezones() - set(first))]
    st.selectbox("Time zone", zones, key=key, index=None, placeholder="Choose a time zone")


def _answer(page: PageContext, upload_id: str, questions: Sequence[Mapping[str, Any]]) -> None:
    state, choices = st.session_state, {}
    for asked in questions:
        key = f"answer_{upload_id}_{asked['key']}"
        if asked.get("columns"):
            choices[asked["key"]] = chosen_mapping(upload_id, asked)
        elif asked["key"] == "feedback":
            choices[asked["key"]] = feedback_choice(key)
        elif asked["key"] == "facts":
            choices[asked["key"]] = facts_choice(key, asked)
        elif asked["key"] == "pass_rule":
            choices[asked["key"]] = pass_rule_choice(key)
        else:
            choices[asked["key"]] = state.get(key) or ""
    answer_questions(page.workspace, page.caller, page.moment(), upload_id, choices)
    is_open = not all(choices.values())
    flash("Thank you. What is still open is asked again." if is_open else "Thank you. The import goes on.")


def _discard(page: PageContext, upload_id: str) -> None:
    discard_waiting(page.workspace, page.caller, page.moment(), upload_id)
    flash("Discarded; nothing of it was saved.", icon=":material/delete:")


def show_report(page: PageContext, upload: Upload, report: Mapping[str, Any]) -> None:
    """What became of every row and column, and what this file cannot tell."""
    if upload.state == "withdrawn":
        when = write_date(upload.withdrawn_at) if upload.withdrawn_at else ""
        st.info(f"Withdrawn {when} by {lit(upload.withdrawn_by or '')}: {lit(upload.withdrawn_reason or '')}")
    if upload.numbers_expired_at is not None:
        gone = write_date(upload.numbers_expired_at)
        st.info(f"Its numbers expired on {gone}: nothing of it is counted any more.")
    st.markdown(lit(report["because"]))
    with st.container(horizontal=True, gap="large"):
        for name in ("read", *COUNTS):
            if report[name] or name in ("read", "accepted", "rejected"):
                st.metric(name.capitalize(), f"{report[name]:,}", width="content")
    counts = {name: report[name] for name in COUNTS}
    if report["read"]:
        show_chart(accounting_chart(counts), alt=accounting_alt(counts), key=f"fates_{upload.id}")
    # Of results that are scored elsewhere nobody can say at the import how they come out.
    if (report.get("outcomes") or {}).get("total") and not report.get("scored_elsewhere"):
        st.markdown(lit(_results(report["outcomes"], report["pass_rule"])))
    if report.get("earliest"):
        st.caption(days_words(report))
    if upload.state == "done":
        _too_old(page, report)
    for notice in report["warnings"]:
        st.markdown(f":material/info: {lit(notice['sentence'])}")
    _problems(page, upload, report)
    _cannot(upload, report)
    _columns(upload, report)
    if upload.state == "done":
        _withdraw(page, upload)


def _too_old(page: PageContext, report: Mapping[str, Any]) -> None:
    words, is_all = too_old_words(report, page.decision.bar.since.values())
    if is_all:
        st.warning(words, icon=":material/history:")
    elif words:
        st.caption(words)


def _results(outcomes: Mapping[str, int], rule: Mapping[str, Any] | None) -> str:
    """How the results came out, and what the rates make of it: "24 results: 8 passed, 12 failed, 4 run errors
    (a run that failed counts as not passed)."."""
    without = "without a score that decides" if rule else "without a verdict"
    left_out = "left out of the rates"
    others = [
        f"{write_count(outcomes[name], *words)} ({counts_as})"
        for name, words, counts_as in (
            ("run_errors", ("run error",), "a run that failed counts as not passed"),
            ("judge_errors", ("judge error",), left_out),
            ("limit_errors", ("run over its limit", "runs over their limits"), left_out),
            ("unscored", (f"result {without}", f"results {without}"), left_out),
        )
        if outcomes[name]
    ]
    told = f"{write_count(outcomes['total'], 'result')}: {outcomes['passed']:,} passed"
    told = ", ".join([f"{told}, {outcomes['failed']:,} failed", *others])
    return f"{told}. Passed is where {PassRule.model_validate(rule)}." if rule else f"{told}."


def _problems(page: PageContext, upload: Upload, report: Mapping[str, Any]) -> None:
    if not report["rejected"]:
        return
    problems = report["problems"]
    st.markdown(f"**{write_count(report['rejected'], 'row')} rejected.** Mend them and upload them again.")
    names = ("row", "column", "value", "reason", "fix")
    st.dataframe(
        {name.capitalize(): [problem[name] for problem in problems] for name in names},
        hide_index=True,
        key=f"problems_{upload.id}",
        height=min(320, 38 + 35 * len(problems)),
    )
    if len(problems) < report["rejected"]:
        st.caption(f"The first {len(problems)} are shown; the download has all of them.")
    if not permitted(page, Act.READ_TEXTS):
        st.caption(":material/visibility_off: Their cells are for reviewers.")
        return
    st.download_button(
        "Download the rejected rows",
        data=partial(rejected_rows, page.workspace, page.caller, upload.id),
        file_name=f"rejected-{upload.id[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"rejected_{upload.id}",
    )
    if upload.answers.get("personal_text") == KEEP:
        file_as_it_was(
            page,
            partial(_rejected_as_they_were, page, upload.id),
            file_name=f"rejected-{upload.id[:8]}-as-they-were.csv",
            mime="text/csv",
            key=f"rejected_revealed_{upload.id}",
        )


def _rejected_as_they_were(page: PageContext, upload_id: str, reason: str) -> bytes:
    return reveal_rejected_rows(page.workspace, page.caller, page.moment(), upload_id, reason=reason)


def _columns(upload: Upload, report: Mapping[str, Any]) -> None:
    uses = report["columns"]
    if not uses:
        # What was made here and handed in by nobody has no columns of a file.
        return
    st.markdown("**What each column became**")
    shown = {
        "In the file": [use["header"] for use in uses],
        "Read as": [use["canonical"] or "not used" for use in uses],
        "Why": [use["how"] for use in uses],
        "Filled": [use["filled"] for use in uses],
        "For example": [(use["samples"] or [""])[0] for use in uses],
    }
    st.dataframe(
        shown,
        hide_index=True,
        column_config=counts_written(shown),
        height=min(320, 38 + 35 * len(uses)),
        key=f"uses_{upload.id}",
    )
    unused = [use["header"] for use in uses if use["how"] == "not used" and use["filled"]]
    if unused:
        more = f" and {len(unused) - 5} more" if len(unused) > 5 else ""
        # An export of a tool that is mapped by hand would lose its steps and scores.
        again = (
            " If one of them matters, upload the file again with “Let me check the columns first”; rows that "
            "then say more are updated."
        )
        is_own = report["source"] == OWN_TABLE_SOURCE
        st.caption(f"Not used: {lit(', '.join(unused[:5]))}{more}.{again if is_own else ''}")


def _cannot(upload: Upload, report: Mapping[str, Any]) -> None:
    """The metrics that nobody can compute from this file; parts of traces are not asked that."""
    missing = report.get("cannot_compute", [])
    if report["kind"] in _PARTS or not missing:
        return
    words = f"What this file cannot tell: {write_count(len(missing), 'metric')}"
    with st.popover(words, icon=":material/visibility_off:", key=f"cannot_{upload.id}"):
        # One list, so that its lines stand close together.
        st.markdown("\n".join(f"- {lit(line['metric'])}: {lit(line['why'])}" for line in missing))


def _withdraw(page: PageContext, upload: Upload) -> None:
    if not permitted(page, Act.WITHDRAW_UPLOAD):
        return
    with st.popover("Withdraw", icon=":material/block:", key=f"withdraw_popover_{upload.id}"):
        st.markdown("The upload stays listed with your reason, but none of its rows count any more.")
        if names := left_out_because_of(page.workspace, upload):
            st.markdown(
                "These later files left rows out because this one already had them: "
                f"{lit(', '.join(names))}. After withdrawing, upload them again."
            )
        key = f"withdraw_reason_{upload.id}"
        st.text_input("Why should it not count?", key=key, max_chars=500)
        st.button(
            "Withdraw this upload",
            key=f"withdraw_{upload.id}",
            on_click=guarded(partial(_do_withdraw, page, upload.id, key)),
        )


def _do_withdraw(page: PageContext, upload_id: str, key: str) -> None:
    withdraw_upload(page.workspace, page.caller, page.moment(), upload_id, st.session_state.get(key, ""))
    flash("The upload is withdrawn; verdicts no longer use it.", icon=":material/block:")
