"""Stakes: how much a wrong go would cost, and so how strong the evidence must be."""

from enum import StrEnum


class Stakes(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


ACCEPTED_ERROR = {Stakes.HIGH: 0.05, Stakes.MEDIUM: 0.10, Stakes.LOW: 0.20}
"""The chance of a wrong pass (and of a wrong fail) that each level of stakes accepts."""
