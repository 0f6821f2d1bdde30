"""How often the rules are wrong, by simulation, beside what docs/methods.md promises.

`python -m bench.simulations [--only NAME ...] [--histories N] [--seed N] [--json]`

Every line plays so many histories with a known truth and counts how often a rule says something false (or
right, where the line says so). "off" marks a line further from the promise than three Monte-Carlo
errors and the two points that another way of drawing the same situation may make. Nothing here belongs to
the tests' time.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from bench import simulated_worlds as worlds
from core.statistics.alarms import PointsRule, mean_run_length, points_rule
from core.statistics.before_after import compare_pairs
from core.statistics.clusters import effective
from core.statistics.comparison import Answer, compare, compare_clustered
from core.statistics.concentration import Part, Weight, concentrations
from core.statistics.costs import mean_cost
from core.statistics.differences import Change
from core.statistics.discovery import discovery
from core.statistics.drift import Level, chance_of_such_a_fall, drift_level
from core.statistics.exact import bounds
from core.statistics.judge_audit import corrected_rate
from core.statistics.like_for_like import compare_like_for_like
from core.statistics.slope import daily_slope
from core.statistics.threshold import all_cuts, choose_threshold

Luck = np.random.Generator
ERROR = 0.05


@dataclass(frozen=True)
class Line:
    """``promised`` and ``seen`` are shares of histories; ``promised`` is None where nothing was published.

    ``error`` is the Monte-Carlo error of what is no share of histories.
    """

    group: str
    what: str
    promised: float | None
    seen: float
    histories: int
    error: float | None = None

    @property
    def monte_carlo(self) -> float:
        if self.error is not None:
            return self.error
        return math.sqrt(max(self.seen * (1 - self.seen), 0.25 / self.histories) / self.histories)

    @property
    def off(self) -> bool:
        if self.promised is None:
            return False
        return abs(self.seen - self.promised) > 3 * self.monte_carlo + 0.02


def alarms(histories: int, luck: Luck) -> Iterator[Line]:
    """Mean cases until an alarm trips, of those published: by luck, at its rate, 5 and 15 points worse."""
    published = {
        (0.10, 0.15, 5_000): (258, 105, 48),
        (0.10, 0.15, 20_000): (366, 142, 63),
        (0.10, 0.20, 5_000): (98, 57, 31),
        (0.15, 0.20, 5_000): (320, 130, 58),
        (0.05, 0.10, 20_000): (237, 96, 44),
        (0.02, 0.05, 5_000): (200, 62, 26),
    }
    for (expected, alarm, between), promises in published.items():
        rule = points_rule(expected, alarm, between)
        if rule is None:
            continue
        name = f"{1 - expected:.0%} against {1 - alarm:.0%}, luck once in {between:,}"
        rates = [(expected, mean_run_length(rule, expected))]
        rates += [
            (alarm + worse, float(cases)) for worse, cases in zip((0, 0.05, 0.15), promises, strict=True)
        ]
        for rate, cases in rates:
            taken = _cases_to_trip(rule, rate, histories, luck)
            what = f"{name}, at {1 - rate:.0%}: {taken.mean():,.0f} of {cases:,.0f} cases"
            error = float(taken.std() / math.sqrt(histories) / cases)
            yield Line("alarms", what, 1.0, float(taken.mean() / cases), histories, error)


def _cases_to_trip(rule: PointsRule, rate: float, histories: int, luck: Luck) -> npt.NDArray[np.int64]:
    """How many cases each of so many histories takes to trip, from 0 points on."""
    taken = np.zeros(histories, np.int64)
    going, points, cases = np.arange(histories), np.zeros(histories, np.int64), 0
    while going.size:
        cases += 1
        failed = luck.random(going.size) < rate
        points = np.where(failed, points + rule.per_failure, np.maximum(points - rule.per_success, 0))
        tripped = points >= rule.limit
        if tripped.any():
            taken[going[tripped]] = cases
            going, points = going[~tripped], points[~tripped]
    return taken


def peeking(histories: int, luck: Luck) -> Iterator[Line]:
    """A feature exactly at its bar, looked at again and again up to 1,000 cases."""
    published = {
        (0.8, False): (0.31, 0.22, 0.16),
        (0.9, False): (0.27, 0.20, 0.14),
        (0.95, False): (0.23, 0.20, 0.14),
        (0.8, True): (0.041, 0.027, 0.008),
        (0.9, True): (0.038, 0.020, 0.011),
        (0.95, True): (0.034, 0.025, 0.015),
    }
    for (target, running), promises in published.items():
        needed = np.array([worlds.passes_needed(n, target, ERROR, running=running) for n in range(1, 1001)])
        passes = np.cumsum(luck.random((histories, 1000)) < target, axis=1)
        crossed = passes >= needed
        for every, promised in zip((1, 20, 100), promises, strict=True):
            rule = "any-time rule" if running else "one-look rule"
            looks = crossed[:, every - 1 :: every].any(axis=1)
            what = f"{rule}, bar {target:.0%}, a look every {every}"
            yield Line("peeking", what, promised, float(looks.mean()), histories)


def clusters(histories: int, luck: Luck) -> Iterator[Line]:
    """Users of very different appetite who are alike within: a feature exactly at 90 %, one look."""
    published = {
        (20, 0.3): (0.23, 0.12, 0.067),
        (50, 0.1): (0.13, 0.077, 0.039),
        (50, 0.3): (0.24, 0.098, 0.050),
        (200, 0.1): (0.15, 0.063, 0.052),
        (200, 0.3): (0.25, 0.075, 0.046),
    }
    for (users, alike), promises in published.items():
        passed = np.zeros((histories, 4), dtype=np.bool_)
        for at in range(histories):
            passes, sizes = worlds.users(luck, users, 0.9, alike)
            plain = (float(passes.sum()), float(sizes.sum()))
            whole = effective(passes.tolist(), sizes.tolist(), ERROR)
            five = worlds.capped(luck, passes, sizes, 5)
            capped = effective(*five, ERROR)
            counts = (plain, (whole.passes, whole.n), (capped.passes, capped.n))
            passed[at, :3] = [
                compare(k, n, 0.9, ERROR, running=False).answer is Answer.ABOVE for k, n in counts
            ]
            passed[at, 3] = _passes(five)
        rules = ("as if independent", "effective n", "effective n, at most 5 a user", "as the gate judges")
        for place, (rule, promised) in enumerate(zip(rules, (*promises, None), strict=True)):
            what = f"{users} users, correlation {alike}: {rule}"
            yield Line("clusters", what, promised, float(passed[:, place].mean()), histories)
        power = np.mean(
            [
                _passes(worlds.capped(luck, *worlds.users(luck, users, 0.96, alike), 5))
                for _ in range(histories)
            ]
        )
        what = f"{users} users, correlation {alike}: truly 96 %, as the gate judges (power)"
        yield Line("clusters", what, _POWER.get((users, alike)), float(power), histories)


_POWER = {(50, 0.1): 0.78, (50, 0.3): 0.62, (200, 0.1): 1.0, (200, 0.3): 0.997}
"""Of effective counts, at most 5 a user; 20 users can never show 90 % where a failure must not help."""


def _passes(seen: tuple[list[float], list[float]]) -> bool:
    return compare_clustered(*seen, 0.9, ERROR, running=False).answer is Answer.ABOVE


def mix(histories: int, luck: Luck) -> Iterator[Line]:
    """A new group with harder work that is served no worse: how often "dropped" is said."""
    for name, old_n, new_n, kinds, promises in (
        ("600 v 200, four kinds", 600, 200, worlds.FOUR_KINDS, (0.97, 0.042)),
        ("300 v 100, eight thin kinds", 300, 100, worlds.EIGHT_KINDS, (0.79, 0.040)),
    ):
        said = np.zeros((histories, 2), dtype=np.bool_)
        for at in range(histories):
            found = compare_like_for_like(worlds.two_groups(luck, old_n, new_n, kinds, 0.0), 0.05, ERROR)
            said[at] = [found.raw.interval.high < 0, found.same_kinds.interval.high < 0]
        yield Line("mix", f"{name}: plain comparison", promises[0], float(said[:, 0].mean()), histories)
        yield Line("mix", f"{name}: like for like", promises[1], float(said[:, 1].mean()), histories)
    seen = [
        compare_like_for_like(worlds.two_groups(luck, 600, 200, worlds.FOUR_KINDS, -0.05), 0.05, ERROR)
        for _ in range(histories)
    ]
    dropped = sum(one.same_kinds.interval.high < 0 for one in seen) / histories
    yield Line("mix", "600 v 200, truly 5 points worse: seen (power)", 0.42, dropped, histories)


def weeks(histories: int, luck: Luck) -> Iterator[Line]:
    """Weekly flags on a feature that does not change, 200 cases a week."""
    passes = luck.binomial(200, 0.9, (histories, 26))
    flagged = np.array(
        [
            [
                drift_level(row[at : at + 4].tolist(), [200] * 4, range(4), None, 0.05) is not Level.QUIET
                for at in range(23)
            ]
            for row in passes
        ]
    )
    yield Line("weeks", "stable: a week is flagged", 0.065, float(flagged.mean()), histories)
    for span, promised in ((12, 0.45), (26, 0.79)):
        ever = float(flagged[:, : span - 3].any(axis=1).mean())
        yield Line("weeks", f"stable: any flag in {span} weeks", promised, ever, histories)
    rates = np.array([0.87, 0.85, 0.83, 0.79])
    for n, promised in ((100, 0.48), (200, 0.72), (500, 0.97)):
        found = [
            (chance_of_such_a_fall(luck.binomial(n, rates).tolist(), [n] * 4, range(4)) or 1) < 0.05
            for _ in range(histories)
        ]
        what = f"true 87/85/83/79 %, {n} a week: trend seen (power)"
        yield Line("weeks", what, promised, float(np.mean(found)), histories)
    for alike, plain, quasi in ((0.03, 0.14, 0.056), (0.08, 0.21, 0.047)):
        said = np.zeros((histories, 2), dtype=np.bool_)
        for at in range(histories):
            daily = worlds.alike(luck, 28, np.full(28, 40), 0.9, alike)
            by_luck = chance_of_such_a_fall(daily.tolist(), [40] * 28, range(28))
            slope = daily_slope(daily.tolist(), [40] * 28, range(28))
            said[at] = [
                by_luck is not None and by_luck < 0.05,
                slope is not None and slope.fall_by_luck < 0.05,
            ]
        what = f"stable, days alike by {alike}: "
        yield Line("weeks", what + "plain trend", plain, float(said[:, 0].mean()), histories)
        yield Line("weeks", what + "daily slope", quasi, float(said[:, 1].mean()), histories)


def before_after(histories: int, luck: Luck) -> Iterator[Line]:
    """The same cases twice, margin 5 points: nothing changed, or a fall of just the margin."""
    for n, discordant, promised in (
        (50, 0.06, 0.25),
        (100, 0.06, 0.55),
        (200, 0.06, 0.85),
        (200, 0.10, 0.69),
    ):
        shown = [
            compare_pairs(*worlds.pairs(luck, n, discordant, 0.0), n, 0.05, ERROR).change is Change.NO_WORSE
            for _ in range(histories)
        ]
        what = f"{n} cases, {discordant:.0%} change by luck: no worse is shown (power)"
        yield Line("before/after", what, promised, float(np.mean(shown)), histories)
    for n in (100, 300):
        shown = [
            compare_pairs(*worlds.pairs(luck, n, 0.10, -0.05), n, 0.05, ERROR).change is Change.NO_WORSE
            for _ in range(histories)
        ]
        what = f"{n} cases, truly 5 points worse: no worse is said"
        yield Line("before/after", what, 0.04, float(np.mean(shown)), histories)


def slices(histories: int, luck: Luck) -> Iterator[Line]:
    """Ten slices: none special, or one of 10 % with 23 % errors beside 3 %."""
    for n in (200, 500, 1000):
        any_flag = found_it = 0
        for _ in range(histories):
            sizes = luck.multinomial(n, np.full(10, 0.1))
            any_flag += _flags(sizes, luck.binomial(sizes, 0.05)) > 0
            found_it += _flags(sizes, luck.binomial(sizes, [0.23] + [0.03] * 9), only=0) > 0
        promised = {200: 0.42, 500: 0.98, 1000: 1.0}[n]
        yield Line("slices", f"{n} cases, none special: any flag", 0.055, any_flag / histories, histories)
        yield Line(
            "slices", f"{n} cases, one special: found (power)", promised, found_it / histories, histories
        )


def _flags(sizes: npt.NDArray[np.int64], failures: npt.NDArray[np.int64], only: int | None = None) -> int:
    parts = [Part(str(at), int(bad), int(n)) for at, (bad, n) in enumerate(zip(failures, sizes, strict=True))]
    found = concentrations(parts, int(failures.sum()), int(sizes.sum()), ERROR)
    flagged = [one for one in found if one.weight is Weight.CONCENTRATED]
    return sum(only is None or one.part.name == str(only) for one in flagged)


def threshold(histories: int, luck: Luck) -> Iterator[Line]:
    """Calibrated confidences, precision of 90 % promised: how often the promise is broken."""
    for n, promised in ((1000, 0.017), (500, 0.016), (200, 0.013)):
        broken = naive = 0
        for _ in range(histories):
            cases, truth = worlds.calibrated(luck, n)
            chosen = choose_threshold(cases, 0.9, ERROR).cut
            broken += chosen is not None and truth(chosen.confidence) < 0.9
            steps = all_cuts(cases, ERROR)[n // 50 - 1 :: n // 50]
            good = [cut for cut in steps if cut.right >= 0.9 * cut.n]
            naive += bool(good) and truth(good[-1].confidence) < 0.9
        yield Line("threshold", f"{n} labels: Learn-then-Test", promised, broken / histories, histories)
        if n == 1000:
            yield Line(
                "threshold",
                f"{n} labels: lowest 2 % step that looks good",
                0.42,
                naive / histories,
                histories,
            )


def judge(histories: int, luck: Luck) -> Iterator[Line]:
    """A judge catches 80 % of failures and keeps 95 %, truth 90 %, 2,000 judged: how often 95 % holds it."""
    for n, raw, alone, ours in ((50, 0.06, 0.97, 0.98), (100, None, None, 0.97), (200, None, None, 0.96)):
        held = np.zeros((histories, 3), dtype=np.bool_)
        for at in range(histories):
            people, judged, passes, rest = worlds.judged(luck, n, 2000)
            found = corrected_rate(people, judged, passes, rest, 0.025)
            rate = (sum(judged) + passes) / 2000
            reach = 1.96 * math.sqrt(rate * (1 - rate) / 2000)
            exact = bounds(sum(people), n, 0.025)
            held[at] = [
                abs(rate - 0.9) <= reach,
                exact.low <= 0.9 <= exact.high,
                found is not None and found.interval.low <= 0.9 <= found.interval.high,
            ]
        rules = ("judge alone", "people alone", "judge corrected by people")
        for place, (rule, promised) in enumerate(zip(rules, (raw, alone, ours), strict=True)):
            what = f"{n} labels: {rule} holds the truth (95 %)"
            yield Line("judge", what, promised, float(held[:, place].mean()), histories)


def kinds(histories: int, luck: Luck) -> Iterator[Line]:
    """Failure kinds as frequent as words: how often the upper bound holds the chance of a new kind."""
    for many, n in ((20, 30), (60, 30), (60, 100)):
        share = worlds.zipf(many)
        held = 0
        for _ in range(histories):
            counts = luck.multinomial(n, share)
            held += share[counts == 0].sum() <= discovery(counts.tolist(), ERROR).interval.high
        what = f"{many} kinds, {n} failures: upper bound holds (95 %)"
        yield Line("kinds", what, 0.94, held / histories, histories)


def costs(histories: int, luck: Luck) -> Iterator[Line]:
    """Costs with a tail, one task a user: how often the upper bound of the mean holds (95 %)."""
    few = max(histories // 5, 50)  # each history draws 9,999 resamples
    for name, draw, promises in (
        ("lognormal, sd 1", worlds.lognormal(1.0), (0.91, 0.94)),
        ("lognormal, sd 1.5", worlds.lognormal(1.5), (0.84, 0.91)),
    ):
        for n, promised in zip((100, 300), promises, strict=True):
            held = sum(
                mean_cost(draw(luck, n).tolist(), [1] * n, ERROR, seed=at).interval.high >= 1
                for at in range(few)
            )
            yield Line("costs", f"{name}, {n} users: upper bound holds", promised, held / few, few)


GROUPS: dict[str, Callable[[int, Luck], Iterator[Line]]] = {
    "alarms": alarms,
    "peeking": peeking,
    "clusters": clusters,
    "mix": mix,
    "weeks": weeks,
    "before/after": before_after,
    "slices": slices,
    "threshold": threshold,
    "judge": judge,
    "kinds": kinds,
    "costs": costs,
}


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m bench.simulations", description=(__doc__ or "").split("\n")[0]
    )
    options.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="these groups only")
    options.add_argument("--histories", type=int, default=1000, metavar="N", help="a line (default: 1000)")
    options.add_argument("--seed", type=int, default=1, metavar="N")
    options.add_argument("--json", action="store_true", help="answer in JSON")
    chosen = options.parse_args()
    lines = list[Line]()
    if not chosen.json:
        print(f"{'':<62} {'promised':>9} {'seen':>8} {'+-':>6}")
    for name in chosen.only:
        for line in GROUPS[name](chosen.histories, np.random.default_rng(chosen.seed)):
            lines.append(line)
            if not chosen.json:
                promised = "" if line.promised is None else f"{line.promised:.1%}"
                label = f"{line.group}: {line.what}"
                mark = "  off" if line.off else ""
                print(
                    f"{label:<74} {promised:>7} {line.seen:>7.1%} {line.monte_carlo:>6.1%}{mark}", flush=True
                )
    if chosen.json:
        print(json.dumps([asdict(line) | {"off": line.off} for line in lines], indent=2))
    return 1 if any(line.off for line in lines) else 0


if __name__ == "__main__":
    raise SystemExit(main())
