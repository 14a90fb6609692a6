"""A deadline that holds: every socket of a call is shut when the call's time is up.

``requests`` and ``urllib3`` bound the wait for each piece, never the whole: a server that sends a byte now and then
holds its caller for as long as it likes. So each socket is registered before it connects, TLS handshake included,
and one timer shuts them all.
"""

from __future__ import annotations

import socket
import threading


class TimeIsUp(OSError):
    """A socket was opened after the end."""


class Watch:
    """The sockets of one call, shut ``seconds`` from now. Shared by the threads of the call; close it in the end.

    What is kept is a duplicate of each socket: TLS takes the original away, and a number that was closed may already
    stand for another file.
    """

    def __init__(self, seconds: float) -> None:
        self._duplicates: list[socket.socket] = []
        self._lock = threading.Lock()
        self._over = False
        self._timer = threading.Timer(max(seconds, 0.0), self._shut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def over(self) -> bool:
        """Whether the time is up. A body read to its "end" after that was cut off by us, and is none."""
        return self._over

    def add(self, opened: socket.socket) -> None:
        """Take a socket into the watch. Raises TimeIsUp, with the socket closed, when the time is up already."""
        with self._lock:
            if not self._over:
                self._duplicates.append(opened.dup())
                return
        opened.close()
        raise TimeIsUp("the time of the call is up")

    def check(self) -> None:
        """To be called once a socket is connected: before that it cannot be shut. Raises TimeIsUp."""
        if self._over:
            raise TimeIsUp("the time of the call is up")

    def close(self) -> None:
        """End the watch and give the file descriptors back. A socket that is added later is refused."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            duplicates, self._duplicates = self._duplicates, []
        for each in duplicates:
            _shut(each)
            each.close()

    def _shut(self) -> None:
        with self._lock:
            self._over = True
            for each in self._duplicates:
                _shut(each)


def _shut(opened: socket.socket) -> None:
    try:
        opened.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # not connected, or gone already: nothing holds on to it
