"""What the linter says on the Phase plan page: one box a rule, with its mend and the way to the phase."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from core.actions.plans import PlanView
from core.actions.policy import Act
from core.rollout.lint import RULES, Finding
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import phase_plan_editor as editor
from core.web.screens.permitted import only_for, permitted
from core.web.widgets import guarded
from core.web.wording import stakes_words, write_count


def findings(page: PageContext, view: PlanView) -> None:
    """What will hurt, one box a rule, each with the button that mends it where that is obvious."""
    hurting = [finding for finding in view.findings if finding.blocks]
    advice = [finding for finding in view.findings if not finding.blocks]
    stakes = stakes_words(view.checklist.stakes).word.lower()
    if not view.findings:
        st.success(
            f"No finding: none of the {len(RULES)} rules sees anything that will hurt.",
            icon=":material/check:",
        )
        return
    if hurting:
        n = len(_by_rule(hurting))
        st.markdown(f"## {write_count(n, 'thing')} will hurt")
        st.caption(f"At {stakes} the first phase may not start before these are mended.")
    for group in _by_rule(hurting):
        _finding(page, view, group)
    if advice:
        n = len(_by_rule(advice))
        with st.expander(
            f"{write_count(n, 'piece')} of advice".replace("1 piece", "A piece"),
            expanded=not hurting,
            icon=":material/lightbulb:",
        ):
            for group in _by_rule(advice):
                _finding(page, view, group)
    download_row("All findings", _findings_table(view), f"{page.slug}-plan-findings", key="findings")


def _by_rule(found: Sequence[Finding]) -> list[list[Finding]]:
    return [list(group) for _, group in groupby(found, key=lambda finding: finding.rule.id)]


def _finding(page: PageContext, view: PlanView, group: Sequence[Finding]) -> None:
    """One rule: where it bites, why it hurts, how to mend it."""
    rule = group[0].rule
    colour, icon = ("red", ":material/block:") if group[0].blocks else ("orange", ":material/lightbulb:")
    with st.container(border=True, gap="xsmall", key=f"finding_{rule.id}"):
        st.markdown(f":{colour}-badge[{icon} {lit(rule.title)}]")
        for finding in group:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(lit(finding.sentence), width="content")
                _show_me(page, view, finding)
        st.caption(lit(f"{rule.why} {rule.mend}"))
        edits = [finding.edit for finding in group if finding.edit is not None]
        if edits:
            st.button(
                lit(editor.mend_words(view.plan, edits)),
                icon=":material/build:",
                key=f"mend_{rule.id}",
                on_click=guarded(partial(editor.mend, page, view, edits, rule.title)),
                **only_for(page, Act.EDIT_PLAN),
            )


def _show_me(page: PageContext, view: PlanView, finding: Finding) -> None:
    """The way to the form of the phase that a finding is about."""
    if view.plan.phase(finding.phase_id) is None or not permitted(page, Act.EDIT_PLAN):
        return
    st.button(
        "Show me",
        type="tertiary",
        icon=":material/visibility:",
        key=f"show_{finding.rule.id}_{finding.phase_id}",
        on_click=partial(editor.begin_edit, page, view, finding.phase_id),
    )


def _findings_table(view: PlanView) -> Table:
    columns = ("Rule", "Severity", "Phase", "What", "Why it hurts", "How to mend it")
    rows = [
        (one.rule.id, one.severity.value, one.phase_id, one.sentence, one.rule.why, one.mend)
        for one in view.findings
    ]
    return Table(columns, rows)
