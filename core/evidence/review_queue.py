"""Which traces a review session looks at, in which order, and which of its labels may stand in a rate.

Random, stratified and complete reviews go in the order of a hash, so that nobody chooses and whatever part
of them is done is a random part. The other queues pick what looks bad: for learning, never for a rate.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.evidence.fingerprints import key_of

WORST_SIZE, WORST_MINUTES = 20, 30
MOST_OF_USER, MOST_OF_REASON = 3, 5
FEWEST_OF_KIND = 20
"""So many traces of each kind of task a stratified review has at least, where there are as many."""

LOW_CONFIDENCE = 0.5
HIGH_CONFIDENCE = 0.8
SLOW_MS = 10_000.0
MOST_ITEMS = 5_000


class Queue(StrEnum):
    ALL = "all"
    WORST = "worst"
    RANDOM = "random"
    STRATIFIED = "stratified"
    CONFIDENT_WRONG = "confident_wrong"
    JUDGE_DISAGREES = "judge_disagrees"
    SECOND = "second"
    SETTLED = "settled"


SAMPLING = {
    Queue.ALL: "complete",
    Queue.RANDOM: "random",
    Queue.STRATIFIED: "stratified",
    Queue.SECOND: "random",
    Queue.WORST: "worst",
    Queue.CONFIDENT_WRONG: "worst",
    Queue.JUDGE_DISAGREES: "worst",
    Queue.SETTLED: "worst",
}
"""How the labels of a queue were picked. What looked bad never stands in a rate: those are "worst". (A
settled label takes the way of the labels that it settles.)"""

FEEDS_RATES = frozenset({"complete", "random", "stratified"})


@dataclass(frozen=True)
class Candidate:
    """One trace as a queue sees it.

    ``user`` stands for the user or else the session. ``judge_right`` is what an AI judge says of the answer,
    ``judge_fails`` whether it finds any fault; ``people_right`` is what people say of the answer.
    ``is_sampled``: people labelled it in a review that feeds rates. Amounts are in ms and US dollars.
    """

    run_id: str
    key: int
    task_type: str = ""
    user: str | None = None
    feedback: str | None = None
    is_escalated: bool = False
    judge_fails: bool = False
    judge_right: bool | None = None
    has_error: bool = False
    misses_context: bool = False
    confidence: float | None = None
    latency_ms: float | None = None
    reviewers: Sequence[str] = ()
    is_sampled: bool = False
    people_right: bool | None = None


@dataclass(frozen=True)
class Picked:
    """One trace of a queue; ``why`` says in plain words what brought it there, "" where nothing did."""

    run_id: str
    why: str = ""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for: the queue, how many traces, ``seed`` of the order, ``share`` to check again,
    ``reviewer`` who will look, ``confident`` from which confidence an answer is confident."""

    queue: Queue
    size: int = WORST_SIZE
    seed: int = 0
    share: float = 0.1
    reviewer: str = ""
    confident: float = HIGH_CONFIDENCE


