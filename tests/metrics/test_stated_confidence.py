"""What counted confidences say: the promise, the curve's threshold, labels from one end, a silent shift."""

import re

import numpy as np
import pytest

from core.metrics.confidence import (
    STEPS,
    Counted,
    Level,
    at_threshold,
    curve,
    histogram,
    merged,
    noticed,
    only_above,
    promise,
    reliability_of,
)
from core.metrics.confidence_words import (
    only_above_words,
    picked_words,
    promise_grounds,
    promise_words,
    shift_words,
    write_confidence,
)
from core.statistics.exact import bounds
from core.statistics.threshold import Guardrail, Unusable


def of(*levels: tuple[float | None, int, int, int], sampling_known: bool = True) -> Counted:
    """Traffic by (confidence, traces, labelled, right)."""
    return Counted(
        tuple(Level(c, rows, judged, right, (c or 0.0) * judged) for c, rows, judged, right in levels),
        sampling_known=sampling_known,
    )


def drawn(labels: int, traffic: int, seed: int, chance_of_right: object = None) -> Counted:
    """Traffic whose answers are right as often as they state, or with one chance whatever they state."""
    luck = np.random.default_rng(seed)
    stated = np.floor(luck.beta(3, 1, traffic) * STEPS).astype(int)
    levels = [Level(step / STEPS, 1) for step in stated.tolist()]
    for step in stated[:labels].tolist():
        chance = step / STEPS if chance_of_right is None else chance_of_right
        right = int(luck.random() < chance)  # type: ignore[operator]
        levels.append(Level(step / STEPS, 0, 1, right, step / STEPS))
    return Counted(merged(levels))


def precision_above(confidence: float) -> float:
    """Of the calibrated traffic above: density 3 c^2, of which a share c is right."""
    return (3 / 4) * (1 - confidence**4) / (1 - confidence**3)


def test_a_calibrated_feature_gets_a_threshold_near_the_true_one() -> None:
    """METHODS 9: at n = 1,000 about 32 % of the traffic goes out alone, and the promise is seldom broken."""
    made = [promise(drawn(1000, 20_000, seed), 0.9, 0.05) for seed in range(20)]
    cuts = [one.cut for one in made if one.cut is not None]
    assert len(cuts) >= 18
    assert 0.22 < float(np.mean([cut.share for cut in cuts])) < 0.42
    assert sum(precision_above(cut.confidence) < 0.9 for cut in cuts) <= 1
    true = next(step / STEPS for step in range(STEPS) if precision_above(step / STEPS) >= 0.9)
    assert all(cut.confidence > true - 0.02 for cut in cuts)
    assert true < float(np.median([cut.confidence for cut in cuts])) < true + 0.12


def test_fewer_labels_promise_less_and_no_labels_nothing() -> None:
    shares = [
        float(
            np.mean(
                [
                    cut.share if (cut := promise(drawn(n, 5_000, seed), 0.9, 0.05).cut) else 0.0
                    for seed in range(12)
                ]
            )
        )
        for n in (200, 500, 1000)
    ]
    assert shares[0] < shares[1] < shares[2]
    assert shares[0] < 0.15


def test_flat_confidence_is_no_guardrail() -> None:
    """Right in 85 of 100 whatever is stated: nothing to promise, and with enough labels that is said."""
    made = promise(drawn(4000, 10_000, 3, 0.85), 0.9, 0.05)
    assert made.chosen.guardrail is Guardrail.NOT_USABLE
    assert made.cut is None
    assert made.is_refuted
    assert promise_words(made).startswith("Confidence is not usable as a guardrail: ")


def test_the_sentence_of_a_promise() -> None:
    counted = of((0.95, 640, 200, 197), (0.82, 320, 100, 92), (0.5, 2000, 620, 310), (None, 40, 0, 0))
    made = promise(counted, 0.9, 0.05)
    assert promise_words(made) == (
        "Answer alone above 0.82: that is 32 % of traffic, and we are 95 % sure that at least 90 % of those "
        "are right. The rest goes to a person."
    )
    assert promise_grounds(made) == (
        "Of those labelled, 289 of 300 are right (96.3 %, 94–98 %). They are 960 of 3,000 traces; the "
        "threshold itself counts as above."
    )


