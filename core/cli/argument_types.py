"""Words on the command line as values; what they cannot mean is told as wrong usage."""

import argparse
from datetime import UTC, datetime, time


def day_end(text: str) -> datetime:
    """A day as its last moment."""
    return _moment(text, time.max)


def day_start(text: str) -> datetime:
    """A day as its first moment."""
    return _moment(text, time.min)


def add_as_of(command: argparse.ArgumentParser) -> None:
    """The option of every command that can look back."""
    command.add_argument(
        "--as-of",
        type=day_end,
        metavar="DATE",
        help="count evidence dated until the end of that day, as it is known today",
    )


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise argparse.ArgumentTypeError(f"“{text}” is not COLUMN=VALUE, such as segment=beta")
    return name.strip(), value.strip()


def _moment(text: str, of_day: time) -> datetime:
    """An ISO time with its zone (UTC where it has none), or a date, taken ``of_day`` in UTC."""
    try:
        if len(text) == len("2026-10-14"):
            moment = datetime.combine(datetime.fromisoformat(text).date(), of_day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-10-14") from None
    if not 2000 <= moment.year < 9999:
        raise argparse.ArgumentTypeError(f"“{text}” is not in the years 2000 to 9998")
    return moment
