"""What an upload cannot answer: the metrics that its columns do not allow, and why."""

from collections.abc import Collection

from core.evidence.columns import Kind
from core.metrics.catalogue import CATALOGUE, Relation

_KIND_OF = {
    Relation.TRACES: Kind.TRACES,
    Relation.LABELLED: Kind.LABELS,
    Relation.JUDGED: Kind.LABELS,
    Relation.EVALS: Kind.EVALS,
}
_ELSEWHERE = {Kind.TRACES: "traces", Kind.LABELS: "labels from reviewers", Kind.EVALS: "eval results"}


def cannot_compute(kind: Kind, filled: Collection[str | None]) -> list[dict[str, str]]:
    """The metrics that a file of ``kind`` with these ``filled`` columns cannot give, and why."""
    missing = []
    for metric in CATALOGUE.values():
        fitting = [reading for reading in metric.readings if _KIND_OF[reading.relation] is kind]
        if any(set(reading.columns) <= set(filled) for reading in fitting):
            continue
        if fitting:
            absent = [name for name in fitting[0].columns if name not in filled]
            why = f"The file fills no column {' or '.join(absent)}."
        else:
            sources = {_ELSEWHERE[_KIND_OF[reading.relation]] for reading in metric.readings}
            why = f"It comes from {' or '.join(sorted(sources))}."
        missing.append({"metric": metric.label, "why": why})
    return missing
