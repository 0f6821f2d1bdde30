"""What one promptfoo result says about itself: passed or failed, run or judge error, scores."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.sources.eval_rows import metrics_cell, score_of
from core.intake.sources.export import Fields
from core.intake.sources.foreign_cells import list_of, number_of, object_of, text_of

_ERROR = 2
_DEEPEST = 5


def passed_in(fields: Fields) -> str | None:
    """“true” or “false” as promptfoo states it, None for an error or nothing."""
    verdict = text_of(fields.get("verdict"))
    if verdict is not None:
        return {"PASS": "true", "FAIL": "false"}.get(verdict)
    return {"true": "true", "false": "false"}.get((text_of(fields.get("success")) or "").lower())


def is_run_error(fields: Fields, grading: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Versions differ in what they call an error; text under “error” alone is also an ordinary failure."""
    if text_of(fields.get("verdict")) == "ERROR" or number_of(fields.get("failureReason")) == _ERROR:
        return True
    if text_of(response.get("error")) is not None:
        return True
    return passed_in(fields) == "false" and not grading and text_of(fields.get("error")) is not None


def components_of(grading: Mapping[str, Any], depth: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """The results of the single assertions, also those inside sets of them."""
    for one in list_of(grading.get("componentResults")):
        if isinstance(one, dict):
            yield one
            if depth:
                yield from components_of(one, depth - 1)


def metrics_in(fields: Fields, grading: Mapping[str, Any]) -> dict[str, float]:
    """The named scores, wherever this form of the file keeps them."""
    stated = {
        **object_of(grading.get("namedScores")),
        **object_of(fields.get("metrics of columns")),
        **object_of(fields.get("namedScores")),
    }
    scores = {name: score_of(value) for name, value in stated.items()}
    return {name: score for name, score in scores.items() if score is not None}


def without_crashed(metrics: str | None, crashed: list[dict[str, Any]]) -> str | None:
    """The metrics that a judge which failed did not give: promptfoo writes 0 for them."""
    lost = {text_of(object_of(one.get("assertion")).get("metric")) for one in crashed}
    return metrics_cell({name: float(one) for name, one in object_of(metrics).items() if name not in lost})


def human_label(components: list[dict[str, Any]]) -> str | None:
    """What a person said with the thumbs of promptfoo's page."""
    for one in components:
        if object_of(one.get("assertion")).get("type") == "human":
            return {"true": "true", "false": "false"}.get((text_of(one.get("pass")) or "").lower())
    return None
