"""Times of day as people and spreadsheets write them: “09:00:00.5”, “9:00”, “3:00 PM”."""

# A Mac puts a narrow space before the PM.
CLOCK = r"(?:[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[ \u00a0\u202f]?[AaPp][Mm])?)"
"""The pattern of a time of day; it may still name an hour that there is not."""


def of_24_hours(clock: str) -> str:
    """“3:00 PM” as “15:00” and “9:00” as “09:00”. Raises ValueError where no clock shows such an hour."""
    hour, rest = clock.split(":", 1)
    half = rest[-2:].casefold()
    if half not in ("am", "pm"):
        return f"{hour:0>2}:{rest}"
    if not 1 <= int(hour) <= 12:
        raise ValueError("twelve hours are counted from 1 to 12")
    return f"{int(hour) % 12 + (12 if half == 'pm' else 0):02}:{rest[:-2].rstrip()}"
