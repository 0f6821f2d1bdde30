"""The metrics of a feature, each by each source, each with its n and interval."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from core.actions.held_checklist import held_checklist
from core.actions.measuring import clipped, measure_all, window_until
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.still_counted import refuse_expired
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.stakes import ACCEPTED_ERROR
from core.errors import WrongUsage
from core.evidence.columns import TRACE_COLUMNS
from core.metrics.catalogue import CATALOGUE
from core.metrics.measurement import Measurement, NotMeasured, Slice, Source
from core.metrics.requests import TallyRequest
from core.rollout.transitions import PhasePeriod, periods
from core.statistics.repeats import cases_with, pass_hat_k
from core.store import features, transitions, uploads

_DEFAULT_BARS = {"latency_p95": 8_000.0}
MOST_REPEATS = 4

_SHORT = {"segment": "user_segment", "role": "user_role", "user": "user_id", "release": "bundle"}
"""What people say for some groups."""

SLICING = tuple(column.name for column in TRACE_COLUMNS if column.can_slice)
GROUPS = ("week", "day", "phase", "bundle", *SLICING)
"""What the rows of an answer can be grouped by."""


@dataclass(frozen=True)
class PassHatK:
    """The chance that all of ``k`` tries of a case pass, over the ``cases`` with at least k tries."""

    k: int
    value: float
    cases: int


def metrics_of(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    only: str | None = None,
    source: Source | None = None,
    by: str | None = None,
    since: datetime | None = None,
    bundle: str | None = None,
    where: Sequence[tuple[str, str]] = (),
) -> list[tuple[str | None, Measurement | NotMeasured]]:
    """(group, finding) for each metric and source; ``by`` is one of :data:`GROUPS`, in their short words too.

    ``where`` are pairs of a column that holds words and the value that counts, ``bundle`` a release. Sources
    whose rows have no such column are left out. Of phases those that have begun are the groups.
    """
    require(workspace, caller, Act.SEE, slug)
    if only is not None and only not in CATALOGUE:
        raise WrongUsage(f"There is no metric “{only}”.", mend=f"Choose one of: {', '.join(CATALOGUE)}.")
    by = None if by is None else _known(by, GROUPS, "Metrics cannot be grouped by")
    part = Slice.of({_known(name, SLICING, "Metrics cannot be sliced by"): value for name, value in where})
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        refuse_expired(uploads.of_feature(connection, feature.id), now)
        checklist, _ = held_checklist(connection, feature, now)
        measured = partial(
            measure_all,
            workspace,
            connection,
            feature,
            error=ACCEPTED_ERROR[checklist.stakes],
            only=only,
            source=source,
            part=part,
            bars=_DEFAULT_BARS | _bars(checklist),
        )
        window = replace(window_until(now, since, None), bundle=bundle)
        if by == "user_id":
            texts = texts_for(workspace, caller, feature)
            return [(texts.user(user), finding) for user, finding in measured(window=window, by=by)]
        if by != "phase":
            return measured(window=window, by=by)
        ran = periods(transitions.of_feature(connection, feature.id))
        return [
            (name, finding)
            for name, period in _named(ran)
            for _, finding in measured(window=clipped(window, period.began, period.ended))
        ]


def pass_hat(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, since: datetime | None = None
) -> list[PassHatK]:
    """pass^1 to pass^4 of the eval results, as far as cases were repeated that often."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        request = TallyRequest("eval_pass_rate", Source.EVAL, Slice(), window_until(now, since, None))
        tally = workspace.warehouse.tallies(connection, feature, request).get(None)
    if tally is None:
        return []
    found = []
    for k in range(1, MOST_REPEATS + 1):
        value = pass_hat_k([round(passes) for passes in tally.passes_by_cluster], tally.n_by_cluster, k)
        if value is not None:
            found.append(PassHatK(k, value, cases_with(tally.n_by_cluster, k)))
    return found


def _known(name: str, known: Collection[str], refusal: str) -> str:
    """A group or column by its own name or its short one."""
    found = _SHORT.get(name, name)
    if found not in known:
        words = {long: short for short, long in _SHORT.items()}
        named = ", ".join(words.get(one, one) for one in known)
        raise WrongUsage(f"{refusal} “{name}”.", mend=f"Choose one of: {named}.")
    return found


def _named(ran: Sequence[PhasePeriod]) -> list[tuple[str, PhasePeriod]]:
    """Each period under its phase; a phase that ran again is told from its first time."""
    times: Counter[str] = Counter()
    named = []
    for period in ran:
        times[period.phase] += 1
        again = f" (time {times[period.phase]})" if times[period.phase] > 1 else ""
        named.append((period.phase + again, period))
    return named


def _bars(checklist: Checklist) -> dict[str, float]:
    return {
        item.metric: item.bar
        for item in checklist.items
        if isinstance(item, MeasuredItem) and item.bar is not None and not item.slice
    }
