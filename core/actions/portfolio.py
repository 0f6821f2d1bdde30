"""The portfolio: every feature with its verdict and what it waits for, worst first."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.features import FeatureLine, list_features
from core.actions.gates import gate
from core.actions.people import Caller
from core.actions.workspace import Workspace
from core.criteria.verdict import severity
from core.decision.decide import Decision


@dataclass(frozen=True)
class PortfolioLine:
    feature: FeatureLine
    decision: Decision

    @property
    def waits_for(self) -> str:
        """The first reason, in short: the row that holds the verdict where it is."""
        deciding = self.decision.deciding
        if not deciding:
            return "a checklist"
        return ", ".join(row.label for row in deciding[:2]) + (
            f" and {len(deciding) - 2} more" if len(deciding) > 2 else ""
        )


def view_portfolio(workspace: Workspace, caller: Caller, now: datetime) -> list[PortfolioLine]:
    """Every feature the caller may see, the worst verdict first."""
    lines = [
        PortfolioLine(feature, gate(workspace, caller, now, feature.slug))
        for feature in list_features(workspace, caller)
    ]
    return sorted(lines, key=lambda line: (severity(line.decision.verdict), line.feature.name.casefold()))
