"""What the evidence can be split by: the columns of SLICE_COLUMNS, and the phases of the rollout."""

from core.actions.measuring import clipped, has_group
from core.actions.part_reader import PartReader
from core.actions.phase_names import newest_plan, period_names
from core.metrics.catalogue import Reading
from core.metrics.measurement import Source, Window
from core.metrics.requests import TallyRequest
from core.rollout.transitions import periods
from core.store import transitions
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
    ran = periods(transitions.of_feature(reader.connection, reader.feature.id))
    names = period_names(newest_plan(reader.connection, reader.feature), ran)
    return tuple(Stretch(name, one.began, one.ended) for name, one in zip(names, ran, strict=True))


def within(window: Window, stretch: Stretch) -> Window | None:
    """The part of ``window`` that lies in ``stretch``; None where nothing of it does."""
    found = clipped(window, stretch.since, stretch.until)
    is_empty = found.since is not None and found.until is not None and found.until <= found.since
    return None if is_empty else found


def settled_window(reader: PartReader) -> Window:
    """The reader's window for questions about traces, without an end that lies behind all of them."""
    asked = TallyRequest("reaction_rate", Source.FEEDBACK, window=reader.window)
    return reader.workspace.warehouse.settled(reader.connection, reader.feature, asked).window


def says(reader: PartReader, reading: Reading, column: str = "") -> bool:
    """Whether the rows of ``reading`` say ``column``, and everything that the filters ask of them."""
    asked = [name for name in (column, *dict(reader.part.slice.where)) if name and name != PHASE]
    return all(has_group(reading, name) for name in asked)
