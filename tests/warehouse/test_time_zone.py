"""Days and weeks are cut in UTC, whatever zone the machine lives in."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ASK = """
import time; time.tzset()
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse
from pathlib import Path
import sys
opened = Warehouse(SegmentCache(Path(sys.argv[1]), 1))
with opened._live._duckdb.cursor() as cursor:
    print(cursor.execute("SELECT CAST(CAST('2026-03-02 02:00:00+00' AS TIMESTAMPTZ) AS DATE)").fetchone()[0])
opened.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes no zone from the environment")
def test_a_day_begins_at_midnight_utc_on_every_machine(tmp_path: Path) -> None:
    """At 02:00 UTC it is still the day before in New York."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        cwd=ROOT,
        env={"TZ": "America/New_York", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "2026-03-02", done.stderr
