"""The HTTP interface: who may ask what with which token, and what is answered, on both databases."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.actions import importing
from core.actions.as_json import decision_as_json
from core.actions.checklists import lock_checklist, save_checklist
from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.rollout import view_rollout
from core.actions.rollout_past import PastStart, record_past
from core.actions.tokens import TokenScope, make_token, revoke_token, view_tokens
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.stakes import Stakes
from core.intake.importing import read_file
from core.rollout.plan import read_plan
from core.store import uploads
from core.store.database import Database
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse
from core.web import api_features, api_requests, wiring
from core.web.api import ROUTES
from core.web.openapi import DOCUMENT

SUITE = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
BETA = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], "review_share": 1.0}
RESULT = b'{"case_id": "c1", "passed": true}\n'
FEATURE = "/api/v1/features/helper"

CALLS: dict[str, tuple[str, str, TokenScope, dict[str, Any]]] = {
    "gate": ("GET", "gate", TokenScope.READ, {}),
    "flags": ("GET", "flags", TokenScope.READ, {}),
    "imports": ("POST", "imports?file=r.jsonl", TokenScope.IMPORT, {"content": RESULT}),
    "pause": ("POST", "pause", TokenScope.STOP, {"json": {"reason": "Wrong refunds"}}),
    "rollback": ("POST", "rollback", TokenScope.STOP, {"json": {"reason": "Wrong refunds"}}),
}
"""Every route that is about a feature, as one asks it: method, place, what the token has to be for, body."""


class Site:
    """A running feature behind the interface, and the tokens of those who ask."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.workspace, self.now = workspace, now
        self.client = TestClient(Starlette(routes=ROUTES), raise_server_exceptions=False)
        for slug in ("helper", "other"):
            create_feature(
                workspace, LOCAL_CALLER, self.before(20), name=slug, owner="Ada", stakes=Stakes.LOW, slug=slug
            )

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def roll_out(self) -> None:
        checklist = read_checklist({"stakes": "low", "items": [SUITE]})
        save_checklist(self.workspace, LOCAL_CALLER, self.before(19), "helper", checklist, based_on=None)
        lock_checklist(self.workspace, LOCAL_CALLER, self.before(19), "helper", based_on=1)
        plan = read_plan({"owner": "Ada", "phases": [BETA]})
        save_plan(self.workspace, LOCAL_CALLER, self.before(19), "helper", plan, based_on=None)
        began = [PastStart("beta", self.before(10).date())]
        record_past(self.workspace, LOCAL_CALLER, self.now, "helper", began)

    def token(self, *scopes: TokenScope, slug: str | None = None, days: int = 90) -> str:
        known = len(view_tokens(self.workspace, LOCAL_CALLER).tokens)
        return make_token(
            self.workspace, LOCAL_CALLER, self.now, name=f"CI {known}", scopes=scopes, slug=slug, days=days
        )

    def ask(
        self, call: str, token: str | None, *, slug: str = "helper", headers: dict[str, str] | None = None
    ) -> Any:
        method, place, _, body = CALLS[call]
        shown = {"Authorization": f"Bearer {token}"} if token is not None else {}
        address = f"/api/v1/features/{slug}/{place}"
        return self.client.request(method, address, headers={**shown, **(headers or {})}, **body)


@pytest.fixture
def site(database: Database, home: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now

    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30))
    opened = Workspace(home, database, warehouse)
    monkeypatch.setattr(wiring, "workspace", lambda: opened)
    monkeypatch.setattr(api_features, "datetime", StoppedClock)
    monkeypatch.setattr(importing, "read_in_child", lambda job, tell, _stop: read_file(job, tell))
    made = Site(opened, now)
    with made.client:
        yield made
    warehouse.close()


