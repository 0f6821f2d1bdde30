"""What is at stake when the feature is wrong, and what each level keeps in its checklist at least."""

from enum import StrEnum


class Stakes(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


ACCEPTED_ERROR = {Stakes.HIGH: 0.05, Stakes.MEDIUM: 0.10, Stakes.LOW: 0.20}
"""The chance of a wrong pass (and of a wrong fail) that each level of stakes accepts."""


class FloorPart(StrEnum):
    """What a checklist keeps at least, from the lowest stakes on; core.criteria.floors says why."""

    EXAMPLES = "examples"
    ABSTENTION = "abstention"
    ROLLBACK = "rollback"
    ESCALATION = "escalation"
    ATTACKS = "attacks"
    APPROVAL = "approval"
