"""AI judges beside people: how far they agree, the rate corrected for it, and where they disagree."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gauges import Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.metrics.catalogue import CATALOGUE, Better, Metric
from core.metrics.judged import is_audited, is_weak
from core.metrics.measurement import Audit, Measurement, Source
from core.statistics.judge_audit import FEWEST_LABELS, Agreement, agreement, correlation, labels_needed
from core.store.judge_disputes import Dispute, disputes

HALF_WIDTH = 0.05
"""People's labels are planned so that the corrected rate is known to this, either way."""

MOST_DISPUTES = 200

_EXCERPT = 200
"""Characters of a question in a list."""


@dataclass(frozen=True)
class JudgeAudit:
    """What an AI judge says of one metric. ``measured`` is corrected by people where it is audited.

    ``people`` is their own rate, of the traces that they labelled. ``agreement`` counts passing as being
    good, whichever side of the metric that is. ``planned`` are the labels that would make the corrected rate
    known to :data:`HALF_WIDTH`, None where nothing can be planned yet.
    """

    metric: Metric
    measured: Measurement
    audit: Audit
    people: Measurement | None
    agreement: Agreement
    planned: int | None
    disputes: tuple[Dispute, ...]

    @property
    def is_audited(self) -> bool:
        return is_audited(self.audit)

    @property
    def is_weak(self) -> bool:
        return is_weak(self.audit)

    @property
    def lacking(self) -> int:
        """How many labels an audit lacks at least."""
        return max(FEWEST_LABELS - self.audit.labels, 0)


def view_judge_audits(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part
) -> tuple[JudgeAudit, ...]:
    """Every metric of ``part`` that an AI judge has judged, in the order of the catalogue."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        texts = texts_for(workspace, caller, reader.feature)
        found = [
            _audit(reader, asked, texts)
            for asked in CATALOGUE.values()
            if any(reading.source is Source.JUDGE for reading in asked.readings)
        ]
    return tuple(one for one in found if one is not None)


def _audit(reader: PartReader, asked: Metric, texts: TextsFor) -> JudgeAudit | None:
    gauges = {gauge.source: gauge.measured for gauge in reader.gauges(asked)}
    measured, people = gauges.get(Source.JUDGE), gauges.get(Source.LABEL)
    if measured is None or measured.audit is None:
        return None
    audit = measured.audit
    table = (audit.both_pass, audit.pass_fail, audit.fail_pass, audit.both_fail)
    good = table if asked.better is Better.HIGHER else table[::-1]
    planned = None
    if is_audited(audit):
        planned = labels_needed(measured.value, correlation(*table), HALF_WIDTH, reader.error)
    request = reader.request(asked, Source.JUDGE)
    disputed = disputes(reader.workspace.warehouse, reader.connection, reader.feature, request, MOST_DISPUTES)
    shown = tuple(replace(one, query=texts.text(one.query, _EXCERPT)) for one in disputed)
    return JudgeAudit(asked, measured, audit, people, agreement(*good, reader.error), planned, shown)
