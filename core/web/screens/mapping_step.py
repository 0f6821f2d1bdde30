"""The mapping step: what every column of a file is, as it is guessed, for a person to confirm."""

import json
from collections.abc import Mapping, Sequence

import streamlit as st

from core.actions.imports import as_question
from core.errors import ColumnGuess, InvalidDocument, Question
from core.evidence.columns import COLUMNS, TABLE_KINDS, Kind
from core.intake.answers import LEFT_OUT, Answers
from core.intake.guessing import guess_columns
from core.intake.needs import without_id
from core.intake.other_units import other_units
from core.web.safe import lit
from core.web.wording import write_count

_SHOWN = 25
"""How many columns without a guess are shown at once; a search finds the others."""
_SAMPLE = 36

_KINDS = {
    Kind.TRACES: "Traces",
    Kind.EVALS: "Eval results",
    Kind.LABELS: "Labels",
    Kind.FAILURES: "Failure log",
}

Chosen = dict[str, dict[str, str]]
"""Kind -> header -> canonical column: what stands in the form, kept while parts of it are folded."""


def show_mapping(upload_id: str, asked: Mapping[str, object]) -> None:
    """The question ``asked``, as the upload keeps it, as a form: the kind, then one row a column."""
    question = as_question(asked)
    st.markdown(lit(question.sentence))
    kind = _kind(upload_id, question)
    guesses = _guesses(kind, question)
    chosen = _chosen(upload_id).setdefault(kind, {guess.header: guess.guess for guess in guesses})
    numbered = list(enumerate(guesses))
    # A name that was understood but not taken (another unit) is worth seeing as well.
    likely = [
        (place, guess) for place, guess in numbered if guess.guess or guess.because.startswith("The name")
    ]
    others = [one for one in numbered if one not in likely]
    for place, guess in likely:
        _row(upload_id, kind, place, guess, chosen)
    if others:
        _others(upload_id, kind, others, chosen, unfolded=not likely)
    problem = _problem(question, upload_id)
    if problem is None:
        used = sum(name != LEFT_OUT for name in chosen.values())
        columns = write_count(len(guesses), "column")
        rest = "; the others are not stored" if used < len(guesses) else ""
        known_by = without_id(Kind(kind), set(chosen.values()))
        st.caption(lit(f"{used} of {columns} will be used{rest}. {known_by}".strip()))
    else:
        st.warning(lit(f"{problem.sentence} {problem.mend}"), icon=":material/rule:")


def show_chosen(upload_id: str, columns: Mapping[str, str]) -> None:
    """What the columns were said to be, while other questions of the file are still open."""
    used = {header: name for header, name in columns.items() if name != LEFT_OUT}
    if not used:
        return
    words = f"{len(used)} of {write_count(len(columns), 'column')} will be used, as they were chosen"
    with st.expander(words, icon=":material/view_column:", key=f"chosen_columns_{upload_id}"):
        st.markdown("\n".join(f"- {lit(f'“{header}” is {name}')}" for header, name in used.items()))
        st.caption("To choose otherwise, discard this file and upload it again.")


def chosen_mapping(upload_id: str, asked: Mapping[str, object]) -> str:
    """What stands in the form, as the answer of its question."""
    question = as_question(asked)
    kind = st.session_state.get(f"mapping_kind_{upload_id}") or next(iter(question.options))
    guessed = {guess.header: guess.guess for guess in _guesses(kind, question)}
    return json.dumps({"kind": kind, "columns": guessed | _chosen(upload_id).get(kind, {})})


def _kind(upload_id: str, question: Question) -> str:
    likeliest = next(iter(question.options))
    kind = st.segmented_control(
        "What each row is",
        [kind.value for kind in TABLE_KINDS],
        format_func=lambda value: _KINDS[Kind(value)],
        default=likeliest,
        required=True,
        key=f"mapping_kind_{upload_id}",
    )
    kind = kind or likeliest
    st.caption(lit(question.options[kind]))
    return kind


