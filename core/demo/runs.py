"""What truly happened in a demo feature: every run with its outcome, before anybody writes it down.

Right and wrong are dealt out evenly instead of by independent coin flips: the rates of a story
then hold on any date, so its verdict is the intended one whenever the demo is made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.demo.stories import WEEKS, FailureType, Story, Task
from core.evidence.fingerprints import key_of

DAYS = 7 * WEEKS

WRONG_TOOL_SPOILS = 0.9
"""The share of wrongly picked tools that also make the answer wrong."""

Choice = TypeVar("Choice")
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class User:
    id: str
    segment: str
    role: str


@dataclass(frozen=True)
class Run:
    """One run and its truth; ``labelled_at`` is None when nobody has reviewed it yet."""

    run_id: str
    week: int
    started_at: datetime
    user: User
    channel: str
    task: Task
    answer_right: bool
    tool_right: bool
    failure: FailureType | None
    labelled_at: datetime | None

    @property
    def hallucination(self) -> bool:
        return self.failure is not None and self.failure.effect == "invented"


def first_day(now: datetime) -> date:
    """The day on which a demo made at ``now`` begins; its last day is the day of ``now``, in UTC."""
    return now.astimezone(UTC).date() - timedelta(days=DAYS - 1)


def begins_at(now: datetime) -> datetime:
    """The midnight before the first trace: a lock at or before this counts all eight weeks."""
    return datetime.combine(first_day(now), time(), UTC)


def random_stream(story: Story, now: datetime, seed: int, topic: str) -> np.random.Generator:
    """Random numbers that depend on the story, the day of ``now``, ``seed`` and ``topic`` only."""
    day = first_day(now).toordinal()
    return np.random.default_rng(key_of(story.feature.slug, topic, seed, day) % 2**63)


def draw_runs(story: Story, now: datetime, seed: int) -> list[Run]:
    """Every run of the eight weeks that end on ``now``'s day, in order of time, none after ``now``."""
    rng = random_stream(story, now, seed, "runs")
    times = _times(story, now, rng)
    n = len(times)
    weeks = np.array([(moment.date() - first_day(now)).days // 7 for moment in times])
    tasks = np.array(pick(rng, {i: task.share for i, task in enumerate(story.tasks)}, n))
    users, channels = _users(story, n, rng), pick(rng, story.traffic.channels, n)
    reviewed = _reviewed(story, weeks, rng)
    answer_right = _answers(story, tasks, weeks, reviewed, rng)
    tool_right = _tools(story, tasks, answer_right, reviewed, rng)
    failures = _failures(story, tasks, answer_right, tool_right, rng)
    runs = [
        Run(
            run_id=_run_id(story, times, i),
            week=int(weeks[i]),
            started_at=times[i],
            user=users[i],
            channel=channels[i],
            task=story.tasks[tasks[i]],
            answer_right=bool(answer_right[i]),
            tool_right=bool(tool_right[i]),
            failure=failures[i],
            labelled_at=_labelled_at(times[i], now, rng) if reviewed[i] else None,
        )
        for i in range(n)
    ]
    return _until(runs, now)


def pick(rng: np.random.Generator, weights: Mapping[Choice, float], n: int) -> list[Choice]:
    """``n`` independent choices with probabilities in proportion to ``weights``."""
    choices, share = list(weights), np.array(list(weights.values()), dtype=float)
    return [choices[i] for i in rng.choice(len(choices), size=n, p=share / share.sum())]


def deal(chances: Numbers, rng: np.random.Generator) -> Flags:
    """Successes with the given chances, in a number that is within one of their sum, all along.

    Systematic sampling: success i is where the running sum of the chances crosses a whole number
    (shifted at random). Each row still has exactly its own chance; only the total does not wander.
    """
    reached = np.floor(np.cumsum(chances) + rng.random())
    return np.diff(reached, prepend=0.0) > 0


def _times(story: Story, now: datetime, rng: np.random.Generator) -> list[datetime]:
    traffic, begin = story.traffic, first_day(now)
    days = [begin + timedelta(days=i) for i in range(DAYS)]
    weights = np.array(
        [traffic.weeks[i // 7] * traffic.weekdays[day.weekday()] for i, day in enumerate(days)]
    )
    expected = traffic.traces * weights / weights.sum() * rng.uniform(0.88, 1.12, DAYS)
    hours = np.array(traffic.hours) / sum(traffic.hours)
    times = []
    for day, count in zip(days, np.maximum(1, np.rint(expected)).astype(int), strict=True):
        seconds = rng.choice(24, size=count, p=hours) * 3600 + rng.uniform(0, 3600, count)
        midnight = datetime.combine(day, time(), UTC)
        times += [midnight + timedelta(milliseconds=int(second * 1000)) for second in np.sort(seconds)]
    return times


def _users(story: Story, n: int, rng: np.random.Generator) -> list[User]:
    traffic, count = story.traffic, story.traffic.users
    ids = rng.choice(90_000, size=count, replace=False) + 10_000
    segments, roles = pick(rng, traffic.segments, count), pick(rng, traffic.roles, count)
    people = [
        User(f"{traffic.user_prefix}{number}", segment, role)
        for number, segment, role in zip(ids, segments, roles, strict=True)
    ]
    loyalty = rng.lognormal(0, traffic.loyalty, count)
    return [people[i] for i in rng.choice(count, size=n, p=loyalty / loyalty.sum())]


def _reviewed(story: Story, weeks: NDArray[np.int64], rng: np.random.Generator) -> Flags:
    reviewed = np.zeros(len(weeks), dtype=bool)
    for week, share in enumerate(story.review.shares):
        rows = np.flatnonzero(weeks == week)
        reviewed[rng.choice(rows, size=round(share * len(rows)), replace=False)] = True
    return reviewed


def _answers(
    story: Story,
    tasks: NDArray[np.int64],
    weeks: NDArray[np.int64],
    reviewed: Flags,
    rng: np.random.Generator,
) -> Flags:
    """Dealt per task and first among the reviewed runs, whose rates are what verdicts rest on."""
    right = np.zeros(len(tasks), dtype=bool)
    shift = np.array(story.answer_shift)
    for number, task in enumerate(story.tasks):
        rows = np.flatnonzero(tasks == number)
        rows = rows[np.lexsort((rng.random(len(rows)), weeks[rows], ~reviewed[rows]))]
        right[rows] = deal(np.clip(task.answer_right + shift[weeks[rows]], 0, 1), rng)
    return right


def _tools(
    story: Story, tasks: NDArray[np.int64], answer_right: Flags, reviewed: Flags, rng: np.random.Generator
) -> Flags:
    """Wrong tools fall mostly on wrong answers, and each task keeps its own tool rate."""
    right = np.ones(len(tasks), dtype=bool)
    for number, task in enumerate(story.tasks):
        wrong = 1 - task.tool_right
        for answer_is_right, part in ((False, WRONG_TOOL_SPOILS), (True, 1 - WRONG_TOOL_SPOILS)):
            rows = np.flatnonzero((tasks == number) & (answer_right == answer_is_right))
            rows = rows[np.lexsort((rng.random(len(rows)), ~reviewed[rows]))]
            share = task.answer_right if answer_is_right else 1 - task.answer_right
            right[rows] = ~deal(np.full(len(rows), min(1.0, wrong * part / share)), rng)
    return right


def _failures(
    story: Story, tasks: NDArray[np.int64], answer_right: Flags, tool_right: Flags, rng: np.random.Generator
) -> list[FailureType | None]:
    by_effect = defaultdict(list)
    for failure in story.failures:
        by_effect[failure.effect].append(failure)
    wrong_tool, invented = by_effect["wrong_tool"][0], by_effect["invented"][0]
    plain = pick(rng, {i: failure.share for i, failure in enumerate(story.failures)}, len(tasks))
    draws = rng.random(len(tasks))
    failures: list[FailureType | None] = []
    for i, number in enumerate(tasks):
        task = story.tasks[number]
        may_invent = i >= story.review.clean_first and tool_right[i] and not answer_right[i]
        if may_invent and draws[i] < task.hallucination / (1 - task.answer_right):
            failures.append(invented)
        elif not tool_right[i]:
            failures.append(wrong_tool)
        else:
            failures.append(None if answer_right[i] else story.failures[plain[i]])
    return failures


def _labelled_at(started_at: datetime, now: datetime, rng: np.random.Generator) -> datetime | None:
    """Reviewers come to a run on the next day, in office hours; what lies ahead is not labelled yet."""
    day = datetime.combine(started_at.date() + timedelta(days=1), time(8), UTC)
    labelled_at = day + timedelta(seconds=int(rng.integers(0, 9 * 3600)))
    return labelled_at if labelled_at <= now else None


def _run_id(story: Story, times: Sequence[datetime], i: int) -> str:
    return f"{story.traffic.run_prefix}-{times[i]:%m%d}-{i:05d}"


def _until(runs: list[Run], now: datetime) -> list[Run]:
    """The runs up to ``now``; early in the morning the day's first run moves to before ``now``."""
    kept = [run for run in runs if run.started_at <= now]
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    if kept[-1].started_at < midnight:
        first = runs[len(kept)]
        since_midnight = int((now - midnight).total_seconds() / 2 * 1000)
        kept.append(replace(first, started_at=midnight + timedelta(milliseconds=since_midnight)))
    return kept
