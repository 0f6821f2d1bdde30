"""Which set each eval result belongs to: by its file, by its case, by the lock that held at its moment."""

from dataclasses import dataclass
from datetime import datetime

from core.evidence.columns import Kind
from core.store import eval_cases, eval_suites, handed_in_cases, uploads
from core.store.case_results import Naming
from core.store.database import Connection
from core.store.eval_cases import KeptCase
from core.store.eval_suites import KeptSuite
from core.store.features import Feature
from core.store.handed_in_cases import HandedInCase


@dataclass(frozen=True)
class EvalSets:
    """The cases and sets of a feature: own ones as saved last, those of files that are no own ones, locks."""

    own: tuple[KeptCase, ...]
    handed_in: tuple[HandedInCase, ...]
    locked: tuple[KeptSuite, ...]
    naming: Naming

    @property
    def suites(self) -> list[KeptSuite]:
        """The last version of each set, the one locked last first."""
        return eval_suites.newest_of_each(self.locked)


def eval_sets(connection: Connection, feature: Feature) -> EvalSets:
    """What there is, with what names the results."""
    own = eval_cases.newest(connection, feature.id)
    mine = {one.case.case_id for one in own}
    files = [
        one for one in handed_in_cases.of_feature(connection, feature.id) if one.case.case_id not in mine
    ]
    locked = eval_suites.history(connection, feature.id)
    return EvalSets(tuple(own), tuple(files), tuple(locked), _naming(connection, feature, files, locked))


def _naming(
    connection: Connection, feature: Feature, files: list[HandedInCase], locked: list[KeptSuite]
) -> Naming:
    done = (one for one in uploads.of_feature(connection, feature.id) if one.state == "done")
    named = {one.id: one.suite for one in done if one.suite and one.kind == Kind.EVALS}
    of_case = {one.case.case_id: one.suite for one in files if one.suite}
    # Where a case is in several sets, its results are those of the set that was locked first.
    for one in eval_suites.newest_of_each(locked):
        of_case |= {case_id: one.name for case_id, _ in one.cases}
    intervals = []
    until: dict[str, datetime] = {}
    for one in locked:
        intervals.append((one.name, one.number, one.locked_at, until.get(one.name)))
        until[one.name] = one.locked_at
    return Naming(named, of_case, intervals)
