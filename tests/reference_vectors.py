"""Checks reference values of the statistics: `python -m tests.reference_vectors [FILE ...]`.

A file holds {"vectors": [{"id", "question", "method", "inputs", "expected", "tolerance"}, ...]}. Each miss
is printed, with what was expected and what was found; the exit code is 1 where there is one. Without a
file, the values of the test suite are checked. A method that has another name in a file is found by its
question and the names of its inputs.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reference_methods import RUNNERS

OWN = Path(__file__).parent / "statistics" / "vectors.json"

DUST = 1e-10
"""Ten printed digits carry a rounding of their own, which the smallest tolerances leave out."""

Vector = dict[str, Any]


@dataclass(frozen=True)
class Miss:
    """A vector that was not reproduced; ``found`` is what came out, or why nothing did."""

    vector: Vector
    found: Any

    def __str__(self) -> str:
        return (
            f"MISS {self.vector.get('id')}: expected {self.vector.get('expected')} "
            f"+- {self.vector.get('tolerance')}, found {self.found}"
        )


def vectors_of(file: Path) -> list[Vector]:
    vectors = json.loads(file.read_text(encoding="utf-8"))["vectors"]
    if not isinstance(vectors, list) or not vectors:
        raise ValueError("it holds no vectors")
    return vectors


def misses(vectors: list[Vector]) -> Iterator[Miss]:
    """The vectors that are not reproduced within their tolerance, in their order."""
    for vector in vectors:
        try:
            found = runner_for(vector)(**vector["inputs"])
            agrees = same(found, vector["expected"], max(vector["tolerance"], DUST))
        except Exception as error:  # whatever goes wrong, this value was not reproduced
            found, agrees = f"{type(error).__name__}: {error}", False
        if not agrees:
            yield Miss(vector, found)


def runner_for(vector: Vector) -> Callable[..., Any]:
    """What computes the vector: by its method, else by its question and the names of its inputs."""
    if vector["method"] in RUNNERS:
        return RUNNERS[vector["method"]]
    alike = {
        known["method"]
        for known in vectors_of(OWN)
        if known["question"] == vector.get("question") and known["inputs"].keys() == vector["inputs"].keys()
    }
    if len(alike) != 1:
        raise LookupError(f"no known method is “{vector['method']}”")
    return RUNNERS[alike.pop()]


def same(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether both are equal down to the last leaf, numbers within ``tolerance``."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[key], value, tolerance) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(expected)
            and all(same(one, other, tolerance) for one, other in zip(found, expected, strict=True))
        )
    if expected is None or isinstance(expected, str | bool):
        return bool(found == expected)
    return isinstance(found, int | float) and math.isfinite(found) and abs(found - expected) <= tolerance


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.reference_vectors", description=__doc__)
    options.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="default: those of the test suite"
    )
    missed = 0
    for file in options.parse_args().files or [OWN]:
        try:
            vectors = vectors_of(file)
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.stderr.write(f"{file}: cannot be read as reference vectors: {error}\n")
            missed += 1
            continue
        found = list(misses(vectors))
        for miss in found:
            sys.stdout.write(f"{miss}\n")
        sys.stdout.write(f"{file}: {len(vectors) - len(found)} of {len(vectors)} reproduced\n")
        missed += len(found)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
