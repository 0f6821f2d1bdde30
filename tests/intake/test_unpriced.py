"""A cost of 0 beside tokens: no price was known."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("columns", "rows", "costs", "told"),
    [
        ("input_tokens,output_tokens", ["0,800,50", "0.0,800,", "-0,,5"], [None, None, None], "3."),
        ("input_tokens,output_tokens", ["0,0,0", "0,,", "0.01,800,50", ",800,50"], [0, 0, 0.01, None], ""),
        ("tokens", ["0,12", "0.5,12"], [None, 0.5], "1."),
        ("channel", ["0,web"], [0], ""),
    ],
)
def test_a_cost_of_nothing_for_tokens_is_unknown(
    read: Any, columns: str, rows: list[str], costs: list[float | None], told: str
) -> None:
    identity = "case_id,passed" if columns == "tokens" else "run_id,query"
    body = "".join(f"r{place},true,{row}\n" for place, row in enumerate(rows))
    done = read(f"{identity},cost_usd,{columns}\n{body}")
    assert (done.report.accepted, done.cells("cost_usd")) == (len(rows), costs)
    assert [sentence.split()[-1] for sentence in done.sentences("unpriced")] == ([told] if told else [])
    assert ("cost_usd" in done.report.fills) == any(cost is not None for cost in costs)
