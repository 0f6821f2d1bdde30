import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.evidence.fingerprints import of_bytes
from core.store.segment_cache import SegmentCache

LONG_AGO = 1_700_000_000


class Segments:
    """Contents by their hash, as the database has them; counts how often each was asked for."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = {of_bytes(content): content for content in contents}
        self.asked: list[bytes] = []

    def __call__(self, sha256: str) -> bytes:
        self.asked.append(self.contents[sha256])
        return self.contents[sha256]

    def loader(self, content: bytes) -> Callable[[], bytes]:
        return lambda: self(of_bytes(content))


def used_long_ago(*paths: Path) -> None:
    for place, path in enumerate(paths):
        os.utime(path, (LONG_AGO + place, LONG_AGO + place))


def kept(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.iterdir()}


def test_a_segment_is_fetched_once(tmp_path: Path) -> None:
    segments = Segments(b"one")
    for _ in range(2):
        cache = SegmentCache(tmp_path / "cache", 100)
        for _ in range(2):
            assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"
    assert segments.asked == [b"one"]


def test_a_segment_that_was_just_stored_is_not_fetched(tmp_path: Path) -> None:
    segments, spool = Segments(b"one", b"two"), tmp_path / "spool"
    spool.mkdir()
    files = [spool / "a", spool / "gone", spool / "b"]
    files[0].write_bytes(b"one")
    files[2].write_bytes(b"two")
    cache = SegmentCache(tmp_path / "cache", 100)
    cache.adopt(files[:1])
    cache.adopt(files[1:2])
    assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"
    assert (segments.asked, files[0].exists()) == ([], False)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "cache" / f"{of_bytes(b'one')}.parquet").stat().st_mode) == 0o600
    cache.path_of(of_bytes(b"one"), segments.loader(b"one")).write_bytes(b"onf")
    assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"
    assert cache.path_of(of_bytes(b"two"), segments.loader(b"two")).read_bytes() == b"two"
    assert segments.asked == [b"one", b"two"]


def test_several_come_in_the_order_asked_for(tmp_path: Path) -> None:
    segments = Segments(b"one", b"two")
    wanted = [of_bytes(content) for content in (b"two", b"one", b"two")]
    paths = SegmentCache(tmp_path, 100).paths_of(wanted, segments)
    assert [path.read_bytes() for path in paths] == [b"two", b"one", b"two"]
    assert segments.asked == [b"two", b"one"]


@pytest.mark.parametrize("damage", [b"", b"onf", b"one and more"])
@pytest.mark.parametrize("started_anew", [True, False])
def test_a_damaged_file_is_fetched_again(tmp_path: Path, damage: bytes, started_anew: bool) -> None:
    segments = Segments(b"one")
    cache = SegmentCache(tmp_path, 100)
    path = cache.path_of(of_bytes(b"one"), segments.loader(b"one"))
    path.write_bytes(damage)
    if started_anew:
        cache = SegmentCache(tmp_path, 100)
    assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"
    assert segments.asked == [b"one", b"one"]


def test_a_file_that_was_removed_is_fetched_again(tmp_path: Path) -> None:
    segments = Segments(b"one")
    cache = SegmentCache(tmp_path, 100)
    cache.path_of(of_bytes(b"one"), segments.loader(b"one")).unlink()
    assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"


def test_damage_in_the_database_is_named_and_never_kept(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, 100)
    with pytest.raises(StoreUnavailable, match="evidence in the database is damaged"):
        cache.path_of(of_bytes(b"one"), lambda: b"onf")
    assert kept(tmp_path) == set()


def test_what_was_used_least_recently_goes_first(tmp_path: Path) -> None:
    segments = Segments(b"aaaa", b"bbbb", b"cccc", b"dddd")
    cache = SegmentCache(tmp_path, 12)
    a, b, c = (cache.path_of(of_bytes(x), segments.loader(x)) for x in (b"aaaa", b"bbbb", b"cccc"))
    used_long_ago(b, a, c)
    cache.path_of(of_bytes(b"dddd"), segments.loader(b"dddd"))
    assert kept(tmp_path) == {b"aaaa", b"cccc", b"dddd"}


def test_nothing_goes_that_is_asked_for_or_was_used_just_now(tmp_path: Path) -> None:
    segments = Segments(b"aaaa", b"bbbb", b"cccc")
    cache = SegmentCache(tmp_path, 1)
    cache.path_of(of_bytes(b"aaaa"), segments.loader(b"aaaa"))
    cache.paths_of([of_bytes(b"bbbb"), of_bytes(b"cccc")], segments)
    assert kept(tmp_path) == {b"aaaa", b"bbbb", b"cccc"}


def test_the_rest_of_a_crash_goes_in_its_turn(tmp_path: Path) -> None:
    left_over = tmp_path / "x.part"
    left_over.write_bytes(b"half a segment")
    used_long_ago(left_over)
    segments = Segments(b"aaaa")
    SegmentCache(tmp_path, 10).path_of(of_bytes(b"aaaa"), segments.loader(b"aaaa"))
    assert kept(tmp_path) == {b"aaaa"}


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = SegmentCache(tmp_path / "file" / "cache", 10)
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        cache.path_of(of_bytes(b"one"), lambda: b"one")


def test_nothing_goes_that_is_asked_for_even_where_fetching_takes_long(tmp_path: Path) -> None:
    segments = Segments(b"aaaa", b"bbbb")

    def slow(sha256: str) -> bytes:
        used_long_ago(*tmp_path.iterdir())
        return segments(sha256)

    wanted = [of_bytes(content) for content in (b"aaaa", b"bbbb")]
    paths = SegmentCache(tmp_path, 1).paths_of(wanted, slow)
    assert [path.read_bytes() for path in paths] == [b"aaaa", b"bbbb"]


class Made:
    """Something worked out from segments; counts how often."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.times = 0

    def __call__(self, path: Path) -> None:
        self.times += 1
        path.write_bytes(self.content)


