"""Doing one thing after another where a fault in one shall not keep the others from being done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager


@contextmanager
def noting_faults() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """``with noting_faults() as attempt: … with attempt(): …``: the first fault is raised at the end."""
    faults: list[Exception] = []

    @contextmanager
    def attempt() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            faults.append(error)

    yield attempt
    if faults:
        raise faults[0]
