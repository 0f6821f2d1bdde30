"""Two releases on the same eval cases, gathered inside one transaction: what counts for each, and as what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from core.actions.case_naming import EvalSets, eval_sets
from core.actions.held_checklist import held_checklist
from core.actions.regression_rules import regression_rule, said_of_regressions
from core.actions.workspace import Workspace
from core.criteria.dependencies import DEPENDENCIES
from core.criteria.stakes import ACCEPTED_ERROR
from core.metrics.before_after import SLICED, BeforeAfter, before_after
from core.metrics.measurement import ReleaseScope
from core.metrics.paired_cases import TriedCase, pair_cases
from core.rollout.bundle import ReleaseBundle, changed_parts
from core.rollout.releases import Releases, agrees
from core.store import eval_cases
from core.store.database import Connection
from core.store.features import Feature
from core.store.paired_results import tried_cases

ANSWERING = frozenset(DEPENDENCIES.metrics["eval_pass_rate"])
"""The parts that can change an answer. A new eval set is another yardstick, and no other answer; cases that
it changed are left out one by one."""


@dataclass(frozen=True)
class SameCases:
    """The comparison with what it rests on. ``sets`` are the eval sets that both releases have results of.

    ``also_before`` and ``also_after`` are other releases whose results count for one of the two, because no
    part that can change an answer differs. ``in_words`` are the critical cases of the scope that are no
    id of a case, ``unsliced`` its watched parts that no eval case says. ``rule_waits``: by now the scope says
    something else of regressions than what is committed, which counts until the next lock.
    """

    found: BeforeAfter
    scopes: tuple[ReleaseScope, ReleaseScope]
    naming: EvalSets
    sets: tuple[str, ...]
    also_before: tuple[str, ...]
    also_after: tuple[str, ...]
    in_words: tuple[str, ...]
    unsliced: tuple[str, ...]
    rule_waits: bool


def same_cases(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    releases: Releases,
    before: str,
    after: str,
    now: datetime,
    suite: str | None = None,
) -> SameCases:
    """The release ``after`` against ``before``, by their names; ``suite`` leaves the other sets out."""
    rule = regression_rule(connection, feature, now)
    scopes = scope_of(releases, before, after), scope_of(releases, after, before)
    sets = eval_sets(connection, feature)
    sides = tried_cases(workspace.warehouse, connection, feature, sets.naming, *scopes, now)
    both = {one.suite for one in sides[0]} & {one.suite for one in sides[1]}
    if suite is not None:
        old, new = ([one for one in side if one.suite == suite] for side in sides)
    else:
        old, new = sides
    known = {one.case_id for side in sides for one in side}
    # Also one whose texts are gone: what it was critical for is its results, and these still count.
    critical = {one.case.case_id for one in sets.own if one.case.is_critical and not one.is_retired}
    by_rule = {one for one in rule.critical_cases if one in known}
    pairs = pair_cases(
        old,
        new,
        critical=critical | by_rule,
        changed=_changed_cases(connection, feature, sets, old, new),
        kinds=_kinds(sets),
    )
    margin = rule.margin_points / 100 if rule.margin_points is not None else None
    watched = tuple((one.column, one.value) for one in rule.slices)
    error = ACCEPTED_ERROR[held_checklist(connection, feature, now)[0].stakes]
    return SameCases(
        found=before_after(pairs, margin=margin, error=error, watched=watched),
        scopes=scopes,
        naming=sets,
        sets=tuple(sorted(one for one in both if one)),
        also_before=tuple(name for name in scopes[0].names if name != before),
        also_after=tuple(name for name in scopes[1].names if name != after),
        in_words=tuple(one for one in rule.critical_cases if one not in known),
        unsliced=tuple(f"{one.column} {one.value}" for one in rule.slices if one.column not in SLICED),
        rule_waits=rule != said_of_regressions(connection, feature),
    )


def scope_of(releases: Releases, name: str, other: str) -> ReleaseScope:
    """The results that count for the release ``name`` when it is compared with ``other``.

    Beside its own they are those of every registered release that answers with the same parts, unless
    ``other`` is one of them. Where nothing names a release, the one counts that was live then.
    """
    mine = releases.names.get(name)
    if mine is None:
        return ReleaseScope((name,))
    rival = releases.names.get(other)
    if rival is None or agrees(mine, rival, ANSWERING):
        return ReleaseScope((name,), _times(releases, lambda one: one.name == name))
    names = sorted(one.name for one in releases.names.values() if agrees(one, mine, ANSWERING))
    return ReleaseScope(
        (name, *(one for one in names if one != name)),
        _times(releases, lambda one: agrees(one, mine, ANSWERING)),
    )


def release_before(releases: Releases) -> ReleaseBundle | None:
    """What was live before the live release and answered with other parts; None where nothing was.

    Stays that differ in the runbook or in the eval set only are passed over: what the live release has to be
    no worse than does not change with them.
    """
    live = releases.live
    if live is None:
        return None
    earlier = (span.bundle for span in reversed(releases.spans))
    return next((one for one in earlier if set(changed_parts(one, live)) & ANSWERING), None)


def _times(
    releases: Releases, is_of: Callable[[ReleaseBundle], bool]
) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((span.since, span.until) for span in releases.spans if is_of(span.bundle))


def _kinds(sets: EvalSets) -> dict[str, tuple[str | None, str | None]]:
    """The task type and segment of every case that somebody wrote here or handed in."""
    cases = [*(one.case for one in sets.handed_in), *(one.case for one in sets.own)]
    return {one.case_id: (one.task_type, one.user_segment) for one in cases}


def _changed_cases(
    connection: Connection,
    feature: Feature,
    sets: EvalSets,
    old: Iterable[TriedCase],
    new: Iterable[TriedCase],
) -> frozenset[str]:
    """The own cases that asked for something else when the one release was tried than for the other."""
    edited = {one.case.case_id for one in sets.own if one.case.number > 1}
    before = {one.case_id: one for one in old if one.case_id in edited}
    return frozenset(
        one.case_id
        for one in new
        if one.case_id in before
        and _contents(connection, feature, sets, before[one.case_id])
        != _contents(connection, feature, sets, one)
    )


def _contents(connection: Connection, feature: Feature, sets: EvalSets, tried: TriedCase) -> str | None:
    """What the case asked for when it was tried: as its set was locked then, else as it was saved last."""
    versions = eval_cases.versions(connection, feature.id, tried.case_id)
    locks = (one for one in sets.locked if one.name == tried.suite and one.locked_at <= tried.newest)
    number = dict(next((one.cases for one in locks), ())).get(tried.case_id)
    for one in versions:
        if one.case.number == number or (number is None and one.saved_at <= tried.newest):
            return one.asked
    return None