def test_what_is_derived_is_made_once_for_each_state(tmp_path: Path) -> None:
    made, other = Made(b"runs"), Made(b"other")
    for _ in range(2):
        cache = SegmentCache(tmp_path, 100)
        for _ in range(2):
            assert cache.derived("runs-1", "a", made).read_bytes() == b"runs"
    assert cache.derived("runs-1", "b", other).read_bytes() == b"other"
    assert cache.derived("runs-11", "a", other).read_bytes() == b"other"
    assert (made.times, other.times) == (1, 2)


@pytest.mark.parametrize("damage", [b"", b"runt", None])
@pytest.mark.parametrize("started_anew", [True, False])
def test_what_is_derived_is_made_again_where_it_is_damaged(
    tmp_path: Path, damage: bytes | None, started_anew: bool
) -> None:
    made = Made(b"runs")
    cache = SegmentCache(tmp_path, 100)
    path = cache.derived("runs-1", "a", made)
    path.unlink() if damage is None else path.write_bytes(damage)
    if started_anew:
        cache = SegmentCache(tmp_path, 100)
    assert cache.derived("runs-1", "a", made).read_bytes() == b"runs"
    assert made.times == 2
    assert len(list((tmp_path / "derived").iterdir())) == 1


def test_earlier_states_of_a_family_go_when_nobody_reads_them_any_more(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, 100)
    first, second, others = (
        cache.derived(*what, Made(b"x")) for what in (("runs-1", "a"), ("runs-1", "b"), ("runs-2", "a"))
    )
    used_long_ago(first, others)
    third = cache.derived("runs-1", "c", Made(b"x"))
    assert set((tmp_path / "derived").iterdir()) == {second, others, third}


def test_derived_files_count_towards_the_limit(tmp_path: Path) -> None:
    segments = Segments(b"aaaa")
    cache = SegmentCache(tmp_path, 4)
    used_long_ago(cache.derived("runs-1", "a", Made(b"runs")))
    cache.path_of(of_bytes(b"aaaa"), segments.loader(b"aaaa"))
    assert list((tmp_path / "derived").iterdir()) == []


def test_a_failed_derivation_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SegmentCache(tmp_path, 100).derived("runs-1", "a", fail)
    assert list((tmp_path / "derived").iterdir()) == []


def test_what_a_killed_process_spilled_goes_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / "spill-old", tmp_path / "spill-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "part.tmp").touch()
    used_long_ago(old)
    segments = Segments(b"one")
    SegmentCache(tmp_path, 100).path_of(of_bytes(b"one"), segments.loader(b"one"))
    assert (old.exists(), young.exists()) == (False, True)


def write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def test_only_the_segments_that_are_still_there_are_kept(tmp_path: Path) -> None:
    segments = Segments(b"one", b"two")
    cache = SegmentCache(tmp_path, 100)
    cache.paths_of([of_bytes(b"one"), of_bytes(b"two")], segments)
    cache.keep_only({of_bytes(b"two")})
    assert kept(tmp_path) == {b"two"}
    assert cache.path_of(of_bytes(b"one"), segments.loader(b"one")).read_bytes() == b"one"


@pytest.mark.parametrize(("state", "left"), [("new", {b"new", b"of others"}), (None, {b"of others"})])
def test_what_was_worked_out_from_other_states_goes_at_once(
    tmp_path: Path, state: str | None, left: set[bytes]
) -> None:
    cache = SegmentCache(tmp_path, 100)
    for family, made_of in (("runs-1", b"old"), ("runs-1", b"new"), ("runs-12", b"of others")):
        cache.derived(family, made_of.decode(), partial(write, made_of))
    cache.forget_other_states("runs-1", state)
    assert kept(tmp_path / "derived") == left
