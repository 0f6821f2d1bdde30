"""The portfolio: every feature with its verdict and what it waits for, worst first."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.features import FeatureLine, list_features
from core.actions.gates import GateView, view_gate
from core.actions.people import Caller
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict, severity
from core.decision.decide import Decision
from core.metrics.measurement import WeekPoint


@dataclass(frozen=True)
class PortfolioLine:
    """One feature; ``headline`` is the number that stands for it, with its weeks."""

    feature: FeatureLine
    decision: Decision
    headline: Row | None
    weeks: tuple[WeekPoint, ...]

    @property
    def waits_for(self) -> str:
        """What the feature waits for, in short: the rows that hold the verdict where it is."""
        deciding = self.decision.deciding
        if not deciding:
            return "a checklist"
        if self.decision.verdict is Verdict.GO:
            return "the lock of its checklist" if self.decision.bar.is_draft else "signatures"
        more = f" and {len(deciding) - 2} more" if len(deciding) > 2 else ""
        return ", ".join(row.label for row in deciding[:2]) + more


def view_portfolio(workspace: Workspace, caller: Caller, now: datetime) -> list[PortfolioLine]:
    """Every feature the caller may see, the worst verdict first."""
    lines = []
    for feature in list_features(workspace, caller):
        view = view_gate(workspace, caller, now, feature.slug)
        headline = _headline(view)
        weeks = view.weeks.get(headline.item.id, ()) if headline else ()
        lines.append(PortfolioLine(feature, view.decision, headline, weeks))
    return sorted(lines, key=lambda line: (severity(line.decision.verdict), line.feature.name.casefold()))


def _headline(view: GateView) -> Row | None:
    """The row that fails, where one does; else answer correctness over all tasks, else what is measured."""
    drawn = [row for row in view.decision.rows if view.weeks.get(row.item.id)]
    failing = [row for row in drawn if row.counts and row.verdict is Verdict.NO_GO]
    whole = [row for row in drawn if isinstance(row.item, MeasuredItem) and not row.item.slice]
    answers = [row for row in whole if getattr(row.item, "metric", "") == "answer_correctness"]
    return next(iter(failing or answers or whole or drawn), None)
