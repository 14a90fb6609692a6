"""What came of the last attachments, so that the same content is parsed once however often a chart is opened."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from cds_service.fhir.attachments.outcome import Outcome

_AGAIN: Final = 1.5
"""What was not done in some time is not tried again with less than so many times as much."""


def digest(kind: str, content: bytes) -> bytes:
    """The name of a content, read as some kind: no content is kept to compare it with."""
    return hashlib.sha256(b"%s\0%s" % (kind.encode(), content)).digest()


@dataclass(slots=True)
class Remembered:
    """Outcomes by ``digest``, the last ones asked for; shared by the threads of a worker.

    An attachment that ran out of time is remembered with the time it had, so that it costs every call that holds it
    no more than a look.
    """

    most: int = 128
    _kept: OrderedDict[bytes, tuple[Outcome, float]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def recall(self, key: bytes, seconds: float = 0.0) -> Outcome | None:
        """The outcome, unless it was one of time and there is clearly more of it now."""
        with self._lock:
            outcome, had = self._kept.get(key, (None, 0.0))
            if outcome is None or seconds > had * _AGAIN:
                return None
            self._kept.move_to_end(key)
            return outcome

    def keep(self, key: bytes, outcome: Outcome, seconds: float = math.inf) -> None:
        """Keeps an outcome that took, or would have taken more than, so many seconds."""
        with self._lock:
            self._kept[key] = (outcome, seconds)
            self._kept.move_to_end(key)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
