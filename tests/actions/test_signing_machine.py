"""Any order of locking, signing, amending and waiving: nothing is ever approved by fewer than it takes.

READYGATE_LONG_RUNS=1 tries many more orders.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.plans import take_plan_template, view_plan
from core.actions.signing import sign, view_sign_off, withdraw_signature
from core.actions.waivers import ask_waiver, decide_waiver, view_waivers
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.commitment import Signers
from core.criteria.loosening import loosenings
from core.criteria.stakes import Stakes
from core.errors import UserError
from core.rollout.plan import Fallback
from core.store import people
from core.store.database import Database
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = ("Pia", "Bea", "Lea", "Omar", "Root")
ROLES = {"Pia": ("pm",), "Bea": ("pm", "signer"), "Lea": ("signer",), "Omar": ("signer",), "Root": ("admin",)}
WRITERS, SIGNERS = ("Pia", "Bea"), ("Bea", "Lea", "Omar")

Who = st.sampled_from(NAMES)
Thing = st.sampled_from(("commitment", "step", "amendment"))


class Signing(RuleBasedStateMachine):
    """A model beside the program: who wrote what, who signed which hash, who is still a signer."""

    template: Path
    approvals = 0
    """How often something was approved: an order that never gets there shows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(mkdtemp(prefix="signing-"))
        shutil.copy(self.template, self.home / "readygate.db")
        self.warehouse = Warehouse(SegmentCache(self.home / "cache", 1 << 28))
        self.workspace = Workspace(self.home, Database.open(None, self.home), self.warehouse)
        self.now = START
        self.files = 0
        made = create_feature(
            self.workspace, LOCAL_CALLER, START, name="Helper", owner="Ada", stakes=Stakes.LOW
        )
        self.slug = made.slug
        self.people = {name: self._person(name) for name in NAMES}
        self.hands: dict[int, set[str]] = {}
        self.saved: list[str] = []
        self.locked: dict[int, Checklist] = {}
        self.signed: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self.uploaders: set[str] = set()

    def _person(self, name: str) -> Caller:
        with self.workspace.database.writing() as connection:
            added = people.add(
                connection, issuer="https://id.example", subject=name, name=name,
                email=f"{name}@example.com", added_by="x", now=START,
            )  # fmt: skip
            for role in ROLES[name]:
                people.grant(
                    connection, person_id=added.id, feature_id=None, role=role, by="x", by_id=None, now=START
                )
        return Caller(name, verified=True, person_id=added.id)

    def teardown(self) -> None:
        self.warehouse.close()
        self.workspace.database.close()
        shutil.rmtree(self.home)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=7)
        return self.now

    def who(self, name: str) -> Caller:
        return replace(self.people[name], signed_in_at=self.now.timestamp())

    @property
    def view(self) -> Any:
        return view_checklist(self.workspace, LOCAL_CALLER, self.slug)

    @initialize(
        needed=st.sampled_from((1, 2)), names=st.lists(st.sampled_from(SIGNERS), max_size=3, unique=True)
    )
    def begin(self, needed: int, names: list[str]) -> None:
        """Most orders begin near an approval, which is where it could go wrong."""
        self.save("Pia", 0.2)
        self.lock("Pia", needed)
        for name in names:
            self.sign_both(name)

    @rule(name=st.sampled_from(SIGNERS))
    def sign_both(self, name: str) -> None:
        self.sign(name, "commitment", "approve")
        self.sign(name, "step", "approve")

    @rule(name=Who, bar=st.sampled_from((0.1, 0.2, 0.3)))
    def save(self, name: str, bar: float) -> None:
        item = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": bar}
        before = self.view.number
        with suppress(UserError):
            saved = save_checklist(
                self.workspace, self.who(name), self.tick(), self.slug,
                read_checklist({"stakes": "low", "items": [item]}), based_on=before,
            )  # fmt: skip
            assert name in WRITERS
            if saved.number != before:
                self.saved.append(name)

    @rule(name=Who, needed=st.sampled_from((None, 1, 2)))
    def lock(self, name: str, needed: int | None) -> None:
        number = self.view.number
        if number is None:
            return
        with suppress(UserError):
            made = lock_checklist(
                self.workspace, self.who(name), self.tick(), self.slug, based_on=number, reason="It must",
                signers=Signers(needed=needed) if needed else None,
            )  # fmt: skip
            assert name in WRITERS
            self.hands[made.number] = {*self.saved, name}
            self.saved = []
            self.locked[made.number] = self.view.checklist

    @rule(name=Who, thing=Thing, choice=st.sampled_from(("approve", "approve", "refuse")))
    def sign(self, name: str, thing: str, choice: str) -> None:
        self.tick()
        view = view_sign_off(self.workspace, LOCAL_CALLER, self.now, self.slug)
        one = getattr(view, thing)
        if one is None:
            return
        with suppress(UserError):
            sign(
                self.workspace, self.who(name), self.now, self.slug, about=one.about, sha256=one.sha256,
                typed=view.typed_for(one), choice=choice, reason="I have looked at it",
            )  # fmt: skip
            assert name in SIGNERS
            assert name not in self.gone
            self.signed = [each for each in self.signed if each != (name, one.sha256)]
            if choice == "approve":
                self.signed.append((name, one.sha256))

    @rule(name=st.sampled_from(SIGNERS), place=st.integers(0, 3))
    def withdraw(self, name: str, place: int) -> None:
        offs = view_sign_off(self.workspace, LOCAL_CALLER, self.tick(), self.slug)
        given = [
            (line, one.sha256)
            for one in (offs.commitment, offs.step, offs.amendment)
            if one is not None
            for line in one.lines
            if line.counts and line.by == name
        ]
        if place < len(given):
            line, sha256 = given[place]
            with suppress(UserError):
                withdraw_signature(
                    self.workspace, self.who(name), self.now, self.slug, line.id, reason="I was mistaken"
                )
                self.signed = [each for each in self.signed if each != (name, sha256)]

    @rule(name=Who, passed=st.integers(5, 30))
    def evidence(self, name: str, passed: int) -> None:
        rows = "".join(f'{{"case_id": "c{self.files}-{n}", "passed": true}}\n' for n in range(passed))
        self.files += 1
        with suppress(UserError):
            upload_id = start_import(
                self.workspace, self.who(name), self.tick(), self.slug, file_name=f"{self.files}.jsonl",
                content=BytesIO(rows.encode()), for_worker=False,
            )  # fmt: skip
            run_import(self.workspace, upload_id, lambda: self.now)
            self.uploaders.add(name)

    @rule(asks=Who, decides=Who, choice=st.sampled_from(("approve", "refuse")))
    def waive(self, asks: str, decides: str, choice: str) -> None:
        with suppress(UserError):
            ask_waiver(
                self.workspace, self.who(asks), self.tick(), self.slug, "suite",
                reason="It is mended next week", until=self.now.date() + timedelta(days=5),
            )  # fmt: skip
        for one in view_waivers(self.workspace, LOCAL_CALLER, self.now, self.slug):
            if one.state == "asked":
                with suppress(UserError):
                    decide_waiver(
                        self.workspace, self.who(decides), self.tick(), self.slug, one.id, choice=choice,
                        reason="Looked at it with them",
                    )  # fmt: skip
                    assert one.asked_by != decides
                    assert decides in SIGNERS

    @rule(name=st.sampled_from(SIGNERS))
    def remove_role(self, name: str) -> None:
        person_id = self.people[name].person_id
        assert person_id is not None
        with self.workspace.database.writing() as connection:
            for one in people.grants_of(connection, person_id):
                if one.role == "signer":
                    people.revoke(connection, one.id, by="x", now=self.tick())
                    self.gone.add(name)

    @precondition(lambda self: bool(self.gone))
    @rule(data=st.data())
    def give_role_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.gone)))
        person_id = self.people[name].person_id
        assert person_id is not None
        with self.workspace.database.writing() as connection:
            people.grant(
                connection, person_id=person_id, feature_id=None, role="signer", by="x", by_id=None,
                now=self.tick(),
            )  # fmt: skip
        self.gone.discard(name)

    @rule(name=st.sampled_from(WRITERS))
    def plan(self, name: str) -> None:
        if view_plan(self.workspace, LOCAL_CALLER, self.slug).number is None:
            take_plan_template(
                self.workspace, self.who(name), self.tick(), self.slug, "guardrail_escalation", based_on=None,
                owner="Ada", fallback=Fallback.NON_AI,
            )  # fmt: skip
            self.hands.setdefault(-1, set()).add(name)

    @invariant()
    def approved_only_by_enough_others(self) -> None:
        decision = gate(self.workspace, LOCAL_CALLER, self.now, self.slug)
        if not decision.is_approved:
            return
        type(self).approvals += 1
        offs = decision.sign_offs
        holds = decision.bar.commitment
        needed = decision.commitments[len(self.locked) - holds].needed
        assert offs.commitment is not None and offs.step is not None
        for one in (offs.commitment, offs.step):
            names = {name for name, sha256 in self.signed if sha256 == one.sha256} - self.gone
            others = names - self.hands[holds] - self.uploaders
            assert len(others) >= min(needed, one.needed), (names, self.hands, one)

    @invariant()
    def nothing_locked_changes_without_an_amendment(self) -> None:
        decision = gate(self.workspace, LOCAL_CALLER, self.now, self.slug)
        assert [line.number for line in decision.commitments] == sorted(self.locked, reverse=True)
        if decision.bar.is_draft:
            assert not self.locked
            return
        held = self.locked[decision.bar.commitment]
        assert [row.item for row in decision.rows] == list(held.items)
        chain = [line for line in reversed(decision.commitments) if line.in_force]
        for before, after in pairwise(chain):
            easier = loosenings(self.locked[before.number], self.locked[after.number])
            assert set(easier) <= set(after.loosens), "what was made easier is marked"
            if after.is_marked:
                names = {line.by for line in after.lines if line.choice == "approve"}
                assert len(names - self.hands[after.number]) >= 2


@pytest.fixture
def template(migrated_sqlite_file: Path) -> Iterator[Path]:
    yield migrated_sqlite_file


def test_no_order_of_steps_gets_round_the_signatures(template: Path) -> None:
    Signing.template = template
    is_long = os.environ.get("READYGATE_LONG_RUNS") == "1"
    run_state_machine_as_test(
        Signing,
        settings=settings(
            max_examples=2_000 if is_long else 12,
            stateful_step_count=60 if is_long else 25,
            deadline=None,
            # An order of steps that fails is short enough to read, and each step of it is slow.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
    assert Signing.approvals > 0
