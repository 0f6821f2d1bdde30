"""The gate's answer for other systems: the same JSON as the command's, remembered while nothing changes."""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from core.actions.as_json import decision_as_json
from core.actions.gates import gate
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.portfolio import standing
from core.actions.workspace import Workspace
from core.store.database import Database

_MOST_ANSWERS = 256

_Key = tuple[str, tuple[int, int], int]
_Answers = OrderedDict[_Key, dict[str, Any]]

_lock = threading.Lock()
_remembered: "WeakKeyDictionary[Database, _Answers]" = WeakKeyDictionary()


def gate_answer(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> dict[str, Any]:
    """The gate of a feature as JSON, at most a minute old (``as_of`` says of when), never older than the
    last thing that anybody did."""
    require(workspace, caller, Act.SEE, slug)
    key = (slug, standing(workspace), int(now.timestamp() // 60))
    with _lock:
        answers = _remembered.setdefault(workspace.database, OrderedDict())
        if key in answers:
            return answers[key]
    answer = decision_as_json(gate(workspace, caller, now, slug))
    with _lock:
        answers[key] = answer
        while len(answers) > _MOST_ANSWERS:
            answers.popitem(last=False)
    return answer
