"""One rate before and after a fix, in a sentence: the change with its sign, in points, and what it shows."""

import pytest

from core.metrics.top_failures import Effect, Share
from core.statistics.interval import Interval
from core.web.screens.failure_top import effect_words


@pytest.mark.parametrize(
    ("change", "interval", "words"),
    [
        (-0.25, (-0.31, -0.19), "−25 points (−31 to −19); better, and not by luck alone."),
        (0.25, (0.19, 0.31), "+25 points (+19 to +31); worse, and not by luck alone."),
        (-0.0004, (-0.0176, 0.0209), "0 points (−1.8 to +2.1); luck alone can explain it."),
        (0.012, (-0.0001, 0.03), "+1.2 points (−0.1 to +3); luck alone can explain it."),
    ],
)
def test_the_change_is_written_as_on_every_other_page(
    change: float, interval: tuple[float, float], words: str
) -> None:
    found = Effect(Share.of(60, 200), Share.of(10, 200), change, Interval(*interval), 0.05, False)
    said = effect_words(found, "late")
    assert said.startswith("“late” in reviewed traces: 30 % (")
    assert said.endswith(f"10 of 200) after: {words}")
