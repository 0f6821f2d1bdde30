"""What counts as a regression of a feature: as the scope says it, and as a lock has bound it."""

from datetime import datetime

from core.actions.committed import terms_of
from core.criteria.scope import read_scope
from core.criteria.scope_parts import RegressionRule
from core.store import commitments, documents
from core.store.database import Connection
from core.store.features import Feature


def regression_rule(connection: Connection, feature: Feature, now: datetime) -> RegressionRule:
    """What counts as a regression: as committed; where no commitment says it, as the scope does."""
    holds = next(iter(commitments.in_force(connection, feature.id, now)), None)
    bound = terms_of(holds).regression_rule if holds else None
    return said_of_regressions(connection, feature) if bound is None else bound


def said_of_regressions(connection: Connection, feature: Feature) -> RegressionRule:
    """What the newest scope says counts as a regression."""
    scope = documents.newest(connection, feature.id, documents.SCOPE)
    return read_scope(scope.body).regression_rule if scope else RegressionRule()
