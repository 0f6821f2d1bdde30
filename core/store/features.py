"""Features: the things that Readygate judges, one row each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import UnknownFeature, WrongUsage
from core.store.tables import feature


@dataclass(frozen=True)
class Feature:
    """``evidence_version`` counts every change of the feature's evidence; answers are kept by it.

    ``text_days``: for so many days after upload the texts of its traces are kept; None: for ever. In the
    same way ``number_days`` is about what is counted of an upload, ``log_days`` about the audit log,
    ``case_days`` about the texts of eval cases made from traces.
    """

    id: int
    slug: str
    name: str
    owner: str
    stakes: str
    created_at: datetime
    created_by: str
    evidence_version: int
    text_days: int | None = None
    number_days: int | None = None
    log_days: int | None = None
    case_days: int | None = None


def add(
    connection: Connection,
    *,
    slug: str,
    name: str,
    owner: str,
    stakes: str,
    created_by: str,
    now: datetime,
    text_days: int | None = None,
    number_days: int | None = None,
    log_days: int | None = None,
    case_days: int | None = None,
) -> Feature:
    """Raises WrongUsage where the slug is taken."""
    row = {
        "slug": slug,
        "name": name,
        "owner": owner,
        "stakes": stakes,
        "created_at": now,
        "created_by": created_by,
        "evidence_version": 0,
        "text_days": text_days,
        "number_days": number_days,
        "log_days": log_days,
        "case_days": case_days,
    }
    try:
        # The inner transaction keeps the outer one usable when the database refuses the row.
        with connection.begin_nested():
            added = connection.execute(insert(feature).values(row).returning(*feature.c)).one()
    except IntegrityError as error:
        if connection.scalar(select(feature.c.id).where(feature.c.slug == slug)) is None:
            raise
        raise _taken(slug) from error
    return Feature(**added._asdict())


def by_slug(connection: Connection, slug: str) -> Feature:
    """Raises UnknownFeature."""
    row = connection.execute(select(feature).where(feature.c.slug == slug)).one_or_none()
    if row is None:
        raise UnknownFeature(slug)
    return Feature(**row._asdict())


def locked(connection: Connection, slug: str) -> Feature:
    """The newest state of the feature, locked as by :func:`lock`. Raises UnknownFeature."""
    lock(connection, by_slug(connection, slug).id)
    return by_slug(connection, slug)


def id_of(connection: Connection, slug: str) -> int | None:
    """The id of the feature, or None where there is none of that name."""
    found: int | None = connection.scalar(select(feature.c.id).where(feature.c.slug == slug))
    return found


def by_id(connection: Connection, feature_id: int) -> Feature:
    """Raises UnknownFeature."""
    row = connection.execute(select(feature).where(feature.c.id == feature_id)).one_or_none()
    if row is None:
        raise UnknownFeature(str(feature_id))
    return Feature(**row._asdict())


def everything(connection: Connection) -> list[Feature]:
    """All features, the oldest first."""
    return [Feature(**row._asdict()) for row in connection.execute(select(feature).order_by(feature.c.id))]


def change(connection: Connection, feature_id: int, *, name: str, owner: str, stakes: str) -> Feature:
    """Raises UnknownFeature."""
    changed = update(feature).where(feature.c.id == feature_id).values(name=name, owner=owner, stakes=stakes)
    row = connection.execute(changed.returning(*feature.c)).one_or_none()
    if row is None:
        raise UnknownFeature(str(feature_id))
    return Feature(**row._asdict())


def set_days(connection: Connection, feature_id: int, column: str, days: int | None) -> None:
    """For so many days something is kept from now on, None: for ever; ``column`` is one that ends in
    ``_days``."""
    connection.execute(update(feature).where(feature.c.id == feature_id).values({column: days}))


def bump_evidence_version(connection: Connection, feature_id: int) -> int:
    """Says that the feature's evidence changed; returns the new version. Raises UnknownFeature."""
    bumped = update(feature).where(feature.c.id == feature_id)
    bumped = bumped.values(evidence_version=feature.c.evidence_version + 1)
    version: int | None = connection.scalar(bumped.returning(feature.c.evidence_version))
    if version is None:
        raise UnknownFeature(str(feature_id))
    return version


def lock(connection: Connection, feature_id: int) -> None:
    """Until the transaction ends, nobody else changes what belongs to this feature. Raises UnknownFeature.

    Whoever reads something of a feature in order to write the next thing locks it first. On SQLite
    every writing transaction is alone anyway.
    """
    row = connection.scalar(select(feature.c.id).where(feature.c.id == feature_id).with_for_update())
    if row is None:
        raise UnknownFeature(str(feature_id))


def _taken(slug: str) -> WrongUsage:
    return WrongUsage(
        f"There is already a feature “{slug}”.",
        mend="Open it, or choose a name that differs in its letters or digits.",
        code="slug_taken",
    )