def _guesses(kind: str, question: Question) -> Sequence[ColumnGuess]:
    """The guesses of the question; for another kind than the likeliest they are made from its samples."""
    if kind == next(iter(question.options)):
        return question.columns
    samples = {guess.header: guess.samples for guess in question.columns}
    return [
        ColumnGuess(guess.header, guess.name, guess.because, samples[guess.header])
        for guess in guess_columns(Kind(kind), samples)
    ]


def _chosen(upload_id: str) -> Chosen:
    kept: Chosen = st.session_state.setdefault(f"mapping_{upload_id}", {})
    return kept


def _row(upload_id: str, kind: str, place: int, guess: ColumnGuess, chosen: dict[str, str]) -> None:
    """One column: its name and samples, what it is, and why it seems to be that."""
    meanings = _meanings(Kind(kind))
    names = list(meanings)
    key = f"column_{upload_id}_{kind}_{place}"
    name, meaning = st.columns([2, 3], gap="medium", vertical_alignment="center")
    samples = " · ".join(_cut(sample) for sample in guess.samples)
    name.markdown(f"**{lit(guess.header)}**" + (f"  \n:small[:gray[{lit(samples)}]]" if samples else ""))
    # No gap: the reason belongs to the choice above it.
    side = meaning.container(gap=None)
    side.selectbox(
        lit(f"What “{guess.header}” is"),
        names,
        index=names.index(chosen.get(guess.header, guess.guess)),
        format_func=meanings.__getitem__,
        label_visibility="collapsed",
        key=key,
        on_change=_keep,
        args=(upload_id, kind, guess.header, key),
    )
    side.caption(lit(guess.because))


def _meanings(kind: Kind) -> dict[str, str]:
    """What a column may be, in words; a latency in other units stands behind the one in its own."""
    offered = {LEFT_OUT: "not used"}
    for column in COLUMNS[kind]:
        offered[column.name] = f"{column.name}: {column.meaning}"
        offered |= {one.name: f"{one.name}: {one.meaning}" for one in other_units(kind, column.name)}
    return offered


def _cut(sample: str) -> str:
    return sample if len(sample) <= _SAMPLE else sample[: _SAMPLE - 1].rstrip() + "…"


def _keep(upload_id: str, kind: str, header: str, key: str) -> None:
    _chosen(upload_id).setdefault(kind, {})[header] = st.session_state[key]


def _others(
    upload_id: str,
    kind: str,
    others: Sequence[tuple[int, ColumnGuess]],
    chosen: dict[str, str],
    *,
    unfolded: bool,
) -> None:
    """The columns about which nothing is known, folded; of very many, those that a search finds."""
    words = f"{write_count(len(others), 'more column')} that will not be used unless you say so"
    fold = st.expander(words, expanded=unfolded, key=f"other_columns_{upload_id}_{kind}", on_change="rerun")
    if not fold.open:
        return
    with fold:
        wanted = ""
        if len(others) > _SHOWN:
            wanted = st.text_input(
                "Find a column", key=f"find_column_{upload_id}_{kind}", placeholder="part of its name"
            )
        found = [one for one in others if wanted.strip().casefold() in one[1].header.casefold()]
        for place, guess in found[:_SHOWN]:
            _row(upload_id, kind, place, guess, chosen)
        if len(found) > _SHOWN:
            st.caption(f"{len(found) - _SHOWN} more; type part of a name to see them.")


def _problem(question: Question, upload_id: str) -> InvalidDocument | None:
    """Why the columns as they are chosen make no table; None where they do."""
    kind = st.session_state.get(f"mapping_kind_{upload_id}") or next(iter(question.options))
    columns = _chosen(upload_id).get(kind, {})
    try:
        Answers().with_answer(question, json.dumps({"kind": kind, "columns": columns}))
    except InvalidDocument as problem:
        return problem
    return None
