"""Standard output whose reader may go away (`| head`): the command still ends with its own exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO


class _Heard:
    """A text stream that drops what nobody reads any more; everything else is that of ``stream``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_heard = True

    def write(self, text: str) -> int:
        if self._is_heard:
            try:
                return self._stream.write(text)
            except BrokenPipeError:
                self._drop()
        return len(text)

    def flush(self) -> None:
        if self._is_heard:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._drop()

    def _drop(self) -> None:
        self._is_heard = False
        # What still waits in the stream goes nowhere; else the interpreter would meet the closed pipe again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def while_heard() -> Iterator[None]:
    """Within, output that nobody reads is dropped. An exit code is an answer: who has seen enough of the
    output must not turn a NO-GO into a 0."""
    heard = _Heard(sys.stdout)
    with redirect_stdout(heard):
        try:
            yield
        finally:
            heard.flush()
