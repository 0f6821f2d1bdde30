"""Two releases compared: on the same eval cases, on the labelled traces of users, flip by flip."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.gauges import Part
from core.actions.live_release import releases_at
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.regression_rules import regression_rule
from core.actions.same_cases import SameCases, release_before, same_cases, scope_of
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.errors import WrongUsage
from core.metrics.before_after import SUGGESTED_MARGIN, BeforeAfter
from core.metrics.catalogue import Metric, Shape, metric
from core.metrics.like_for_like import Comparison as Traffic
from core.metrics.like_for_like import compare_groups
from core.metrics.measurement import Source
from core.metrics.paired_cases import ComparedCase, Flip, SaidOfCase
from core.rollout.releases import PartChange, Releases, changes
from core.store import features
from core.store.database import Connection
from core.store.features import Feature
from core.store.group_rows import TwoGroups, two_groups
from core.store.paired_results import releases_tested, said_of_cases
from core.store.split_sql import MOST_PARTS, Split, Stretch

LONGEST_SHOWN = 4_000
"""So many characters of a text are shown beside its partner."""

_ALWAYS_COMPARED = "answer_correctness"
_MOST_NAMED = 8


@dataclass(frozen=True)
class ComparedRelease:
    """A release that can be chosen: ``cases`` with eval results that name it, the newest of them at
    ``newest`` (None: none does)."""

    name: str
    cases: int
    newest: datetime | None
    is_live: bool


@dataclass(frozen=True)
class Choices:
    """What can be compared; ``before`` and ``after`` are offered first, "" where there are not two."""

    releases: tuple[ComparedRelease, ...]
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """The release ``after`` against ``before``.

    ``same`` is on the same cases; ``traffic`` one comparison for each metric that people labelled on the
    traces of both. ``changed`` are the parts that differ, None where one of the two is not registered.
    """

    before: str
    after: str
    suite: str | None
    same: SameCases
    changed: tuple[PartChange, ...] | None
    traffic: tuple[Traffic, ...]

    @property
    def found(self) -> BeforeAfter:
        return self.same.found


@dataclass(frozen=True)
class FlipText:
    """One case with what it asked, what was expected, and what both releases answered."""

    case: ComparedCase
    question: str | None
    expected: str | None
    before: SaidOfCase
    after: SaidOfCase


def release_choices(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> Choices:
    """The releases that were ever live or tested; the live one and the one before it are offered first."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        releases = releases_at(connection, feature, now)
        tested = releases_tested(workspace.warehouse, connection, feature)
    live = releases.live.name if releases.live else ""
    found = [ComparedRelease(name, cases, newest, name == live) for name, cases, newest in tested]
    named = {one.name for one in found}
    rest = sorted(name for name in releases.names if name not in named)
    found += [ComparedRelease(name, 0, None, name == live) for name in rest]
    after = live or (found[0].name if found else "")
    earlier = release_before(releases)
    others = [one.name for one in found if one.name != after]
    before = earlier.name if earlier else (others[0] if others else "")
    return Choices(tuple(found), before, after if before else "")


def compare(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    before: str,
    after: str,
    *,
    suite: str | None = None,
) -> Comparison:
    """The release ``after`` against ``before``; ``suite`` takes one eval set only.

    Raises :class:`WrongUsage` for a release that nothing names, and for a set that not both have results of.
    """
    require(workspace, caller, Act.SEE, slug)
    before, after = before.strip(), after.strip()
    if before == after:
        raise WrongUsage(f"{before} cannot be compared with itself.", mend="Name two different releases.")
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        releases = releases_at(connection, feature, now)
        _check_names(workspace, connection, feature, releases, before, after)
        same = same_cases(workspace, connection, feature, releases, before, after, now, suite)
        traffic = _traffic(workspace, connection, slug, releases, before, after, now)
    if suite is not None and suite not in same.sets:
        known = ", ".join(same.sets) or "none"
        raise WrongUsage(
            f"Not both releases have results of a set “{suite}”.", mend=f"Sets that both have: {known}."
        )
    names = releases.names
    is_known = before in names and after in names
    return Comparison(
        before, after, suite, same, changes(names[before], names[after]) if is_known else None, traffic
    )


