"""Two people on the same traces: how far they agree, where they do not, and the decision that settles it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.actions.held_checklist import held_checklist
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.review_labels import LONGEST_NOTE, begin_upload, store_label
from core.actions.review_queue import keep_session
from core.actions.reviews import blinded
from core.actions.texts import texts_for
from core.actions.traces import TraceView, trace_as
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.criteria.stakes import ACCEPTED_ERROR
from core.errors import WrongUsage
from core.evidence.columns import VERDICT_COLUMNS
from core.evidence.fingerprints import key_of
from core.evidence.review_queue import FEEDS_RATES, Queue
from core.statistics.judge_audit import Agreement, Kappa, agreement, cohens_kappa
from core.store import features, labels, reviews
from core.store.database import Connection
from core.store.features import Feature
from core.store.reviews import REVIEWED, ReviewSession

MOST_LISTED = 200


@dataclass(frozen=True)
class QuestionAgreement:
    """One of the five questions, answered by two people of the same traces.

    ``table`` counts (both yes, the first alone, the second alone, both no); ``counts`` takes a yes as good
    (for hallucination a no). ``kappa`` is None where it is not defined; its interval can be trusted only
    where ``counts.kappa`` is there too.
    """

    question: str
    table: tuple[int, int, int, int]
    counts: Agreement
    kappa: Kappa | None


@dataclass(frozen=True)
class Opinion:
    """What one person says of a trace; ``values`` by question, None: not said."""

    reviewer: str
    values: Mapping[str, bool | None]
    failure_type: str | None
    labelled_at: datetime | None
    sampling: str | None


@dataclass(frozen=True)
class Disagreement:
    """A trace of which people say different things, by question; ``is_settled``: it was decided since."""

    run_id: str
    questions: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    is_settled: bool


@dataclass(frozen=True)
class AgreementView:
    """``doubly`` traces have labels of two people or more; ``error`` is what each end of an interval is wrong
    with at most. Open disagreements come first."""

    questions: tuple[QuestionAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    doubly: int
    error: float

    @property
    def open(self) -> int:
        return sum(not one.is_settled for one in self.disagreements)


def view_agreement(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> AgreementView:
    """How people agree on the traces that two of them labelled: the first two by time, of each question."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        said = labels.arrow_table(connection, feature.id).to_pylist()
        error = ACCEPTED_ERROR[held_checklist(connection, feature, now)[0].stakes]
    by_run = _by_run(said)
    pairs = {run: rows for run, rows in by_run.items() if len(opinions_of(rows)) > 1}
    opinions = {run: opinions_of(rows) for run, rows in pairs.items()}
    questions = [_question(name, list(opinions.values()), error) for name in VERDICT_COLUMNS]
    found = [_disagreement(run, opinions[run], rows) for run, rows in pairs.items()]
    differing = [one for one in found if one.questions]
    differing.sort(key=lambda one: (one.is_settled, one.run_id))
    return AgreementView(tuple(one for one in questions if one.counts.n), tuple(differing), len(pairs), error)


