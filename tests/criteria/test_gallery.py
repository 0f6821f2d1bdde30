"""The gallery: the templates that come along, a company's own, and what one adds to a checklist."""

from pathlib import Path

import pytest

from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, read_checklist
from core.criteria.framework_view import by_framework
from core.criteria.frameworks import FRAMEWORKS, TAGS
from core.criteria.gallery import addition, gallery, template, templates, with_template
from core.evidence import fingerprints

QUESTION = '[[items]]\nkind = "attested"\nid = "legal"\nsentence = "Legal has signed."\n'


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_six_templates_with_their_numbers_of_items() -> None:
    counts = {card.id: len(card.checklist.items) for card in templates()}
    assert counts == {
        "ready_for_everyone": 6,
        "not_ready": 4,
        "production_gate": 7,
        "five_blockers": 5,
        "five_questions": 5,
        "safety": 17,
    }


def test_every_item_of_a_template_names_its_role_and_its_source() -> None:
    for card in templates():
        for item in card.checklist.items:
            assert item.owner_role, item.id
            assert item.threshold_source or item.id == "top_ten_handled", item.id


def test_the_production_gate_asks_for_fifty_cases() -> None:
    evals = template("production_gate").checklist.item("gate_evals")
    assert isinstance(evals, MeasuredItem) and evals.minimum_n == 50


def test_a_companys_own_template_stands_beside_the_others(tmp_path: Path) -> None:
    own = written(tmp_path, "bank.toml", f'id = "bank"\nname = "Bank"\nstakes = "high"\n{QUESTION}')
    found = gallery(own)
    assert (found.templates[-1].name, found.templates[-1].is_own, found.faults) == ("Bank", True, ())
    assert template("bank", own).checklist.items[0].sentence == "Legal has signed."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('id = "x', "own.toml: it cannot be read as TOML: Unterminated string (at end of document)."),
        (f'name = "X"\n{QUESTION}', "own.toml: id: this is missing"),
        (f'id = "x"\nname = "X"\ncolour = 1\n{QUESTION}', "own.toml: colour: there is no such field"),
        ('id = "x"\nname = "X"\nitems = []\n', "own.toml: items: "),
        (f'id = "safety"\nname = "X"\n{QUESTION}', "own.toml: the id “safety” is that of “Safety items”"),
        (f'id = "x"\nname = "X"\n{QUESTION}tier = "never"\n', "own.toml: items › item 1 › tier: "),
        (f'id = "x"\nname = "X"\n{QUESTION}{QUESTION}', "own.toml: items: Two items have the id “legal”"),
    ],
)
def test_a_fault_is_one_sentence_with_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    found = gallery(written(tmp_path, "own.toml", text))
    assert len(found.faults) == 1 and found.faults[0].startswith(said)
    assert found.templates == templates()


def test_a_folder_that_is_not_there_has_no_templates(tmp_path: Path) -> None:
    assert gallery(tmp_path / "none").templates == templates()


def test_a_template_adds_what_is_not_asked_yet_and_touches_nothing() -> None:
    mine = read_checklist(
        {
            "items": [
                {"kind": "measured", "id": "p95", "metric": "latency_p95", "source": "trace", "bar": 5000},
                {"kind": "attested", "id": "gate_cost", "sentence": "Somebody looked."},
            ]
        }
    )
    chosen = template("production_gate")
    brings = addition(mine, chosen)
    assert [item.id for item in brings.there] == ["gate_latency"]
    after = with_template(mine, chosen)
    assert after.items[:2] == mine.items
    assert [item.id for item in after.items[2:4]] == ["gate_evals", "gate_cost_2"]
    assert with_template(after, chosen) == after


def test_items_of_older_documents_keep_their_fingerprint() -> None:
    """The digest of this item as it was written before roles, tags and the least came."""
    old = {
        "id": "q",
        "sentence": "Is there a runbook?",
        "tier": "blocks",
        "theme": "",
        "owner": "",
        "threshold_source": "",
        "when_it_fails": "",
        "good_evidence": "",
        "valid_days": None,
        "kind": "attested",
    }
    read = AttestedItem.model_validate(old).model_dump(mode="json")
    assert fingerprints.of_document(read) == fingerprints.of_document(old)


def test_a_framework_shows_which_items_speak_to_which_part() -> None:
    checklist = Checklist(items=template("safety").checklist.items)
    for framework in FRAMEWORKS:
        parts = by_framework(checklist, framework)
        assert [part.tag for part in parts] == list(framework.parts)
    owasp = {part.tag: [item.id for item in part.items] for part in by_framework(checklist, FRAMEWORKS[1])}
    assert owasp["owasp:llm05"] == ["typed_outputs", "tool_checks"]
    nist = {part.tag: len(part.items) for part in by_framework(Checklist(), FRAMEWORKS[0])}
    assert set(nist.values()) == {0}


def test_together_the_templates_speak_to_every_part_but_the_documentation() -> None:
    everything = Checklist()
    for card in templates():
        everything = with_template(everything, card)
    bare = {part.tag for one in FRAMEWORKS for part in by_framework(everything, one) if not part.items}
    assert bare == {"eu:11"}
    assert bare < set(TAGS)
