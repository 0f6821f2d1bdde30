"""What the evidence can be split by: the columns of SLICE_COLUMNS, and the phases of the rollout."""

from collections import Counter
from dataclasses import replace

from core.actions.measuring import has_group
from core.actions.part_reader import PartReader
from core.errors import InvalidDocument
from core.metrics.catalogue import Reading
from core.metrics.measurement import Source, Window
from core.metrics.requests import TallyRequest
from core.rollout.plan import read_plan
from core.rollout.transitions import periods
from core.store import documents, transitions
from core.store.split_sql import Split, Stretch

PHASE = "phase"
USER = "user_id"


def split_of(reader: PartReader, column: str) -> Split:
    """The split by ``column``; that by phase has a stretch of time for every period of a phase."""
    return Split(stretches=phase_stretches(reader)) if column == PHASE else Split(column)


def phase_stretches(reader: PartReader) -> tuple[Stretch, ...]:
    """The periods of the phases by their names in the plan, oldest first; none before the first phase.

    A phase that was entered twice is told apart: "Early access", "Early access (2nd time)".
    """
    found = periods(transitions.of_feature(reader.connection, reader.feature.id))
    names = _phase_names(reader)
    times: Counter[str] = Counter()
    stretches = []
    for one in found:
        name = names.get(one.phase, one.phase)
        times[name] += 1
        again = "" if times[name] == 1 else f" ({_ordinal(times[name])} time)"
        stretches.append(Stretch(f"{name}{again}", one.began, one.ended))
    return tuple(stretches)


def within(window: Window, stretch: Stretch) -> Window | None:
    """The part of ``window`` that lies in ``stretch``; None where nothing of it does."""
    since = stretch.since if window.since is None else max(window.since, stretch.since)
    ends = [end for end in (window.until, stretch.until) if end is not None]
    until = min(ends, default=None)
    return None if until is not None and until <= since else replace(window, since=since, until=until)


def settled_window(reader: PartReader) -> Window:
    """The reader's window for questions about traces, without an end that lies behind all of them."""
    asked = TallyRequest("reaction_rate", Source.FEEDBACK, window=reader.window)
    return reader.workspace.warehouse.settled(reader.connection, reader.feature, asked).window


def says(reader: PartReader, reading: Reading, column: str = "") -> bool:
    """Whether the rows of ``reading`` say ``column``, and everything that the filters ask of them."""
    asked = [name for name in (column, *dict(reader.part.slice.where)) if name and name != PHASE]
    return all(has_group(reading, name) for name in asked)


def _phase_names(reader: PartReader) -> dict[str, str]:
    newest = documents.newest(reader.connection, reader.feature.id, documents.PLAN)
    if newest is None:
        return {}
    try:
        return {phase.id: phase.name for phase in read_plan(newest.body).phases}
    except InvalidDocument:
        # A plan that a later release of the program no longer reads: its phases keep their ids.
        return {}


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