def test_where_everything_may_go_out_no_threshold_puzzles() -> None:
    made = promise(of((0.9, 500, 200, 199), (0.4, 500, 200, 185)), 0.8, 0.2)
    assert promise_words(made) == (
        "Every answer that states a confidence can go out alone: that is 100 % of traffic, and we are 80 % "
        "sure that at least 80 % of those are right."
    )


@pytest.mark.parametrize(
    ("counted", "sentence"),
    [
        (of((0.9, 80, 0, 0)), "No threshold can be set yet: no answer with a confidence has been judged."),
        (
            of((0.9, 80, 40, 40)),
            "No threshold can be set yet: it takes at least 59 labelled answers with a confidence, picked at "
            "random (you have 40).",
        ),
        (
            of((0.9, 80, 58, 58), (None, 20, 20, 20)),
            "No threshold can be set yet: it takes at least 59 labelled answers with a confidence, picked at "
            "random (you have 58).",
        ),
        (
            of((0.9, 500, 500, 480)),
            "Confidence is not usable as a guardrail: every answer states the same (0.9), so it cannot tell "
            "which ones to hold back.",
        ),
        (
            of((0.95, 100, 100, 60), (0.6, 100, 100, 20)),
            "Confidence is not usable as a guardrail: of the most confident answers (0.95 or more) 60 of 100 "
            "are right (60 %, 51.2–68.3 %). That is shown to be below 90 %.",
        ),
        (
            of((0.95, 1000, 1000, 850), (0.6, 1000, 1000, 850)),
            "Confidence is not usable as a guardrail: the more confident half of the answers is not right "
            "noticeably more often than the rest: 0 points (−2.7 to +2.7), n 2,000. Less than 5 points are "
            "no help.",
        ),
        (
            of((0.95, 100, 100, 90), (0.6, 100, 100, 60)),
            "No threshold is shown to keep 90 %: of the most confident answers (0.95 or more) 90 of 100 are "
            "right (90 %, 83.6–94.5 %), and the lower end must lie above 90 %. More labels may settle it; a "
            "lower promise is easier to keep.",
        ),
        (
            of((0.95, 300, 300, 297), (0.6, 300, 300, 150), sampling_known=False),
            "No threshold can be set: nobody said how the labelled answers were picked.",
        ),
    ],
)  # fmt: skip
def test_why_there_is_no_threshold(counted: Counted, sentence: str) -> None:
    made = promise(counted, 0.9, 0.05)
    assert made.cut is None
    assert promise_words(made).startswith(sentence)
    assert promise_grounds(made) == ""


def test_why_a_guardrail_is_none_is_named() -> None:
    reasons = [
        promise(of(*levels), 0.9, 0.05).chosen.unusable
        for levels in (
            [(0.9, 500, 500, 480)],
            [(0.95, 1000, 1000, 850), (0.6, 1000, 1000, 850)],
            [(0.95, 100, 100, 60), (0.6, 100, 100, 20)],
            [(0.95, 300, 300, 297), (0.6, 300, 300, 150)],
        )
    ]
    assert reasons == [Unusable.ALL_EQUAL, Unusable.SAYS_NOTHING, Unusable.TOP_MISSES, None]


def test_a_threshold_answers_and_errs() -> None:
    counted = of((0.29, 10, 0, 0), (0.57, 30, 20, 15), (0.9, 40, 20, 19), (None, 20, 5, 1))
    at = at_threshold(counted, 0.57, 0.05)
    assert (at.alone, at.rows, at.right, at.n) == (70, 100, 34, 40)
    assert at.wrong == bounds(6, 40, 0.05)
    assert picked_words(at) == (
        "At 0.57, 70 of 100 traces (70 %) would be answered alone; of those labelled 6 of 40 are wrong "
        "(15 %, 6.7–27.5 %)."
    )
    assert at_threshold(counted, 0.29, 0.05).alone == 80
    assert at_threshold(counted, 0.571, 0.05).alone == 40
    assert "none of these is labelled" in picked_words(at_threshold(of((0.9, 5, 0, 0)), 0.8, 0.05))
    assert picked_words(at_threshold(Counted(), 0.8, 0.05)) == "At 0.8: there is no traffic."


def test_the_curve_has_every_threshold_with_a_label_above_it() -> None:
    cuts = curve(of((0.99, 10, 0, 0), (0.9, 30, 4, 4), (0.5, 40, 6, 3), (None, 20, 9, 0)), 0.05)
    assert [(cut.confidence, cut.share, cut.right, cut.n) for cut in cuts] == [
        (0.9, 0.4, 4, 4),
        (0.5, 0.8, 7, 10),
    ]
    assert cuts[1].precision == bounds(7, 10, 0.05)


