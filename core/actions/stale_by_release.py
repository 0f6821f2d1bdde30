"""What a change of the release makes stale: rows, answers, rehearsals, thresholds and signatures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.gates import decide_on, rows_under
from core.actions.other_releases import changed_parts_of
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem
from core.criteria.dependencies import THRESHOLD_PARTS
from core.criteria.judge import Row
from core.criteria.left_out import changes_words, day_words
from core.decision.decide import Decision
from core.decision.release import ReleaseFacts
from core.decision.signed_bundle import changed_bundle, is_of_bundle
from core.rollout.bundle import ReleaseBundle
from core.rollout.plan import Phase, read_plan
from core.rollout.rehearsals import Drill, DrillState, PartStanding, standings
from core.rollout.releases import Releases, changes
from core.store import documents, rehearsals
from core.store.database import Connection
from core.store.features import Feature
from core.units import Unit, write

ROWS = ("row", "answer")
"""What is a row of the checklist or of the current phase, measured or answered."""


@dataclass(frozen=True)
class StaleLine:
    """``what`` is "row", "answer", "rehearsal", "threshold" or "signature"; ``why`` names the part, what it
    was and what it is. ``item_id`` is the row's, "" of what is none."""

    what: str
    label: str
    why: str
    item_id: str = ""


def stale_now(
    workspace: Workspace, connection: Connection, feature: Feature, releases: Releases, now: datetime
) -> tuple[StaleLine, ...]:
    """What is stale now because a part of the live release changed."""
    if releases.live is None:
        return ()
    decision = decide_on(workspace, connection, feature, now)
    rows = [row for row in (*decision.rows, *decision.phase_rows) if row.of_other_release]
    return (
        *map(_row_line, rows),
        *_rehearsals(connection, feature, releases, now).values(),
        *_thresholds(connection, feature, releases, now).values(),
        *_void_signatures(decision),
    )


def stale_if(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    releases: Releases,
    bundle: ReleaseBundle,
    at: datetime,
    now: datetime,
) -> tuple[int, tuple[StaleLine, ...]]:
    """(how many rows there are, what becomes stale) if ``bundle`` went live ``at`` that moment."""
    then = releases.then(bundle, at)
    rows = rows_under(workspace, connection, feature, releases, now)
    if releases.live is not None and not changes(releases.live, bundle) and bundle.name == releases.live.name:
        return len(rows), ()
    known = {row.item.id for row in rows if row.of_other_release}
    becoming = [
        row
        for row in rows_under(workspace, connection, feature, then, now)
        if row.of_other_release and row.item.id not in known
    ]
    beside = [
        line
        for found in (_rehearsals, _thresholds)
        for key, line in found(connection, feature, then, now).items()
        if key not in found(connection, feature, releases, now)
    ]
    decision = decide_on(workspace, connection, feature, now)
    return len(rows), (*map(_row_line, becoming), *beside, *_signatures_lost(decision, then))


def _row_line(row: Row) -> StaleLine:
    what = "answer" if isinstance(row.item, AttestedItem) else "row"
    return StaleLine(what, row.label, row.why, row.item.id)


def _rehearsals(
    connection: Connection, feature: Feature, releases: Releases, now: datetime
) -> dict[str, StaleLine]:
    """The parts whose last drill was of another version than the live one."""
    live = releases.live
    if live is None:
        return {}
    done = rehearsals.of_feature(connection, feature.id, until=now)
    drills = [Drill(one.part, one.rehearsed_at, one.worked, one.minutes, one.part_sha256) for one in done]
    return {
        one.part: StaleLine("rehearsal", f"Going back: {one.label}", _drill_words(one))
        for one in standings(live, drills, now)
        if one.state is DrillState.CHANGED
    }


def _drill_words(one: PartStanding) -> str:
    when = f" on {day_words(one.newest.at)}" if one.newest else ""
    return f"The part changed after its last drill{when}: rehearse it again."


def _thresholds(
    connection: Connection, feature: Feature, releases: Releases, now: datetime
) -> dict[str, StaleLine]:
    """The confidence thresholds of the plan that were set for another release."""
    saved = [one for one in documents.history(connection, feature.id, documents.PLAN) if one.saved_at <= now]
    if releases.live is None or not saved:
        return {}
    plans = [(one.saved_at, read_plan(one.body).phases) for one in saved]
    lines = {}
    for phase in plans[0][1]:
        if phase.confidence_threshold is None:
            continue
        set_at = _set_at(phase, plans)
        then = [span.bundle for span in releases.spans if span.since <= set_at]
        changed = changed_parts_of(then[-1], THRESHOLD_PARTS, releases) if then else ()
        if changed:
            threshold = write(phase.confidence_threshold, Unit.SHARE)
            lines[phase.id] = StaleLine(
                "threshold",
                f"Confidence threshold of {phase.name}: {threshold}",
                f"{changes_words(changed)}, after it was set on {day_words(set_at)}: see Health again.",
            )
    return lines


def _set_at(phase: Phase, plans: Sequence[tuple[datetime, Sequence[Phase]]]) -> datetime:
    """When the threshold of a phase became what it is; ``plans`` are the versions, the newest first."""
    set_at = plans[0][0]
    for saved_at, phases in plans:
        was = next((one for one in phases if one.id == phase.id), None)
        if was is None or was.confidence_threshold != phase.confidence_threshold:
            break
        set_at = saved_at
    return set_at


def _void_signatures(decision: Decision) -> Iterable[StaleLine]:
    step = decision.sign_offs.step
    return (
        StaleLine("signature", f"Signature of {line.by}", f"{line.why_not[:1].upper()}{line.why_not[1:]}.")
        for line in (step.lines if step else ())
        if is_of_bundle(line.why_not)
    )


def _signatures_lost(decision: Decision, then: Releases) -> Iterable[StaleLine]:
    """The signatures on the next step that count now, and were given for the release that is live now."""
    step = decision.sign_offs.step
    now = decision.release.as_statement if decision.release else None
    changed = changed_bundle(now, ReleaseFacts(then).as_statement)
    return (
        StaleLine("signature", f"Signature of {line.by}", f"{changed[:1].upper()}{changed[1:]}.")
        for line in (step.approvals if step and changed else ())
    )
