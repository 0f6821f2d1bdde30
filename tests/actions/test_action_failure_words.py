"""Renamed and merged words count under their new word everywhere; rows keep theirs; all can be undone."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from core.actions.audit_verify import verify_log
from core.actions.discovery import view_discovery
from core.actions.failure_words import (
    add_word,
    merge_words,
    offered_words,
    part_word,
    rename_word,
    view_words,
)
from core.actions.failures import failure_log, failure_pareto, failure_template
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.actions.traces import TraceFilter, find_traces
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.failure_words import STARTER_TYPES, WordKind
from core.metrics.measurement import Measurement
from core.store import failures, features
from core.store.tables import failure_word
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

TRACES = "run_id,started_at,query,release_bundle\n" + "".join(
    f"r{n},2026-02-20T10:00:00Z,Where?,v1\n" for n in range(30)
)
NOTED = ("Wrong tool",) * 4 + ("wrong-tool",) * 3 + ("late",) * 5
LOG = "run_id,failure_type,root_cause\n" + "".join(
    f"r{n},{word},{'stale page' if n < 6 else 'prompt'}\n" for n, word in enumerate(NOTED)
)
LABELS = "run_id,answer_right,failure_type,reviewer,sampling\nr0,no,wrong-tool,Vera,random\n" + "".join(
    f"r{n},{'no' if n < 22 else 'yes'},{'stopped early' if n < 22 else ''},Vera,random\n"
    for n in range(20, 30)
)


@pytest.fixture
def slug(feature: str, hand_in: HandIn) -> str:
    for name, text in (("t.csv", TRACES), ("log.csv", LOG), ("l.csv", LABELS)):
        hand_in(text, name)
    return feature


def types(workspace: Workspace, now: datetime, slug: str) -> dict[str, int]:
    return {bar.word: bar.count for bar in failure_pareto(workspace, LOCAL_CALLER, now, slug).by_type}


def test_a_merge_counts_everywhere_and_is_undone(workspace: Workspace, slug: str, now: datetime) -> None:
    before = types(workspace, now, slug)
    assert before == {"late": 5, "Wrong tool": 4, "wrong-tool": 4, "stopped early": 2}
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["wrong-tool"], "Wrong tool")
    # r0 had both words, and is one failure now.
    assert types(workspace, now, slug) == {"Wrong tool": 7, "late": 5, "stopped early": 2}
    curve = view_discovery(workspace, LOCAL_CALLER, now, slug, Part()).curve
    assert curve.counted.kinds == 3
    for asked in ("Wrong tool", "wrong-tool"):
        assert find_traces(workspace, LOCAL_CALLER, slug, TraceFilter(failure=asked), limit=1).total == 7
    book = openpyxl.load_workbook(io.BytesIO(failure_log(workspace, LOCAL_CALLER, slug)))
    told = [row[1] for row in book["Failure log"].iter_rows(min_row=2, max_col=2, values_only=True) if row[0]]
    assert sorted(set(told)) == ["Wrong tool", "late"]
    assert len(told) == 12
    offered = [cell.value for cell in book["Lists"]["A"] if cell.value][1:]
    assert "wrong-tool" not in offered
    with workspace.database.reading() as connection:
        feature_id = features.by_slug(connection, slug).id
        assert [one.failure_type for one in failures.of_run(connection, feature_id, "r5")] == ["wrong-tool"]

    part_word(workspace, LOCAL_CALLER, now, slug, "type", "Wrong-Tool", reason="Two things after all")
    assert types(workspace, now, slug) == before
    view = view_words(workspace, LOCAL_CALLER, slug)
    assert [one.became for one in view.history] == [None, "Wrong tool"]
    assert view.alike == ()
    assert verify_log(workspace, LOCAL_CALLER, now).ok


def test_look_alikes_are_offered(workspace: Workspace, slug: str) -> None:
    found = view_words(workspace, LOCAL_CALLER, slug).alike
    assert found == ((WordKind.TYPE, "wrong tool", "wrong-tool"),)


def test_a_merge_moves_the_metric_that_counts_the_word_by_its_name(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    def stops() -> list[float | None]:
        rows = metrics_of(workspace, LOCAL_CALLER, now, slug, only="premature_stop_rate")
        return [found.tally.passes for _, found in rows if isinstance(found, Measurement)]

    assert stops() == [0]
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["stopped early"], "premature stop")
    assert stops() == [2]
    with pytest.raises(WrongUsage, match="has a metric of its own"):
        rename_word(workspace, LOCAL_CALLER, now, slug, "type", "premature stop", "stopped")


def test_a_renamed_word_takes_its_meaning_along_and_chains_are_followed(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    rename_word(workspace, LOCAL_CALLER, now, slug, "type", "wrong tool", "bad tool")
    rename_word(workspace, LOCAL_CALLER, now, slug, "type", "bad tool", "tool mistaken")
    words = {one.word: one for one in offered_words(workspace, LOCAL_CALLER, slug) if one.kind == "type"}
    assert "wrong tool" not in words
    one = words["tool mistaken"]
    assert (one.times, sorted(one.earlier)) == (4, ["bad tool", "wrong tool"])
    assert one.definition.startswith("It called another tool")
    lists = openpyxl.load_workbook(io.BytesIO(failure_template(workspace, LOCAL_CALLER, slug)))["Lists"]
    offered = [cell.value for cell in lists["A"] if cell.value][1:]
    assert offered[: len(STARTER_TYPES)] == ["tool mistaken", *STARTER_TYPES[1:]]
    # What another word became can be turned round: that word is freed first.
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["tool mistaken"], "wrong tool")
    assert types(workspace, now, slug)["Wrong tool"] == 4 or types(workspace, now, slug)["wrong tool"] == 4


def test_a_cause_that_became_a_starter_moves_the_split(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    split = failure_pareto(workspace, LOCAL_CALLER, now, slug).split
    assert split is not None
    assert (split.perception, split.prompt) == (0, 6)
    merge_words(workspace, LOCAL_CALLER, now, slug, "cause", ["stale page"], "wrong context")
    split = failure_pareto(workspace, LOCAL_CALLER, now, slug).split
    assert split is not None
    assert (split.perception, split.prompt) == (6, 6)
    rename_word(workspace, LOCAL_CALLER, now, slug, "cause", "wrong context", "outdated page")
    split = failure_pareto(workspace, LOCAL_CALLER, now, slug).split
    assert split is not None
    assert split.perception == 6


def test_an_added_word_is_offered_and_a_merged_one_is_what_it_became(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    assert add_word(workspace, LOCAL_CALLER, now, slug, "type", " rude  tone ", "It insults.") == "rude tone"
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["late"], "slow (> 10 s)")
    with workspace.database.reading() as connection:
        rows = len(connection.execute(select(failure_word)).all())
    assert add_word(workspace, LOCAL_CALLER, now, slug, "type", "LATE") == "slow (> 10 s)"
    assert add_word(workspace, LOCAL_CALLER, now, slug, "type", "Rude tone") == "rude tone"
    with workspace.database.reading() as connection:
        assert len(connection.execute(select(failure_word)).all()) == rows
    later = now + timedelta(minutes=1)
    add_word(workspace, LOCAL_CALLER, later, slug, "type", "RUDE TONE", "It is impolite.", "Go away.")
    found = [one for one in offered_words(workspace, LOCAL_CALLER, slug) if one.word == "rude tone"]
    assert [(one.definition, one.example, one.times) for one in found] == [("It is impolite.", "Go away.", 0)]
    assert verify_log(workspace, LOCAL_CALLER, now).ok


@pytest.mark.parametrize(
    ("do", "sentence"),
    [
        (lambda w, n, s: rename_word(w, LOCAL_CALLER, n, s, "type", "late", "LATE"), "are one word already"),
        (lambda w, n, s: rename_word(w, LOCAL_CALLER, n, s, "type", "late", "wrong-tool"), "Merge the two"),
        (lambda w, n, s: rename_word(w, LOCAL_CALLER, n, s, "type", "nowhere", "x"), "There is no word"),
        (lambda w, n, s: merge_words(w, LOCAL_CALLER, n, s, "type", ["late"], "Late "), "nothing to merge"),
        (lambda w, n, s: merge_words(w, LOCAL_CALLER, n, s, "type", ["late"], "nowhere"), "There is no word"),
        (lambda w, n, s: part_word(w, LOCAL_CALLER, n, s, "type", "late"), "counts for itself already"),
        (lambda w, n, s: add_word(w, LOCAL_CALLER, n, s, "mood", "late"), "no kind of word"),
        (lambda w, n, s: add_word(w, LOCAL_CALLER, n, s, "type", " \x00 "), "The word is missing"),
        (lambda w, n, s: add_word(w, LOCAL_CALLER, n, s, "type", "x" * 81), "longer than 80"),
    ],
)
def test_what_makes_no_sense_is_refused(
    workspace: Workspace, slug: str, now: datetime, do: Callable[..., object], sentence: str
) -> None:
    with pytest.raises(WrongUsage, match=sentence):
        do(workspace, now, slug)


def test_a_merge_is_seen_on_health_at_once(workspace: Workspace, slug: str, now: datetime) -> None:
    """What is remembered of the evidence is forgotten with a merge."""
    view_health(workspace, LOCAL_CALLER, now, slug, Part())
    with workspace.database.reading() as connection:
        version = features.by_slug(connection, slug).evidence_version
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["late"], "slow (> 10 s)")
    with workspace.database.reading() as connection:
        assert features.by_slug(connection, slug).evidence_version > version
