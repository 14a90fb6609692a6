"""The service under test behind a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from wsgiref.types import WSGIApplication

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, make_server

from tests.servers.listening import LOCAL


class _Quiet(WSGIRequestHandler):
    """Writes no access log: what is logged in these tests is what the service itself logs."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@contextlib.contextmanager
def serving(app: WSGIApplication, listener: socket.socket | None = None) -> Iterator[str]:
    """The base URL under which ``app`` is served for as long as the block lasts, with a thread for each caller.

    ``listener`` is a listening socket of the caller's, for an application that must know its port beforehand.
    """
    fd = None if listener is None else listener.fileno()
    server = make_server(LOCAL, 0, app, threaded=True, request_handler=_Quiet, fd=fd)
    assert isinstance(server, ThreadedWSGIServer)
    server.daemon_threads = False  # so that closing waits for the calls under way
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOCAL}:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