def told(answer: Any, status: int, code: str) -> None:
    """An error as every error of the interface is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert "mend" in error


@pytest.mark.parametrize("call", CALLS)
def test_every_token_hears_what_it_is_for_and_nothing_else(site: Site, call: str) -> None:
    site.roll_out()
    needed = CALLS[call][2]
    others = [scope for scope in TokenScope if scope is not needed]
    told(site.ask(call, site.token(*others)), 403, "token_scope")
    here = site.token(needed, slug="helper")
    for slug in ("other", "nowhere", "a%00b", "%ED%A0%80"):
        told(site.ask(call, here, slug=slug), 404, "unknown_feature")
    told(site.ask(call, site.token(needed), slug="nowhere"), 404, "unknown_feature")
    assert site.ask(call, here).status_code == 200


@pytest.mark.parametrize("call", CALLS)
def test_without_a_token_that_holds_nobody_is_heard(site: Site, call: str) -> None:
    gone = site.token(*TokenScope)
    revoke_token(
        site.workspace, LOCAL_CALLER, site.now, view_tokens(site.workspace, LOCAL_CALLER).tokens[0].id
    )
    cookie = {"Cookie": "_streamlit_user=somebody; _streamlit_xsrf=x"}
    for shown, headers in (
        (None, {}),
        (None, cookie),
        ("", {}),
        ("rg_" + "x" * 43, cookie),
        (gone, {}),
        (None, {"Authorization": "Basic cmc6cmc="}),
    ):
        answer = site.ask(call, shown, headers=headers)
        told(answer, 401, "token_refused")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_address_is_no_token(site: Site) -> None:
    token = site.token(TokenScope.READ)
    told(site.client.get(f"{FEATURE}/gate?token={token}&access_token={token}"), 401, "token_refused")


def test_a_token_that_has_expired_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token = site.token(TokenScope.READ, days=1)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return site.now + timedelta(days=1)

    assert site.ask("gate", token).status_code == 200
    monkeypatch.setattr(api_features, "datetime", Tomorrow)
    told(site.ask("gate", token), 401, "token_refused")


def test_the_gate_answers_as_the_command_does(site: Site) -> None:
    site.roll_out()
    answer = site.ask("gate", site.token(TokenScope.READ))
    expected = decision_as_json(gate(site.workspace, LOCAL_CALLER, site.now, "helper"))
    assert (answer.status_code, answer.json()) == (200, json.loads(json.dumps(expected)))
    assert answer.headers["cache-control"] == "no-store"


def test_the_remembered_gate_never_outlives_what_somebody_did(site: Site) -> None:
    site.roll_out()
    token = site.token(*TokenScope)
    assert site.ask("gate", token).json()["state"] == "running"
    assert site.ask("gate", token).json()["rows"][0]["n"] == 0
    assert site.ask("imports", token).status_code == 200
    assert site.ask("gate", token).json()["rows"][0]["n"] == 1
    assert site.ask("pause", token).status_code == 200
    assert site.ask("gate", token).json()["state"] == "paused"


def test_the_flags_are_for_the_current_phase_and_off_after_a_stop(site: Site) -> None:
    token = site.token(*TokenScope)
    plain = {"format": "json"}

    def flags() -> dict[str, Any]:
        answer = site.client.get(
            f"{FEATURE}/flags", params=plain, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.headers["cache-control"] == "private, max-age=5"
        return dict(answer.json())

    assert (flags()["on"], flags()["state"]) == (False, "not_started")
    site.roll_out()
    assert (flags()["on"], flags()["who"]["share"]) == (True, 0.05)
    assert flags()["valid_until"] == "2026-03-02T15:00:00+00:00"
    assert site.ask("pause", token).status_code == 200
    assert (flags()["on"], flags()["who"]["share"]) == (False, 0)
    flag = site.ask("flags", token).json()["flags"]["helper"]
    assert (flag["defaultVariant"], "targeting" in flag) == ("off", False)


def test_flags_that_are_known_are_not_sent_again(site: Site) -> None:
    site.roll_out()
    token = site.token(*TokenScope)
    tag = site.ask("flags", token).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = site.ask("flags", token, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert site.ask("flags", token, headers={"If-None-Match": '"x"'}).status_code == 200
    site.ask("pause", token)
    assert site.ask("flags", token, headers={"If-None-Match": tag}).status_code == 200


def test_an_import_gives_the_account_of_its_rows(site: Site) -> None:
    token = site.token(TokenScope.IMPORT)
    content = RESULT + b'{"case_id": "c2", "passed": "maybe"}\n'
    answer = site.client.post(
        f"{FEATURE}/imports?file=results.jsonl&bundle=r2&suite=Core",
        content=iter([content[:20], content[20:]]),
        headers={"Authorization": f"Bearer {token}"},
    )
    (file,) = answer.json()["files"]
    assert answer.status_code == 200
    counts = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")
    assert [file[name] for name in counts] == [2, 1, 0, 0, 1, 0]
    assert (file["file"], file["questions"], len(file["problems"])) == ("results.jsonl", [], 1)
    with site.workspace.database.reading() as connection:
        (upload,) = uploads.of_feature(connection, 1)
    assert (upload.asked_by, upload.bundle, upload.suite) == ("token “CI 0”", "r2", "Core")


def post(site: Site, query: str, content: bytes, **headers: str) -> Any:
    shown = {"Authorization": f"Bearer {site.token(TokenScope.IMPORT)}", **headers}
    return site.client.post(f"{FEATURE}/imports{query}", content=content, headers=shown)


def test_a_file_with_two_readings_is_not_saved_until_the_mapping_answers(site: Site) -> None:
    content = b"run_id,started_at\nr1,2026-02-20T10:00:00\n"
    asked = post(site, "?file=t.csv", content)
    told(asked, 422, "questions_open")
    assert [one["key"] for one in asked.json()["questions"]] == ["timezone"]
    answered = post(site, '?file=t.csv&mapping={"timezone": "UTC"}', content)
    assert (answered.status_code, answered.json()["files"][0]["accepted"]) == (200, 1)


@pytest.mark.parametrize(
    ("query", "content", "status", "code"),
    [
        ("", RESULT, 400, "wrong_usage"),
        ("?file=a.csv&kind=all", RESULT, 400, "wrong_usage"),
        ("?file=a.csv&personal_data=sell", RESULT, 400, "wrong_usage"),
        ("?file=a.csv&bundle=" + "x" * 256, RESULT, 400, "wrong_usage"),
        ("?file=%20", RESULT, 400, "wrong_usage"),
        ("?file=a.jsonl&mapping=[", RESULT, 422, "invalid_document"),
        ("?file=a.jsonl&mapping={", RESULT, 422, "invalid_document"),
        ("?file=a.csv", b"", 422, "empty_file"),
    ],
)
def test_what_cannot_be_imported_is_told(
    site: Site, query: str, content: bytes, status: int, code: str
) -> None:
    told(post(site, query, content), status, code)
    assert list((site.workspace.spool).glob("*")) == []


def test_a_file_that_is_too_large_is_refused_at_once_and_on_the_way(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_requests, "MOST_FILE_BYTES", 10)
    told(post(site, "?file=a.jsonl", RESULT), 413, "too_large")
    token = site.token(TokenScope.IMPORT)
    chunked = site.client.post(
        f"{FEATURE}/imports?file=a.jsonl",
        content=iter([RESULT[:8], RESULT[8:]]),
        headers={"Authorization": f"Bearer {token}"},
    )
    told(chunked, 413, "too_large")
    assert list(site.workspace.spool.glob("*")) == []


@pytest.mark.parametrize(("call", "state"), [("pause", "paused"), ("rollback", "rolled_back")])
def test_a_stop_is_there_at_once_and_a_second_one_is_a_conflict(site: Site, call: str, state: str) -> None:
    site.roll_out()
    token = site.token(TokenScope.STOP, slug="helper")
    answer = site.ask(call, token)
    stopped = answer.json()
    assert (answer.status_code, stopped["state"], stopped["reason"]) == (200, state, "Wrong refunds")
    assert stopped["by"] == "token “CI 0”"
    assert view_rollout(site.workspace, LOCAL_CALLER, site.now, "helper").standing.state == state
    told(site.ask(call, token), 409, "conflict")


def test_a_pause_needs_no_reason_and_a_roll_back_does(site: Site) -> None:
    site.roll_out()
    shown = {"Authorization": f"Bearer {site.token(TokenScope.STOP)}"}
    told(site.client.post(f"{FEATURE}/rollback", headers=shown), 400, "wrong_usage")
    assert site.client.post(f"{FEATURE}/pause", headers=shown).status_code == 200


@pytest.mark.parametrize("reason", ["a\x00b", "a\ud800b", "a\u202eb", "a" * 9_000])
def test_the_words_of_a_reason_never_keep_a_stop_back(site: Site, reason: str) -> None:
    site.roll_out()
    shown = {"Authorization": f"Bearer {site.token(TokenScope.STOP)}"}
    body = json.dumps({"reason": reason}).encode()
    answer = site.client.post(f"{FEATURE}/pause", content=body, headers=shown)
    assert (answer.status_code, answer.json()["state"]) == (200, "paused")
    kept = answer.json()["reason"]
    assert kept in ("a�b", "a" * 500)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b'{"reason": 1}', b'{"why": "x"}', b"\xff", b"[" * 60_000]
)
def test_a_body_that_cannot_be_read_stops_nothing(site: Site, body: bytes) -> None:
    site.roll_out()
    shown = {"Authorization": f"Bearer {site.token(TokenScope.STOP)}"}
    told(site.client.post(f"{FEATURE}/pause", content=body, headers=shown), 400, "wrong_usage")
    assert view_rollout(site.workspace, LOCAL_CALLER, site.now, "helper").standing.state == "running"


def test_a_reason_as_long_as_a_book_is_too_large(site: Site) -> None:
    site.roll_out()
    shown = {"Authorization": f"Bearer {site.token(TokenScope.STOP)}"}
    told(site.client.post(f"{FEATURE}/pause", content=b" " * 70_000, headers=shown), 413, "too_large")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_405_in_json(site: Site, call: str, method: str) -> None:
    takes, place, _, _ = CALLS[call]
    if method == takes:
        return
    answer = site.client.request(method, f"{FEATURE}/{place}")
    told(answer, 405, "method_not_allowed")
    assert takes in answer.headers["allow"]


@pytest.mark.parametrize(
    "address",
    [
        "/api",
        "/api/",
        "/api/v1",
        f"{FEATURE}",
        f"{FEATURE}/gate/",
        "/api/v2/features/helper/gate",
        "/api/v1/a%0Ab",
    ],
)
def test_another_address_is_404_in_json(site: Site, address: str) -> None:
    told(site.client.get(address, follow_redirects=False), 404, "not_found")


def test_a_bug_is_told_by_an_id_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("secret words")

    monkeypatch.setattr(api_features, "gate_answer", broken)
    answer = site.ask("gate", site.token(TokenScope.READ))
    told(answer, 500, "internal")
    assert "secret" not in answer.text
    assert answer.json()["error"]["id"]


def test_the_document_names_exactly_the_routes(site: Site) -> None:
    served = {
        ("/api" + route.path, method.lower())
        for route in api_features.ROUTES
        for method in (route.methods or set()) - {"HEAD"}
    }
    named = {
        (path, method)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert named == served
    assert site.client.get("/api/v1/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


def test_the_document_says_which_token_each_route_takes() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            call = CALLS.get(path.rsplit("/", 1)[1])
            if method == "parameters" or call is None:
                continue
            assert f"“{call[2]}”" in operation["description"]
            assert {"401", "403", "404"} <= set(operation["responses"])