def test_every_confident_trace_falls_into_one_bin() -> None:
    bins = histogram(of((0.0, 1, 0, 0), (0.049, 2, 0, 0), (0.05, 4, 0, 0), (1.0, 8, 0, 0), (None, 16, 0, 0)))
    assert len(bins) == 20
    assert [(one.low, one.rows) for one in bins if one.rows] == [(0.0, 3), (0.05, 4), (0.95, 8)]
    assert [one.rows for one in histogram(of(*((n / 20, 1, 0, 0) for n in range(20))))] == [1] * 20


def test_reliability_takes_what_is_stated_and_not_the_step() -> None:
    counted = Counted(
        (Level(0.9, 100, 100, 60, 90.05), Level(0.5, 100, 100, 52, 50.0), Level(None, 9, 9, 9, 0.0))
    )
    found = reliability_of(counted, 0.05)
    assert [(one.stated, one.right, one.n, one.over) for one in found.bins] == [
        (pytest.approx(0.5), 52, 100, False),
        (pytest.approx(0.9005), 60, 100, True),
    ]
    assert reliability_of(of((0.9, 5, 0, 0)), 0.05).bins == ()


@pytest.mark.parametrize(
    ("levels", "share"),
    [
        ([(0.9, 500, 40, 38), (0.8, 300, 20, 18), (0.4, 200, 0, 0)], 0.2),  # the labels begin at 0.8
        ([(0.9, 500, 40, 38), (0.8, 490, 20, 18), (0.4, 10, 0, 0)], None),  # chance alone may leave out 1 %
        ([(0.9, 500, 40, 38), (0.4, 200, 1, 0)], None),
        ([(0.9, 500, 40, 38), (None, 500, 0, 0)], None),
        ([(0.9, 500, 0, 0)], None),
    ],
)
def test_labels_from_above_an_old_threshold_are_noticed(
    levels: list[tuple[float | None, int, int, int]], share: float | None
) -> None:
    found = only_above(of(*levels), 0.05)
    assert (None if found is None else found.share) == share
    if found is not None:
        assert only_above_words(found).startswith("All labelled answers state 0.8 or more, though 20 % of")


BEFORE = of((0.9, 2000, 200, 180), (0.5, 1000, 100, 60))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            of((0.9, 2000, 200, 120), (0.5, 1000, 100, 40)),
            "Silent: answers got worse and confidence did not notice. "
            "Answers above the threshold are right less often than before: set it anew.",
        ),
        (of((0.9, 500, 50, 45), (0.5, 2500, 250, 100)), "Answers got worse and confidence fell with them."),
        (BEFORE, "Answers are not shown to have got worse, so confidence was not put to the test."),
        (
            of((0.9, 2000, 0, 0)),
            "Whether confidence notices worse answers is not known: one of the periods has no labels.",
        ),
    ],
)  # fmt: skip
def test_whether_confidence_notices(after: Counted, said: str) -> None:
    found, numbers = shift_words(noticed(BEFORE, after, 0.8, 0.05), 0.8)
    assert found == said
    assert "answers at 0.8 or above" in numbers
    assert re.search(r"points \(|not known", numbers)


def test_the_numbers_of_a_shift() -> None:
    after = of((0.9, 2000, 200, 120), (0.5, 1000, 100, 40))
    assert shift_words(noticed(BEFORE, after, 0.8, 0.05), 0.8)[1].split("; ") == [
        "Right answers −26.7 points (−32.6 to −20.4)",
        "answers at 0.8 or above 0 points (−2.1 to +2.1)",
        "right among these −30 points (−36.6 to −23.1).",
    ]


@pytest.mark.parametrize(
    ("confidence", "text"), [(0.82, "0.82"), (0.5, "0.5"), (1.0, "1"), (0.9996, "1"), (0, "0")]
)
def test_a_confidence_is_written_as_itself(confidence: float, text: str) -> None:
    assert write_confidence(confidence) == text


def test_levels_are_merged_with_those_without_a_confidence_last() -> None:
    parts = [Level(None, 3), Level(0.9, 2), Level(0.4, 1), Level(0.9, 0, 2, 1, 1.8)]
    assert merged(parts) == (Level(0.4, 1), Level(0.9, 2, 2, 1, 1.8), Level(None, 3))
