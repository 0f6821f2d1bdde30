"""What a feature is committed to at a moment: its locks, their terms, and who has signed them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.signer_list import signer_list
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.commitment import Locked, Signers, Terms
from core.criteria.stakes import Stakes
from core.decision.decide import CommitmentLine
from core.decision.sign_off import (
    COMMITMENT,
    GivenSignature,
    SignatureLine,
    SignerList,
    SignOff,
    ToSign,
    sign_off,
)
from core.evidence.columns import Kind
from core.evidence.fingerprints import of_document
from core.store import commitments, documents, people, signatures
from core.store.commitments import Commitment
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload


@dataclass(frozen=True)
class Committed:
    """``locks`` are all that were made by ``now``, newest first; those of ``in_force`` came into force.

    ``sign_offs`` has the signatures on each of them by its number.
    """

    locks: tuple[Commitment, ...]
    in_force: tuple[Commitment, ...]
    sign_offs: Mapping[int, SignOff]
    given: tuple[GivenSignature, ...]
    people: SignerList
    uploaders: frozenset[int]
    people_sign_in: bool

    @property
    def holds(self) -> Commitment | None:
        """The one that the feature is held to."""
        return self.in_force[0] if self.in_force else None

    @property
    def waits(self) -> Commitment | None:
        """The newest one, where it still waits for signatures; older ones can never come into force."""
        newest = self.locks[0] if self.locks else None
        return newest if newest is not None and newest not in self.in_force else None

    @property
    def lines(self) -> tuple[CommitmentLine, ...]:
        return tuple(self._line(lock) for lock in self.locks)

    def _line(self, lock: Commitment) -> CommitmentLine:
        terms, signed = terms_of(lock), self.sign_offs[lock.number]
        return CommitmentLine(
            number=lock.number,
            at=lock.locked_at,
            by=lock.locked_by,
            reason=lock.reason,
            evidence_seen=lock.evidence_seen,
            loosens=terms.loosens,
            in_force=lock in self.in_force,
            holds=lock is self.holds,
            waits=lock is self.waits,
            needed=signed.needed,
            lines=self._signatures_on(lock, signed),
            sha256=signed.sha256,
            checklist_number=lock.checklist_number,
            plan_number=terms.plan_number,
        )

    def _signatures_on(self, lock: Commitment, signed: SignOff) -> tuple[SignatureLine, ...]:
        """Those on this commitment; what overtook it is why they no longer count."""
        mine = [line for line in signed.lines if line.commitment == lock.number]
        if lock is self.holds or lock is self.waits:
            return tuple(mine)
        overtaken = f"signed before amendment {self._overtaken_by(lock) - 1}"
        return tuple(replace(line, counts=False, why_not=line.why_not or overtaken) for line in mine)

    def _overtaken_by(self, lock: Commitment) -> int:
        later = [one.number for one in (self.in_force if lock in self.in_force else self.locks)]
        return min(number for number in later if number > lock.number)


def committed_by(
    connection: Connection, feature: Feature, now: datetime, uploaded: Sequence[Upload]
) -> Committed:
    """The commitments made by ``now`` with their signatures; ``uploaded`` are the feature's uploads."""
    locks = [lock for lock in commitments.history(connection, feature.id) if lock.locked_at <= now]
    in_force = [lock for lock in locks if lock.in_force_at is not None and lock.in_force_at <= now]
    signs_in = people.anybody_signs_in(connection)
    given: list[GivenSignature] = []
    who, uploaders = SignerList(), frozenset[int]()
    if signs_in:
        given = [_given(one, now) for one in signatures.of_feature(connection, feature.id, until=now)]
        who = signer_list(connection, feature)
        uploaders = known(one.asked_by_id for one in uploaded if one.state == "done")
    found: dict[int, SignOff] = {}
    for lock in reversed(locks):
        to_sign = _to_sign(connection, feature, lock, locks, found, uploaders if signs_in else None)
        found[lock.number] = sign_off(to_sign, given, who, now)
    return Committed(tuple(locks), tuple(in_force), found, tuple(given), who, uploaders, signs_in)


def checklists_in_force(
    connection: Connection, feature: Feature, in_force: Iterable[Commitment]
) -> list[Locked]:
    """The checklists that held one after the other, the oldest first, each since it came into force."""
    return [
        Locked(locked_checklist(connection, feature, lock), lock.in_force_at or lock.locked_at)
        for lock in reversed(list(in_force))
    ]


