"""Nobody's text is read as markup: not a name, not a file name, not a header, not a cell."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import answer_item, lock_checklist, save_checklist, view_checklist
from core.actions.imports import list_uploads, withdraw_upload
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.criteria.checklist import read_checklist
from core.criteria.judge import AnswerGiven
from core.web.registry import PAGES
from core.web.safe import lit

HOSTILE = "![x](http://leak.example/a) <img src=x onerror=alert(1)> [c](javascript:alert(1)) :red[r] $x$ `k`"
ALIVE = re.compile(r"(?<!\\)(?:!\[x|\]\(|<img|:red\[|\$x|`k)")
"""What is left of it where nobody has put a backslash before each sign."""

PLAIN = {"Text", "Code", "Arrow", "Dataframe", "TextInput", "TextArea", "NumberInput", "Selectbox"}
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_no_page_reads_it_as_markup(page: Any, attacked: Any, shown: Any, words: Any) -> None:
    at = attacked.open(page.key, SLUG)
    assert_harmless(at, shown)
    assert "onerror" in words(at), "the page shows the text, so something was tested"


def test_every_upload_is_harmless_when_it_is_opened(attacked: Any, shown: Any, words: Any) -> None:
    withdrawn = next(one for one in list_uploads(attacked.workspace, SLUG) if one.state == "done")
    withdraw_upload(attacked.workspace, MALLORY, attacked.now, withdrawn.id, HOSTILE)
    for upload in list_uploads(attacked.workspace, SLUG):
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
    newest = view_checklist(attacked.workspace, SLUG)
    items = tuple(one.model_copy(update={"owner": "Ben"}) for one in newest.checklist.items)
    changed = newest.checklist.model_copy(update={"items": items})
    save_checklist(attacked.workspace, MALLORY, attacked.now, SLUG, changed, based_on=newest.number)
    at.button(key="save_item").click().run()
    assert "save_mine" in {button.key for button in at.button}
    assert_harmless(at, shown)


def test_a_refusal_names_the_person_harmlessly(
    attacked: Any, shown: Any, words: Any, act_as: Callable[..., Caller]
) -> None:
    act_as(Role.VIEWER, name=HOSTILE)
    at = attacked.open("checklist", SLUG)
    at.button(key="remove_handled").click().run()
    assert "may not edit the checklist" in words(at)
    assert_harmless(at, shown)
    assert LOCAL_CALLER.name not in words(at)
