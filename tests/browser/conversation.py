"""What a page and the server said to each other: whether the answer to the last click has arrived."""

from google.protobuf.message import DecodeError
from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class Conversation:
    """Listens on the connection of one page.

    Every question, that is a click or a value, makes the server begin a run of the script and end it.
    A run that began before the question does not answer it. On a busy machine the page can look finished
    for a good while before the answer begins to arrive, so looking at the page alone is not enough.
    """

    def __init__(self, page: Page) -> None:
        self._asked = self._begun = False
        page.on("websocket", self._listen)

    @property
    def waits_for_an_answer(self) -> bool:
        return self._asked or self._begun

    def _listen(self, connection: WebSocket) -> None:
        # What an earlier connection was asked is not answered any more.
        self._asked = self._begun = False
        connection.on("framesent", self._sent)
        connection.on("framereceived", self._received)
        connection.on("close", self._closed)

    def _sent(self, said: bytes | str) -> None:
        message = BackMsg()
        if _reads(message, said) and message.WhichOneof("type") == "rerun_script":
            self._asked = True

    def _received(self, said: bytes | str) -> None:
        message = ForwardMsg()
        if not _reads(message, said):
            return
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._asked, self._begun = False, True
        elif kind == "script_finished":
            self._begun = False

    def _closed(self, _: WebSocket) -> None:
        self._asked = self._begun = False


def _reads(message: BackMsg | ForwardMsg, said: bytes | str) -> bool:
    """Whether ``said`` is such a message; other programs on the page have connections too."""
    try:
        message.ParseFromString(said.encode() if isinstance(said, str) else said)
    except DecodeError:
        return False
    return True
