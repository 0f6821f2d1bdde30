"""How the eval results of a file came out: passed, failed, or what did not work."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.intake.doubts import Notices
from core.intake.report import Outcomes

_KINDS = ("run", "judge", "limit")

_LEFT_OUT = "left out of the rates"
_COUNTS_AS = {"run": "a run that failed counts as not passed", "judge": _LEFT_OUT, "limit": _LEFT_OUT}
"""What the metrics of eval results make of a row that did not work (see core.metrics.quality)."""


class OutcomeCounts:
    """Counts the results of one file, each row once; checks of the whole suite are no results."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(("passed", "failed", *_KINDS, "unscored"), 0)

    def note(self, columns: Mapping[str, Sequence[Any]], counted: NDArray[np.bool_]) -> None:
        """The canonical ``columns`` of some rows, of which those ``counted`` are results of their own."""
        none = [None] * len(counted)
        names = ("passed", "error_kind", "error", "of_whole_suite")
        passed, kinds, errors, suite = (columns.get(name, none) for name in names)
        for place in np.flatnonzero(counted).tolist():
            if suite[place]:
                continue
            if passed[place] is not None and kinds[place] != "run":
                name = "passed" if passed[place] else "failed"
            else:
                name = kinds[place] or ("run" if errors[place] is not None else "unscored")
            self._counts[name] += 1

    def told(self, notices: Notices) -> Outcomes:
        """The counts for the report, with a notice where rows did not work."""
        counts = self._counts
        broken = {kind: counts[kind] for kind in _KINDS if counts[kind]}
        if broken:
            kinds = ", ".join(
                f"{kind} errors {count:,}: {_COUNTS_AS[kind]}" for kind, count in broken.items()
            )
            sentence = f"Results for which something did not work: {{count}} ({kinds})."
            notices.add("errors_unscored", sentence, sum(broken.values()))
        return Outcomes(
            total=sum(counts.values()),
            passed=counts["passed"],
            failed=counts["failed"],
            run_errors=counts["run"],
            judge_errors=counts["judge"],
            limit_errors=counts["limit"],
            unscored=counts["unscored"],
        )
