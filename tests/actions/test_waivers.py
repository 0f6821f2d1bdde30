"""Waivers: asked by one, approved by another, until a day; the row keeps its true verdict for all to see."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import verify_log
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.waivers import WaiverLine, ask_waiver, decide_waiver, revoke_waiver, view_waivers
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.errors import NotAllowed, WrongUsage

DAY = timedelta(days=1)
REASON = "The vendor mends it next week"
FLOOR = {"kind": "attested", "id": "back", "sentence": "There is a way back.", "floor": "rollback"}
Commit = Callable[..., int]
Person = Callable[..., Caller]


class Waivers:
    """A locked checklist with a failing suite, one who asks and one who decides."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime, pia: Caller, lea: Caller) -> None:
        self.workspace, self.slug, self.now, self.pia, self.lea = workspace, slug, now, pia, lea

    def ask(
        self, item: str = "suite", days: int = 10, reason: str = REASON, who: Caller | None = None
    ) -> int:
        until = (self.now + days * DAY).date()
        asked = ask_waiver(
            self.workspace, who or self.pia, self.now, self.slug, item, reason=reason, until=until
        )
        return asked.id

    def decide(self, waiver: int, choice: str = "approve", who: Caller | None = None) -> None:
        decide_waiver(
            self.workspace,
            who or self.lea,
            self.now,
            self.slug,
            waiver,
            choice=choice,
            reason="It is agreed now",
        )

    def state(self, at: datetime | None = None) -> str:
        return self.line(at).state

    def line(self, at: datetime | None = None, who: Caller = LOCAL_CALLER) -> WaiverLine:
        return view_waivers(self.workspace, who, at or self.now, self.slug)[0]

    def gate(self, at: datetime | None = None) -> Decision:
        return gate(self.workspace, LOCAL_CALLER, at or self.now, self.slug)


@pytest.fixture
def waivers(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    hand_in: Callable[..., Any], results: Callable[..., str], person: Person,
) -> Waivers:  # fmt: skip
    rows = [items["suite"], items["suite"] | {"id": "low", "bar": 0.1}]
    guarded = items["suite"] | {"id": "billing", "bar": 0.2, "protected": True}
    advice = items["suite"] | {"id": "advice", "bar": 0.3, "tier": "advisory"}
    commit([*rows, guarded, advice, FLOOR], stakes="low")
    hand_in(results(20, 40), at=now - 5 * DAY)
    return Waivers(workspace, feature, now, person("Pia", "pm"), person("Lea", "signer"))


def test_an_approved_waiver_sets_the_row_aside_and_hides_nothing(waivers: Waivers) -> None:
    before = waivers.gate()
    assert before.verdict is Verdict.NO_GO
    one = waivers.ask()
    assert waivers.gate() == before, "asking changes nothing"
    waivers.decide(one)
    after = waivers.gate()
    (row,) = after.waived
    assert (row.item.id, row.verdict, row.counts) == ("suite", Verdict.NO_GO, False)
    assert row.waiver is not None
    assert (row.waiver.approved_by, row.waiver.reason) == ("Lea", REASON)
    assert after.verdict is Verdict.NO_DATA, "the question is still open"
    told = decision_as_json(after)
    assert [(one["id"], one["verdict"], one["approved_by"]) for one in told["waivers"]] == [
        ("suite", "no_go", "Lea")
    ]
    assert [one["id"] for one in told["rows"] if one["waived"]] == ["suite"]


def test_it_ends_with_its_day_and_with_its_revocation(waivers: Waivers) -> None:
    one = waivers.ask(days=2)
    waivers.decide(one)
    last = (waivers.now + 2 * DAY).replace(hour=23, minute=59)
    assert (waivers.state(last), waivers.state(last + timedelta(minutes=1))) == ("in force", "expired")
    assert waivers.gate(last).waived and not waivers.gate(last + timedelta(minutes=1)).waived
    revoke_waiver(waivers.workspace, waivers.pia, waivers.now, waivers.slug, one, reason="The fix came early")
    assert (waivers.state(), waivers.gate().waived) == ("revoked", ())
    with pytest.raises(WrongUsage, match="is revoked"):
        waivers.decide(one)


