"""Evidence of other releases: what of it a row does not count and why, and when that makes the row stale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.criteria.judge import PersonsAnswer, Row
from core.criteria.verdict import Verdict
from core.evidence.bundle_parts import BundlePart, PartChange
from core.metrics.measurement import FirstTraces, Measurement, NotMeasured

_MOST_TOLD = 2


@dataclass(frozen=True)
class ChangedPart:
    """A part in which another release differs from the live one.

    ``at`` is when the live version took the place of another one; None where it was there from the first.
    """

    change: PartChange
    at: datetime | None = None

    @property
    def named(self) -> str:
        return part_words(self.change.part)


@dataclass(frozen=True)
class LeftOut:
    """So many ``cases`` of one ``release`` that do not count ("": they name none).

    ``changed`` are the parts, of those that matter, in which it differs from the live one. Without any the
    release is one that nobody registered, or the rows are from before ``first_live``, the first release.
    """

    release: str
    cases: int
    changed: tuple[ChangedPart, ...] = ()
    first_live: datetime | None = None


def with_releases(row: Row, left_out: Sequence[LeftOut], live: str) -> Row:
    """The row as it counts where ``live`` is the live release, and ``left_out`` is not of it.

    Evidence that is there and all of it of other releases is STALE; what was left out beside some that
    counts is told.
    """
    left = sorted((one for one in left_out if one.cases), key=lambda one: (-one.cases, one.release))
    if not left:
        return row
    told = [_sentence(one, live, alone=len(left) == 1) for one in left[:_MOST_TOLD]]
    rest = sum(one.cases for one in left[_MOST_TOLD:])
    if rest:
        told.append(f"{rest:,} more {_are(rest)} of other releases.")
    if _counts_nothing(row):
        return replace(
            row,
            verdict=Verdict.STALE,
            why=" ".join(told),
            more_cases=None,
            more_cases_to=None,
            of_other_release=True,
        )
    some = [_sentence(one, live, alone=False) for one in left[:_MOST_TOLD]]
    return replace(row, why=f"{row.why} Not counted: {' '.join([*some, *told[_MOST_TOLD:]])}")


def answered_before(row: Row, answer: PersonsAnswer, changed: Sequence[ChangedPart]) -> Row:
    """The row of a question that was answered for another release than the live one: STALE."""
    if not changed or row.verdict is Verdict.STALE:
        return row
    said = f"{changes_words(changed)}, after {answer.by} answered on {day_words(answer.at)}: answer it again."
    return replace(row, verdict=Verdict.STALE, why=said, set_aside=False, of_other_release=True)


def part_words(part: BundlePart) -> str:
    """ "the system prompt and templates" """
    return f"the {part.label[:1].lower()}{part.label[1:]}"


def release_words(name: str) -> str:
    """ "release A"; a name that says so itself is not said twice."""
    return name if name.casefold().startswith("release") else f"release {name}"


def day_words(moment: datetime) -> str:
    """ "12 Nov 2026" """
    day = moment.astimezone(UTC)
    return f"{day.day} {day:%b %Y}"


def changes_words(changed: Sequence[ChangedPart]) -> str:
    """ "The model changed on 12 Nov 2026 (a → b) and the tool manifest on 3 Nov 2026 (c → d)" """
    told = []
    for place, part in enumerate(changed):
        verb = " changed" if place == 0 else ""
        on = f" on {day_words(part.at)}" if part.at is not None else ""
        told.append(f"{part.named}{verb}{on} ({part.change.between})")
    words = " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]
    return words[:1].upper() + words[1:]


def _counts_nothing(row: Row) -> bool:
    match row.finding:
        case NotMeasured():
            return True
        case FirstTraces():
            return row.finding.there == 0
        case Measurement():
            return row.finding.n == 0
        case _:
            return False


def _sentence(one: LeftOut, live: str, *, alone: bool) -> str:
    cases = _cases(one.cases, alone=alone)
    if one.first_live is not None:
        return f"{cases} from before {day_words(one.first_live)}, when the first release went live."
    if not one.changed:
        name = f"“{one.release}”" if one.release else "no release that is known"
        return f"{cases} of {name}, which is not registered: save it on the Release page."
    if any(part.at is not None for part in one.changed):
        return (
            f"{changes_words(one.changed)}: {cases[:1].lower()}{cases[1:]} of {release_words(one.release)}."
        )
    parts = " and ".join(f"{part.named} ({part.change.between})" for part in one.changed)
    return f"{cases} of {release_words(one.release)}, which differs from {release_words(live)} in {parts}."


def _cases(count: int, *, alone: bool) -> str:
    if alone:
        return "The only case is" if count == 1 else f"All {count:,} cases are"
    return f"{count:,} case{'' if count == 1 else 's'} {_are(count)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
