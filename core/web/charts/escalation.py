"""The escalation picture of a phase plan: one column a phase, its guardrails thinning to the right."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.rollout.exposure import reach
from core.rollout.plan import Fallback, PhasePlan
from core.rollout.wording import alarm_words, exposure_words, threshold_words
from core.units import Unit, write
from core.web.charts.canvas import GRID, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain

_NAME_PIXELS, _TITLE_PIXELS, _BAND_PIXELS, _WORDS_PIXELS = 44, 26, 84, 26
IN_A_ROW = 6
_VIOLET, _AMBER = "#8B6FC0", "#BC7A0A"
_PALE_TEAL = "rgba(30, 140, 138, 0.42)"
_SHORT_FALLBACK = {
    Fallback.NON_AI: "way without AI",
    Fallback.ASK_USER: "ask the user",
    Fallback.FLAG: "mark as unsure",
}


@dataclass(frozen=True)
class Step:
    """One column: shares are 0-1; ``exposure`` is ``None`` where nobody knows what share it is."""

    name: str
    exposure: tuple[float, float] | None
    exposure_words: str
    review: float
    review_words: str
    threshold: float | None
    threshold_words: str
    fallback: str
    rate_limit: str
    feedback: str
    warnings: str
    minimum: str


def escalation_steps(plan: PhasePlan) -> list[Step]:
    """The phases of the plan as the picture shows them."""
    return [
        Step(
            name=phase.name,
            exposure=reach(plan, phase).shares,
            exposure_words=exposure_words(phase),
            review=phase.review_share,
            review_words=write(phase.review_share, Unit.SHARE) if phase.review_share else "none",
            threshold=phase.confidence_threshold,
            threshold_words=threshold_words(phase),
            fallback=_SHORT_FALLBACK[phase.fallback] if phase.fallback else "none",
            rate_limit=f"{phase.rate_limit:,} a day" if phase.rate_limit else "none",
            feedback="button" if phase.feedback_button else "none",
            warnings=str(len(alarm_words(phase)) or "none"),
            minimum=f"{phase.minimum_days} days" if phase.minimum_days else "none",
        )
        for phase in plan.phases
    ]


def escalation_charts(steps: Sequence[Step]) -> list[Figure]:
    """The picture of all steps, on one scale; more than six stand in several rows, to be read on a phone."""
    lows = [step.exposure[0] for step in steps if step.exposure is not None]
    floor = 10 ** (math.floor(math.log10(min([*lows, 0.001]))) - 0.3)
    return [_chart(steps[start : start + IN_A_ROW], floor) for start in range(0, len(steps), IN_A_ROW)]


def _chart(steps: Sequence[Step], floor: float) -> Figure:
    """Exposure (log scale), review and threshold as bars above each other, the rest as words below."""
    words = {
        "Fallback": [step.fallback for step in steps],
        "Rate limit for each user": [step.rate_limit for step in steps],
        "Feedback": [step.feedback for step in steps],
        "Early warnings": [step.warnings for step in steps],
        "Minimum duration": [step.minimum for step in steps],
    }
    height = _NAME_PIXELS + 3 * (_TITLE_PIXELS + _BAND_PIXELS) + len(words) * (_TITLE_PIXELS + _WORDS_PIXELS)
    figure: Figure = {"data": [], "layout": empty_layout(height)}
    layout = figure["layout"]
    layout["margin"] = {"l": 4, "r": 4, "t": 0, "b": 0}
    layout["barmode"] = "overlay"
    layout["bargap"] = 0.35
    layout["xaxis"] = {"visible": False, "range": [-0.5, len(steps) - 0.5], "fixedrange": True}
    wide = max(9, 56 // max(1, len(steps)))
    for place, step in enumerate(steps):
        name = "<br>".join(plain(part) for part in textwrap.wrap(step.name, wide)[:2])
        layout["annotations"].append(_note(place, 1 - _NAME_PIXELS / 2 / height, f"<b>{name}</b>"))
    top = _NAME_PIXELS
    for number, (title, draw) in enumerate(_BANDS, start=1):
        layout["annotations"].append(_title(title, 1 - (top + _TITLE_PIXELS / 2) / height))
        top += _TITLE_PIXELS
        axis = "yaxis" if number == 1 else f"yaxis{number}"
        layout[axis] = {
            "domain": [1 - (top + _BAND_PIXELS) / height, 1 - top / height],
            "visible": False,
            "fixedrange": True,
        }
        draw(figure, axis, steps, floor)
        top += _BAND_PIXELS
    for title, values in words.items():
        layout["shapes"].append(_line(1 - top / height))
        layout["annotations"].append(_title(title, 1 - (top + _TITLE_PIXELS / 2) / height))
        top += _TITLE_PIXELS
        for place, value in enumerate(values):
            middle = 1 - (top + _WORDS_PIXELS / 2 - 4) / height
            layout["annotations"].append(_note(place, middle, _faint(plain(value), wide)))
        top += _WORDS_PIXELS
    return figure


def escalation_alt(steps: Sequence[Step]) -> str:
    """The picture in words."""
    columns = [
        f"{step.name}: {step.exposure_words}, review {step.review_words}, threshold {step.threshold_words}, "
        f"fallback {step.fallback}, rate limit {step.rate_limit}, feedback {step.feedback}, "
        f"early warnings {step.warnings}, minimum {step.minimum}"
        for step in steps
    ]
    return f"The phases from left to right. {'. '.join(columns)}."


def _exposure_band(figure: Figure, axis: str, steps: Sequence[Step], floor: float) -> None:
    """Solid up to the low end, pale up to the high one; a phase of unknown share has words only."""
    figure["layout"][axis] |= {"type": "log", "range": [math.log10(floor), 0.75]}
    for end, colour in ((1, _PALE_TEAL), (0, TEAL)):
        heights = [0 if step.exposure is None else step.exposure[end] - floor for step in steps]
        figure["data"].append(_bars(axis, heights, colour, base=floor))
    for place, step in enumerate(steps):
        level = floor if step.exposure is None else step.exposure[1]
        label = (
            step.exposure_words if step.exposure is not None else f"{step.exposure_words}<br>(share unknown)"
        )
        # An annotation on a log axis takes the logarithm of its place.
        figure["layout"]["annotations"].append(_above(place, math.log10(level), axis, label))


def _review_band(figure: Figure, axis: str, steps: Sequence[Step], floor: float) -> None:
    figure["layout"][axis] |= {"range": [0, 1.45]}
    figure["data"].append(_bars(axis, [1.0] * len(steps), TRACK))
    figure["data"].append(_bars(axis, [step.review for step in steps], _VIOLET))
    for place, step in enumerate(steps):
        figure["layout"]["annotations"].append(_above(place, 1.0, axis, _faint(step.review_words, 99)))


def _threshold_band(figure: Figure, axis: str, steps: Sequence[Step], floor: float) -> None:
    figure["layout"][axis] |= {"range": [0, 1.45]}
    figure["data"].append(_bars(axis, [1.0] * len(steps), TRACK))
    figure["data"].append(_bars(axis, [step.threshold or 0 for step in steps], _AMBER))
    for place, step in enumerate(steps):
        figure["layout"]["annotations"].append(_above(place, 1.0, axis, _faint(step.threshold_words, 99)))


_BANDS = (
    ("Exposure, share of all users (log scale)", _exposure_band),
    ("Human review, share of answers", _review_band),
    ("Confidence threshold", _threshold_band),
)


def _bars(axis: str, heights: Sequence[float], colour: str, base: float = 0.0) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(range(len(heights))),
        "y": list(heights),
        "base": base,
        "yaxis": axis.replace("axis", ""),
        "marker": {"color": colour},
        "hoverinfo": "skip",
    }


def _faint(words: str, wide: int) -> str:
    """``words`` on lines of at most ``wide`` signs; "none" recedes."""
    if words == "none":
        return "<span style='opacity:0.55'>none</span>"
    return "<br>".join(textwrap.wrap(words, wide)[:2])


def _note(x: float, y: float, text: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "x",
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "font": {"size": 12},
        "yanchor": "middle",
    }


def _above(x: float, y: float, axis: str, text: str) -> dict[str, Any]:
    return _note(x, y, text) | {"yref": axis.replace("axis", ""), "yanchor": "bottom"}


def _title(text: str, y: float) -> dict[str, Any]:
    return _note(0, y, f"<span style='opacity:0.75'>{text}</span>") | {
        "xref": "paper",
        "xanchor": "left",
        "font": {"size": 11},
    }


def _line(y: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "yref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "line": {"color": GRID, "width": 1},
    }
