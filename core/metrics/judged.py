"""An AI judge's rate, corrected by the labels of people on some of the traces that it judged."""

from dataclasses import dataclass, replace

from core.metrics.measurement import Audit, Measurement
from core.statistics.clusters import effective
from core.statistics.judge_audit import FEWEST_LABELS, corrected_rate
from core.statistics.sequential import running_bounds

FEWEST_AGREED = 0.8
"""A judge that keeps or catches a smaller share of what people pass or fail cannot gate."""


@dataclass(frozen=True)
class LabelledUsers:
    """So many ``users`` (sessions, days) who have these four numbers of traces that both have judged.

    ``pass_fail`` traces are passed by people and failed by the judge.
    """

    both_pass: int
    pass_fail: int
    fail_pass: int
    both_fail: int
    users: int


@dataclass(frozen=True)
class JudgedPairs:
    """What people and the judge say of the same traces, and what the judge says of all others."""

    seen: tuple[LabelledUsers, ...]
    elsewhere_passes: int
    elsewhere_n: int


NO_PAIRS = JudgedPairs((), 0, 0)


def is_audited(audit: Audit) -> bool:
    """At least thirty labels of people, some passing and some failing."""
    return audit.labels >= FEWEST_LABELS and audit.kept is not None and audit.caught is not None


def is_weak(audit: Audit) -> bool:
    """Whether the judge misses more than one in five of what people pass, or of what they fail."""
    shares = (audit.kept, audit.caught)
    return any(share is None or share < FEWEST_AGREED for share in shares)


def corrected(plain: Measurement, pairs: JudgedPairs) -> Measurement:
    """``plain``, corrected where the judge is audited; else the judge's own rate, with its audit so far.

    The corrected rate is worth no more cases than the users behind people's labels allow.
    """
    both_pass = sum(one.both_pass * one.users for one in pairs.seen)
    pass_fail = sum(one.pass_fail * one.users for one in pairs.seen)
    fail_pass = sum(one.fail_pass * one.users for one in pairs.seen)
    both_fail = sum(one.both_fail * one.users for one in pairs.seen)
    judged = both_pass + pass_fail + fail_pass + both_fail + pairs.elsewhere_n
    audit = Audit(plain.value, judged, both_pass, pass_fail, fail_pass, both_fail, is_corrected=False)
    if not is_audited(audit):
        return replace(plain, audit=audit)
    people = [1.0] * (both_pass + pass_fail) + [0.0] * (fail_pass + both_fail)
    judge = [1.0] * both_pass + [0.0] * pass_fail + [1.0] * fail_pass + [0.0] * both_fail
    found = corrected_rate(people, judge, pairs.elsewhere_passes, pairs.elsewhere_n, plain.error)
    if found is None:
        return replace(plain, audit=audit)
    n = found.effective_n * _apart(pairs, plain.error)
    passes = min(found.value * n, n)
    interval = running_bounds(passes, n, plain.error)
    return replace(
        plain,
        value=found.value,
        low=interval.low,
        high=interval.high,
        effective_n=n,
        effective_passes=passes,
        audit=replace(audit, raw=found.raw, is_corrected=True),
    )


def _apart(pairs: JudgedPairs, error: float) -> float:
    """Which share of people's labels counts as independent: users who come up several times are alike."""
    each = [one for one in pairs.seen for _ in range(one.users)]
    sizes = [float(one.both_pass + one.pass_fail + one.fail_pass + one.both_fail) for one in each]
    passes = [float(one.both_pass + one.pass_fail) for one in each]
    return effective(passes, sizes, error).n / sum(sizes)
