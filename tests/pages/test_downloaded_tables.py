"""The tables that leave the pages as files say themselves what is a draft, as the pages do."""

from typing import Any

import pytest

from core.actions.gates import view_gate
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import view_portfolio
from core.web.screens import go_no_go_table, portfolio
from core.web.wording import verdict_words


@pytest.mark.parametrize(("slug", "draft"), [("draft", True), ("locked", False)])
def test_every_row_of_the_gate_says_what_it_was_judged_for(slug: str, draft: bool, furnished: Any) -> None:
    decision = view_gate(furnished.workspace, LOCAL_CALLER, furnished.now, slug).decision
    table = go_no_go_table.table_of(decision, "Refund agent")
    word = verdict_words(decision.verdict).word
    assert len(table.rows) == len(decision.rows) > 0
    for line in table.rows:
        told = dict(zip(table.columns, line, strict=True))
        assert told["Feature"] == "Refund agent"
        assert told["Verdict of the feature"] == (f"Draft: would be {word}" if draft else word)
        assert str(told["Checklist"]).startswith("draft" if draft else "locked on ")
        assert told["As of"] == furnished.now


def test_the_portfolio_says_a_verdict_as_its_card_does(furnished: Any) -> None:
    lines = view_portfolio(furnished.workspace, LOCAL_CALLER, furnished.now)
    table = portfolio.table_of(lines)
    told = [dict(zip(table.columns, line, strict=True)) for line in table.rows]
    drafts = {one["Feature"]: str(one["Verdict"]).startswith("Draft: would be ") for one in told}
    assert drafts == {line.feature.name: line.decision.bar.is_draft for line in lines}
    assert set(drafts.values()) == {True, False}
