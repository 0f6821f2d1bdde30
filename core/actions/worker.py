"""What every worker is: one thread that does its rounds, apart from any visitor's page, until stopped."""

import threading
from abc import ABC, abstractmethod
from typing import ClassVar

from core.actions.workspace import Workspace


class Worker(ABC):
    """A round that fails is told and ends nothing: after the pause the next one comes."""

    name: ClassVar[str]
    pause_seconds: ClassVar[float]
    """So long the thread waits after a round that leaves nothing to do."""

    patience_seconds: ClassVar[float] = 10.0
    """So long a stop waits for the round that is under way."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_seconds: float | None = None) -> None:
        """Ask the thread to end, and wait for it as long as ``patience_seconds`` (the worker's own: None)."""
        self._stopping.set()
        self._thread.join(self.patience_seconds if patience_seconds is None else patience_seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._round():
                    continue
            except Exception as error:
                self._tell(error)
            self._stopping.wait(self.pause_seconds)

    @abstractmethod
    def _round(self) -> bool:
        """Do what there is to do; whether there may be more, so that the next round comes without a pause."""

    @abstractmethod
    def _tell(self, error: Exception) -> None:
        """Log the kind of fault; the message may quote texts, and stays out of the log."""
