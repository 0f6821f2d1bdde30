"""How numbers are written: bounds outward, one unit an interval, and what is no number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.units import Rounding, Unit, write, write_interval

SHARE, MS, USD, COUNT = Unit.SHARE, Unit.MILLISECONDS, Unit.USD, Unit.COUNT


@pytest.mark.parametrize(
    ("value", "unit", "nearest", "down", "up"),
    [
        (0.9, SHARE, "90 %", "90 %", "90 %"),
        (0.8999, SHARE, "90 %", "89.9 %", "90 %"),
        (0.9001, SHARE, "90 %", "90 %", "90.1 %"),
        (0.29, SHARE, "29 %", "29 %", "29 %"),  # 0.29 * 100 is 28.999999999999996
        (0.07, SHARE, "7 %", "7 %", "7 %"),  # 0.07 * 100 is 7.000000000000001
        (0.12345, SHARE, "12.3 %", "12.3 %", "12.4 %"),
        (0.0, SHARE, "0 %", "0 %", "0 %"),
        (1.0, SHARE, "100 %", "100 %", "100 %"),
        (0.0001, SHARE, "0 %", "0 %", "0.1 %"),
        (0.9999, SHARE, "100 %", "99.9 %", "100 %"),
        (-0.0501, SHARE, "-5 %", "-5.1 %", "-5 %"),
        (0.0, MS, "0 ms", "0 ms", "0 ms"),
        (12.4, MS, "12 ms", "12 ms", "13 ms"),
        (999.0, MS, "999 ms", "999 ms", "999 ms"),
        (1000.0, MS, "1 s", "1 s", "1 s"),
        (1004.9, MS, "1 s", "1 s", "1.01 s"),
        (8000.0, MS, "8 s", "8 s", "8 s"),
        (7999.9, MS, "8 s", "7.99 s", "8 s"),
        (8000.1, MS, "8 s", "8 s", "8.01 s"),
        (3_600_000.0, MS, "3,600 s", "3,600 s", "3,600 s"),
        (0.0001356, USD, "$0.000136", "$0.000135", "$0.000136"),
        (0.04123, USD, "$0.0412", "$0.0412", "$0.0413"),
        (0.5, USD, "$0.5", "$0.5", "$0.5"),
        (1.239, USD, "$1.24", "$1.23", "$1.24"),
        (46_000.0, USD, "$46,000", "$46,000", "$46,000"),
        (100, COUNT, "100", "100", "100"),
        (1_234_567, COUNT, "1,234,567", "1,234,567", "1,234,567"),
        (2.5, COUNT, "2", "2", "3"),
    ],
)
def test_write(value: float, unit: Unit, nearest: str, down: str, up: str) -> None:
    assert write(value, unit) == nearest
    assert write(value, unit, Rounding.DOWN) == down
    assert write(value, unit, Rounding.UP) == up


@pytest.mark.parametrize(
    ("low", "high", "unit", "written"),
    [
        (0.87249, 0.96673, SHARE, "87.2–96.7 %"),
        (0.8999, 0.9001, SHARE, "89.9–90.1 %"),
        (0.0, 1.0, SHARE, "0–100 %"),
        (3000.0, 9000.0, MS, "3–9 s"),
        (120.0, 900.0, MS, "120–900 ms"),
        (950.0, 1200.0, MS, "950 ms–1.2 s"),  # the unit changes, so both are written
        (0.038, 0.046, USD, "$0.038–$0.046"),
        (3.0, 12.0, COUNT, "3–12"),
    ],
)
def test_write_interval(low: float, high: float, unit: Unit, written: str) -> None:
    assert write_interval(low, high, unit) == written


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize(
    ("value", "written"),
    [
        # A quantile of latencies that falls on runs without an answer.
        (math.inf, ["∞ %", "never", "$∞", "∞"]),
        (-math.inf, ["−∞ %", "−∞ s", "$−∞", "−∞"]),
        (math.nan, ["– %", "– ms", "$–", "–"]),
    ],
)
def test_what_is_no_number_is_written_as_a_sign(value: float, written: list[str], rounding: Rounding) -> None:
    assert [write(value, unit, rounding) for unit in (SHARE, MS, USD, COUNT)] == written


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_written_interval_never_hides_a_part_of_the_real_one(one: float, other: float) -> None:
    """To a thousandth of a per cent: the shift that mends floating point is smaller."""
    low, high = sorted((one, other))
    written_low = float(write(low, SHARE, Rounding.DOWN).removesuffix(" %"))
    written_high = float(write(high, SHARE, Rounding.UP).removesuffix(" %"))
    assert written_low <= low * 100 + 1e-6
    assert written_high >= high * 100 - 1e-6
    assert written_high - written_low <= (high - low) * 100 + 0.2 + 1e-6


@given(st.floats(0, 1), st.sampled_from([0.5, 0.75, 0.8, 0.9, 0.95, 0.99]))
def test_a_bound_below_the_bar_is_never_written_as_the_bar(low: float, bar: float) -> None:
    if low < bar - 1e-9:
        assert write(low, SHARE, Rounding.DOWN) != write(bar, SHARE)
