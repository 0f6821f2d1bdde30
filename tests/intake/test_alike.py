"""Columns written alike: what is seen from the bytes of all cells at once."""

import pyarrow as pa
import pytest

from core.intake.alike import are_decimals, are_like, are_whole

DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@pytest.mark.parametrize(
    ("cells", "whole", "decimals"),
    [
        (["0", "7", "123"], True, False),
        (["7", None, "12"], True, False),
        (["123456"], False, False),
        (["7", "07"], False, False),
        (["-7"], False, False),
        (["0.5", "5.0", "12.25"], False, True),
        (["0.5", None], False, True),
        (["0.5", "5"], False, False),
        (["5.", "5.5"], False, False),
        ([".5"], False, False),
        (["00.5"], False, False),
        (["5.50"], False, False),
        (["1.2.3", "55"], False, False),
        (["12.3456"], False, False),
        ([], False, False),
        ([None], False, False),
    ],
)
def test_numbers_written_alike(cells: list[str | None], whole: bool, decimals: bool) -> None:
    array = pa.array(["x", *cells], pa.string())[1:]
    assert (are_whole(array, 5), are_decimals(array, 5)) == (whole, decimals)


@pytest.mark.parametrize(
    ("cells", "alike"),
    [
        (["2026-01-31", "1999-12-01"], True),
        (["2026-01-31", None, "1999-12-01"], True),
        (["2026-01-31", "1999-12-1"], False),
        (["2026-01-31", "1999/12/01"], False),
        (["2026-01-31", "1999-1A-01"], False),
        (["31.01.2026", "01.02.2026"], False),
        (["2026-01-3\n"], False),
        ([], False),
    ],
)
def test_cells_like_the_first(cells: list[str | None], alike: bool) -> None:
    assert are_like(pa.array(cells, pa.string()), DATE) == alike


def test_a_missing_cell_that_still_has_its_text_is_not_passed_over() -> None:
    texts = pa.array(["7", "x", "8"])
    bits = pa.py_buffer(bytes([0b101]))
    masked = pa.Array.from_buffers(pa.string(), 3, [bits, *texts.buffers()[1:]])
    assert masked.to_pylist() == ["7", None, "8"]
    assert not are_whole(masked, 5)
