"""The steps by which tests come to where they begin, each carried out once a process.

Many tests hand in the same file to the same feature. A step that was taken before, in a workspace that came
to be by the very same steps, is not taken again: what it left is put back. The first test to take a step
takes it wholly, and so does every test in which anything else happened before it.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, event

from core.actions.workspace import Workspace
from tests.snapshots import Snapshot

_Returned = TypeVar("_Returned")
_Place = tuple[Hashable, ...]
_STAGES: dict[_Place, tuple[Snapshot, Any]] = {}
_else = 0
"""How often something happened that is no step, as far as anybody can tell: commits, patches, faults."""


def note_something_else(*_anything: object) -> None:
    global _else
    _else += 1


class Course:
    """The steps of one workspace, from an empty one on, until something else happens to it."""

    def __init__(self, workspace: Workspace, url: str | None) -> None:
        self._workspace, self._url = workspace, url
        self._place: _Place | None = (url,)
        self._known = _else

    def step(self, name: Hashable, do: Callable[[], _Returned]) -> _Returned:
        """What ``do`` returns, which must be the same for all workspaces in which everything is alike.

        ``name`` tells ``do`` from every other step, with all that it depends on.
        """
        if self._place is None or _else != self._known:
            self._place = None
            return do()
        before, self._place = self._place, None
        place = (*before, name)
        if place in _STAGES:
            taken, returned = _STAGES[place]
            taken.put_back(self._workspace.home, self._url)
        else:
            returned = do()
            taken = Snapshot.of(self._workspace.home, self._url)
            _STAGES[place] = taken, returned
        self._forget()
        self._place, self._known = place, _else
        return returned  # type: ignore[no-any-return]

    def _forget(self) -> None:
        """Let nothing be remembered of what was counted meanwhile, whether it was counted or not."""
        warehouse = self._workspace.warehouse
        warehouse.close()
        warehouse.__init__(*warehouse._made_of)  # type: ignore[misc]


def forget_stages() -> None:
    _STAGES.clear()


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*arguments: Any, **more: Any) -> Any:
        note_something_else()
        return method(*arguments, **more)

    return noted


event.listen(Engine, "commit", note_something_else)
for _name in ("setattr", "delattr", "setitem", "delitem", "setenv", "delenv", "undo"):
    # Whatever a test changes in the program, it must meet the program so changed.
    setattr(pytest.MonkeyPatch, _name, _counted(getattr(pytest.MonkeyPatch, _name)))
