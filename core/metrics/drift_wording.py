"""The drift of a rate in sentences: the word, what fell, and how often luck alone does that."""

from core.metrics.catalogue import Better, metric
from core.metrics.daily import how_often
from core.metrics.drift import FEWEST_A_WEEK, FEWEST_WEEKS, Drift, Tripped
from core.metrics.measurement import Measurement
from core.statistics.drift import WEEKS, Level, chance_of_a_falling_run
from core.units import Unit, write

HONESTY = (
    "How far to trust these words: a metric that does not change at all still gets “investigate” in about 6 "
    "of 100 weeks, and at least once in 12 weeks with a chance of 45 %; “confirmed drift” in 12 weeks with "
    "9 %. Only a missed bar and a tripped early warning say “stop” here. A missed bar pauses nothing by "
    "itself; an early warning does at once what the phase plan says: pause, roll back, or only tell."
)
"""What the levels are worth on a feature that is stable (METHODS section 5)."""

_NUMBERS = {3: "three", 4: "four"}


def level_word(drift: Drift) -> str:
    """``Investigate``; where there are too few weeks to speak of a trend it is not called quiet."""
    if drift.level is Level.QUIET and not drift.is_judged:
        return "Too early"
    return drift.level.value.capitalize()


def drift_sentence(drift: Drift) -> str:
    """What the last weeks show, in one breath: "Four weeks in a row lower, 87 to 79 %. Luck does …"."""
    match drift.level:
        case Level.STOP:
            return f"{_stop_words(drift)} {_trend_words(drift)}".strip()
        case Level.CONFIRMED:
            return f"{_confirmed_words(drift)}{_since_words(drift)} Find the cause before going on."
        case Level.INVESTIGATE:
            return f"{_trend_words(drift)} Investigate."
        case Level.QUIET:
            return _trend_words(drift)


def _stop_words(drift: Drift) -> str:
    words = []
    if drift.stop.misses_bar:
        draft = "the draft of the checklist" if drift.stop.of_draft else "the checklist"
        words.append(f"Stop: its row in {draft} is NO-GO.")
    words += [_trip_words(drift, tripped) for tripped in drift.stop.tripped]
    return " ".join(words)


def _trip_words(drift: Drift, tripped: Tripped) -> str:
    side = "below" if metric(drift.metric).better is Better.HIGHER else "above"
    rule = tripped.rule
    return (
        f"Stop: the early warning “{side} {write(tripped.bar, Unit.SHARE)}” tripped on "
        f"{tripped.at.day} {tripped.at:%b %Y}; the rise probably began around {tripped.began.day} "
        f"{tripped.began:%b}. (A bad case adds {rule.per_failure} points, a good one takes "
        f"{rule.per_success} off; {rule.limit} trip it.)"
    )


def _confirmed_words(drift: Drift) -> str:
    slope = drift.slope
    if slope is None:  # nothing is confirmed without one
        return _trend_words(drift)
    higher = metric(drift.metric).better is Better.HIGHER
    first, last = (end if higher else 1 - end for end in (slope.first, slope.last))
    swing = ""
    if slope.dispersion > 1:
        swing = f", though days swing {slope.dispersion:.1f} times luck"
    return (
        f"Day by day it {'fell' if higher else 'rose'} from about {_from_to(first, last)} over "
        f"{slope.days} days{swing}. Luck does this {how_often(slope.fall_by_luck)}."
    )


def _trend_words(drift: Drift) -> str:
    if not drift.is_judged:
        return _too_few_words(drift)
    higher = metric(drift.metric).better is Better.HIGHER
    worse = "lower" if higher else "higher"
    weeks = _NUMBERS[drift.weeks]
    values = _from_to(drift.first.value, drift.last.value)
    since = _since_words(drift)
    if drift.in_a_row:
        head = f"{weeks.capitalize()} weeks in a row {worse}, {values}.{since}"
        if drift.by_run_alone:
            order = round(1 / chance_of_a_falling_run(WEEKS))
            return (
                f"{head} Only the run rule speaks: luck puts four weeks in this order 1 time in {order}, "
                f"however many cases they have. The fall itself is not beyond luck{_chance_words(drift)}."
            )
        return f"{head} Luck does this {how_often(drift.chance or 0.0)}."
    if drift.luck is not None and drift.level is not Level.QUIET and drift.level is not Level.STOP:
        return f"Getting {worse} over {weeks} weeks, {values}.{since} Luck does this {how_often(drift.luck)}."
    return f"No trend beyond luck over {weeks} weeks, {values}{_each_words(drift)}.{since}"


def _too_few_words(drift: Drift) -> str:
    have = "none" if not drift.weeks else f"only {drift.weeks}"
    return (
        f"A trend needs {FEWEST_WEEKS} weeks of the same release worth {FEWEST_A_WEEK} independent cases "
        f"each; there {'is' if drift.weeks < 2 else 'are'} {have} so far.{_since_words(drift)}"
    )


def _chance_words(drift: Drift) -> str:
    return "" if drift.chance is None else f" ({how_often(drift.chance)})"


def _each_words(drift: Drift) -> str:
    sizes = [found.n for found in drift.findings]
    low, high = min(sizes), max(sizes)
    return f" (n {low:,} a week)" if low == high else f" (n {low:,} to {high:,} a week)"


def _since_words(drift: Drift) -> str:
    """Older weeks are of another release, and a new release is a change, not drift."""
    if not drift.split:
        return ""
    releases = _releases(drift.findings)
    return f" Compared since release {releases}." if releases else " Compared since the release changed."


def _releases(findings: tuple[Measurement, ...]) -> str:
    return ", ".join(findings[-1].tally.bundles[:3]) if findings else ""


def _from_to(first: float, last: float) -> str:
    """``87 to 79 %``."""
    head, tail = write(first, Unit.SHARE), write(last, Unit.SHARE)
    return f"{head.removesuffix(' %')} to {tail}"
