"""Reviews to choose from: weeks with their coverage, queues that are opened once and kept, earlier ones."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.fingerprints import key_of
from core.evidence.review_queue import (
    HIGH_CONFIDENCE,
    MOST_ITEMS,
    SAMPLING,
    WORST_MINUTES,
    WORST_SIZE,
    Candidate,
    Picked,
    Queue,
    Wanted,
    choose,
    pools,
)
from core.evidence.weeks import week_start
from core.statistics.zero_faults import most_bad_among, rate_still_possible
from core.store import audit, documents, features, reviews
from core.store.database import Connection
from core.store.features import Feature
from core.store.logged_reviews import queue_digest
from core.store.review_candidates import WeekCoverage, candidates, weeks
from core.store.reviews import ReviewSession

TITLES = {
    Queue.ALL: "complete",
    Queue.WORST: "the worst",
    Queue.RANDOM: "random",
    Queue.STRATIFIED: "by kind of task",
    Queue.CONFIDENT_WRONG: "confident and wrong",
    Queue.JUDGE_DISAGREES: "judge disagrees",
    Queue.SECOND: "second reviewer",
    Queue.SETTLED: "disagreements settled",
}
_NOTHING = {
    Queue.ALL: "Every trace of this week is reviewed already.",
    Queue.WORST: "No trace of this week that nobody has reviewed looks bad.",
    Queue.RANDOM: "Every trace of this week is reviewed already.",
    Queue.STRATIFIED: "Every trace of this week is reviewed already.",
    Queue.CONFIDENT_WRONG: "No trace of this week was sure of itself and yet called wrong.",
    Queue.JUDGE_DISAGREES: "An AI judge disagrees with nobody in this week.",
    Queue.SECOND: "Nobody else has reviewed a trace of this week that you have not seen.",
}


@dataclass(frozen=True)
class Choice:
    """What somebody wants to review: of the week that begins on ``monday``, ``size`` traces of ``queue``.

    ``share`` is for the second reviewer, ``confident`` from which confidence (0 to 1) an answer is confident.
    """

    queue: Queue
    monday: date
    size: int = WORST_SIZE
    share: float = 0.1
    confident: float = HIGH_CONFIDENCE


@dataclass(frozen=True)
class ReviewsView:
    """``authors`` are the people who wrote checklist or plan: their labels are marked as those of authors."""

    weeks: tuple[WeekCoverage, ...]
    sessions: tuple[ReviewSession, ...]
    withdrawn: frozenset[int]
    authors: frozenset[str]
    version: int = 0
    """How often the evidence has changed: what was worked out from it holds for this version."""


@dataclass(frozen=True)
class Proof:
    """What ``reviewed`` of ``total`` traces show if none is bad: at most ``bad`` of them are, and a fault
    rate of up to ``share`` (0 to 1) stays possible for the traffic to come; each wrong at most 1 in 20."""

    total: int
    reviewed: int
    bad: int
    share: float


def view_reviews(workspace: Workspace, caller: Caller, slug: str) -> ReviewsView:
    """The weeks with traces and the reviews so far, each newest first."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        sessions = reviews.of_feature(connection, feature.id)
        found = weeks(workspace.warehouse, connection, feature)
        gone = reviews.withdrawn(connection, feature.id)
        authors = authors_of(connection, feature)
        return ReviewsView(tuple(found), tuple(sessions), gone, authors, feature.evidence_version)


def authors_of(connection: Connection, feature: Feature) -> frozenset[str]:
    """The names of whoever wrote a version of the checklist or the plan."""
    kinds = (documents.CHECKLIST, documents.PLAN)
    return frozenset(one.author for kind in kinds for one in documents.history(connection, feature.id, kind))


