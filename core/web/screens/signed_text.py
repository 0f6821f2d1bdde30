"""Exactly what is signed, in plain words, and what has changed since somebody last signed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from core.actions.signing import SignOffView
from core.criteria.checklist import MeasuredItem
from core.criteria.scope_parts import RegressionRule
from core.criteria.wording import regression_words
from core.decision.decide import Decision
from core.decision.sign_off import SignatureLine, SignOff
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.widgets import verdict_mark
from core.web.wording import stakes_words, write_count, write_date

_SHOWN_UNMET = 5
_SHOWN_BARS = 8
_SHOWN_CHANGES = 12


def what_is_signed(
    page: PageContext, view: SignOffView, one: SignOff, decision: Decision, *, key: str
) -> None:
    """The text behind the hash, in plain words, and what changed since somebody last signed."""
    if one.about == "step":
        lines = _step_lines(one.statement, decision)
    else:
        lines = _commitment_lines(one.statement, _held_bars(one, decision))
    with st.container(gap="xxsmall", key=key):
        st.markdown("**What is signed**")
        for line in lines:
            st.markdown(line)
        if one.about != "step":
            link_to("checklist", feature=page.slug, label="Read the items on the Checklist page")
        if not one.is_met:
            _since(view, one)
        st.caption(f"Exactly this has the fingerprint `{one.sha256}`. Any change of it voids the signatures.")


def _since(view: SignOffView, one: SignOff) -> None:
    """What is otherwise than when this reader, or else anybody, last signed the like of it."""
    since = view.since.get(one.sha256)
    if since is None:
        return
    who = "you signed" if since.is_mine else f"{since.by} signed"
    what = f" {since.title}" if since.title != one.title else ""
    # Why that very signature no longer counts, where it was on this step.
    voided = next((line for line in one.lines if line.at == since.at and _is_voided(line)), None)
    why = f": {voided.why_not}." if voided is not None else ":"
    st.markdown(f":blue[:material/difference:] {lit(f'Since {who}{what} on {write_date(since.at)}{why}')}")
    shown = since.changes[:_SHOWN_CHANGES]
    # Cells that are shown literally, as everything else from people is.
    rows = [f"| {_cell(one.what)} | {_cell(one.before)} | {_cell(one.after)} |" for one in shown]
    st.markdown("\n".join(["| :small[What] | :small[Then] | :small[Now] |", "|---|---|---|", *rows]))
    if len(since.changes) > len(shown):
        st.caption(f"and {write_count(len(since.changes) - len(shown), 'more change')}")


def _cell(words: str) -> str:
    return f":small[{lit(' '.join(words.split()))}]"


def _is_voided(line: SignatureLine) -> bool:
    """Whether what it signed is no longer what stands; that an amendment came later, its line says."""
    return not line.counts and " after it" in line.why_not


def _step_lines(statement: Mapping[str, Any], decision: Decision) -> list[str]:
    """The verdict, what is not met, waivers and amendments; each a line of Markdown."""
    rows = {row.item.id: row for row in (*decision.rows, *decision.phase_rows)}
    verdict = f"Verdict: {verdict_mark(statement['verdict'])}"
    if statement.get("as_committed"):
        verdict += f", against the bars as first committed {verdict_mark(statement['as_committed'])}"
    lines = [verdict]
    open_rows = [
        row
        for said in statement["rows"]
        if said["verdict"] != "go" and (row := rows.get(said["id"])) is not None and row.counts
    ]
    for row in open_rows[:_SHOWN_UNMET]:
        lines.append(f"{verdict_mark(row.verdict)} {lit(row.label.rstrip('.'))}: {lit(row.why)}")
    if len(open_rows) > _SHOWN_UNMET:
        lines.append(f"and {write_count(len(open_rows) - _SHOWN_UNMET, 'more row')} that are not GO")
    unmet = [one for one in decision.lacking if one.name in statement["unmet"] and one.name != "verdict"]
    lines += [f":orange[:material/radio_button_unchecked:] {lit(one.sentence)}" for one in unmet]
    lines += [
        f":orange[:material/pending_actions:] {lit(one.sentence)}"
        for one in decision.conditions
        if one.name == "promises"
    ]
    lines += [
        f":violet[:material/back_hand:] Waived until {write_date(date.fromisoformat(said['until'][:10]))} by "
        f"{lit(said['approved_by'])}: "
        f"{lit(rows[said['item']].label if said['item'] in rows else said['item'])}"
        for said in statement["waivers"]
    ]
    lines += [
        f":orange[:material/sync_problem:] {lit(sentence)}" for sentence in statement.get("suite_changes", ())
    ]
    number = statement["commitment"]["number"]
    if number > 1:
        lines.append(
            f":material/edit_note: {write_count(number - 1, 'amendment')} of the commitment, see above"
        )
    if not open_rows and not unmet:
        lines.append(":green[:material/check:] Every deciding row is GO and nothing else is open.")
    lines.append(f":small[:gray[{_with_it(statement)}]]")
    return lines


def _with_it(statement: Mapping[str, Any]) -> str:
    rows = write_count(len(statement["rows"]), "row")
    bundle = statement.get("bundle")
    release = f"the release {lit(bundle['name'])} ({bundle['sha256'][:12]})" if bundle else "no live release"
    return (
        f"With it: the numbers of {rows}, the evidence {statement['evidence_sha256'][:12]}, checklist "
        f"{(statement.get('checklist_sha256') or 'none')[:12]}, phase plan {statement['plan_sha256'][:12]}, "
        f"{release}, Readygate {statement['program']}."
    )


def _held_bars(one: SignOff, decision: Decision) -> list[str]:
    """The items of the commitment that holds, in words; none of one that waits: its changes are told."""
    if not any(line.holds and line.number == one.commitment for line in decision.commitments):
        return []
    measured = [row for row in decision.rows if isinstance(row.item, MeasuredItem)]
    lines = [f"- {lit(f'{row.label}: {row.bar}')}" for row in measured[:_SHOWN_BARS]]
    if len(measured) > _SHOWN_BARS:
        lines.append(f"- and {write_count(len(measured) - _SHOWN_BARS, 'more bar')}")
    asked = len(decision.rows) - len(measured)
    if asked:
        lines.append(f"- {write_count(asked, 'item')} that people answer")
    return ["\n".join(lines)] if lines else []


def _commitment_lines(terms: Mapping[str, Any], bars: Sequence[str]) -> list[str]:
    """What the lock binds; each a line of Markdown."""
    plan = f"version {terms['plan_number']}" if terms.get("plan_number") else "none"
    suites = ", ".join(sorted(terms.get("suites") or {})) or "none"
    lines = [
        lit(f"Checklist version {terms['checklist_number']} ({terms['checklist_sha256'][:12]})"),
        *bars,
        f"{stakes_words(terms['stakes']).word} · phase plan: {plan} · eval sets: {lit(suites)}",
    ]
    if terms.get("regression_rule"):
        rule = RegressionRule.model_validate(terms["regression_rule"])
        lines.append(lit(f"A regression: {regression_words(rule)}"))
    if terms.get("reason"):
        lines.append(f"Reason: {lit(terms['reason'])}")
    if terms.get("loosens"):
        seen = " after results were seen" if terms.get("evidence_seen") else ""
        lines.append(
            f":orange[:material/trending_down:] Makes easier{seen}: {lit(' '.join(terms['loosens']))}"
        )
    return lines


def name_of(one: SignOff) -> str:
    """One word for the keys of its widgets: "step", "commitment_2"."""
    return one.about if one.about == "step" else f"{one.about}_{one.commitment}"
