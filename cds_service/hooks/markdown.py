"""How a value of a patient's record becomes part of a card: one escape for Markdown, one for plain text.

Clients render `detail` with raw HTML on, and autolink whatever looks like an address even after entities are decoded;
so markup is
escaped, and what could become a link is taken apart (Argonaut risk R1).
"""

from __future__ import annotations

import re
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, zero-width and direction-changing characters, lone surrogates and tags: none belongs in a clinical value.
"""
_SCHEME: Final = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|javascript|data|vbscript|file)\s*:+")
_WWW: Final = re.compile(r"(?i)www\.")
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~])")
LONGEST: Final = 200


def plain_text(value: object, longest: int = LONGEST) -> str:
    """One line of text without invisible characters, cut at a word when longer than ``longest`` code points."""
    words = " ".join(_INVISIBLE.sub(" ", str(value)).split())
    if len(words) <= longest:
        return words
    cut = words[: longest - 3]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut) + "..."


def escaped(value: object, longest: int = LONGEST) -> str:
    """A record's value for use inside a line of Markdown (never at its start): no markup, no HTML, nothing that becomes
    a link.
    """
    text = plain_text(value, longest)
    text = _SCHEME.sub(r"\1 ", text).replace("://", " ").replace("@", " at ")
    text = _WWW.sub("www ", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", text)