def view_pools(workspace: Workspace, caller: Caller, slug: str, monday: date) -> dict[Queue, int]:
    """How many traces of the week that begins on ``monday`` each queue could take for the caller."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        there = _candidates(workspace, connection, features.by_slug(connection, slug), monday)
    return pools(there, caller.name)


def nothing_fits(queue: Queue) -> str:
    """Why a queue has nothing to look at."""
    return _NOTHING[queue]


def what_it_proves(total: int, reviewed: int) -> Proof:
    """METHODS 12: the number reviewed decides, not the percentage."""
    reviewed = min(total, reviewed)
    return Proof(
        total, reviewed, most_bad_among(total, reviewed, 0, 0.05), rate_still_possible(reviewed, 0.05)
    )


def open_review(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, choice: Choice
) -> ReviewSession:
    """Choose the traces and keep them as a session, in their order; raises WrongUsage where nothing fits."""
    require(workspace, caller, Act.REVIEW, slug)
    if choice.queue is Queue.SETTLED or choice.size < 1 or not 0 < choice.share <= 1:
        raise WrongUsage("A review needs at least one trace.", mend="Ask for one or more.")
    with workspace.database.reading() as connection:
        there = _candidates(workspace, connection, features.by_slug(connection, slug), choice.monday)
    wanted = Wanted(
        choice.queue,
        size=min(choice.size, MOST_ITEMS),
        seed=key_of(slug, caller.name, now.isoformat()),
        share=choice.share,
        reviewer=caller.name,
        confident=choice.confident,
    )
    picked = choose(there, wanted)
    if not picked:
        raise WrongUsage(_NOTHING[choice.queue], mend="Choose another week, or another way to pick.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        return _kept(connection, feature, caller, now, choice, wanted, there, picked)


def _candidates(
    workspace: Workspace, connection: Connection, feature: Feature, monday: date
) -> list[Candidate]:
    since = week_start(datetime(monday.year, monday.month, monday.day, tzinfo=UTC))
    return candidates(workspace.warehouse, connection, feature, since, since + timedelta(weeks=1))


def _kept(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    choice: Choice,
    wanted: Wanted,
    there: list[Candidate],
    picked: list[Picked],
) -> ReviewSession:
    asked = {"week": choice.monday.isoformat(), "seed": str(wanted.seed), "size": choice.size}
    if choice.queue is Queue.SECOND:
        asked["share"] = choice.share
    why = {one.run_id: one.why for one in picked if one.why}
    # A second look draws from what others have labelled, not from the whole week.
    is_second = choice.queue is Queue.SECOND
    population = pools(there, caller.name)[Queue.SECOND] if is_second else len(there)
    run_ids = [one.run_id for one in picked]
    return keep_session(
        connection,
        feature,
        caller,
        now,
        queue=choice.queue,
        population=population,
        asked={**asked, **({"why": why} if why else {})},
        run_ids=run_ids,
    )


def keep_session(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    *,
    queue: Queue,
    population: int,
    asked: dict[str, object],
    run_ids: list[str],
) -> ReviewSession:
    """A new session with its audit row, in the caller's transaction."""
    session = reviews.add(
        connection,
        feature.id,
        queue=queue.value,
        sampling=SAMPLING[queue],
        population=population,
        minutes=WORST_MINUTES if queue is Queue.WORST else None,
        opened_by=caller.name,
        opened_by_id=caller.person_id,
        asked=asked,
        run_ids=run_ids,
        now=now,
    )
    audit.append(
        connection,
        actor=caller.name,
        action="review opened",
        subject=f"feature/{feature.slug}",
        payload={
            "review": session.id,
            "title": title_of(session),
            "queue": queue.value,
            "sampling": session.sampling,
            "population": population,
            "size": session.size,
            "seed": asked.get("seed"),
            "runs": None if queue is Queue.SETTLED else queue_digest(run_ids),
        },
        now=now,
    )
    return session


def title_of(session: ReviewSession) -> str:
    """ "Review: 20 of the worst, week of 9 Nov 2026"."""
    words = TITLES[Queue(session.queue)]
    if session.queue == Queue.SETTLED:
        return f"Review: {words}"
    week = date.fromisoformat(session.asked["week"])
    traces = f"{session.size:,} trace{'' if session.size == 1 else 's'}"
    count = f"{session.size:,} of {words}" if session.queue == Queue.WORST else f"{traces}, {words}"
    return f"Review: {count}, week of {week.day} {week:%b %Y}"
