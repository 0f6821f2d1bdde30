"""Webhooks on both databases: what is told, signed, tried again and refused, with real receivers here."""

import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from core.actions import webhook_worker
from core.actions.audit_verify import read_anchor, verify_log
from core.actions.audit_words import told
from core.actions.features import create_feature
from core.actions.flags import view_permission
from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.rollout import pause, resume, view_rollout
from core.actions.webhook_events import AT_ONCE
from core.actions.webhook_sending import Answer, check_address, may_go_to, send
from core.actions.webhook_worker import KEPT, LEASE, PAUSES, WebhookWorker, deliver, follow, judge_anew
from core.actions.webhooks import (
    MOST_WEBHOOKS,
    DeliveryLine,
    WebhookEvent,
    make_webhook,
    renew_webhook_secret,
    send_again,
    send_test,
    stop_webhook,
    view_webhooks,
)
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import WrongUsage
from core.export.webhook_body import signature, written
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, State, Transition
from core.store import audit, features, people, transitions, verdict_changes, webhooks
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
EVERYTHING = tuple(event for event in WebhookEvent if event is not WebhookEvent.TEST)
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.9}
URL = "https://hooks.example.com/x?key=1"


@pytest.fixture(autouse=True)
def receivers_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READYGATE_WEBHOOKS_INTERNAL", "yes")


class Post:
    """A way out that goes nowhere: it notes what was sent and answers as it is told to."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self.answers = list(answers)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], *, internal: bool) -> Answer:
        self.sent.append((url, body, dict(headers)))
        return self.answers.pop(0) if self.answers else Answer(200)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body, _ in self.sent]


class Receiver:
    """A server on this machine: ``answer`` says what it answers to a request."""

    def __init__(self, answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        kept = self.got

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((self.path, dict(self.headers), body))
                answer(self)

            def do_GET(self) -> None:
                kept.append((self.path, dict(self.headers), b""))
                answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"


def answering(status: int, **headers: str) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


@contextmanager
def receiving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[Receiver]:
    receiver = Receiver(answer)
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


class Hooks:
    """An administrator, and the worker's two steps at moments of the test's own."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now

    def make(
        self, *events: WebhookEvent, name: str = "Pager", url: str = URL, slug: str | None = None
    ) -> str:
        return make_webhook(
            self.workspace, LOCAL_CALLER, self.now, name=name, url=url, events=events or EVERYTHING, slug=slug
        )

    def told(self, at: datetime | None = None, post: Post | None = None) -> list[dict[str, Any]]:
        """What goes out at a round."""
        post = post or Post()
        moment = at or self.now
        follow(self.workspace, moment, "https://gate.example.com")
        deliver(self.workspace, lambda: moment, post=post)
        return post.bodies

    @property
    def log(self) -> tuple[DeliveryLine, ...]:
        return view_webhooks(self.workspace, LOCAL_CALLER).deliveries

    def started(self, *warnings: dict[str, Any]) -> None:
        """A phase that began a week ago."""
        began = self.now - 7 * DAY
        phase = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], "warnings": list(warnings)}
        save_plan(
            self.workspace,
            LOCAL_CALLER,
            began - DAY,
            self.slug,
            read_plan({"phases": [phase]}),
            based_on=None,
        )
        with self.workspace.database.writing() as connection:
            transitions.add(
                connection, feature_id=features.by_slug(connection, self.slug).id,
                moved=Transition(Move.START, "beta", began, "Ada", "Go."),
                plan_number=1, verdict="go", now=began,
            )  # fmt: skip

    def enter(self, action: str, payload: Mapping[str, Any], actor: str = "Ada") -> int:
        """An entry of the log as an action would have written it."""
        with self.workspace.database.writing() as connection:
            return audit.append(
                connection,
                actor=actor,
                action=action,
                subject=f"feature/{self.slug}",
                payload=dict(payload),
                now=self.now,
            )

    def verdict(self, verdict: str, *, is_draft: bool = False, at: datetime | None = None) -> None:
        with self.workspace.database.writing() as connection:
            number = features.by_slug(connection, self.slug).id
            verdict_changes.note(connection, number, verdict=verdict, is_draft=is_draft, now=at or self.now)

    def somebody_signs_in(self) -> None:
        with self.workspace.database.writing() as connection:
            people.add(
                connection, issuer="i", subject="s", name="Ada", email="", added_by="Ada", now=self.now
            )


