"""The words, icons and colours of the screens; pure, and the same on every page.

Colour is never alone: each verdict has its word and its icon.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from core.metrics.measurement import SOURCE_WORDS as SOURCE_WORDS


@dataclass(frozen=True)
class VerdictWords:
    """How a verdict is shown: ``colour`` is Streamlit's colour name, ``symbol`` a Plotly marker.

    ``sign`` is one character of ordinary text; ``ink`` stands out on light and on dark ground.
    """

    word: str
    icon: str
    colour: str
    meaning: str
    symbol: str
    sign: str
    ink: str


VERDICTS: dict[str, VerdictWords] = {
    "go": VerdictWords(
        "GO",
        ":material/check_circle:",
        "green",
        "Every blocking row is shown to meet its bar.",
        "circle",
        "✓",
        "#23935F",
    ),
    "no_go": VerdictWords(
        "NO-GO",
        ":material/dangerous:",
        "red",
        "At least one blocking row is shown to miss its bar.",
        "x",
        "✕",
        "#D64545",
    ),
    "not_enough_evidence": VerdictWords(
        "NOT ENOUGH EVIDENCE",
        ":material/hourglass_top:",
        "orange",
        "No row is shown to fail, but the cases so far cannot settle every row.",
        "hourglass",
        "?",
        "#BC7A0A",
    ),
    "stale": VerdictWords(
        "STALE",
        ":material/schedule:",
        "blue",
        "The evidence is too old, or of something that has changed since.",
        "diamond",
        "↺",
        "#6785AB",
    ),
    "no_data": VerdictWords(
        "NO DATA",
        ":material/circle:",
        "gray",
        "There is no evidence that could answer the question.",
        "circle-open",
        "○",
        "#7C8B90",
    ),
}


DRAFT_ICON = ":material/edit_note:"
"""The sign of a draft, whatever its verdict would be."""


@dataclass(frozen=True)
class Words:
    """A word on the screen and the sentence that explains it."""

    word: str
    meaning: str
    colour: str = "gray"


TIERS: dict[str, Words] = {
    "roll_back": Words("Roll back", "A failure takes the feature back at once.", "red"),
    "pause": Words("Pause", "A failure pauses the rollout at once.", "orange"),
    "blocks": Words("Blocks", "A failure stops the next step.", "blue"),
    "advisory": Words("Advisory", "Shown, but never decides.", "gray"),
}

STAKES: dict[str, Words] = {
    "high": Words("High stakes", "Wrong verdicts are held to 5 % each way."),
    "medium": Words("Medium stakes", "Wrong verdicts are held to 10 % each way."),
    "low": Words("Low stakes", "Wrong verdicts are held to 20 % each way."),
}

STEP_ICONS = {
    "done": (":material/check_circle:", "Done"),
    "open": (":material/radio_button_unchecked:", "Open"),
    "someone_else": (":material/person_raised_hand:", "Needs someone else"),
}
"""The sign and the meaning of each state of a step on the way to a verdict."""

STATES: dict[str, Words] = {
    "not_started": Words("NOT STARTED", "Nobody has the feature yet, as far as Readygate knows."),
    "running": Words("RUNNING", "The users of this phase have the feature.", "green"),
    "paused": Words("PAUSED", "Nobody should have the feature until it is resumed."),
    "rolled_back": Words("ROLLED BACK", "The feature was taken back from its users."),
    "complete": Words("COMPLETE", "The last phase is done.", "green"),
}
"""The words of each state of a rollout; those of a stop stand on a dark band of their own."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def verdict_words(verdict: str) -> VerdictWords:
    """How ``verdict`` (a machine word such as ``no_go``) is shown; an unknown one raises KeyError."""
    return VERDICTS[str(verdict)]


def verdict_said(verdict: str, *, draft: bool = False) -> str:
    """The verdict as it is told: "GO"; that of a draft is none yet: "Draft: would be GO"."""
    word = verdict_words(verdict).word
    return f"Draft: would be {word}" if draft else word


def checklist_said(locked_at: datetime | None) -> str:
    """What was judged against, for a table: "draft", "locked on 1 Mar 2026"."""
    return f"locked on {write_date(locked_at)}" if locked_at else "draft"


def source_title(source: str) -> str:
    """The words of a source at the start of a line: "An AI judge's labels"."""
    words = SOURCE_WORDS[source]
    return words[:1].upper() + words[1:]


def tier_words(tier: str) -> Words:
    """How a tier is shown; an unknown one raises KeyError."""
    return TIERS[str(tier)]


def stakes_words(stakes: str) -> Words:
    """How stakes are shown; unknown ones raise KeyError."""
    return STAKES[str(stakes)]


def write_date(day: date) -> str:
    """``14 Oct 2026``; a moment is first brought to UTC (naive moments are UTC)."""
    if isinstance(day, datetime):
        day = _utc(day).date()
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def write_moment(moment: datetime) -> str:
    """``14 Oct 2026, 09:05 UTC``."""
    moment = _utc(moment)
    return f"{write_date(moment)}, {moment:%H:%M} UTC"


def write_age(since: datetime, now: datetime) -> str:
    """How long ago, in its largest whole unit: ``now``, ``5 min``, ``3 h``, ``2 d``.

    A moment in the future (a clock that runs ahead) counts as ``now``.
    """
    seconds = (_utc(now) - _utc(since)).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86_400):,} d"


def write_count(n: int, noun: str, plural: str | None = None) -> str:
    """``no traces``, ``1 trace``, ``1,204 traces``."""
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {plural or noun + 's'}" if n else f"no {plural or noun + 's'}"


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