def choose(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    """The traces of the queue in their order, at most :data:`MOST_ITEMS`; none where nothing fits."""
    return _CHOICES[wanted.queue](candidates, wanted)[:MOST_ITEMS]


def pools(candidates: Sequence[Candidate], reviewer: str) -> dict[Queue, int]:
    """How many traces each queue could take for ``reviewer``, those of unfinished reviews among them."""
    everything = len(candidates)
    open_ones = len(_open(candidates))
    found = dict.fromkeys((Queue.ALL, Queue.RANDOM, Queue.STRATIFIED), open_ones)
    for queue in (Queue.WORST, Queue.CONFIDENT_WRONG, Queue.JUDGE_DISAGREES):
        found[queue] = len(_CHOICES[queue](candidates, Wanted(queue, size=everything, reviewer=reviewer)))
    return {
        **found,
        Queue.SECOND: sum(reviewer not in one.reviewers for one in _of_others(candidates, reviewer)),
    }


def in_hash_order(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """An order that nobody chose: by the hash of seed and trace."""
    return sorted(candidates, key=lambda one: (key_of(seed, one.key), one.run_id))


def _open(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that no review that feeds rates has labelled yet: the others are in the sample already."""
    return [one for one in candidates if not one.is_sampled]


def _all(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    return [Picked(one.run_id) for one in in_hash_order(_open(candidates), wanted.seed)]


def _random(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    return _all(candidates, wanted)[: wanted.size]


def _stratified(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    by_kind: dict[str, list[Candidate]] = defaultdict(list)
    for one in in_hash_order(_open(candidates), wanted.seed):
        by_kind[" ".join(one.task_type.split()).casefold()].append(one)
    sizes = allotted({kind: len(found) for kind, found in by_kind.items()}, wanted.size)
    drawn = [one for kind, found in by_kind.items() for one in found[: sizes[kind]]]
    return [Picked(one.run_id) for one in in_hash_order(drawn, wanted.seed)]


def allotted(there: dict[str, int], size: int) -> dict[str, int]:
    """How many of each kind to draw: in proportion, but at least :data:`FEWEST_OF_KIND` (or an equal share of
    ``size``, or all there are, where that is less). The floor may take it a little over ``size``."""
    total = sum(there.values())
    if not total:
        return {}
    floor = min(FEWEST_OF_KIND, max(1, size // len(there)))
    return {
        kind: min(count, max(floor, round(size * count / total))) for kind, count in sorted(there.items())
    }


def _worst(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    """The worst by :func:`badness`, at most three of one user and, while there are others, five of one
    reason; what a person has labelled already is left out."""
    bad = [(found, one) for one in candidates if not one.reviewers and (found := badness(one)) is not None]
    bad.sort(key=lambda pair: (pair[0][0], pair[0][1], pair[1].run_id))
    users, reasons = Counter[str](), Counter[str]()
    picked: list[Picked] = []
    later: list[Picked] = []
    for (_, _, why), one in bad:
        if one.user is not None and users[one.user] >= MOST_OF_USER:
            continue
        if one.user is not None:
            users[one.user] += 1
        reasons[why] += 1
        (picked if reasons[why] <= MOST_OF_REASON else later).append(Picked(one.run_id, why))
        if len(picked) == wanted.size:
            break
    return [*picked, *later][: wanted.size]


def badness(one: Candidate) -> tuple[int, float, str] | None:
    """(place, how bad within it with the worst first, why) of a trace that looks bad, else None."""
    if one.feedback == "rejected":
        return 0, 0.0, "The user rejected the answer."
    if one.is_escalated:
        return 0, 1.0, "It was handed to a person."
    if one.judge_fails:
        return 1, 0.0, "An AI judge finds a fault."
    if one.has_error:
        return 2, 0.0, "Something failed in the run."
    if one.misses_context:
        return 3, 0.0, "Documents that were needed were not fetched."
    if one.confidence is not None and one.confidence < LOW_CONFIDENCE:
        return 4, one.confidence, "The feature was not sure itself."
    if one.feedback == "edited":
        return 5, 0.0, "The user changed the answer."
    if one.latency_ms is not None and one.latency_ms > SLOW_MS:
        return 6, -one.latency_ms, "It took more than 10 seconds."
    return None


def _confident_wrong(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    found = []
    for one in candidates:
        if one.confidence is None or one.confidence < wanted.confident or one.reviewers:
            continue
        if one.feedback == "rejected":
            found.append((one, "Sure of itself, and the user rejected the answer."))
        elif one.judge_right is False:
            found.append((one, "Sure of itself, and an AI judge calls the answer wrong."))
    found.sort(key=lambda pair: (-(pair[0].confidence or 0), pair[0].run_id))
    return [Picked(one.run_id, why) for one, why in found[: wanted.size]]


def _judge_disagrees(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    """What the judge says against people's own labels first, then against what users did."""
    found = []
    for one in candidates:
        if one.judge_right is None or wanted.reviewer in one.reviewers:
            continue
        if one.people_right is not None and one.people_right != one.judge_right:
            found.append((0, one, "A reviewer and the AI judge disagree about the answer."))
        elif one.people_right is None and _reaction(one) not in (None, one.judge_right):
            found.append((1, one, "The user and the AI judge disagree about the answer."))
    found.sort(key=lambda entry: (entry[0], key_of(wanted.seed, entry[1].key)))
    return [Picked(one.run_id, why) for _, one, why in found[: wanted.size]]


def _reaction(one: Candidate) -> bool | None:
    return {"accepted": True, "rejected": False}.get(one.feedback or "")


def _second(candidates: Sequence[Candidate], wanted: Wanted) -> list[Picked]:
    """A random share (at least one) of what others labelled for the rates and ``reviewer`` has not."""
    others = _of_others(candidates, wanted.reviewer)
    drawn = in_hash_order(others, wanted.seed)[: max(1, round(wanted.share * len(others)))]
    return [Picked(one.run_id) for one in drawn if wanted.reviewer not in one.reviewers]


def _of_others(candidates: Sequence[Candidate], reviewer: str) -> list[Candidate]:
    """What somebody else labelled for the rates."""
    return [one for one in candidates if one.is_sampled and set(one.reviewers) - {reviewer}]


_CHOICES: dict[Queue, Callable[[Sequence[Candidate], Wanted], list[Picked]]] = {
    Queue.ALL: _all,
    Queue.RANDOM: _random,
    Queue.STRATIFIED: _stratified,
    Queue.WORST: _worst,
    Queue.CONFIDENT_WRONG: _confident_wrong,
    Queue.JUDGE_DISAGREES: _judge_disagrees,
    Queue.SECOND: _second,
}
