"""Open loops: incidents, each of which ends in an updated rubric, runbook or eval case."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, features, incidents
from core.store.incidents import Incident
from core.store.table_parts import LOOP_ENDS

LONGEST_STORY = 1_000
LONGEST_LINK = 500
_LONGEST_NAME = 80
_LONGEST_RUN = 200


@dataclass(frozen=True)
class IncidentsView:
    """``open`` ones, the oldest first, and those that are ``closed``, the newest first; their texts as the
    caller may see them."""

    open: tuple[Incident, ...]
    closed: tuple[Incident, ...]


def view_incidents(workspace: Workspace, caller: Caller, slug: str) -> IncidentsView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        found = incidents.of_feature(connection, feature.id)
        texts = texts_for(workspace, caller, feature)
    shown = [replace(one, what=texts.text(one.what) or "") for one in found]
    return IncidentsView(
        tuple(reversed([one for one in shown if one.closed_at is None])),
        tuple(one for one in shown if one.closed_at is not None),
    )


def report_incident(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    what: str,
    happened_at: datetime,
    owner: str,
    run_id: str = "",
) -> Incident:
    """Write down what happened; it stays open until it has ended in something."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    what = _text(what, LONGEST_STORY, "story")
    owner, run_id = _text(owner, _LONGEST_NAME, "owner's name"), _text(run_id, _LONGEST_RUN, "run id")
    if not what or not owner:
        raise WrongUsage("An incident needs what happened and an owner.", mend="Write both down.")
    if happened_at > now:
        raise WrongUsage("What happened cannot be still to come.", mend="Choose a day that is over.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        added = incidents.add(
            connection,
            feature_id=feature.id,
            what=what,
            happened_at=happened_at,
            run_id=run_id or None,
            owner=owner,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="incident reported",
            subject=f"feature/{slug}",
            payload={
                "id": added.id,
                "what": what,
                "happened_at": happened_at.isoformat(),
                "run_id": added.run_id,
                "owner": owner,
                "person": caller.person_id,
            },
            now=now,
        )
    return added


def close_incident(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    incident_id: int,
    *,
    ended_in: str,
    link: str,
) -> None:
    """Close the loop: what was changed (rubric, runbook or eval_case), and where that can be seen."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    link = _text(link, LONGEST_LINK, "link")
    if ended_in not in LOOP_ENDS:
        raise WrongUsage(
            "An incident ends in a rubric, a runbook or an eval case.", mend="Choose one of the three."
        )
    if not link:
        raise WrongUsage(
            "Where the change can be seen is missing.", mend="Give a link, or the id of the eval case."
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        one = incidents.open_one(connection, feature.id, incident_id)
        incidents.close(connection, one.id, ended_in=ended_in, link=link, by=caller.name, now=now)
        payload = {"id": one.id, "ended_in": ended_in, "link": link}
        audit.append(
            connection,
            actor=caller.name,
            action="incident closed",
            subject=f"feature/{slug}",
            payload=payload,
            now=now,
        )


def _text(text: str, longest: int, what: str) -> str:
    """Without what no screen shows; lines stay lines."""
    text = "".join(character for character in text.strip() if character.isprintable() or character == "\n")
    if len(text) > longest:
        raise WrongUsage(f"The {what} is longer than {longest:,} characters.", mend="Say it shorter.")
    return text
