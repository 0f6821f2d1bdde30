"""The weeks of everything that is shown by week: they begin on Monday, in UTC."""

from datetime import date, datetime, timedelta


def monday(day: date) -> date:
    """The Monday of the week that ``day`` lies in."""
    return day - timedelta(days=day.weekday())


def week_start(moment: datetime, weeks_before: int = 0) -> datetime:
    """The first instant of the week that ``moment`` (UTC) lies in, or of one so many weeks before it."""
    first = moment - timedelta(days=moment.weekday(), weeks=weeks_before)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)