def locked_checklist(connection: Connection, feature: Feature, lock: Commitment) -> Checklist:
    """The checklist of a commitment, with its stakes."""
    body = documents.version(connection, feature.id, documents.CHECKLIST, lock.checklist_number).body
    return read_checklist(body).model_copy(update={"stakes": Stakes(lock.stakes)})


def terms_of(lock: Commitment) -> Terms:
    """The terms of a lock; those of one that was made before there were any bind its checklist alone."""
    if lock.terms is not None:
        return Terms.model_validate(lock.terms)
    stakes = Stakes(lock.stakes)
    return Terms(
        feature="",
        number=lock.number,
        checklist_number=lock.checklist_number,
        checklist_sha256=lock.checklist_sha256,
        stakes=stakes,
        signers=Signers.usual(stakes),
        reason=lock.reason,
        evidence_seen=lock.evidence_seen,
    )


def suites_of(uploaded: Sequence[Upload]) -> dict[str, str]:
    """The eval sets by name, each with a hash of the files of its cases; without any, of its name alone."""
    live = [one for one in uploaded if one.state == "done" and one.kind in (Kind.CASES, Kind.EVALS)]
    cases: dict[str, set[str]] = {one.suite: set() for one in live if one.suite}
    for one in live:
        if one.kind == Kind.CASES:
            cases.setdefault(one.suite or one.file_name, set()).add(one.sha256)
    return {name: suite_digest(name, files) for name, files in sorted(cases.items())}


def suite_digest(name: str, files: Iterable[str]) -> str:
    """What a commitment binds of an eval set: its name and the hashes of the files of its cases."""
    return of_document({"name": name, "cases": sorted(files)})


def changed_suites(terms: Terms, uploaded: Sequence[Upload]) -> tuple[str, ...]:
    """One sentence for each bound eval set that is no longer the one that was locked."""
    now = suites_of(uploaded)
    changed = (name for name, digest in terms.suites.items() if now.get(name) != digest)
    return tuple(f"The eval set “{name}” is not the one that was locked." for name in changed)


def _to_sign(
    connection: Connection,
    feature: Feature,
    lock: Commitment,
    locks: Sequence[Commitment],
    signed: Mapping[int, SignOff],
    uploaders: frozenset[int] | None,
) -> ToSign:
    terms = terms_of(lock)
    then = [
        one
        for one in locks
        if one.number < lock.number and one.in_force_at is not None and one.in_force_at <= lock.locked_at
    ]
    before = terms_of(then[0]) if then else None
    # What others signed already they need not have kept their hands off; everything since then they need.
    base = next((one for one in then if signed[one.number].is_met), None)
    wrote = frozenset[int]()
    if uploaders is not None:
        wrote = uploaders | _hands(connection, feature, lock, locks, base)
    title = "The lock" if lock.number == 1 else f"Amendment {lock.number - 1}"
    statement = {**terms.body, "feature": feature.slug}
    return ToSign(COMMITMENT, None, lock.number, title, statement, terms.approval(before), wrote)


def _hands(
    connection: Connection,
    feature: Feature,
    lock: Commitment,
    locks: Sequence[Commitment],
    base: Commitment | None,
) -> frozenset[int]:
    """Whoever saved a version that the commitment binds, or locked one, since ``base`` (None: ever)."""
    since, bound = (terms_of(base) if base else None), terms_of(lock)
    hands = documents.author_ids(
        connection,
        feature.id,
        documents.CHECKLIST,
        since.checklist_number if since else 0,
        bound.checklist_number,
    )
    if bound.plan_number is not None:
        after = (since.plan_number or 0) if since else 0
        hands |= documents.author_ids(connection, feature.id, documents.PLAN, after, bound.plan_number)
    first = base.number + 1 if base else 1
    made = (one.locked_by_id for one in locks if first <= one.number <= lock.number)
    return frozenset(hands | known(made))


def known(people_ids: Iterable[int | None]) -> frozenset[int]:
    """Those of whom it is known who they are: not those who acted without a sign-in."""
    return frozenset(one for one in people_ids if one is not None)


def _given(one: signatures.Signature, now: datetime) -> GivenSignature:
    gone = one.withdrawn_at is not None and one.withdrawn_at <= now
    return GivenSignature(
        id=one.id,
        about=one.about,
        commitment=one.commitment_number,
        step=one.step,
        choice=one.choice,
        reason=one.reason,
        person_id=one.person_id,
        by=one.signed_by,
        at=one.signed_at,
        sha256=one.sha256,
        statement=one.statement,
        withdrawn=(one.withdrawn_reason or "") if gone else None,
    )
