"""Erasing a person: found by their user id, asked for by one person, done by another, known again for ever.

What is counted stays: their rows keep their numbers and count as those of one user. Texts, ids, sessions
and every mention of the id go, in the evidence, in remarks, in reports and in the log's payloads.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.actions.erased_drafts import erase_drafts
from core.actions.erasing import fingerprint_of
from core.actions.erasure_rows import Counts, count_rows, find_rows, put_away
from core.actions.imports import waits_for_answers
from core.actions.legal_holds import held_because
from core.actions.people import Caller
from core.actions.policy import Act, may, refuse, require
from core.actions.publishing import make_ready
from core.actions.reasons import SHORTEST_REASON, full_reason
from core.actions.signer_list import everybody
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.decision.sign_off import SignerList
from core.errors import WrongUsage
from core.store import audit, erasures, features, legal_holds, uploads
from core.store.database import Connection
from core.store.erased_rows import LONGEST_ID
from core.store.erasures import Erasure
from core.store.features import Feature
from core.store.gone import Mention

_TRIES = 5
_WHILE_HELD = "ask whoever is in charge of data protection; once it is lifted the erasure can go on."


@dataclass(frozen=True)
class ErasureLine:
    """One request as ``caller`` may see it: ``wanted`` only while it is open, and only for those who deal
    with it. ``may_erase`` is about the caller; ``why_not`` says what stands against it."""

    request: Erasure
    wanted: str | None
    two_people: bool
    may_erase: bool
    why_not: str


@dataclass(frozen=True)
class ErasuresView:
    lines: tuple[ErasureLine, ...]
    may_ask: bool
    may_erase: bool


def view_erasures(workspace: Workspace, caller: Caller, slug: str) -> ErasuresView:
    """Every request of the feature, the newest first."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        asked = erasures.of_feature(connection, feature.id)
        held = held_because(legal_holds.standing(connection, feature.id))
        known = everybody(connection)
    may_ask = may(workspace, caller, Act.ASK_ERASURE, slug)
    may_erase = may(workspace, caller, Act.ERASE, slug)
    deals = may_ask or may_erase
    lines = tuple(_line(one, caller, known, deals, may_erase, held) for one in asked)
    return ErasuresView(lines, may_ask, may_erase)


def _line(
    one: Erasure, caller: Caller, known: SignerList, deals: bool, may_erase: bool, held: str
) -> ErasureLine:
    why_not = "" if not one.is_open or not may_erase else _why_not(one, caller, known)
    if held and one.is_open:
        why_not = f"{held}: {_WHILE_HELD}"
    return ErasureLine(
        request=one,
        wanted=one.wanted if deals else None,
        two_people=_are_two(one.asked_by_id, one.done_by_id),
        may_erase=one.is_open and may_erase and not why_not,
        why_not=why_not,
    )


def find_person(workspace: Workspace, caller: Caller, now: datetime, slug: str, wanted: str) -> Counts:
    """How many rows there are of the user ``wanted`` (an id, or the code that it became), and how many
    texts of others name them. Nothing is changed, and nothing of the search is kept."""
    require(workspace, caller, Act.ASK_ERASURE, slug)
    wanted = _checked(wanted)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
    tokens = {fingerprint_of(wanted, token_key(workspace.home, feature.id)): erasures.token_of(0)}
    gone, found = find_rows(workspace, feature, tokens, [wanted], now)
    return count_rows(workspace, feature, gone, found)


def ask_erasure(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, wanted: str, reason: str
) -> Erasure:
    """Ask for the erasure of a user; somebody else does it. The reason stays, so it must not name them."""
    require(workspace, caller, Act.ASK_ERASURE, slug)
    wanted = _checked(wanted)
    reason = full_reason(
        reason,
        "Erasing a person takes a reason.",
        f"Say in at least {SHORTEST_REASON} characters why, such as the number of the request.",
    )
    if Mention([wanted]).is_in(reason):
        raise WrongUsage(
            "The reason names the person.", mend="Leave the user id out of it: the reason stays."
        )
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
    fingerprint = fingerprint_of(wanted, token_key(workspace.home, feature.id))
    gone, found = find_rows(workspace, feature, {fingerprint: erasures.token_of(0)}, [wanted], now)
    counts = count_rows(workspace, feature, gone, found)
    with workspace.database.writing() as connection:
        earlier = erasures.of_feature(connection, features.locked(connection, slug).id)
        if any(one.is_open and one.fingerprint == fingerprint for one in earlier):
            raise WrongUsage(
                "The erasure of this person was asked for already.", mend="Look at the open requests."
            )
        asked = erasures.add(
            connection,
            feature_id=feature.id,
            fingerprint=fingerprint,
            wanted=wanted,
            reason=reason,
            asked_by=caller.name,
            asked_by_id=caller.person_id,
            counts=counts,
            now=now,
        )
        said = {
            "erasure": asked.id,
            "reason": reason,
            "fingerprint": fingerprint,
            "asked_by_id": caller.person_id,
        }
        _note(connection, caller, now, slug, "erasure asked", said)
    return asked


