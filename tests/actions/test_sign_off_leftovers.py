"""A refusal outlives the role of whoever gave it, and a signer is told first what waits for them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.progress import Progress, view_progress
from core.actions.roles import remove_person
from core.actions.signing import withdraw_signature
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.store.uploads import Upload
from tests.actions.test_signing import Team


@pytest.fixture
def ready(
    workspace: Workspace,
    feature: str,
    now: datetime,
    items: dict[str, dict[str, Any]],
    person: Callable[..., Caller],
    hand_in: Callable[..., Upload],
    results: Callable[..., str],
    ship: Callable[..., None],
) -> Team:
    """Locked with a plan by Pia, and GO: only signatures lack."""
    team = Team(workspace, feature, now - timedelta(hours=12), items["suite"] | {"bar": 0.1}, person)
    ship(workspace, feature, team.at())
    team.save(team.pia)
    team.plan(team.pia)
    team.lock(team.pia)
    hand_in(results(40), at=team.at())
    return team


def remove(team: Team, who: Caller) -> None:
    assert who.person_id is not None
    remove_person(team.workspace, LOCAL_CALLER, team.at(), who.person_id, reason="Left the company")


def test_removing_whoever_refused_lifts_no_refusal(ready: Team) -> None:
    rae = ready.person("Rae", "signer")
    ready.sign(rae, "step", choice="refuse")
    remove(ready, rae)
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    assert not ready.approved
    sentence = gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug).conditions[-1].sentence
    assert "Refused by Rae (no longer a signer here): It is not what we agreed." in sentence
    line = next(one for one in ready.off("step").lines if one.by == "Rae")
    with pytest.raises(NotAllowed, match="had a hand in"):
        both = ready.person("Pia2", "signer", email="pia@example.com")
        withdraw_signature(
            ready.workspace, both, ready.at(), ready.slug, line.id, reason="It is nothing at all"
        )
    withdraw_signature(
        ready.workspace, ready.lea, ready.at(), ready.slug, line.id, reason="The fix is in, see ticket 17"
    )
    assert ready.approved
    line = next(one for one in ready.off("step").lines if one.by == "Rae")
    assert line.why_not == "withdrawn: by Lea: The fix is in, see ticket 17"


def test_the_refusal_of_somebody_who_is_here_is_theirs_alone(ready: Team) -> None:
    ready.sign(ready.omar, "step", choice="refuse")
    line = ready.off("step").lines[0]
    with pytest.raises(NotAllowed) as refused:
        withdraw_signature(
            ready.workspace, ready.lea, ready.at(), ready.slug, line.id, reason="He is mistaken there"
        )
    assert refused.value.code == "not_yours"


def test_the_approval_of_somebody_who_is_gone_is_nobodys_to_withdraw(ready: Team) -> None:
    ready.sign(ready.omar, "commitment")
    remove(ready, ready.omar)
    line = ready.off("commitment").lines[0]
    assert not line.counts
    with pytest.raises(NotAllowed) as refused:
        withdraw_signature(
            ready.workspace, ready.lea, ready.at(), ready.slug, line.id, reason="It counts no more"
        )
    assert refused.value.code == "not_yours"


def told(team: Team, who: Caller) -> Progress:
    return view_progress(team.workspace, team.fresh(who), team.now, team.slug)


def test_a_signer_is_told_first_what_waits_for_them(ready: Team) -> None:
    for what, ask in (
        ("commitment", "read and sign: the lock"),
        ("step", "read and sign: start Beta (50–100 users)"),
    ):
        step = told(ready, ready.lea).next
        assert step is not None and (step.key, step.page, step.ask) == ("sign", "go_no_go", ask)
        ready.sign(ready.lea, what)
    step = told(ready, ready.lea).next
    assert step is None or step.key != "sign"
    both = ready.person("Bea", "pm")
    for who in (ready.pia, both, LOCAL_CALLER):
        step = told(ready, who).next
        assert step is None or step.key != "sign", who.name


def test_a_step_that_cannot_be_taken_yet_waits_for_no_signature(
    ready: Team, hand_in: Callable[..., Upload], results: Callable[..., str]
) -> None:
    hand_in(results(0, 900, first=100), at=ready.at())
    ready.sign(ready.lea, "commitment")
    step = told(ready, ready.lea).next
    assert step is not None and step.key != "sign"