@pytest.fixture
def hooks(workspace: Workspace, feature: str, now: datetime) -> Hooks:
    return Hooks(workspace, feature, now)


@pytest.fixture(scope="session")
def checks() -> Callable[..., bool]:
    """The receiver's check, exactly as the recipe has it."""
    recipes = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"
    blocks = re.findall(r"```python\n(.*?)```", recipes.read_text(encoding="utf-8"), re.DOTALL)
    (recipe,) = [block for block in blocks if "def is_from_readygate" in block]
    known: dict[str, Any] = {}
    exec(recipe, known)
    return known["is_from_readygate"]  # type: ignore[no-any-return]


# An import that trips an alarm


def traces_with_answers(right: Sequence[bool], since: datetime) -> tuple[str, str]:
    traces, labels = [], []
    for place, one in enumerate(right):
        run, at = f"a-{place:04d}", since + timedelta(minutes=place)
        traces.append(
            {"run_id": run, "user_id": run, "started_at": at.isoformat(), "response": "Secret text."}
        )
        labels.append({"run_id": run, "answer_right": one, "reviewer": "Vera", "sampling": "complete"})
    return tuple("".join(json.dumps(row) + "\n" for row in rows) for rows in (traces, labels))  # type: ignore[return-value]


def test_an_import_that_trips_an_alarm_is_told_to_a_receiver(
    hooks: Hooks, hand_in: HandIn, commit: Callable[..., int], checks: Callable[..., bool]
) -> None:
    commit([ANSWERS], at=hooks.now - 8 * DAY, lock=False)
    warning = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"}
    hooks.started(warning)
    traces, labels = traces_with_answers([True] * 95 + [False] * 10, hooks.now - 6 * DAY)
    hand_in(traces, "traces.jsonl", at=hooks.now)
    with receiving(answering(204)) as receiver:
        secret = hooks.make(WebhookEvent.ALARM, WebhookEvent.ROLLOUT, url=receiver.url)
        hand_in(labels, "labels.jsonl", at=hooks.now)
        # The import has returned: the rollout is paused and the flag off, before anybody was told.
        at = hooks.now
        assert view_rollout(hooks.workspace, LOCAL_CALLER, at, hooks.slug).standing.state is State.PAUSED
        assert not view_permission(hooks.workspace, LOCAL_CALLER, at, hooks.slug).is_on
        assert receiver.got == []
        worker = WebhookWorker(hooks.workspace, "https://gate.example.com")
        worker.start()
        until = time.monotonic() + 30
        while len(receiver.got) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        worker.stop()
    for path, headers, body in receiver.got:
        assert path == "/hook?a=b"
        assert headers["Content-Type"] == "application/json"
        assert checks(secret, headers["X-Readygate-Signature"], body)
        assert not checks("another", headers["X-Readygate-Signature"], body)
        assert not checks(secret, headers["X-Readygate-Signature"], body + b" ")
        assert not checks(secret, headers["X-Readygate-Signature"], body, now=time.time() + 400)
        assert b"Secret text" not in body
    alarm, moved = [json.loads(body) for _, _, body in receiver.got]
    assert [head["X-Readygate-Event"] for _, head, _ in receiver.got] == ["alarm_tripped", "rollout_moved"]
    assert receiver.got[0][1]["X-Readygate-Delivery"] == alarm["delivery"] != moved["delivery"]
    assert alarm["state"] == moved["state"] == "paused"
    assert (alarm["phase"], alarm["actor"]) == ("beta", "Readygate")
    assert alarm["link"] == f"https://gate.example.com/phase_plan?feature={hooks.slug}"
    assert alarm["summary"] == {
        "alarm": 1, "warning": "Answer correctness below 85 %, by reviewers' labels",
        "metric": "answer_correctness", "tier": "pause", "cases": 105, "did": "paused",
    }  # fmt: skip
    assert moved["summary"] == {"move": "paused", "plan": 1}
    for message in (alarm, moved):
        assert verify_log(hooks.workspace, LOCAL_CALLER, hooks.now, read_anchor(message["anchor"])).chain.ok
    another = moved["anchor"].replace(moved["anchor"][:8], "0" * 8)
    assert not verify_log(hooks.workspace, LOCAL_CALLER, hooks.now, read_anchor(another)).chain.ok
    assert [one.state for one in hooks.log] == ["delivered", "delivered"]


