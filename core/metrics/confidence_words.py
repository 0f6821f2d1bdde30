"""The sentences about confidence: what a threshold promises, why there is none, what went unnoticed."""

from core.metrics.change_words import change_with_interval
from core.metrics.confidence import AtThreshold, OnlyAbove, Promise
from core.statistics.differences import Difference
from core.statistics.threshold import Chosen, Cut, Shift, Unusable
from core.units import Unit, write, write_interval


def write_confidence(confidence: float) -> str:
    """``0.82``: a confidence keeps its own form, so that nobody takes it for a share of answers."""
    return f"{confidence:.3f}".rstrip("0").rstrip(".")


def promise_words(made: Promise) -> str:
    """The sentence about the threshold: what it promises, or why none can be set."""
    cut, chosen, target = made.cut, made.chosen, _share(made.target)
    if cut is not None:
        return (
            f"{_alone(made, cut)} and we are {_share(1 - made.error)} sure that at least {target} of those "
            + ("are right. The rest goes to a person." if cut.share < 1 else "are right.")
        )
    if made.is_refuted:
        return f"Confidence is not usable as a guardrail: {_why_unusable(made)}"
    if not made.counted.judged:
        return (
            "No threshold can be set yet: no answer with a confidence has been judged. It takes at least "
            f"{chosen.fewest:,} labelled answers, picked at random."
        )
    if not made.counted.sampling_known:
        return (
            "No threshold can be set: nobody said how the labelled answers were picked. Fill the column "
            "“sampling” of the labels with “random” or “complete”, if that is true, and upload them again."
        )
    if made.counted.judged < chosen.fewest:
        return (
            f"No threshold can be set yet: it takes at least {chosen.fewest:,} labelled answers with a "
            f"confidence, picked at random (you have {made.counted.judged:,})."
        )
    return (
        f"No threshold is shown to keep {target}: {_top(chosen)}, and the lower end must lie above {target}. "
        "More labels may settle it; a lower promise is easier to keep."
    )


def promise_grounds(made: Promise) -> str:
    """The numbers behind a threshold that can be set; empty where there is none."""
    cut = made.cut
    if cut is None:
        return ""
    counted = made.counted
    return (
        f"Of those labelled, {cut.right:,} of {cut.n:,} are right "
        f"({_share(cut.right / cut.n)}, {_range(cut)}). They are {round(cut.share * counted.rows):,} of "
        f"{counted.rows:,} traces; the threshold itself counts as above."
    )


def picked_words(found: AtThreshold) -> str:
    """What a threshold that somebody tries would answer alone, and get wrong."""
    at = write_confidence(found.threshold)
    if found.share is None:
        return f"At {at}: there is no traffic."
    alone = (
        f"At {at}, {found.alone:,} of {found.rows:,} traces ({_share(found.share)}) would be answered alone"
    )
    if found.wrong_share is None:
        return f"{alone}; none of these is labelled, so how many are wrong is not known."
    wrong = write_interval(found.wrong.low, found.wrong.high, Unit.SHARE)
    return (
        f"{alone}; of those labelled {found.n - found.right:,} of {found.n:,} are wrong "
        f"({_share(found.wrong_share)}, {wrong})."
    )


def only_above_words(found: OnlyAbove) -> str:
    """The warning that the labels cannot say anything below where they begin."""
    return (
        f"All labelled answers state {write_confidence(found.lowest)} or more, though "
        f"{_share(found.share)} of the answers with a confidence state less. These labels cannot lower a "
        "threshold below that: review a random sample of all answers."
    )


def shift_words(found: Shift, threshold: float) -> tuple[str, str]:
    """(what happened, the numbers): whether confidence fell where answers got worse."""
    alone = f"answers at {write_confidence(threshold)} or above"
    numbers = "; ".join(
        _change(what, by)
        for what, by in (
            ("Right answers", found.right),
            (alone, found.coverage),
            ("right among these", found.precision),
        )
    )
    if found.silent:
        said = "Silent: answers got worse and confidence did not notice."
    elif found.right.value is None:
        said = "Whether confidence notices worse answers is not known: one of the periods has no labels."
    elif found.right.interval.high < 0:
        said = "Answers got worse and confidence fell with them."
    else:
        said = "Answers are not shown to have got worse, so confidence was not put to the test."
    if found.broken:
        said += " Answers above the threshold are right less often than before: set it anew."
    return said, f"{numbers}."


def _alone(made: Promise, cut: Cut) -> str:
    # Where everything may go out, a threshold would only puzzle.
    lowest = made.counted.stated[0].confidence
    which = (
        "Every answer that states a confidence can go out alone"
        if cut.confidence == lowest
        else f"Answer alone above {write_confidence(cut.confidence)}"
    )
    return f"{which}: that is {_share(cut.share)} of traffic,"


def _why_unusable(made: Promise) -> str:
    chosen = made.chosen
    match chosen.unusable:
        case Unusable.ALL_EQUAL:
            only = write_confidence(made.counted.stated[0].confidence or 0.0)
            return f"every answer states the same ({only}), so it cannot tell which ones to hold back."
        case Unusable.SAYS_NOTHING:
            apart = chosen.separation
            return (
                "the more confident half of the answers is not right noticeably more often than the rest: "
                f"{change_with_interval(apart.value or 0.0, apart.interval)}, n {made.counted.judged:,}. "
                "Less than 5 points are no help."
            )
        case _:
            return f"{_top(chosen)}. That is shown to be below {_share(made.target)}."


def _top(chosen: Chosen) -> str:
    first = chosen.tested[0]
    return (
        f"of the most confident answers ({write_confidence(first.confidence)} or more) {first.right:,} of "
        f"{first.n:,} are right ({_share(first.right / first.n)}, {_range(first)})"
    )


def _change(what: str, found: Difference) -> str:
    if found.value is None:
        return f"{what}: not known"
    return f"{what} {change_with_interval(found.value, found.interval)}"


def _range(cut: Cut) -> str:
    return write_interval(cut.precision.low, cut.precision.high, Unit.SHARE)


def _share(share: float) -> str:
    return write(share, Unit.SHARE)
