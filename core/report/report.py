"""The report of one decision: what was decided, on what, by whom, and how anybody can check it later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from core.criteria.judge import Row
from core.decision.decide import CommitmentLine, Decision
from core.decision.sign_off import SignatureLine
from core.decision.statement import numbers_of
from core.evidence.bundle_parts import BundlePart
from core.evidence.fingerprints import of_document
from core.metrics.measurement import WeekPoint
from core.rollout.releases import version_words


@dataclass(frozen=True)
class Header:
    """Who made the report, when and with what. The same state gives the same report, but for this.

    ``anchor`` is the head of the audit log, at the entry that tells of this report, as
    `readygate verify --anchor` takes it; ``checked`` is what following the chain found just before.
    ``verified`` is whether a sign-in proved the name.
    """

    made_at: datetime
    made_by: str
    verified: bool
    program: str
    anchor: str
    checked: str


@dataclass(frozen=True)
class UploadLine:
    """A file of evidence that was published; ``withdrawn`` says by whom and why it counts no more."""

    file: str
    kind: str
    source: str
    release: str
    rows: int
    sha256: str
    at: datetime
    by: str
    withdrawn: str = ""


@dataclass(frozen=True)
class Beside:
    """What stands beside the verdict, each in sentences; "" and () where nobody knows.

    ``would_change``: what the rows that hold the verdict lack, and for how long; ``worst_slice``: the part of
    the traffic where the feature does worst; ``blast``: what the next phase (``blast_of``) risks;
    ``counted``: what Readygate counts of what people answered, with the label of the row before it;
    ``questions``: those that wait for an answer; ``must_haves``: what the stakes ask and the checklist lacks.
    """

    would_change: tuple[str, ...] = ()
    worst_slice: str = ""
    blast: str = ""
    blast_of: str = ""
    counted: tuple[tuple[str, str], ...] = ()
    questions: tuple[str, ...] = ()
    must_haves: str = ""


NOTHING_BESIDE = Beside()


@dataclass(frozen=True)
class Report:
    """A decision with all that it rests on. ``answer`` is the decision as the gate tells it in JSON.

    ``weeks`` are those of each measured row, by the id of its item, the oldest first.
    """

    header: Header
    name: str
    owner: str
    decision: Decision
    answer: Mapping[str, Any]
    uploads: tuple[UploadLine, ...] = ()
    beside: Beside = NOTHING_BESIDE
    weeks: Mapping[str, Sequence[WeekPoint]] = field(default_factory=dict, hash=False)

    @cached_property
    def body(self) -> dict[str, Any]:
        """Everything but the header, as JSON: what the fingerprint is taken of."""
        uploads = [{**vars(one), "at": one.at.isoformat()} for one in self.uploads]
        beside = {
            **vars(self.beside),
            "would_change": list(self.beside.would_change),
            "counted": dict(self.beside.counted),
            "questions": list(self.beside.questions),
        }
        return {
            "name": self.name,
            "owner": self.owner,
            "decision": dict(self.answer),
            "beside": beside,
            "uploads": uploads,
            "weeks": {name: [_week(one) for one in weeks] for name, weeks in self.weeks.items()},
        }

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the body's canonical JSON (RFC 8785): the same in every format of the report."""
        return of_document(self.body)


def _week(one: WeekPoint) -> dict[str, Any]:
    """ "week" is the Monday it begins on."""
    return {"week": one.week.isoformat(), **numbers_of(one.finding)}


def groups_of(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of a decision by what they are for, each in one group, empty groups left out."""
    found: dict[str, list[Row]] = {
        name: [] for name in ("Decides: measured", "Decides: answered by people", "Set aside", "Advisory")
    }
    for row in rows:
        if not row.item.decides:
            found["Advisory"].append(row)
        elif not row.counts:
            found["Set aside"].append(row)
        elif row.item.kind == "measured":
            found["Decides: measured"].append(row)
        else:
            found["Decides: answered by people"].append(row)
    return {name: kept for name, kept in found.items() if kept}


def live_parts(decision: Decision) -> list[tuple[str, str, str]]:
    """(what it is, its version, its fingerprint) of each part of the live release; () where none is live."""
    live = decision.release.releases.live if decision.release is not None else None
    if live is None:
        return []
    return [
        (
            part.label,
            version_words(live, part),
            live.part(part).fingerprint if live.part(part).is_known else "",
        )
        for part in BundlePart
    ]


def name_of(line: CommitmentLine) -> str:
    return "First lock" if line.number == 1 else f"Amendment {line.number - 1}"


def signatures_of(decision: Decision) -> list[tuple[str, SignatureLine]]:
    """(what was signed, the signature as it stands now), each once, the newest first."""
    found: dict[int, tuple[str, SignatureLine]] = {}
    for lock in sorted(decision.commitments, key=lambda one: one.number, reverse=True):
        # A later commitment lists the signatures on the ones before it too: the first of them was signed.
        found |= {line.id: (name_of(lock), line) for line in lock.lines}
    for one in reversed(decision.sign_offs.open):
        # Why an earlier signature no longer counts is said where it is missing now; while an amendment
        # waits, those on the commitment that holds count on, so it has the last word.
        found |= {line.id: (found.get(line.id, (one.title,))[0], line) for line in one.lines}
    return sorted(found.values(), key=lambda pair: (pair[1].at, pair[1].id), reverse=True)