def _by_run(said: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """People's labels by trace, the earliest first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    people = [row for row in said if not row["is_judge"]]
    in_order = sorted(
        people, key=lambda row: (row["labelled_at"] or row["uploaded_at"], row["reviewer"] or "")
    )
    for row in in_order:
        found.setdefault(row["run_id"], []).append(row)
    return found


def opinions_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Opinion, ...]:
    """One opinion a person, the newest, in the order in which they came; settled decisions are none."""
    by_person: dict[str, Opinion] = {}
    for row in rows:
        if row["settled"]:
            continue
        values = {name: row[name] for name in VERDICT_COLUMNS}
        name = row["reviewer"] or ""
        by_person[name] = Opinion(name, values, row["failure_type"], row["labelled_at"], row["sampling"])
    return tuple(by_person.values())


def _question(name: str, pairs: Sequence[Sequence[Opinion]], error: float) -> QuestionAgreement:
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for opinions in pairs:
        said = [value for one in opinions if (value := one.values[name]) is not None]
        if len(said) > 1:
            counts[said[0], said[1]] += 1
    table = (counts[True, True], counts[True, False], counts[False, True], counts[False, False])
    good = table[::-1] if name == "hallucination" else table
    square = [[table[0], table[1]], [table[2], table[3]]]
    return QuestionAgreement(name, table, agreement(*good, error), cohens_kappa(square, error))


def _disagreement(
    run_id: str, opinions: tuple[Opinion, ...], rows: Sequence[Mapping[str, Any]]
) -> Disagreement:
    differing = tuple(
        name
        for name in VERDICT_COLUMNS
        if len({value for one in opinions if (value := one.values[name]) is not None}) > 1
    )
    return Disagreement(run_id, differing, opinions, any(row["settled"] for row in rows))


def open_disagreement(workspace: Workspace, caller: Caller, slug: str, run_id: str) -> TraceView | None:
    """The trace to be decided on, personal data masked; None where it is gone."""
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        found = trace_as(workspace, connection, feature, texts_for(workspace, caller, feature), run_id)
    return None if found is None else blinded(found)


def settle(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    run_id: str,
    values: Mapping[str, bool],
    *,
    note: str = "",
    agreed_together: bool = False,
) -> None:
    """Decide a trace on which people disagree: the decision counts in the rates instead of their labels.

    ``values`` answers each question that is in dispute; of the others, what was said stays. Somebody who
    labelled the trace decides only ``agreed_together`` with the others. Raises WrongUsage otherwise.
    """
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        rows = _by_run(labels.of_run(connection, feature.id, run_id)).get(run_id, [])
        opinions = opinions_of(rows)
        found = _disagreement(run_id, opinions, rows)
        _check(found, caller, values, note, agreed_together)
        texts = texts_for(workspace, caller, feature)
        decided = {**_agreed(opinions), **{name: values[name] for name in found.questions}}
        ways = {one.sampling for one in opinions}
        cells = {
            **decided,
            "run_id": run_id,
            "failure_type": next((one.failure_type for one in opinions if one.failure_type), None)
            if _is_fault(decided)
            else None,
            "note": texts.text(note.strip()) or None,
            "reviewer": caller.name,
            "labelled_at": now,
            "is_judge": False,
            "settled": True,
            "sampling": next(iter(sorted(FEEDS_RATES & ways)), None if None in ways else "worst"),
        }
        session = _session(connection, feature, caller, now, run_id)
        upload_id = session.upload_id or begin_upload(connection, feature, caller, now, session)
        item = reviews.items(connection, session.id)[-1]
        store_label(
            workspace,
            connection,
            feature,
            caller,
            now,
            upload_id,
            label_key=key_of(run_id, "settled"),
            row=item.place,
            cells=cells,
            before=None,
            session=session,
        )
        reviews.mark(connection, item.id, REVIEWED, now)
    note_verdict(workspace, now, slug)


def _check(
    found: Disagreement, caller: Caller, values: Mapping[str, bool], note: str, agreed_together: bool
) -> None:
    if not found.questions:
        raise WrongUsage("Nobody disagrees about this trace.", mend="Choose one from the list.")
    if found.is_settled:
        raise WrongUsage("This trace has been decided already.", mend="Choose another one from the list.")
    missing = [name for name in found.questions if values.get(name) is None]
    if missing:
        raise WrongUsage("Not every question in dispute is answered.", mend="Answer each of them.")
    if len(note) > LONGEST_NOTE:
        raise WrongUsage(f"The note is longer than {LONGEST_NOTE:,} characters.", mend="Say it shorter.")
    if caller.name in {one.reviewer for one in found.opinions} and not agreed_together:
        raise WrongUsage(
            "You are one of those who disagree.",
            mend="Let somebody else decide, or talk it over and say that you agreed together.",
        )


def _agreed(opinions: Sequence[Opinion]) -> dict[str, bool | None]:
    """Of each question what the first to answer it said; those in dispute are decided over it."""
    return {
        name: next((value for one in opinions if (value := one.values[name]) is not None), None)
        for name in VERDICT_COLUMNS
    }


def _is_fault(values: Mapping[str, bool | None]) -> bool:
    return any(
        (value is True) == (name == "hallucination") for name, value in values.items() if value is not None
    )


def _session(
    connection: Connection, feature: Feature, caller: Caller, now: datetime, run_id: str
) -> ReviewSession:
    """The caller's session of settled traces, with this one at its end."""
    gone = reviews.withdrawn(connection, feature.id)
    mine = [
        one
        for one in reviews.of_feature(connection, feature.id)
        if one.queue == Queue.SETTLED and one.opened_by == caller.name and one.id not in gone
    ]
    if mine:
        reviews.append_items(connection, mine[0].id, [run_id])
        return replace(mine[0], size=mine[0].size + 1)
    return keep_session(
        connection, feature, caller, now, queue=Queue.SETTLED, population=1, asked={}, run_ids=[run_id]
    )
