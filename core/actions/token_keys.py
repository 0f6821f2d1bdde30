"""The secret that tokens for personal data are made with: one an installation, from it one a feature."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from core.errors import StoreUnavailable

KEY_FILE = "token-key"
_ENVIRONMENT = "READYGATE_SECRET"


def token_key(home: Path, feature_id: int) -> str:
    """The key of one feature, 64 hexadecimal digits; its tokens cannot be told from random ones without it.

    It follows from READYGATE_SECRET, which several servers on one database must share, or else from a
    file in the home folder that only its owner may read. It is never stored with the evidence.
    """
    return _key(home, f"personal data of feature {feature_id}")


def settings_key(home: Path) -> str:
    """The key with which one secret setting of a server is told from another, made from the same secret."""
    return _key(home, "settings of the server")


def is_shared() -> bool:
    """Whether the secret was given, so that other servers on the same database can have it too."""
    return bool(os.environ.get(_ENVIRONMENT))


def _key(home: Path, purpose: str) -> str:
    secret = os.environ.get(_ENVIRONMENT) or _kept(home / KEY_FILE)
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _kept(path: Path) -> str:
    """The secret of the installation, made where there is none yet."""
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailable(
            f"The file {path} cannot be used: {type(error).__name__}.",
            mend="Check that the account that runs Readygate may read and write it.",
        ) from error


def _make(path: Path) -> None:
    """Whole or not at all, and only once: two processes may begin at the same moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # Readable by its owner only.
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
