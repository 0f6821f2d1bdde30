"""Codes that stand for user ids once these have expired: the same user still counts as one user.

A code is a keyed hash, worked out alike in Python (where ids are replaced) and in SQL (where old rows,
which have codes, and new rows, which have ids, are counted together).
"""

import hashlib

_DIGITS = 12
_PATTERN = f"[user {'_' * _DIGITS}]"

SAME_USER = "same_user("
"""How a query tells users apart: one of the two macros below has to be there."""

PLAIN_USERS = "CREATE OR REPLACE TEMP MACRO same_user(id) AS id"
"""For a feature whose user ids are all there."""


def code_of(user_id: str, key: str) -> str:
    """What stands for ``user_id``; ``key`` has a fixed length."""
    return f"[user {hashlib.sha256((key + user_id).encode()).hexdigest()[:_DIGITS]}]"


def is_code(user_id: str) -> bool:
    return user_id.startswith("[user ") and user_id.endswith("]") and len(user_id) == len(_PATTERN)


def coded_users(key: str) -> str:
    """The statement that makes ``same_user(id)``: one word for one user, whether it has expired or not."""
    if not key.isalnum():
        raise ValueError("a key of user codes is hexadecimal")
    return f"""CREATE OR REPLACE TEMP MACRO same_user(id) AS
        CASE WHEN id LIKE '{_PATTERN}' THEN id
             ELSE '[user ' || LEFT(SHA256('{key}' || id), {_DIGITS}) || ']' END"""
