"""Every published or independently computed reference value is reproduced within its tolerance."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.statistics.sequential import log_evidence_above
from tests.reference_methods import RUNNERS, log_mixture_evidence
from tests.reference_vectors import OWN, misses, same, vectors_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "vectors.json"
VECTORS = vectors_of(OWN)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_reference_value_is_reproduced(vector: dict[str, Any]) -> None:
    assert [str(miss) for miss in misses([vector])] == []


def test_every_way_to_compute_one_has_a_vector() -> None:
    assert {vector["method"] for vector in VECTORS} == set(RUNNERS)


def test_our_copy_holds_every_shared_vector() -> None:
    if not SHARED.exists():
        pytest.skip("the shared reference vectors are not beside this checkout")
    ours = {vector["id"]: vector for vector in VECTORS}
    for vector in vectors_of(SHARED):
        for field in ("question", "method", "inputs", "expected", "tolerance"):
            assert ours[vector["id"]][field] == vector[field], vector["id"]


def test_a_wrong_value_is_a_miss() -> None:
    for vector in VECTORS:
        assert list(misses([vector | {"expected": "something else"}])), vector["id"]
    one = next(vector for vector in VECTORS if vector["id"] == "q1-r-lower-97-100")
    assert list(misses([one | {"expected": one["expected"] + 1e-7}]))


@pytest.mark.parametrize(
    ("found", "expected", "equal"),
    [
        (1.0, 1.05, True),
        (1.0, 1.2, False),
        (math.nan, 1.0, False),
        (None, 1.0, False),
        (None, None, True),
        ([1, 2], [1, 2, 3], False),
        ((1, 2), [1, 2], True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [1, None]}, {"a": [1.01, None]}, True),
        ("pass", "fail", False),
    ],
)
def test_what_counts_as_the_same(found: Any, expected: Any, equal: bool) -> None:
    assert same(found, expected, 0.1) is equal


def test_another_name_of_a_method_is_found_by_its_inputs() -> None:
    renamed = {"id": "x", "question": 7, "method": "score interval", "tolerance": 5e-4}
    vector = renamed | {"inputs": {"n12": 1, "n21": 7, "N": 21}, "expected": [-0.517, -0.026]}
    found = list(misses([vector]))  # Tango and Bonett-Price take the same inputs: nobody guesses
    assert "no known method" in str(found)
    kappa = next(one for one in VECTORS if one["id"] == "q10-kappa")
    assert list(misses([kappa | {"method": "agreement"}])) == []


def test_the_command_prints_each_miss_and_fails(tmp_path: Path) -> None:
    good = next(vector for vector in VECTORS if vector["id"] == "q11-bci")
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"vectors": [good, good | {"id": "bent", "expected": 1}]}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.reference_vectors", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "MISS bent: expected 1" in done.stdout
    assert "q11-bci" not in done.stdout
    assert "1 of 2 reproduced" in done.stdout


@pytest.mark.parametrize(("passes", "n", "target"), [(97, 100, 0.9), (3, 10, 0.5), (40, 43, 0.2)])
def test_the_published_mixture_is_ours_with_a_flat_prior(passes: int, n: int, target: float) -> None:
    assert log_mixture_evidence(passes, n, target, 1, 1) == pytest.approx(
        log_evidence_above(passes, n, target), abs=1e-9
    )
