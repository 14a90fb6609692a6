"""Is the text English? Counts small words; nothing clever, because a wrong yes only finds nothing and a wrong no is
said aloud."""

from __future__ import annotations

from typing import Final

from cds_service.reports.lexicon import VOCABULARY
from cds_service.reports.text import Folded

_ENGLISH: Final = frozenset(
    """the of and with no is are there at to for in a an by on without was were has have this that not
    seen from level normal fracture fractures compression vertebral body acute chronic old edema
    height loss spine lumbar thoracic cement new mild moderate severe bone study findings
    impression intact wall""".split()
)
_OTHER: Final = frozenset(
    """der die das und mit ohne kein keine keinen nicht ist sind eine einer des den dem bei im zum zur fraktur
    frakturen wirbelkorper wirbelkoerper odem
    oedeme hohe hohenminderung deckplatte lwk bwk frische sinterung beurteilung befund
    le les la des du une un avec sans pas est sont dans sur aux et chez fractures-tassements tassement vertebre
    vertebres recente corps hauteur
    oedeme conclusion-fr recul mur posterieur
    el los las con sin por para una del es y se fractura fracturas aplastamiento cuerpo vertebra-es altura aguda
    edema-oseo perdida columna vertebrales
    il lo gli di che con-it non per della delle frattura fratture crollo vertebrale corpo acuta e
    o os uma com sem em da fratura fraturas
    het een en van met geen niet de wervel fractuur wervelfractuur inzakking
    och med ingen fraktur-sv kota""".split()
)
_SHARED: Final = frozenset("de la un le en es per e o os die des il a in".split())
_WORDS_READ: Final = 1500
_LETTERS_READ: Final = 10_000


def english(original: str, folded: Folded) -> bool:
    """Whether the reader's lexicon can be trusted with this text."""
    ours = theirs = letters = unread = 0
    for word in folded.words.texts[:_WORDS_READ]:
        if word == "\u00a4":
            unread += 1
        elif word[0].isalpha():
            letters += 1
            ours += word in _ENGLISH
            if word in _OTHER:
                theirs += 1 if word in _SHARED else 2
    if unread > letters:
        return False
    strange = theirs > 0 or unread > 0 or _has_foreign_letters(original[:_LETTERS_READ])
    if strange and not _any_known(folded):
        return False
    return theirs < 4 or theirs <= ours * 2


def _has_foreign_letters(text: str) -> bool:
    return not text.isascii() and any(char.isalpha() and not char.isascii() for char in text)


def _any_known(folded: Folded) -> bool:
    """Whether one word in four is English or one that reports use; fewer than three words tell nothing."""
    words = [text for text in folded.words.texts[:_WORDS_READ] if len(text) > 2 and text.isalpha()]
    known = sum(text in _ENGLISH or text in VOCABULARY for text in words)
    return len(words) < 3 or known * 4 >= len(words)