def cancel_erasure(workspace: Workspace, caller: Caller, now: datetime, slug: str, erasure_id: int) -> None:
    """Take an open request back; the user id that it held is removed."""
    require(workspace, caller, Act.ASK_ERASURE, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        asked = erasures.open_one(connection, feature.id, erasure_id)
        erasures.cancel(connection, asked.id, by=caller.name, now=now)
        _note(connection, caller, now, slug, "erasure cancelled", {"erasure": asked.id})
    workspace.database.forget_deleted()


def erase(workspace: Workspace, caller: Caller, now: datetime, slug: str, erasure_id: int) -> Counts:
    """Erase the person that a request is about; returns what went. Nobody can bring it back.

    Raises NotAllowed for whoever asked for it, WrongUsage where files keep being imported meanwhile.
    """
    require(workspace, caller, Act.ERASE, slug)
    for _ in range(_TRIES):
        with workspace.database.reading() as connection:
            feature = features.by_slug(connection, slug)
            asked = erasures.open_one(connection, feature.id, erasure_id)
            waiting = [
                one.id
                for one in uploads.of_feature(connection, feature.id)
                if waits_for_answers(workspace, one)
            ]
            token = erasures.tokens(connection, feature.id).get(asked.fingerprint)
            known = everybody(connection)
        if why_not := _why_not(asked, caller, known):
            refuse(workspace, caller, Act.ERASE, slug, why_not, mend="Another administrator can do it.")
        with workspace.database.reading() as connection:
            _refuse_held(connection, feature)
        counts = _try_to_erase(workspace, caller, now, feature, asked, token, waiting)
        if counts is not None:
            _tidy(workspace, slug, waiting)
            return counts
    raise WrongUsage(
        "Files kept being imported while the person was being erased. Nothing was changed.",
        mend="Wait until they are done, then try again.",
    )


def _try_to_erase(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    feature: Feature,
    asked: Erasure,
    token: str | None,
    waiting: list[str],
) -> Counts | None:
    """None where the evidence changed meanwhile; nothing was changed then."""
    workspace.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.spool) as folder:
        stands = token or erasures.token_of(asked.id)
        tokens, wanted = {asked.fingerprint: stands}, [asked.wanted or ""]
        gone, made = find_rows(workspace, feature, tokens, wanted, now, Path(folder))
        with workspace.database.writing() as connection:
            newest = features.locked(connection, feature.slug)
            if newest.evidence_version != feature.evidence_version:
                return None
            erasures.open_one(connection, feature.id, asked.id)
            _refuse_held(connection, feature)
            put_away(connection, feature, gone, made, waiting)
            erasures.finish(
                connection, asked, by=caller.name, by_id=caller.person_id, counts=made.counts, now=now
            )
            features.bump_evidence_version(connection, feature.id)
            said = {
                "erasure": asked.id,
                "two_people": _are_two(asked.asked_by_id, caller.person_id),
                "asked_by": asked.asked_by,
                "done_by_id": caller.person_id,
                "counts": made.counts,
                "discarded_files": len(waiting),
            }
            _note(connection, caller, now, feature.slug, "person erased", said)
    erase_drafts(workspace, feature.slug, gone)
    return made.counts


def _refuse_held(connection: Connection, feature: Feature) -> None:
    """What a court or an authority may ask for stays, also where somebody asked to be forgotten."""
    if held := held_because(legal_holds.standing(connection, feature.id)):
        raise WrongUsage(
            f"{held}, so nobody is erased from it now.",
            mend=f"{_WHILE_HELD[:1].upper()}{_WHILE_HELD[1:]}",
        )


def _tidy(workspace: Workspace, slug: str, waiting: Iterable[str]) -> None:
    """What lies outside the database: files that wait for answers, the cache, the log of the SQLite file."""
    for upload_id in waiting:
        shutil.rmtree(workspace.spool / upload_id, ignore_errors=True)
    workspace.database.forget_deleted()
    with workspace.database.reading() as connection:
        workspace.warehouse.forget_expired(connection)
    make_ready(workspace, slug)


def _why_not(asked: Erasure, caller: Caller, known: SignerList) -> str:
    one, other = caller.person_id, asked.asked_by_id
    if one is not None and other is not None and known.is_among(one, (other,)):
        return "Erasing a person takes two people: whoever asked for it may not do it."
    return ""


def _are_two(one: int | None, other: int | None) -> bool:
    """Whether two people are known to have acted: without a sign-in nobody is."""
    return one is not None and other is not None and one != other


def _checked(wanted: str) -> str:
    wanted = wanted.strip()
    if not wanted or len(wanted) > LONGEST_ID:
        raise WrongUsage(
            "Whom to erase is not clear.", mend=f"Give a whole user id of at most {LONGEST_ID} characters."
        )
    return wanted


def _note(
    connection: Connection,
    caller: Caller,
    now: datetime,
    slug: str,
    action: str,
    payload: Mapping[str, object],
) -> None:
    """No event ever holds the user id."""
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{slug}",
        payload=dict(payload),
        now=now,
    )
