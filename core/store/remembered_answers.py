"""Answers about a feature's evidence, kept until the evidence changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

from core.store.features import Feature

T = TypeVar("T")


class RememberedAnswers:
    """At most so many answers by (feature, evidence version, question). Safe to use from several threads.

    Every publishing raises the version, so that an answer can never outlive its evidence.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[tuple[int, int, object], Any] = OrderedDict()
        self._versions: dict[int, int] = {}
        self._guard = threading.Lock()

    def get(self, feature: Feature, question: object, answer: Callable[[], T]) -> T:
        """The answer to ``question`` about the feature's evidence as it is now, worked out once."""
        key = (feature.id, feature.evidence_version, question)
        with self._guard:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(T, self._answers[key])
        found = answer()
        with self._guard:
            self._forget_older(feature)
            self._answers[key] = found
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return found

    def has(self, feature: Feature, question: object) -> bool:
        """Whether the answer is known already."""
        with self._guard:
            return (feature.id, feature.evidence_version, question) in self._answers

    def _forget_older(self, feature: Feature) -> None:
        """Drop the answers of earlier states of the feature's evidence; call it with the guard held."""
        if self._versions.get(feature.id, 0) < feature.evidence_version:
            self._versions[feature.id] = feature.evidence_version
            stale = [
                key for key in self._answers if key[0] == feature.id and key[1] < feature.evidence_version
            ]
            for key in stale:
                del self._answers[key]
