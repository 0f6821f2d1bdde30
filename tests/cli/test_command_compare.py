"""`readygate compare`: exit codes, lines and JSON of two releases on the same cases."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("read_in_this_process")

Readygate = Callable[..., Any]
DOCS = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"


@pytest.fixture
def hand_in(readygate: Readygate, tmp_path: Path) -> Callable[..., None]:
    """``hand_in("A", {"c1": True})``: results of a release, through the command."""

    def write(release: str, passed: dict[str, bool]) -> None:
        target = tmp_path / f"{release}-{len(passed)}.jsonl"
        rows = ({"case_id": one, "passed": ok, "task_type": "billing"} for one, ok in passed.items())
        target.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        about = ("--feature", "helper", "--kind", "evals", "--bundle", release, "--suite", "gold")
        assert readygate("import", target, *about).code == 0

    return write


def keys(body: Any) -> Any:
    """The keys of a JSON answer at every depth; of a list, those of its first entry."""
    if isinstance(body, dict):
        return {name: keys(value) for name, value in body.items()}
    return keys(body[0]) if isinstance(body, list) and body and isinstance(body[0], dict) else None


def test_what_the_cases_show_is_the_exit_code(
    readygate: Readygate, hand_in: Callable[..., None], tmp_path: Path
) -> None:
    applied = tmp_path / "helper.toml"
    applied.write_text(
        '[feature]\nslug = "helper"\nname = "Helper"\nowner = "Ada"\nstakes = "high"\n', encoding="utf-8"
    )
    assert readygate("apply", applied).code == 0
    every = [f"c{place:04d}" for place in range(161)]
    old = {name: not 6 <= place < 22 for place, name in enumerate(every)}
    hand_in("A", old)
    hand_in("B", {name: place >= 6 for place, name in enumerate(every)})
    hand_in("C", {name: place >= 40 for place, name in enumerate(every)})
    hand_in("D", {"c0000": False, "c0001": True})
    hand_in("E", {"elsewhere": True})
    better = readygate("compare", "helper", "A", "B")
    assert better.code == 0
    assert better.out.splitlines()[:2] == [
        "B against A: Better",
        "  Of 161 cases 6 broke and 16 were fixed: 95 % sure that it is at least 1.5 points better.",
    ]
    assert "Broke: c0000, c0001, c0002, c0003, c0004 and 1 more" in better.out
    assert readygate("compare", "helper", "A", "C").code == 1
    few = readygate("compare", "helper", "A", "D", "--suite", "gold")
    assert (few.code, "159 cases have no result of D" in few.out) == (2, True)
    assert readygate("compare", "helper", "A", "E").code == 3
    told = readygate("compare", "helper", "A", "B", "--json").json
    assert (told["outcome"], told["broke"], told["fixed"], len(told["flips"])) == ("better", 6, 16, 22)
    documented = re.search(r"<!-- json: compare -->\n```json\n(.+?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert documented is not None
    example = json.loads(documented[1])
    assert keys({**told, "traffic": example["traffic"]}) == keys(example)
    for words in (["A", "A"], ["A", "X"], ["A", "B", "--suite", "soft"]):
        assert readygate("compare", "helper", *words).code == 64
