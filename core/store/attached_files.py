"""Files behind answers: kept whole with their hash. They are evidence, so none is ever changed or removed."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from core.errors import StoreUnavailable, WrongUsage
from core.evidence import fingerprints
from core.store.tables import attached_file, attestation


@dataclass(frozen=True)
class AttachedFile:
    """A file of the answer ``attestation_id``, without its content; ``bytes`` is its size."""

    id: int
    attestation_id: int
    file_name: str
    sha256: str
    bytes: int


_DESCRIBED = [attached_file.c[name] for name in AttachedFile.__dataclass_fields__]


def add(connection: Connection, *, attestation_id: int, file_name: str, content: bytes) -> AttachedFile:
    row = {
        "attestation_id": attestation_id,
        "file_name": file_name,
        "sha256": fingerprints.of_bytes(content),
        "bytes": len(content),
        "content": content,
    }
    added = connection.execute(insert(attached_file).values(row).returning(*_DESCRIBED))
    return AttachedFile(**added.one()._asdict())


def of_feature(connection: Connection, feature_id: int) -> dict[int, tuple[AttachedFile, ...]]:
    """The files of every answer of a feature that has some, by the answer's id, in their order."""
    query = (
        select(*_DESCRIBED)
        .join_from(attached_file, attestation)
        .where(attestation.c.feature_id == feature_id)
        .order_by(attached_file.c.id)
    )
    found: dict[int, list[AttachedFile]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.attestation_id].append(AttachedFile(**row._asdict()))
    return {answer: tuple(files) for answer, files in found.items()}


def content(connection: Connection, feature_id: int, file_id: int) -> tuple[AttachedFile, bytes]:
    """A file with its content, as it was attached.

    Raises WrongUsage where the feature has no such file, StoreUnavailable where it is not what its hash
    was taken of.
    """
    query = (
        select(*_DESCRIBED, attached_file.c.content)
        .join_from(attached_file, attestation)
        .where(attestation.c.feature_id == feature_id, attached_file.c.id == file_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise WrongUsage("There is no such file.", mend="Choose one from the list.")
    found = row._asdict()
    kept = bytes(found.pop("content"))
    if fingerprints.of_bytes(kept) != found["sha256"]:
        raise StoreUnavailable(
            "This file is not the one that was attached: it was changed in the database.",
            mend="Restore the newest backup.",
        )
    return AttachedFile(**found), kept
