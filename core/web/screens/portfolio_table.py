"""The features of the Portfolio as a table for a file, in the words of the page."""

from collections.abc import Sequence

from core.actions.portfolio import PortfolioLine
from core.metrics.measurement import Measurement
from core.web.downloads import Table
from core.web.wording import STATES, checklist_said, verdict_said

_COLUMNS = (
    "Feature",
    "Phase",
    "State",
    "Verdict",
    "Since",
    "Waits for",
    "Open alarms",
    "Look-backs due",
    "Release",
    "Headline",
    "Value",
    "Low",
    "High",
    "n",
    "Stakes",
    "Owner",
    "Checklist",
)


def table_of(lines: Sequence[PortfolioLine]) -> Table:
    """One line a feature."""
    return Table(_COLUMNS, [_cells(line) for line in lines])


def _cells(line: PortfolioLine) -> tuple[object, ...]:
    found = line.headline.finding if line.headline else None
    measured = found if isinstance(found, Measurement) else None
    return (
        line.feature.name,
        line.phase,
        STATES[line.decision.state].word.lower(),
        verdict_said(line.decision.verdict, draft=line.decision.bar.is_draft),
        line.since,
        line.waits_for,
        line.alarms,
        line.look_backs,
        line.release or None,
        line.headline.label if line.headline else None,
        measured.value if measured else None,
        measured.low if measured else None,
        measured.high if measured else None,
        measured.n if measured else None,
        line.decision.bar.stakes.value,
        line.feature.owner,
        checklist_said(line.decision.bar.locked_at),
    )
