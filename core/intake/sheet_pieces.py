"""The XML of a sheet in pieces: what stands before its rows, whole rows, and what stands behind them."""

import re
from collections.abc import Iterator

_BLOCK_BYTES = 2**22
_LONGEST_HEAD = 2**20
_LONGEST_ROW = 8 * 2**20
_BEGIN, _END_OF_ROW = b"<sheetData>", b"</row>"
_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml version=["']1\.0["']"""
    rb"""(?: encoding=["'][uU][tT][fF]-8["'])?(?: standalone=["'](?:yes|no)["'])? ?\?>)?"""
)
_EXPLAINED = re.compile(_DECLARED.pattern + rb"\s*<worksheet\s[^>]*\sxmlns:x14ac=")
_NOT_BALANCED = (b"<!", b"<?", b"sheetData", b"xmlns")


def head_of(blocks: Iterator[bytes]) -> tuple[bytes, bytes, bool]:
    """The document up to its rows, what was read behind that, and whether a parser that has read the head
    can be given the rows in pieces."""
    read = b""
    while len(read) <= _LONGEST_HEAD and (block := next(blocks, b"")):
        read += block
        at = read.find(_BEGIN)
        if at >= 0:
            head = read[: at + len(_BEGIN)]
            declared = _DECLARED.match(head)
            rest = head[declared.end() if declared else 0 :]
            is_plain = b"<!" not in rest and b"<?" not in rest and rest.count(b"sheetData") == 1
            return head, read[len(head) :], is_plain
    return read, b"", False


def explains_descent(head: bytes) -> bool:
    """Whether the outermost element says what “x14ac:” means."""
    return _EXPLAINED.match(head) is not None


def blocks_of_rows(read: bytes, blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces that end with a row, and what stands behind the last one; each with whether it is rows."""
    waiting, size = [read], len(read)
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size < _BLOCK_BYTES or (size < _LONGEST_ROW and _END_OF_ROW not in block):
            continue
        text = b"".join(waiting)
        end = text.rfind(_END_OF_ROW) + len(_END_OF_ROW)
        if end < len(_END_OF_ROW):
            yield text, False
            end = len(text)
        else:
            yield text[:end], True
        waiting, size = [text[end:]], len(text) - end
    text = b"".join(waiting)
    end = max(text.rfind(_END_OF_ROW), -len(_END_OF_ROW)) + len(_END_OF_ROW)
    if end > 0:
        yield text[:end], True
    yield text[end:], False


def is_balanced(text: bytes) -> bool:
    """Whether a parser that took ``text`` without complaint stands where it stood before."""
    if any(mark in text for mark in _NOT_BALANCED) or text.count(b"<") != text.count(b">"):
        return False
    ends = text.count(b"</")
    return text.count(b"<") - ends - text.count(b"/>") == ends