def flips(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    comparison: Comparison,
    flip: Flip,
    *,
    first: int = 0,
    most: int = 20,
) -> tuple[FlipText, ...]:
    """The cases of a comparison that ``flip`` is said of, with texts as the caller may see them: critical
    ones first, ``most`` of them from the place ``first`` on."""
    require(workspace, caller, Act.SEE, slug)
    same = comparison.same
    cases = sorted(same.found.pairs.of(flip), key=lambda one: not one.is_critical)[first : first + most]
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        said = said_of_cases(
            workspace.warehouse,
            connection,
            feature,
            same.naming.naming,
            *same.scopes,
            now,
            [one.case_id for one in cases],
        )
        texts = texts_for(workspace, caller, feature)
    written = {one.case.case_id: one.case for one in same.naming.handed_in}
    written |= {one.case.case_id: one.case for one in same.naming.own}
    found = []
    for one in cases:
        case = written.get(one.case_id)
        old, new = (
            _shown(texts, said.get((is_after, side.suite, one.case_id)))
            for is_after, side in ((False, one.before), (True, one.after))
        )
        question = old.query or new.query or (texts.text(case.query, LONGEST_SHOWN) if case else None)
        expected = (case.ground_truth or case.expected_behavior) if case else None
        found.append(FlipText(one, question, texts.text(expected, LONGEST_SHOWN), old, new))
    return tuple(found)


def _shown(texts: TextsFor, said: SaidOfCase | None) -> SaidOfCase:
    if said is None:
        return SaidOfCase(None, None, None, None)
    query, response, error = (
        texts.text(text, LONGEST_SHOWN) for text in (said.query, said.response, said.error)
    )
    return SaidOfCase(query, response, error, said.source_trace)


def _check_names(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    releases: Releases,
    before: str,
    after: str,
) -> None:
    tested = [name for name, _, _ in releases_tested(workspace.warehouse, connection, feature)]
    known = dict.fromkeys([*releases.names, *tested, *_named_by_traces(workspace, connection, feature)])
    for name in (before, after):
        if name not in known:
            raise WrongUsage(
                f"Nothing is known of a release “{name}”.",
                mend=f"Known releases: {', '.join([*known][:_MOST_NAMED]) or 'none yet'}.",
                code="no_release",
            )


def _named_by_traces(workspace: Workspace, connection: Connection, feature: Feature) -> list[str]:
    values = workspace.warehouse.values_of(connection, feature, "release_bundle", MOST_PARTS)
    return [value for value, _ in values]


def _traffic(
    workspace: Workspace,
    connection: Connection,
    slug: str,
    releases: Releases,
    before: str,
    after: str,
    now: datetime,
) -> tuple[Traffic, ...]:
    """Every rate that people labelled on traces of both, on the same kinds of tasks."""
    reader = PartReader.of(workspace, connection, slug, Part(), now)
    rule = regression_rule(connection, reader.feature, now)
    margin = SUGGESTED_MARGIN if rule.margin_points is None else rule.margin_points / 100
    found = []
    for asked in _labelled(reader):
        groups = _groups(reader, releases, asked, before, after)
        counted = groups.counts, groups.users, groups.in_both, groups.sampling_known
        one = compare_groups(asked, *counted, margin, reader.error)
        if one.new_n and one.old_n:
            found.append(one)
    return tuple(found)


def _labelled(reader: PartReader) -> list[Metric]:
    """Answer correctness, and the other rates that the checklist takes from labels."""
    ids = [
        item.metric
        for item in reader.checklist.items
        if isinstance(item, MeasuredItem) and item.source is Source.LABEL
    ]
    every = [metric(one) for one in dict.fromkeys((_ALWAYS_COMPARED, *ids))]
    return [one for one in every if one.shape is Shape.RATE]


def _groups(reader: PartReader, releases: Releases, asked: Metric, before: str, after: str) -> TwoGroups:
    """Both releases by the name that traces carry; where they carry none, by when each was live."""
    about = reader.workspace.warehouse, reader.connection, reader.feature, reader.settled(asked, Source.LABEL)
    named = two_groups(*about, Split("release_bundle"), after, before)
    if any(one.is_new for one in named.counts) and not all(one.is_new for one in named.counts):
        return named
    if _named_by_traces(reader.workspace, reader.connection, reader.feature):
        return named
    stretches = tuple(
        Stretch(name, since, until)
        for name, other in ((after, before), (before, after))
        for since, until in scope_of(releases, name, other).times
    )
    return two_groups(*about, Split(stretches=stretches), after, before) if stretches else named
