"""Nobody's text is read as markup: not a name, not a file name, not a header, not a cell."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.bundles import put_live, save_bundle, view_release
from core.actions.checklists import answer_item, lock_checklist, save_checklist, view_checklist
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan
from core.actions.withdrawing import withdraw_upload
from core.criteria.checklist import read_checklist
from core.criteria.judge import AnswerGiven
from core.rollout.bundle import read_bundle
from core.rollout.plan import read_plan
from core.web.registry import PAGES
from core.web.safe import lit

HOSTILE = "![x](http://leak.example/a) <img src=x onerror=alert(1)> [c](javascript:alert(1)) :red[r] $x$ `k`"
HIDDEN = "pay \u202eroftni\u202c \u200bnow"
ALIVE = re.compile(r"(?<!\\)(?:!\[x|\]\((?!#)|<img|:red\[|\$x|`k)")
"""What is left of it where nobody has put a backslash before each sign."""

PLAIN = {"Text", "Code", "Arrow", "Dataframe", "TextInput", "TextArea", "NumberInput"}
PLAIN |= {"Selectbox", "MultiSelect"}
"""Elements that show text as it is: no Markdown, no HTML, no links."""

MALLORY = Caller(HOSTILE, frozenset(Role))
SLUG = "hostile"

CHECKLIST = {
    "items": [
        {
            "kind": "measured",
            "id": "answers",
            "theme": HOSTILE[:80],
            "owner": HOSTILE,
            "metric": "answer_correctness",
            "source": "label",
            "bar": 0.8,
            "slice": {"task_type": HOSTILE},
            "threshold_source": HOSTILE,
            "when_it_fails": HOSTILE,
            "good_evidence": HOSTILE,
        },
        {
            "kind": "attested",
            "id": "handled",
            "sentence": HOSTILE,
            "good_evidence": HOSTILE,
            "when_it_fails": HOSTILE,
        },
    ]
}


PLAN = {
    "owner": HOSTILE[:120],
    "phases": [
        {
            "id": "beta",
            "name": HOSTILE[:80],
            "exposure_share": [0.01, 0.05],
            "criteria": ["answers", HOSTILE],
            "warnings": [{"metric": "answer_correctness", "source": "label", "bar": 0.85, "window": HOSTILE}],
            "bars": [
                {
                    "id": "own",
                    "metric": "answer_correctness",
                    "source": "label",
                    "bar": 0.8,
                    "sentence": HOSTILE,
                    "slice": {"task_type": HOSTILE},
                }
            ],
            **dict.fromkeys(("segment", "why_forgiving", "tasks", "transparency", "monitoring"), HOSTILE),
        }
    ],
}


def export(column: str, cell: str, rows: int = 4) -> str:
    quoted, heading = (f'"{text}"' for text in (cell, column))
    lines = [f"run_id,started_at,task_type,latency_ms,{heading}"]
    lines += [f"run-{n},2026-02-2{n}T10:00:00Z,{quoted},{quoted if n else 900},{quoted}" for n in range(rows)]
    return "\n".join(lines) + "\n"


def test_the_text_is_seen_where_it_is_alive() -> None:
    assert len(ALIVE.findall(HOSTILE)) == 7
    assert not ALIVE.search(lit(HOSTILE))


@pytest.fixture
def attacked(site: Any) -> Any:
    """An installation in which every text that a person or a file can bring is hostile."""
    site.feature(SLUG, name=HOSTILE[:120], owner=HOSTILE)
    first = read_checklist(CHECKLIST)
    act = (site.workspace, MALLORY)
    save_checklist(*act, site.before(31), SLUG, first, based_on=None, reason=HOSTILE)
    lock_checklist(*act, site.before(30), SLUG, based_on=1)
    second = first.model_copy(update={"items": (first.items[1], first.items[0])})
    save_checklist(*act, site.before(29), SLUG, second, based_on=1, reason=HOSTILE)
    lock_checklist(*act, site.before(28), SLUG, based_on=2, reason=HOSTILE)
    link = f"https://example.com/{HOSTILE}"
    save_plan(*act, site.before(27), SLUG, read_plan(PLAN), based_on=None, reason=HOSTILE)
    answer_item(*act, site.before(1), SLUG, "handled", answer=AnswerGiven.NO, why=HOSTILE, link=link)
    site.upload(SLUG, f"{HOSTILE}.csv", export(HOSTILE, HOSTILE), bundle=HOSTILE)
    site.upload(SLUG, "two.csv", export("latency", HOSTILE))
    return site


def assert_harmless(at: AppTest, shown: Callable[[AppTest], list[tuple[str, list[str]]]]) -> None:
    assert not at.exception
    for kind, texts in shown(at):
        if kind in PLAIN:
            continue
        for text in texts:
            if kind == "PlotlyChart":
                # The drawing (JSON) may know a few HTML tags, its description none; neither is Markdown.
                assert not (text.startswith("{") and "<img" in text)
            else:
                assert not ALIVE.search(text), f"{kind}: {text}"


# The glossary shows nothing that anybody wrote.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.key != "glossary"], ids=lambda page: page.key
)
def test_no_page_reads_it_as_markup(page: Any, attacked: Any, shown: Any, words: Any) -> None:
    at = attacked.open(page.key, SLUG)
    assert_harmless(at, shown)
    assert "onerror" in words(at), "the page shows the text, so something was tested"


def test_every_upload_is_harmless_when_it_is_opened(attacked: Any, shown: Any, words: Any) -> None:
    withdrawn = next(
        one for one in list_uploads(attacked.workspace, LOCAL_CALLER, SLUG) if one.state == "done"
    )
    withdraw_upload(attacked.workspace, MALLORY, attacked.now, withdrawn.id, HOSTILE)
    for upload in list_uploads(attacked.workspace, LOCAL_CALLER, SLUG):
        at = attacked.open("evidence", SLUG)
        at.session_state[f"fold_{upload.id}"] = True
        at.run()
        assert_harmless(at, shown)
        assert upload.sha256[:12] in words(at), "the report is open"


def test_questions_and_faults_quote_the_file_harmlessly(site: Any, shown: Any, words: Any) -> None:
    site.draft(SLUG)
    head = f'case_id,attempt,"{HOSTILE}","{HOSTILE} too"\n'
    site.upload(SLUG, "scores.csv", head + "".join(f"c{n},0,0.{n},0.{n}\n" for n in range(1, 9)))
    assert_harmless(site.open("evidence", SLUG), shown)
    site.upload(SLUG, f"{HOSTILE}.csv", f'"{HOSTILE}",b\n1,2\n')
    at = site.open("evidence", SLUG)
    assert_harmless(at, shown)
    assert "onerror" in words(at)


def test_a_conflict_and_the_form_are_harmless(attacked: Any, shown: Any) -> None:
    at = attacked.open("checklist", SLUG)
    at.button(key="edit_answers").click().run()
    assert_harmless(at, shown)
    at.text_input(key="item_owner").set_value(f"Ada {HOSTILE}"[:120]).run()
    assert_harmless(at, shown)
    newest = view_checklist(attacked.workspace, LOCAL_CALLER, SLUG)
    items = tuple(one.model_copy(update={"owner": "Ben"}) for one in newest.checklist.items)
    changed = newest.checklist.model_copy(update={"items": items})
    save_checklist(attacked.workspace, MALLORY, attacked.now, SLUG, changed, based_on=newest.number)
    at.button(key="save_item").click().run()
    assert "save_mine" in {button.key for button in at.button}
    assert_harmless(at, shown)


def test_a_phase_in_its_form_and_in_conflict_is_harmless(attacked: Any, shown: Any, words: Any) -> None:
    at = attacked.open("phase_plan", SLUG)
    at.button(key="edit_beta").click().run()
    assert_harmless(at, shown)
    at.text_input(key="phase_owner").set_value(f"Ada {HOSTILE}"[:120]).run()
    assert_harmless(at, shown)
    changed = read_plan(PLAN | {"owner": "Ben"})
    save_plan(attacked.workspace, MALLORY, attacked.now, SLUG, changed, based_on=1, reason=HOSTILE)
    at.button(key="save_phase").click().run()
    assert "save_mine" in {button.key for button in at.button}
    assert_harmless(at, shown)
    assert "onerror" in words(at)


def test_a_release_its_form_and_its_consequences_are_harmless(attacked: Any, shown: Any, words: Any) -> None:
    act = (attacked.workspace, MALLORY)
    for number, name in enumerate((HOSTILE[:100], f"{HOSTILE[:100]} too")):
        way = {"how": HOSTILE, "who": HOSTILE, "minutes": 5}
        part = {"version": f"{HOSTILE} {number}", "link": HOSTILE, "text": f"{HOSTILE}\n{number}"}
        body = {"name": name, "note": HOSTILE, "parts": {"prompt": {**part, "way_back": way}, "tools": part}}
        based_on = view_release(*act, attacked.now, SLUG).number
        save_bundle(*act, attacked.now, SLUG, read_bundle(body), based_on=based_on, reason=HOSTILE)
        put_live(*act, attacked.now, SLUG, name, reason=HOSTILE)
    at = attacked.open("release", SLUG)
    assert_harmless(at, shown)
    assert words(at).count("onerror") > 20, "names, reasons, versions, links, texts and ways back are shown"
    at.button(key="release_return_1").click().run()
    assert_harmless(at, shown)
    at.button(key="release_live_cancel").click().run()
    at.button(key="release_new").click().run()
    assert_harmless(at, shown)
    at.text_input(key="release_name").set_value(f"{HOSTILE[:100]} new")
    at.text_area(key="release_prompt_text").set_value(HOSTILE)
    at.button(key="release_next").click().run()
    assert_harmless(at, shown)
    other = read_bundle({"name": HOSTILE[:90], "parts": {"model": {"version": HOSTILE}}})
    save_bundle(*act, attacked.now, SLUG, other, based_on=2)
    at.button(key="release_save").click().run()
    assert "save_mine" in {button.key for button in at.button}
    assert_harmless(at, shown)


def test_a_refusal_names_the_person_harmlessly(
    attacked: Any, shown: Any, words: Any, act_as: Callable[..., Caller]
) -> None:
    act_as(Role.VIEWER, name=HOSTILE)
    at = attacked.open("checklist", SLUG)
    assert "remove_handled" not in [button.key for button in at.button]
    assert "Takes the role pm" in words(at)
    assert_harmless(at, shown)
    assert LOCAL_CALLER.name not in words(at)


@pytest.fixture
def attacked_trace(site: Any) -> Any:
    """A feature whose trace, failure log and label are hostile in every text."""
    site.feature(SLUG)
    texts = ("query", "response", "user_id", "session_id", "task_type", "tool_selected", "tool_expected")
    texts += ("tool_reason", "tool_error", "error", "context_summary", "model", "prompt_version")
    texts += ("corrected_answer", "release_bundle")
    lists = ("tools_considered", "tools_called", "retrieved_ids", "cited_ids", "guardrail_decisions")
    said = dict.fromkeys(texts, f"{HOSTILE} {HIDDEN}") | {name: [HOSTILE] for name in lists}
    noted = dict.fromkeys(("failure_type", "root_cause", "fix", "owner", "note"), HOSTILE)
    judged = dict.fromkeys(("failure_type", "root_cause", "reviewer", "note", "corrected_answer"), HOSTILE)
    for name, rows in (
        (f"{HOSTILE}.jsonl", [{"run_id": HOSTILE, "started_at": "2026-02-21T10:00:00Z", **said}]),
        ("log.jsonl", [{"run_id": HOSTILE, **noted}, {"run_id": f"gone {HOSTILE}", **noted}]),
        ("labels.jsonl", [{"run_id": HOSTILE, "answer_right": False, **judged}]),
    ):
        site.upload(SLUG, name, "".join(json.dumps(row) + "\n" for row in rows))
    return site


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("traces", {}),
        ("traces", dict.fromkeys(("run", "text", "failure"), HOSTILE)),
        ("traces", dict.fromkeys(("user", "task", "feedback"), HOSTILE)),
        ("traces", {"trace": HOSTILE}),
        ("traces", {"trace": f"gone {HOSTILE}"}),
        ("health", {}),
        ("evidence", {}),
    ],
)
def test_a_hostile_trace_and_failure_are_shown_and_harmless(
    page: str, address: dict[str, str], attacked_trace: Any, shown: Any, words: Any
) -> None:
    at = attacked_trace.open(page, SLUG, **address)
    assert_harmless(at, shown)
    assert "onerror" in words(at), "the page shows the text, so something was tested"


def test_hidden_characters_of_a_trace_are_marked_and_counted(attacked_trace: Any, words: Any) -> None:
    said = words(attacked_trace.open("traces", SLUG, trace=HOSTILE))
    assert "pay �roftni� �now" in said
    assert "3 hidden characters are shown as �." in said
    assert not set(said) & set("\u202e\u202c\u200b")
