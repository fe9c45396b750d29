"""Languages as Qualtrics names them ("PT-BR", "ZH-S") and as everybody else does (BCP 47: "pt-BR", "zh-Hans")."""

from __future__ import annotations

_THEIRS = {"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}
_OURS = {ours: theirs for theirs, ours in _THEIRS.items()}


def language_of(code: str) -> str:
    """The language of a code of Qualtrics."""
    if code.upper() in _THEIRS:
        return _THEIRS[code.upper()]
    first, *others = code.strip().split("-")
    return "-".join([first.lower(), *(_cased(part) for part in others)])


def _cased(part: str) -> str:
    """A script is written Hans, a country US."""
    return part.capitalize() if len(part) == 4 and part.isalpha() else part.upper() if len(part) < 4 else part.lower()


def code_of(language: str) -> str:
    """The code of Qualtrics for a language."""
    return _OURS.get(language, language.upper())
