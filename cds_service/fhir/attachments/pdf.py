"""Parsing apart: PDF, and HTML that could be costly, in a child process that can be killed when time is up.

A thread cannot be ended, and a PDF of a kilobyte can hold a parser for minutes. So a call that brings one starts a
process of its own (``pdf_child``), gives it its attachments one by one, and kills it at the end, or at the deadline.
The child is started by ``exec``: it inherits no memory, no file but two pipes and no variable of the environment, and
it writes nothing but its answers. Why this and no server that forks: docs/adr/0007-attachments-apart.md.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, cast, get_args

from cds_service.fhir.attachments import pdf_child
from cds_service.fhir.attachments.outcome import Apart, NotRead, Outcome, Reason, ReportText, bounded
from cds_service.fhir.attachments.remembered import Remembered, digest

MOST_BYTES: Final = 8_000_000
MOST_AT_ONCE: Final = 2
"""Children of one worker process; a further call waits its turn, within its own deadline."""
LEAST_SECONDS: Final = 0.02
"""With less time left nothing is begun."""

_CHILD: Final = Path(pdf_child.__file__)
_FOLDER: Final = _CHILD.parents[3]
_OUT_OF_TIME: Final = frozenset({-signal.SIGKILL, -signal.SIGALRM, -signal.SIGXCPU, pdf_child.OVER_A_LIMIT})

REMEMBERED: Final = Remembered()
_TURN: Final = threading.BoundedSemaphore(MOST_AT_ONCE)


class _Child:
    """A running ``pdf_child``, killed after so many seconds whatever it does."""

    def __init__(self, seconds: float) -> None:
        command = [sys.executable, "-I", "-B", str(_CHILD), f"{seconds:.3f}", str(_FOLDER)]
        self._process = subprocess.Popen(  # noqa: S603 - our own script, and nothing of the request in its arguments
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
        )
        self._timer = threading.Timer(seconds, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def parse(self, kind: Apart, content: bytes) -> Outcome | None:
        """The outcome; None when the process ended instead."""
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            return None
        try:
            requests.write(pdf_child.HEAD.pack(kind.encode(), len(content)) + content)
            requests.flush()
        except BrokenPipeError:
            return None
        head = answers.read(pdf_child.ANSWER.size)
        if len(head) < pdf_child.ANSWER.size:
            return None
        reason, part, length = pdf_child.ANSWER.unpack(head)
        text = answers.read(length)
        if len(text) < length:
            return None
        return _outcome(_named(reason), _named(part), text.decode("utf-8", "replace"))

    def end(self) -> int:
        """Kills and buries the process; its exit status, that of its own end when it came first."""
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        return status


def _named(raw: bytes) -> Reason | None:
    name = raw.rstrip(b"\0").decode("ascii", "replace")
    return cast(Reason, name) if name in get_args(Reason) else None


def _outcome(reason: Reason | None, part: Reason | None, text: str) -> Outcome:
    if reason is not None:
        return NotRead(reason)
    read = bounded(text)
    return ReportText(read.text, (part,)) if part is not None and isinstance(read, ReportText) else read


class Parser:
    """Parses apart for one call. Not for several threads."""

    def __init__(self, deadline: float, clock: Callable[[], float], memory: Remembered) -> None:
        self._deadline = deadline
        self._clock = clock
        self._memory = memory
        self._child: _Child | None = None

    def __call__(self, kind: Apart, content: bytes) -> Outcome:
        """The text of an attachment, or why there is none: ``truncated`` when the time or a limit did not suffice."""
        if len(content) > MOST_BYTES:
            return NotRead("truncated")
        key = digest(kind, content)
        left = self._deadline - self._clock()
        known = self._memory.recall(key, left)
        if known is not None:
            return known
        child = self._running(left)
        if child is None:
            return NotRead("truncated")
        outcome = child.parse(kind, content)
        if outcome is not None:
            self._memory.keep(key, outcome)
            return outcome
        status = self.close()
        if status not in _OUT_OF_TIME:
            self._memory.keep(key, NotRead("format"))
            return NotRead("format")
        self._memory.keep(key, NotRead("truncated"), left)
        return NotRead("truncated")

    def _running(self, left: float) -> _Child | None:
        """The child of this call, started when there is none; None when there is no time or no room for one."""
        if left < LEAST_SECONDS:
            return None
        if self._child is None and _TURN.acquire(timeout=left):
            try:
                self._child = _Child(max(self._deadline - self._clock(), LEAST_SECONDS))
            except OSError:
                _TURN.release()  # no process to be had
        return self._child

    def close(self) -> int:
        """Ends the child, if there is one; its exit status."""
        child, self._child = self._child, None
        if child is None:
            return 0
        try:
            return child.end()
        finally:
            _TURN.release()


@contextmanager
def parsing_apart(
    deadline: float, clock: Callable[[], float], memory: Remembered = REMEMBERED
) -> Iterator[Callable[[Apart, bytes], Outcome]]:
    """A parser that is late for nothing: from ``deadline`` on (a reading of ``clock``, seconds) it answers at once.

    No process of it is left when the block ends.
    """
    parser = Parser(deadline, clock, memory)
    try:
        yield parser
    finally:
        parser.close()