# What is told


def test_only_what_comes_after_the_making_is_told(hooks: Hooks) -> None:
    hooks.started()
    pause(hooks.workspace, LOCAL_CALLER, hooks.now, hooks.slug)
    hooks.verdict("stale")
    hooks.make()
    assert hooks.told() == []
    resume(hooks.workspace, LOCAL_CALLER, hooks.now + HOUR, hooks.slug, reason="Mended; secret reason")
    pause(hooks.workspace, LOCAL_CALLER, hooks.now + 2 * HOUR, hooks.slug)
    found = hooks.told(hooks.now + 3 * HOUR)
    # Each as it stood then, though both are looked at later.
    assert [(one["summary"]["move"], one["state"]) for one in found] == [
        ("resumed", "running"),
        ("paused", "paused"),
    ]
    assert "secret reason" not in json.dumps(found)
    assert hooks.told(hooks.now + 4 * HOUR) == []


def test_a_verdict_that_changed_has_the_one_before(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.VERDICT)
    hooks.verdict("no_data", is_draft=True)
    hooks.verdict("no_data")
    hooks.verdict("no_data")
    hooks.verdict("go")
    found = [one["verdict"] for one in hooks.told()]
    assert found == [
        {"before": None, "after": "no_data", "draft": True},
        {"before": "no_data", "after": "no_data", "draft": False},
        {"before": "no_data", "after": "go", "draft": False},
    ]


def test_what_time_alone_changes_is_noticed(
    hooks: Hooks, hand_in: HandIn, commit: Callable[..., int]
) -> None:
    commit([{**ANSWERS, "window_days": 28}], at=hooks.now - 8 * DAY, lock=False)
    hooks.make(WebhookEvent.VERDICT)
    judge_anew(hooks.workspace, hooks.now, goes_on=lambda: True)
    before = len(hooks.told())
    hooks.verdict("go", is_draft=True)
    judge_anew(hooks.workspace, hooks.now + DAY, goes_on=lambda: True)
    after = hooks.told(hooks.now + DAY)
    assert before <= 1
    assert [one["verdict"]["after"] for one in after] == ["go", "no_data"]


SIGNED = [
    ("checklist locked", {"signers": 2, "in_force": True}, ("lock", 2)),
    ("checklist locked", {"signers": 0, "in_force": True}, None),
    ("checklist amended", {"signers": 1, "in_force": False}, ("amendment", 2)),
    ("waiver asked", {"waiver": 1, "reason": "Because"}, ("waiver", 1)),
    ("signature withdrawn", {"about": "step"}, ("step", 1)),
    ("signature withdrawn", {"about": "commitment"}, ("lock", 1)),
    ("checklist saved", {"number": 1}, None),
]


