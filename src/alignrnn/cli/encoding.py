"""Output for terminals that know no Unicode, as under LC_ALL=C: the same words in ASCII."""

import codecs
import io
import sys
import unicodedata

_BESIDE = {
    "…": "...",
    "·": "-",
    "×": "x",
    "–": "-",
    "—": "-",
    "‖": "||",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "∂": "d",
    "✓": "yes",
    "✗": "no",
    "│": "|",
    "─": "-",
    "\u0304": "_bar",
}
"""What neither its name nor its decomposition says."""


def spell(text: str) -> str:
    """A text in ASCII: α as alpha, c₁ as c1, a frame of lines as one of - and |."""
    return "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    if character.isascii():
        return character
    if character in _BESIDE:
        return _BESIDE[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK"):
        word = name.rpartition(" ")[2].lower()
        return word.capitalize() if "CAPITAL" in name else word
    if name.startswith("BOX DRAWINGS"):
        return "+"
    plain = unicodedata.normalize("NFKD", character)
    return "?" if plain == character else spell(plain)


def speak_plainly() -> None:
    """Let standard output and error spell what they cannot encode, in place of failing."""

    def spelled(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return spell(error.object[error.start : error.end]), error.end

    codecs.register_error("alignrnn.spell", spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not _takes_everything(stream.encoding):
            stream.reconfigure(errors="alignrnn.spell")


def _takes_everything(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith("utf")