def test_an_amendment_of_the_item_or_of_the_stakes_ends_it(
    waivers: Waivers, commit: Commit, items: dict[str, Any]
) -> None:
    waivers.decide(waivers.ask())
    rest = [items["suite"] | {"id": name, "bar": bar} for name, bar in (("low", 0.1), ("billing", 0.2))]
    rest = [rest[0], rest[1] | {"protected": True}, FLOOR]
    commit([items["suite"], *rest], stakes="medium", at=waivers.now, reason="More at stake")
    assert waivers.state() == "void: the item changed"
    assert waivers.gate().waived == ()
    one = waivers.ask()
    stricter = items["suite"] | {"bar": 0.9}
    commit([stricter, *rest], stakes="medium", at=waivers.now + DAY, reason="Stricter")
    waivers.now += 2 * DAY
    with pytest.raises(WrongUsage, match="void: the item changed"):
        waivers.decide(one)


def test_a_refused_one_can_be_asked_again_and_an_open_one_cannot(waivers: Waivers) -> None:
    one = waivers.ask()
    with pytest.raises(WrongUsage, match="asked for already"):
        waivers.ask()
    waivers.decide(one, "refuse")
    assert (waivers.state(), waivers.line().decided_reason) == ("refused", "It is agreed now")
    two = waivers.ask()
    assert two != one
    waivers.decide(two)
    with pytest.raises(WrongUsage, match="in force already"):
        waivers.ask()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"item": "back"}, "part of the least"),
        ({"item": "billing"}, "protects a group"),
        ({"item": "advice"}, "is advisory"),
        ({"item": "nothing"}, "has no item"),
        ({"days": -1}, "is over"),
        ({"days": 91}, "90 days at most"),
        ({"reason": "later"}, "needs a reason"),
        ({"reason": "x" * 501}, "longer than 500"),
    ],
)
def test_what_is_never_waived(waivers: Waivers, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        waivers.ask(**asked)
    assert waivers.ask(days=90)


def test_who_asks_does_not_decide_and_the_page_says_so(waivers: Waivers, person: Person) -> None:
    both = person("Bea", "pm", "signer")
    one = waivers.ask(who=both)
    line = waivers.line(who=both)
    assert (line.may_decide, line.why_not) == (False, "You asked for it, so somebody else has to decide.")
    assert waivers.line(who=waivers.lea).may_decide
    assert waivers.line(who=waivers.pia).why_not == "Deciding it takes the role signer."
    with pytest.raises(NotAllowed):
        waivers.decide(one, who=both)


def test_in_single_user_mode_nobody_approves_one(waivers: Waivers) -> None:
    one = waivers.ask(who=LOCAL_CALLER)
    for who, words in ((LOCAL_CALLER, "identity is verified"), (waivers.lea, "Nobody knows who asked")):
        with pytest.raises(NotAllowed, match=words):
            waivers.decide(one, who=who)


def test_a_draft_has_nothing_to_waive(
    workspace: Workspace, feature: str, now: datetime, commit: Commit
) -> None:
    commit(lock=False)
    with pytest.raises(WrongUsage, match="Nothing is locked yet"):
        ask_waiver(workspace, LOCAL_CALLER, now, feature, "suite", reason=REASON, until=now.date())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE waiver SET expires_at = asked_at",
        "UPDATE waiver SET decided_by = 'Eve'",
        "UPDATE waiver SET item_id = 'low'",
        "UPDATE waiver SET revoked_by = 'Eve', revoked_at = asked_at",
        "DELETE FROM waiver",
    ],
)
def test_a_waiver_changed_in_the_database_is_reported(waivers: Waivers, statement: str) -> None:
    waivers.decide(waivers.ask())
    assert verify_log(waivers.workspace, LOCAL_CALLER, waivers.now).ok
    with waivers.workspace.database.writing() as connection:
        connection.execute(text(statement))
    assert len(verify_log(waivers.workspace, LOCAL_CALLER, waivers.now).findings) == 1
