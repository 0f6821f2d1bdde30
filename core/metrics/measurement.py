"""What a metric yields: a Measurement with its n and interval, or NotMeasured with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.units import Unit


class Source(StrEnum):
    """Where a number comes from. Sources are never mixed in one number."""

    EVAL = "eval"
    LABEL = "label"
    JUDGE = "judge"
    FEEDBACK = "feedback"
    TRACE = "trace"


SOURCE_WORDS: dict[str, str] = {
    Source.EVAL: "eval results",
    Source.LABEL: "reviewers' labels",
    Source.JUDGE: "an AI judge's labels",
    Source.FEEDBACK: "users' own reactions",
    Source.TRACE: "the traces themselves",
}
"""Where a number comes from, as a person says it in the middle of a sentence."""


class Cluster(StrEnum):
    """What stands for one independent witness: repeats within it are not new evidence."""

    USER = "user"
    SESSION = "session"
    DAY = "day"
    CASE = "case"


@dataclass(frozen=True)
class Slice:
    """A part of the evidence: pairs of canonical column and required value; empty means all."""

    where: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, where: Mapping[str, str]) -> "Slice":
        """The slice of ``where``; the order of its pairs does not matter."""
        return cls(tuple(sorted(where.items())))

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.where) or "all"


@dataclass(frozen=True)
class ReleaseScope:
    """The releases whose evidence counts: rows that name one of ``names``, and rows that name none from one
    of the ``times``, each from its beginning (inclusive) to its end (exclusive; None: open).
    """

    names: tuple[str, ...] = ()
    times: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True)
class Window:
    """The evidence that counts: from ``since`` (inclusive) to ``until`` (exclusive), in UTC.

    ``bundle`` limits it to one release bundle, ``release`` to those that agree with the live one; ``None``
    anywhere means no limit.
    """

    since: datetime | None = None
    until: datetime | None = None
    bundle: str | None = None
    release: ReleaseScope | None = None


@dataclass(frozen=True)
class Tally:
    """Passes of n, with the clusters (users, cases) they came from: sums that add up.

    ``passes_by_cluster`` and ``n_by_cluster`` are aligned. ``rows`` is everything in the window
    and slice, ``unscored`` the rows that could not be judged, ``unanswered`` the clusters all of whose rows
    are such, ``capped`` the rows set aside by the limit per user, ``worst_first`` those a worst-first review
    picked (never part of a rate), ``unpicked`` those left out because nobody said how they were picked, while
    of others somebody did. ``sampling_known`` is false when nobody said how the labelled rows were picked.
    ``looks`` is how many imports brought results (eval sets only); ``bundles`` the releases that the rows
    name, and ``bundles_agree`` says that they are alike in whatever the number depends on.
    """

    passes_by_cluster: tuple[float, ...]
    n_by_cluster: tuple[int, ...]
    cluster: Cluster
    rows: int = 0
    unscored: int = 0
    unanswered: int = 0
    capped: int = 0
    worst_first: int = 0
    unpicked: int = 0
    sampling_known: bool = True
    looks: int = 1
    bundles: tuple[str, ...] = ()
    newest: datetime | None = None
    bundles_agree: bool = False

    @property
    def n(self) -> int:
        return sum(self.n_by_cluster)

    @property
    def passes(self) -> float:
        return sum(self.passes_by_cluster)


@dataclass(frozen=True)
class Stratum:
    """One kind of task (``name``, "" where none is recorded): its traces, and how many were reviewed."""

    name: str
    size: int
    reviewed: int


@dataclass(frozen=True)
class Weighting:
    """A review by kind of task: each reviewed trace stands for as many of its kind as there are for it.

    Passes and n of each cluster are sums of these weights, scaled so that they add up to the reviewed traces;
    ``weight_by_cluster`` is the largest weight of a trace of that cluster.
    """

    strata: tuple[Stratum, ...]
    passes_by_cluster: tuple[float, ...]
    n_by_cluster: tuple[float, ...]
    weight_by_cluster: tuple[float, ...]

    @property
    def left_out(self) -> tuple[Stratum, ...]:
        """The kinds with traces of which none was reviewed: the rate is not of those."""
        return tuple(one for one in self.strata if one.size and not one.reviewed)

    @property
    def kinds_unknown(self) -> bool:
        """Whether reviewed traces do not say what kind they are of: nobody knows what they stand for."""
        return any(one.reviewed for one in self.strata if not one.name)


@dataclass(frozen=True)
class Audit:
    """An AI judge beside people who labelled some of its traces at random.

    ``raw`` is the judge's own rate over all ``judged`` traces; ``pass_fail`` traces are passed by people and
    failed by the judge. ``is_corrected`` says whether the measurement is corrected by these labels.
    """

    raw: float
    judged: int
    both_pass: int
    pass_fail: int
    fail_pass: int
    both_fail: int
    is_corrected: bool

    @property
    def labels(self) -> int:
        return self.both_pass + self.pass_fail + self.fail_pass + self.both_fail

    @property
    def kept(self) -> float | None:
        """The share of what people pass that the judge passes, too."""
        passed = self.both_pass + self.pass_fail
        return self.both_pass / passed if passed else None

    @property
    def caught(self) -> float | None:
        """The share of what people fail that the judge fails, too."""
        failed = self.fail_pass + self.both_fail
        return self.both_fail / failed if failed else None


@dataclass(frozen=True)
class Measurement:
    """A number that never travels without its interval and its n.

    ``value``, ``low`` and ``high`` are in the unit's base (share 0-1, ms); a bound that no
    sample of this size can give is ``None``. ``tally`` says what was counted; ``effective_n``
    is what that is worth as independent cases. The interval is two-sided at 1-2a; ``running``
    says that it holds however often one looks. ``bar`` is set where the passes depend on it
    (a latency quantile counts the rows under the bar). ``weighting`` is set where a review by kind of task
    was weighted, ``needs_weights`` where one is in an amount, which is not; ``audit`` where an AI judge was
    measured.
    """

    metric: str
    source: Source
    slice: Slice
    unit: Unit
    value: float
    low: float | None
    high: float | None
    tally: Tally
    effective_n: float
    effective_passes: float
    running: bool
    error: float
    bar: float | None = None
    weighting: Weighting | None = None
    needs_weights: bool = False
    audit: Audit | None = None

    @property
    def n(self) -> int:
        """Rows counted; for an eval set the cases, since repeats of a case are not new cases."""
        return len(self.tally.n_by_cluster) if self.tally.cluster is Cluster.CASE else self.tally.n

    @property
    def newest(self) -> datetime | None:
        return self.tally.newest


@dataclass(frozen=True)
class FirstTraces:
    """What is known of the first ``wanted`` traces of a window: ``bad`` of ``reviewed`` of ``there``.

    ``sampling_known`` says whether the reviewed ones were picked without regard to their quality.
    """

    metric: str
    source: Source
    slice: Slice
    wanted: int
    there: int
    reviewed: int
    bad: int
    sampling_known: bool
    error: float
    newest: datetime | None = None


class Why(StrEnum):
    """Reasons for the absence of a number."""

    NO_ROWS = "no_rows"
    NOTHING_TO_JUDGE = "nothing_to_judge"
    WORST_FIRST_ONLY = "worst_first_only"


@dataclass(frozen=True)
class NotMeasured:
    """There is no number, and this is why; ``sentence`` says what would give one."""

    metric: str
    source: Source
    slice: Slice
    why: Why
    sentence: str
    newest: datetime | None = None


Finding = Measurement | FirstTraces | NotMeasured


@dataclass(frozen=True)
class WeekPoint:
    """One week of a trend: ``week`` is the Monday it begins on; NotMeasured is a gap, not a zero."""

    week: date
    finding: Measurement | NotMeasured
