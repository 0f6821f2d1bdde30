"""Weekly counts from outside, drawn: bars of what was counted, or points of rates with their n."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.actions.outside import OutsideWeek
from core.units import Unit, write
from core.web.charts.canvas import TEAL, TRACK, Figure, empty_layout
from core.web.charts.trend import TrendPoint, trend_alt, trend_chart
from core.web.safe import plain, printable
from core.web.wording import write_date


def outside_chart(weeks: Sequence[OutsideWeek], measure: str) -> Figure:
    """``weeks`` are those of one measure, oldest first: rates where every week has one, else counts."""
    if are_rates(weeks):
        return trend_chart(_points(weeks), None, label=measure)
    figure: Figure = {"data": [], "layout": empty_layout(280)}
    days = [one.kept.week.isoformat() for one in weeks]
    figure["data"].append(
        {
            "type": "bar",
            "name": plain(measure),
            "x": days,
            "y": [one.kept.count for one in weeks],
            "marker": {"color": TEAL},
            "text": [f"{one.kept.count:,}" for one in weeks],
            "textposition": "outside",
            "cliponaxis": False,
            "hoverinfo": "text",
            "hovertext": [plain(_words(one)) for one in weeks],
            # A bar is four days wide, so that one week alone is no wall.
            "width": [4 * 86_400_000] * len(days),
        }
    )
    first, last = weeks[0].kept.week, weeks[-1].kept.week
    figure["layout"]["xaxis"] = {
        "type": "date",
        "tickformat": "%-d %b",
        "tickvals": days[:: max(1, -(-len(days) // 6))],
        "range": [_day(first, -5), _day(last, 5)],
        "showgrid": False,
        "fixedrange": True,
    }
    figure["layout"]["yaxis"] = {
        "rangemode": "tozero",
        "nticks": 5,
        "gridcolor": TRACK,
        "fixedrange": True,
        "automargin": True,
        "tickformat": ",d",
    }
    figure["layout"]["margin"] = {"l": 8, "r": 16, "t": 32, "b": 32}
    return figure


def outside_alt(weeks: Sequence[OutsideWeek], measure: str) -> str:
    """The chart in words, for screen readers."""
    if are_rates(weeks):
        return trend_alt(_points(weeks), None, label=measure)
    said = " ".join(f"{_words(one)}." for one in weeks)
    return f"{printable(measure)} by week. {said}"


def are_rates(weeks: Sequence[OutsideWeek]) -> bool:
    """Whether every week says of how many: counts and rates are not mixed in one chart."""
    return all(one.rate is not None for one in weeks)


def _points(weeks: Sequence[OutsideWeek]) -> list[TrendPoint]:
    """A week in between that nobody counted is a gap."""
    by_week = {one.kept.week: one for one in weeks}
    day, points = weeks[0].kept.week, []
    while day <= weeks[-1].kept.week:
        one = by_week.get(day)
        points.append(
            TrendPoint(day, one.rate, one.low, one.high, one.kept.out_of) if one else TrendPoint(day)
        )
        day += timedelta(weeks=1)
    return points


def _words(one: OutsideWeek) -> str:
    rate = f" of {one.kept.out_of:,} ({write(one.rate, Unit.SHARE)})" if one.rate is not None else ""
    return f"Week of {write_date(one.kept.week)}: {one.kept.count:,}{rate}"


def _day(week: date, days: int) -> str:
    return (week + timedelta(days=days)).isoformat()