@pytest.mark.parametrize(("action", "payload", "expected"), SIGNED)
def test_a_signature_is_asked_for_where_there_is_something_and_somebody_to_sign(
    hooks: Hooks, action: str, payload: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    hooks.make(WebhookEvent.SIGNATURE)
    hooks.enter(action, payload)
    assert hooks.told() == []
    hooks.somebody_signs_in()
    hooks.enter(action, payload)
    found = [(one["summary"]["about"], one["summary"]["needed"]) for one in hooks.told()]
    assert found == ([expected] if expected else [])


def test_a_step_waits_for_signatures_once_a_locked_checklist_is_go(
    hooks: Hooks, commit: Callable[..., int]
) -> None:
    commit([ANSWERS], at=hooks.now - DAY)
    hooks.somebody_signs_in()
    hooks.make(WebhookEvent.SIGNATURE)
    hooks.verdict("go", is_draft=True)
    hooks.verdict("no_go")
    hooks.verdict("go", at=hooks.now + SECOND)
    assert [one["summary"]["about"] for one in hooks.told()] == ["step"]


def test_an_override_and_an_import_are_told_in_numbers(hooks: Hooks, hand_in: HandIn) -> None:
    hooks.make(WebhookEvent.OVERRIDE, WebhookEvent.IMPORT)
    said = {"override": 3, "verdict": "no_go", "until": "2026-03-03T00:00:00+00:00",
            "overrules": ["One.", "Two."], "reason": "A secret", "title": "Start"}  # fmt: skip
    hooks.enter("override given", said, actor="ada@example.com")
    hand_in('{"run_id": "r", "query": "A question"}\n', "traces.jsonl")
    overruled, imported = hooks.told()
    assert overruled["actor"] == "somebody"
    assert overruled["summary"] == {
        "override": 3, "verdict": "no_go", "until": said["until"], "overrules": 2
    }  # fmt: skip
    assert imported["summary"]["kind"] == "traces"
    assert (imported["summary"]["read"], imported["summary"]["accepted"]) == (1, 1)
    assert "question" not in json.dumps(imported)


def test_a_webhook_of_one_feature_hears_of_no_other(hooks: Hooks, commit: Callable[..., int]) -> None:
    create_feature(
        hooks.workspace, LOCAL_CALLER, hooks.now, name="Other", owner="Ada", stakes=Stakes.LOW, slug="other"
    )
    hooks.make(slug="other")
    hooks.enter("override given", {})
    hooks.verdict("no_go")
    hooks.slug = "other"
    hooks.enter("override given", {})
    hooks.verdict("go")
    assert {one["feature"]["slug"] for one in hooks.told()} == {"other"}
    assert len(hooks.log) == 2


def test_an_entry_that_was_emptied_is_told_without_what_it_said(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.ALARM)
    seq = hooks.enter("early warning tripped", {"alarm": 1, "warning": "Gone"})
    with hooks.workspace.database.writing() as connection:
        audit.erase(connection, seq)
    (only,) = hooks.told()
    assert set(only["summary"].values()) == {None}


# Nothing is lost and nothing doubled


def test_more_than_one_look_takes(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    with hooks.workspace.database.writing() as connection:
        for number in range(AT_ONCE + 7):
            audit.append(
                connection, actor="Ada", action="override given", subject=f"feature/{hooks.slug}",
                payload={"override": number}, now=hooks.now,
            )  # fmt: skip
    assert follow(hooks.workspace, hooks.now) == AT_ONCE + 7
    assert follow(hooks.workspace, hooks.now) == 0
    post = Post()
    deliver(hooks.workspace, lambda: hooks.now, post=post)
    assert sorted(one["summary"]["override"] for one in post.bodies) == list(range(AT_ONCE + 7))
    assert len({one["delivery"] for one in post.bodies}) == AT_ONCE + 7


def test_a_crash_while_the_outbox_is_filled_loses_and_doubles_nothing(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    hooks.enter("override given", {"override": 1})
    whole = webhooks.followed

    def crashes(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(webhooks, "followed", crashes)
    with pytest.raises(KeyboardInterrupt):
        follow(hooks.workspace, hooks.now)
    assert hooks.log == ()
    monkeypatch.setattr(webhooks, "followed", whole)
    assert len(hooks.told()) == 1


def test_a_crash_while_sending_leaves_the_message_to_the_next_under_its_name(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    hooks.enter("override given", {})
    follow(hooks.workspace, hooks.now)
    names = []

    def dies(url: str, body: bytes, headers: Mapping[str, str], *, internal: bool) -> Answer:
        names.append(headers["X-Readygate-Delivery"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(hooks.workspace, lambda: hooks.now, post=dies)
    # Taken for a minute: nobody else may send it meanwhile.
    assert hooks.told(hooks.now + LEASE - SECOND) == []
    (again,) = hooks.told(hooks.now + LEASE)
    assert [again["delivery"]] == names
    assert (hooks.log[0].state, hooks.log[0].tries) == ("delivered", 2)


def test_two_servers_deliver_each_message_once(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    for number in range(10):
        hooks.enter("override given", {"override": number})
    post = Post()
    barrier = threading.Barrier(2)

    def serve() -> None:
        barrier.wait()
        follow(hooks.workspace, hooks.now)
        deliver(hooks.workspace, lambda: hooks.now, post=post)

    servers = [threading.Thread(target=serve) for _ in range(2)]
    for one in servers:
        one.start()
    for one in servers:
        one.join()
    hooks.told(post=post)
    assert sorted(one["summary"]["override"] for one in post.bodies) == list(range(10))
    assert len(hooks.log) == 10


def test_an_answer_that_comes_after_somebody_else_took_over_changes_nothing(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    hooks.enter("override given", {})
    follow(hooks.workspace, hooks.now)
    with hooks.workspace.database.writing() as connection:
        slow = webhooks.take(connection, 1, hooks.now, LEASE)
    assert slow is not None
    hooks.told(hooks.now + LEASE)
    with hooks.workspace.database.writing() as connection:
        late = hooks.now + 2 * LEASE
        webhooks.tried(connection, slow, state="failed", status=500, fault="x", due_at=late, now=late)
    assert hooks.log[0].state == "delivered"


# Tried again


def test_what_is_not_taken_is_tried_five_times_over_an_hour_and_then_said(hooks: Hooks) -> None:
    hooks.make()
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    post, at = Post(*[Answer(500, "It answered 500.")] * 9), hooks.now
    for pause_after in PAUSES:
        hooks.told(at, post)
        assert hooks.log[0].state == "waiting"
        hooks.told(at + pause_after - SECOND, post)
        at += pause_after
    hooks.told(at, post)
    (only,) = hooks.log
    assert (only.state, only.tries, only.status, only.fault) == ("failed", 5, 500, "It answered 500.")
    assert len(post.sent) == 5
    assert at - hooks.now == timedelta(minutes=61)
    hooks.told(at + DAY, post)
    assert len(post.sent) == 5
    (line,) = view_webhooks(hooks.workspace, LOCAL_CALLER).webhooks
    assert (line.delivered, line.waiting, line.failed) == (0, 0, 1)
    send_again(hooks.workspace, LOCAL_CALLER, at + DAY, only.id)
    hooks.told(at + DAY, again := Post())
    assert again.sent[0][2]["X-Readygate-Delivery"] == post.sent[0][2]["X-Readygate-Delivery"]
    assert again.sent[0][1] == post.sent[0][1]
    assert (hooks.log[0].state, hooks.log[0].tries) == ("delivered", 1)


def test_one_receiver_that_fails_holds_up_nobody_else(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE, name="Broken", url="https://broken.example.com/")
    hooks.make(WebhookEvent.OVERRIDE, name="Sound", url="https://sound.example.com/")
    for _ in range(3):
        hooks.enter("override given", {})
    sent: list[str] = []

    def post(url: str, body: bytes, headers: Mapping[str, str], *, internal: bool) -> Answer:
        sent.append(url)
        return Answer(200) if "sound" in url else Answer(None, "No answer.")

    follow(hooks.workspace, hooks.now)
    assert deliver(hooks.workspace, lambda: hooks.now, post=post) == 3
    assert sorted(sent) == ["https://broken.example.com/"] + ["https://sound.example.com/"] * 3


def test_the_same_message_is_signed_anew_at_each_try(hooks: Hooks, checks: Callable[..., bool]) -> None:
    secret = hooks.make()
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    post = Post(Answer(500, "It answered 500."))
    hooks.told(post=post)
    hooks.told(hooks.now + HOUR, post)
    (_, first, one), (_, second, two) = post.sent
    assert first == second
    assert one["X-Readygate-Signature"] != two["X-Readygate-Signature"]
    at = (hooks.now + HOUR).timestamp()
    assert checks(secret, two["X-Readygate-Signature"], second, now=at)
    assert not checks(secret, one["X-Readygate-Signature"], first, now=at)


@pytest.mark.parametrize("header", ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1772460330,v1=é", "rubbish"])
def test_the_recipe_refuses_a_header_that_is_none(checks: Callable[..., bool], header: str) -> None:
    assert checks("s", header, b"{}", now=1772460330.0) is False
    assert checks("s", signature("s", 1772460330, b"{}"), b"{}", now=1772460330.0)


def test_a_new_secret_holds_from_then_on(hooks: Hooks, checks: Callable[..., bool]) -> None:
    old = hooks.make()
    new = renew_webhook_secret(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    hooks.told(post=(post := Post()))
    ((_, body, headers),) = post.sent
    at = hooks.now.timestamp()
    assert checks(new, headers["X-Readygate-Signature"], body, now=at)
    assert not checks(old, headers["X-Readygate-Signature"], body, now=at)


def test_a_webhook_that_was_stopped_is_told_nothing_and_forgets_its_secret(
    hooks: Hooks, everything: Callable[[], Mapping[str, list[str]]]
) -> None:
    secret = hooks.make()
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    assert secret in str(everything())
    stop_webhook(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    hooks.enter("override given", {})
    assert hooks.told() == []
    assert secret not in str(everything())
    assert [(one.state, one.fault, one.may_send_again) for one in hooks.log] == [
        ("failed", "The webhook was stopped.", False)
    ]
    doings: tuple[Callable[..., object], ...] = (stop_webhook, renew_webhook_secret, send_test, send_again)
    for do in doings:
        with pytest.raises(WrongUsage):
            do(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    hooks.make()


def test_what_is_old_is_forgotten_and_what_waits_is_not(hooks: Hooks) -> None:
    hooks.make()
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    hooks.told()
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    judge_anew(hooks.workspace, hooks.now + KEPT, goes_on=lambda: True)
    assert len(hooks.log) == 2
    judge_anew(hooks.workspace, hooks.now + KEPT + SECOND, goes_on=lambda: True)
    assert [one.state for one in hooks.log] == ["waiting"]


# Making one


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 61}, "needs a name"),
        ({"events": ()}, "never be told"),
        ({"events": (WebhookEvent.TEST,)}, "never be told"),
        ({"url": ""}, "no address"),
        ({"url": "hooks.example.com"}, "no address"),
        ({"url": "https://"}, "no address"),
        ({"url": "https://h.example.com:x/"}, "no address"),
        ({"url": "https://h.example.com/a b"}, "no address"),
        ({"url": "https://h.example.com/\r\nX: y"}, "no address"),
        ({"url": "https://ada:secret@h.example.com/"}, "user name"),
        ({"url": "https://ada@h.example.com/"}, "user name"),
        ({"url": "http://h.example.com/"}, "https"),
        ({"url": "http://127.0.0.1.example.com/"}, "https"),
        ({"url": "ftp://h.example.com/"}, "https"),
        ({"url": "file://localhost/etc/passwd"}, "https"),
    ],
)
def test_a_webhook_that_could_not_work_is_refused(hooks: Hooks, changed: dict[str, Any], words: str) -> None:
    asked = {"name": "Pager", "url": URL, "events": (WebhookEvent.ALARM,)} | changed
    with pytest.raises(WrongUsage, match=words):
        make_webhook(hooks.workspace, LOCAL_CALLER, hooks.now, **asked)
    assert view_webhooks(hooks.workspace, LOCAL_CALLER).webhooks == ()


def test_a_name_is_taken_once_and_there_are_not_too_many(hooks: Hooks) -> None:
    for number in range(MOST_WEBHOOKS):
        hooks.make(name=f"Pager {number}")
    with pytest.raises(WrongUsage, match="already"):
        hooks.make(name="Pager 1")
    with pytest.raises(WrongUsage, match=f"{MOST_WEBHOOKS} webhooks"):
        hooks.make(name="Another")


def test_the_log_says_what_was_done_and_neither_secret_nor_address(hooks: Hooks) -> None:
    secret = hooks.make(WebhookEvent.ALARM, slug=hooks.slug)
    send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    hooks.told()
    send_again(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    renew_webhook_secret(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    stop_webhook(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
    with hooks.workspace.database.reading() as connection:
        entries = audit.timeline(connection, "webhook/1", 9)
    assert [told(one).sentence for one in reversed(entries)] == [
        "made the webhook “Pager” to hooks.example.com",
        "sent a test to the webhook “Pager”",
        "sent the message 1 of the webhook “Pager” again",
        "renewed the secret of the webhook “Pager”",
        "stopped the webhook “Pager”",
    ]
    assert told(entries[-1]).details == (f"It is told of alarm tripped; {hooks.slug}.",)
    assert secret not in str(entries)
    assert "key=1" not in str(entries)


def test_no_secret_is_shown_by_accident(hooks: Hooks) -> None:
    secret = hooks.make()
    with hooks.workspace.database.reading() as connection:
        (only,) = webhooks.every(connection)
    assert secret not in repr(only)
    assert secret not in repr(view_webhooks(hooks.workspace, LOCAL_CALLER))


# The worker


def test_the_worker_stops_and_leaves_what_is_due_to_the_next(hooks: Hooks) -> None:
    with receiving(answering(200)) as receiver:
        hooks.make(url=receiver.url)
        worker = WebhookWorker(hooks.workspace)
        worker.start()
        worker.stop()
        assert not worker._thread.is_alive()
        send_test(hooks.workspace, LOCAL_CALLER, hooks.now, 1)
        time.sleep(0.1)
        assert receiver.got == []
        assert hooks.log[0].state == "waiting"


def test_a_stop_ends_after_the_message_under_way(hooks: Hooks) -> None:
    hooks.make(WebhookEvent.OVERRIDE)
    for _ in range(3):
        hooks.enter("override given", {})
    follow(hooks.workspace, hooks.now)
    post = Post()
    deliver(hooks.workspace, lambda: hooks.now, goes_on=lambda: not post.sent, post=post)
    assert len(post.sent) == 1


def test_a_fault_in_one_round_ends_nothing(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[datetime] = []

    def breaks_once(workspace: Workspace, now: datetime, url: str = "") -> int:
        calls.append(now)
        if len(calls) == 1:
            raise RuntimeError("a secret in a message")
        return follow(workspace, now, url)

    class Quick(WebhookWorker):
        pause_seconds = 0.01

    monkeypatch.setattr(webhook_worker, "follow", breaks_once)
    with receiving(answering(200)) as receiver:
        hooks.make(WebhookEvent.OVERRIDE, url=receiver.url)
        hooks.enter("override given", {})
        worker = Quick(hooks.workspace)
        worker.start()
        until = time.monotonic() + 30
        while not receiver.got and time.monotonic() < until:
            time.sleep(0.02)
        worker.stop()
        assert len(receiver.got) == 1
    assert "webhooks were not told: RuntimeError" in caplog.text
    assert "a secret" not in caplog.text


# Where it may lead: no database needed


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1:248:1893:25c8:1946", True, True),
        ("10.0.0.1", False, True),
        ("172.16.3.4", False, True),
        ("192.168.1.1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd12:3456::1", False, True),
        ("100.64.0.1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("64:ff9b::7f00:1", False, True),
        ("2002:7f00:1::", False, True),
        ("2002:a9fe:a9fe::", False, False),
        ("169.254.169.254", False, False),
        ("169.254.170.2", False, False),
        ("fe80::1", False, False),
        ("fd00:ec2::254", False, False),
        ("100.100.100.200", False, False),
        ("168.63.129.16", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("255.255.255.255", False, False),
    ],
)
def test_where_a_message_may_go(address: str, outside: bool, inside: bool) -> None:
    assert may_go_to(ip_address(address), internal=False) is outside
    assert may_go_to(ip_address(address), internal=True) is inside


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254"])
def test_an_address_inside_is_refused_when_the_webhook_is_made(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("READYGATE_WEBHOOKS_INTERNAL")
    with pytest.raises(WrongUsage, match="own network"):
        check_address(f"https://{host}/hook")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_inside_is_refused_when_it_is_sent(scheme: str) -> None:
    with receiving(answering(200)) as receiver:
        port = receiver.server.server_port
        for host in ("localhost", "127.0.0.1", "127.1"):
            answer = send(f"{scheme}://{host}:{port}/", b"{}", {}, internal=False)
            assert answer.status is None
            assert "own network" in answer.fault
        assert receiver.got == []


def test_a_name_with_one_address_outside_and_one_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolves(host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr("socket.getaddrinfo", resolves)
    answer = send("https://two.example.com/", b"{}", {}, internal=False)
    assert "own network" in answer.fault


def test_a_redirect_is_not_followed() -> None:
    with receiving(answering(302, Location="/elsewhere")) as receiver:
        answer = send(receiver.url, b"{}", {}, internal=True)
        assert answer == Answer(302, "It answered 302: redirects are not followed.")
        assert not answer.is_taken
        assert [path for path, _, _ in receiver.got] == ["/hook?a=b"]


def test_a_receiver_that_is_silent_or_drips_is_given_up() -> None:
    def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(1.5)

    def drips(handler: http.server.BaseHTTPRequestHandler) -> None:
        try:
            for _ in range(30):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    for slow in (silent, drips):
        with receiving(slow) as receiver:
            began = time.monotonic()
            answer = send(receiver.url, b"{}", {}, internal=True, patience_seconds=0.3)
            assert time.monotonic() - began < 1.2
            assert answer == Answer(None, "No answer within 0.3 seconds.")


def test_what_goes_wrong_on_the_way_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(answering(200)) as receiver:
        port = receiver.server.server_port
        plain = send(f"https://127.0.0.1:{port}/", b"{}", {}, internal=True)
        assert plain.fault == "No secure connection could be made."
    gone = send(f"http://127.0.0.1:{port}/", b"{}", {}, internal=True)
    assert gone == Answer(None, "The receiver could not be reached.")
    nowhere = send("https://nowhere.invalid/", b"{}", {}, internal=True)
    assert nowhere == Answer(None, "The name in the address is not known.")
    with receiving(lambda handler: handler.wfile.write(b"rubbish\r\n\r\n") and None) as receiver:
        odd = send(receiver.url, b"{}", {}, internal=True)
        assert odd == Answer(None, "The connection ended without an answer that can be read.")
    with receiving(answering(410)) as receiver:
        assert send(receiver.url, b"{}", {}, internal=True) == Answer(410, "It answered 410.")


def test_the_bytes_do_not_depend_on_the_order_of_the_fields() -> None:
    assert written({"b": 1, "a": "é"}) == written({"a": "é", "b": 1}) == b'{"a":"\\u00e9","b":1}'
