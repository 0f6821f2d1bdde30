"""Judging a criterion by what is measured, and by whose labels it rests on."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.actions.committed import known
from core.actions.measuring import find
from core.actions.other_releases import left_out, window_of
from core.actions.signer_list import everybody
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row, judge_measured
from core.criteria.left_out import with_releases
from core.criteria.own_labels import LabelHands, seen_by_others
from core.criteria.verdict import Verdict
from core.decision.sign_off import SignerList
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Finding, Measurement, Source, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.rollout.releases import NO_RELEASES, Releases
from core.store import commitments, documents, people
from core.store.database import Connection
from core.store.features import Feature
from core.store.label_hands import labels_by_reviewer
from core.store.people import Person


@dataclass(frozen=True)
class Authors:
    """The people who wrote the checklist and the plan that hold, or else the drafts (by id), and everybody
    whom a label may name. Where nobody signs in there are none."""

    ids: frozenset[int] = frozenset()
    everybody: tuple[Person, ...] = ()
    accounts: SignerList = field(default_factory=SignerList)

    def named(self, reviewer: str) -> Person | None:
        """The author whom a label names for certain: by the name that is theirs alone here, or by address.

        Reviews write the names of people; a file may say any word, and who is not certain is somebody else.
        """
        word = " ".join(reviewer.split()).casefold()
        if not word:
            return None
        found = [one for one in self.everybody if word in (one.name.casefold(), one.email.casefold())]
        humans = {self.accounts.human(one.id) for one in found}
        if len(humans) != 1 or not self.accounts.is_among(found[0].id, self.ids):
            return None
        return found[0]


def authors_at(connection: Connection, feature: Feature, now: datetime) -> Authors:
    """Who has a hand in what the feature is held to at ``now``: whoever saved a version of its checklist or
    plan, or locked one, as far as they had signed in (as for signatures)."""
    if not people.anybody_signs_in(connection):
        return Authors()
    locks = commitments.in_force(connection, feature.id, now)
    bound = (locks[0].terms or {}).get("plan_number") if locks else None
    numbers = {
        documents.CHECKLIST: locks[0].checklist_number if locks else None,
        documents.PLAN: bound,
    }
    hands = known(one.locked_by_id for one in locks)
    for kind, number in numbers.items():
        until = _newest(connection, feature, kind, now) if number is None else number
        hands |= documents.author_ids(connection, feature.id, kind, 0, until)
    return Authors(hands, tuple(people.everybody(connection)), everybody(connection))


def _newest(connection: Connection, feature: Feature, kind: str, now: datetime) -> int:
    saved = documents.history(connection, feature.id, kind)
    return next((one.number for one in saved if one.saved_at <= now), 0)


def judged(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    item: MeasuredItem,
    window: Window,
    error: float,
    now: datetime,
    authors: Authors,
    releases: Releases = NO_RELEASES,
) -> Row:
    """The row of a criterion, from the evidence in ``window`` that is of the live one of the ``releases``,
    where there is one; ``error`` is what its stakes accept."""
    window = window_of(item, window, releases)
    finding = find(workspace, connection, feature, item, window, error)
    request: TallyRequest | FirstRequest
    if metric(item.metric).shape is Shape.NONE_IN_FIRST:
        request = FirstRequest(item.metric, item.source, item.first, item.slice_of, window)
    else:
        request = TallyRequest(item.metric, item.source, item.slice_of, window, bar=item.bar)
    return judged_finding(workspace, connection, feature, item, finding, request, now, authors, releases)


def judged_finding(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    item: MeasuredItem,
    finding: Finding,
    request: TallyRequest | FirstRequest,
    now: datetime,
    authors: Authors,
    releases: Releases = NO_RELEASES,
) -> Row:
    """The row of a criterion by what the ``request`` found; one that its authors alone labelled is no GO.

    Where the request is limited to the live one of the ``releases``, the row says what that leaves out.
    """
    is_limited = request.window.release is not None
    if is_limited and isinstance(finding, Measurement):
        finding = replace(finding, tally=replace(finding.tally, bundles_agree=True))
    row = judge_measured(item, finding, now)
    if row.verdict is Verdict.GO and item.source is Source.LABEL and authors.ids:
        counts = labels_by_reviewer(workspace.warehouse, connection, feature, request)
        row = seen_by_others(row, _hands(counts, authors))
    if not is_limited or releases.live is None:
        return row
    left = left_out(workspace, connection, feature, item, request, releases)
    return with_releases(row, left, releases.live.name)


def _hands(counts: dict[str, int], authors: Authors) -> LabelHands:
    theirs = {reviewer: one for reviewer in counts if (one := authors.named(reviewer)) is not None}
    names: Collection[str] = dict.fromkeys(one.name for one in theirs.values())
    return LabelHands(sum(counts.values()), sum(counts[reviewer] for reviewer in theirs), sorted(names))
