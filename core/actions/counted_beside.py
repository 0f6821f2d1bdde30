"""What Readygate itself counts of what people answer: beside a yes, "3 of 10 are handled" shows."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from core.actions.people import Caller
from core.actions.top_failures import view_top_failures
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem
from core.criteria.left_out import day_words
from core.metrics.top_failures import TOP, TopFailures
from core.units import Unit, write, write_interval


@dataclass(frozen=True)
class Counted:
    """``sentence`` says what is counted, and ``agrees`` whether that speaks for a yes; both are "" and None
    where there is nothing to count yet."""

    sentence: str
    agrees: bool | None


def counted_beside(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, item: AttestedItem
) -> Counted | None:
    """What is counted of the answer to ``item`` until ``now``; None where nothing ever is."""
    if item.look_at != "failures":
        return None
    top = view_top_failures(workspace, caller, now, slug).top
    if not top.lines:
        return Counted("", None)
    return Counted(handled_words(top), top.handled == len(top.lines))


def handled_words(top: TopFailures) -> str:
    """How many are handled, and how much of what came later the most frequent kinds were."""
    lines = len(top.lines)
    kinds = "1 kind" if lines == 1 else f"{lines:,} kinds"
    most = f"the {lines} most frequent kinds" if top.kinds > TOP else kinds
    verb = "is" if top.handled == 1 or lines == 1 else "are"
    said = f"{top.handled:,} of {most} {verb} handled."
    if top.later is not None and top.kinds > TOP:
        later = top.later
        since = day_words(datetime.combine(later.since, time(), UTC))
        share = (
            f"{write(later.top / later.n, Unit.SHARE)}, "
            f"{write_interval(later.interval.low, later.interval.high, Unit.SHARE)}, n {later.n:,}"
        )
        said += (
            f" The {TOP} that were most frequent before {since} were {later.top:,} of the "
            f"{later.n:,} failures since ({share})."
        )
    return said
