"""The least that a checklist keeps, by what is at stake: why, what lacks, and what may not be given up."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem
from core.criteria.stakes import FloorPart, Stakes
from core.errors import InvalidDocument


@dataclass(frozen=True)
class FloorDemand:
    """One part of the least: from which stakes on, why, and the question to add for it."""

    title: str
    stakes: Stakes
    why: str
    item: AttestedItem


def _question(
    part: FloorPart,
    sentence: str,
    *,
    role: str,
    fails: str,
    good: str,
    days: int,
    frameworks: tuple[str, ...],
) -> AttestedItem:
    return AttestedItem(
        id=f"least_{part.value}",
        theme="The least",
        sentence=sentence,
        owner_role=role,
        threshold_source="The least for these stakes",
        when_it_fails=fails,
        good_evidence=good,
        valid_days=days,
        frameworks=frameworks,
        floor=part,
        look_at="release" if part in (FloorPart.ROLLBACK, FloorPart.ATTACKS) else None,
    )


FLOOR: dict[FloorPart, FloorDemand] = {
    FloorPart.EXAMPLES: FloorDemand(
        "Representative examples",
        Stakes.LOW,
        "Whatever is at stake, somebody must have tried it on what users really ask.",
        _question(
            FloorPart.EXAMPLES,
            "It was tried on examples that are like what users really ask.",
            role="Product",
            fails="Collect 20 real questions of the first users, with the right answers, and try again.",
            good="A list of examples with where each is from, in about the mix of the real traffic.",
            days=90,
            frameworks=("nist:map", "nist:measure", "eu:10"),
        ),
    ),
    FloorPart.ABSTENTION: FloorDemand(
        "Words for “I don't know”",
        Stakes.LOW,
        "A feature that cannot say it does not know will invent something.",
        _question(
            FloorPart.ABSTENTION,
            "Where it does not know, it says so in clear words and names what to do instead.",
            role="Design",
            fails="Write the words, show them to three users, and test that they come up.",
            good="The words themselves, with three traces in which they were shown.",
            days=180,
            frameworks=("nist:manage", "owasp:llm09", "eu:13"),
        ),
    ),
    FloorPart.ROLLBACK: FloorDemand(
        "One safe way back",
        Stakes.LOW,
        "Every feature goes wrong one day; it must be possible to take it back without it.",
        _question(
            FloorPart.ROLLBACK,
            "There is one safe way back, and somebody has taken it once.",
            role="Engineering",
            fails="Name the switch, who turns it and how long it takes; then turn it once.",
            good="The date of the last drill, who did it, and the minutes it took.",
            days=90,
            frameworks=("nist:manage", "eu:14"),
        ),
    ),
    FloorPart.ESCALATION: FloorDemand(
        "A way to a person",
        Stakes.MEDIUM,
        "When it matters, a user whom the feature fails needs a person to turn to.",
        _question(
            FloorPart.ESCALATION,
            "A user can reach a person, and the hand-off was tested with its context.",
            role="Operations",
            fails="Write down when it hands over and to whom; test one hand-off from end to end.",
            good="A hand-off that arrived: what the person saw, and how long the user waited.",
            days=90,
            frameworks=("nist:manage", "eu:14"),
        ),
    ),
    FloorPart.ATTACKS: FloorDemand(
        "Attacks were tried",
        Stakes.HIGH,
        "Where much is at stake, somebody will try to misuse it.",
        _question(
            FloorPart.ATTACKS,
            "Somebody tried to misuse it (prompt injection, others' data), and what was found is mended.",
            role="Security",
            fails="Mend what was found, add a test for each, and try again.",
            good="The report of the attempt, with a passing test for each finding.",
            days=90,
            frameworks=("nist:measure", "owasp:llm01", "owasp:llm02", "eu:15"),
        ),
    ),
    FloorPart.APPROVAL: FloorDemand(
        "A person before what cannot be undone",
        Stakes.HIGH,
        "What cannot be undone must not be done by a mistake of a model.",
        _question(
            FloorPart.APPROVAL,
            "A person agrees before anything that cannot be undone.",
            role="Product",
            fails="List what cannot be undone and put an approval before each.",
            good="The list, and for each entry the screen on which a person agrees.",
            days=180,
            frameworks=("nist:manage", "owasp:llm06", "eu:14"),
        ),
    ),
}


def demands(stakes: Stakes) -> tuple[FloorPart, ...]:
    """The parts of the least at these stakes; higher stakes keep everything of the lower."""
    rising = list(Stakes)
    return tuple(part for part, asked in FLOOR.items() if rising.index(asked.stakes) <= rising.index(stakes))


def lacking(checklist: Checklist) -> tuple[FloorPart, ...]:
    """The parts of the least that no deciding item of the checklist is there for."""
    kept = _kept(checklist)
    return tuple(part for part in demands(checklist.stakes) if part not in kept)


def lacking_words(items: Sequence[MeasuredItem | AttestedItem], stakes: Stakes) -> str:
    """What the stakes ask of every checklist and these items are not there for, in a sentence; "" where
    nothing lacks, or nothing is asked yet."""
    kept = {item.floor for item in items if item.floor is not None and item.decides}
    asked = demands(stakes)
    missing = [FLOOR[part].title for part in asked if part not in kept]
    if not missing or not items:
        return ""
    are = "is" if len(missing) == 1 else "are"
    return (
        f"{len(missing)} of the {len(asked)} things that {stakes} stakes ask of every checklist {are} not in "
        f"this one: {'; '.join(missing)}."
    )


def missing_items(checklist: Checklist, parts: Sequence[FloorPart]) -> tuple[AttestedItem, ...]:
    """The questions to add for ``parts``."""
    return tuple(FLOOR[part].item for part in parts if part in lacking(checklist))


def check_floor(before: Checklist, after: Checklist) -> None:
    """Refuse (:class:`InvalidDocument`) to give up a part of the least that was there.

    Lower stakes may give up what only the higher ones demand; a checklist that never had a part is
    not refused, it is shown what it lacks.
    """
    lost = [part for part in lacking(after) if part in _kept(before)]
    if lost:
        item = next(item for item in before.items if item.floor is lost[0] and item.decides)
        asked = FLOOR[lost[0]]
        raise InvalidDocument(
            f"“{_words(item)}” has to stay and to decide: from {asked.stakes} stakes on every checklist "
            f"keeps “{asked.title}”. {asked.why}",
            mend="If it does not apply here, answer it so, with a reason that everyone can read.",
        )


def _kept(checklist: Checklist) -> set[FloorPart]:
    return {item.floor for item in checklist.items if item.floor is not None and item.decides}


def _words(item: MeasuredItem | AttestedItem) -> str:
    return (item.sentence or item.id).rstrip(".")
