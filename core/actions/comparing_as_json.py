"""A comparison of two releases as JSON: the answer of `readygate compare`."""

from typing import Any

from core.actions.comparing import Comparison
from core.metrics.before_after import Counted
from core.metrics.before_after_words import left_out_sentences, remarks, stop_sentences, verdict_sentence
from core.metrics.like_for_like import Comparison as Traffic
from core.metrics.like_for_like import comparison_sentence
from core.metrics.paired_cases import ComparedCase, Flip


def comparison_as_json(one: Comparison) -> dict[str, Any]:
    """Changes are shares, the newer release minus the older one; case ids stand in their order."""
    found = one.found
    counted, left_out = found.whole, found.pairs.left_out
    told = (*remarks(found), *left_out_sentences(left_out, one.before, one.after))
    return {
        "before": one.before,
        "after": one.after,
        "suite": one.suite,
        "outcome": found.outcome.value,
        "sentence": verdict_sentence(found),
        "is_worse": found.is_worse,
        "stops": list(stop_sentences(found)),
        "cases": found.n,
        "broke": counted.found.broke,
        "fixed": counted.found.mended,
        "fails_still": counted.fails_still,
        "passes_still": counted.passes_still,
        "value": found.value,
        "low": found.interval.low if found.n else None,
        "high": found.interval.high if found.n else None,
        "error": found.error,
        "margin": found.margin,
        "margin_is_agreed": found.is_agreed,
        "by": "tries" if found.repeats is not None else "cases",
        "critical_broken": list(found.broken_critical),
        "critical_not_run": list(found.pairs.not_run),
        "flaky": [case.case_id for case in found.flaky],
        "cases_needed": found.cases_needed,
        "flips": [
            _flip(case)
            for flip in (Flip.BROKE, Flip.FIXED, Flip.FAILS_STILL)
            for case in found.pairs.of(flip)
        ],
        "parts": [_part(part) for part in found.parts],
        "left_out": {
            "only_before": list(left_out.only_before),
            "only_after": list(left_out.only_after),
            "other_contents": list(left_out.changed),
            "run_again": list(left_out.run_again),
        },
        "changed": None if one.changed is None else [change.words for change in one.changed],
        "traffic": [_traffic(line, one) for line in one.traffic],
        "told": list(told),
    }


def _flip(case: ComparedCase) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "suite": case.after.suite,
        "flip": case.flip.value,
        "critical": case.is_critical,
        "flaky": case.is_flaky,
        "before": list(case.before.tries),
        "after": list(case.after.tries),
    }


def _part(part: Counted) -> dict[str, Any]:
    return {
        "column": part.column,
        "value": part.value,
        "watched": part.is_watched,
        "outcome": part.outcome.value,
        "cases": part.n,
        "broke": part.found.broke,
        "fixed": part.found.mended,
        "low": part.found.interval.low if part.n else None,
        "high": part.found.interval.high if part.n else None,
    }


def _traffic(line: Traffic, one: Comparison) -> dict[str, Any]:
    return {
        "metric": line.metric.id,
        "outcome": line.outcome.value,
        "sentence": comparison_sentence(line, one.after, one.before),
        "value": line.found.same_kinds.value,
        "low": line.interval.low,
        "high": line.interval.high,
        "before_n": line.old_n,
        "after_n": line.new_n,
    }
