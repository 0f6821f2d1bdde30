"""Rows without an id: an eval result is known by its question, a run by all that stands in its row."""

from collections.abc import Sequence

from core.evidence import fingerprints
from core.evidence.columns import Kind
from core.intake.cell_terms import Fault
from core.intake.drafts import Draft
from core.intake.needs import IDENTITY

NOTICES = {
    Kind.TRACES: (
        "No column is run_id: each row is known by what stands in it. Two equal rows count once, and a row"
        " that is changed later counts as another run."
    ),
    Kind.EVALS: (
        "No column is case_id: each case is known by its question. Rows with the same question are tries of"
        " one case."
    ),
}
_BLANK = {
    Kind.TRACES: Fault(
        "says_nothing", "The columns that are used are all blank.", "Fill one of them in, or delete the row."
    ),
    Kind.EVALS: Fault(
        "missing_id", "The question is blank, by which the case is known.", "Fill in the question."
    ),
}


def name_rows(draft: Draft, kind: Kind) -> None:
    """Fill in the ids of the rows from what stands in them; rows without anything are rejected."""
    ids = _by_question(draft) if kind is Kind.EVALS else _by_content(draft)
    draft.fill(IDENTITY[kind], list(ids))
    for place, one in enumerate(ids):
        if one is None and place not in draft.faults:
            draft.blame(place, None, _BLANK[kind])


def _by_question(draft: Draft) -> Sequence[str | None]:
    return [None if query is None else fingerprints.of_query(query) for query in draft.values("query")]


def _by_content(draft: Draft) -> Sequence[str | None]:
    columns = {name: column.texts for name, column in sorted(draft.columns.items())}
    rows = [
        {name: texts[place] for name, texts in columns.items() if texts[place] is not None}
        for place in range(draft.count)
    ]
    return [f"row-{fingerprints.of_document(row)[:16]}" if row else None for row in rows]
