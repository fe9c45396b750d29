"""What labels of options say by themselves: that there is no answer, that they rule out others, that they are a scale.

Other tools do not say so, and a model has to know. Only what is unmistakable is taken for one; whoever reads a file
reports it as an assumption. Words are English: elsewhere nothing is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

#: whole labels that stand for no answer, without case and punctuation
_MISSING = re.compile(
    r"(?:i )?(?:do not|don t|dont) know(?: enough)?(?: to say)?|dk(?: (?:na|nr|refused))?|refused?|no answer|"
    r"(?:i )?(?:would )?prefer not to (?:say|answer|respond|disclose|state)|"
    r"(?:i )?(?:would )?rather not (?:say|answer)|"
    r"prefer no answer|no response|not applicable|n a|"
    r"(?:i )?(?:do not|don t) (?:know|wish to answer|want to (?:say|answer))"
)
#: whole labels that rule out every other option of a multiple choice
_EXCLUSIVE = re.compile(
    r"none|none of (?:the above|these|them|the (?:listed|following))(?: options)?|nothing|no one|nobody"
)
#: words of which scales are made
_SCALE = re.compile(
    r"\b(?:strongly|somewhat|slightly|moderately|extremely|very|completely|totally|mostly|fairly|rather|quite|"
    r"not at all|not very|not too|not really|not so|a little|a bit|a lot|a great deal|a moderate amount|much|far|"
    r"little|"
    r"agree|disagree|neither|neutral|likely|unlikely|satisfied|dissatisfied|important|unimportant|favou?rable|"
    r"unfavou?rable|never|rarely|seldom|occasionally|sometimes|often|frequently|usually|always|almost|"
    r"about the same|better|worse|higher|lower|more|less|increased?|decreased?|poor|fair|good|bad|excellent|terrible|"
    r"awful|great|definitely|probably|possibly|certainly|somewhat|average|approve|disapprove|support|oppose|trust|"
    r"distrust|comfortable|uncomfortable|concerned|worried|easy|difficult|true|untrue|like me|unlike me|liberal|"
    r"conservative|democrat(?:ic)?|republican|independent|lean|times?|days?|weeks?|months?|years?|daily|weekly|monthly|"
    r"yearly|once|twice|every|hardly|barely|low|medium|high|none|some|all|most|half|harmful|beneficial|accurate|"
    r"inaccurate|fair|unfair|willing|unwilling|positive|negative|dislike|like|warm|cold)\b"
)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
#: a label that begins with a number, or with words that say on which side of it one is
_AMOUNT = re.compile(
    r"(?:(?:under|less than|fewer than|below|up to|over|more than|above|at least|at most|about|from|older than|"
    r"younger than|age|aged|\$|£|€|<|>|=|≤|≥)\s*)*(-?\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
#: share of labels that must be made of scale words
_MOST = 0.8


def says_missing(label: str) -> bool:
    """Does a label say that there is no answer ("Don't know", "Prefer not to say")?"""
    return _MISSING.fullmatch(_words(label)) is not None


def says_exclusive(label: str) -> bool:
    """Does a label of a multiple choice rule out the others ("None of the above")?"""
    return _EXCLUSIVE.fullmatch(_words(label)) is not None


def look_ordered(labels: Sequence[str]) -> bool:
    """Do these labels (without those that say that there is no answer) stand in the order of a scale?

    Numbers that rise or fall, ranges and amounts that do, or three labels and more that are made of scale words.
    """
    if len(labels) < 3:
        return False
    if _monotone(labels):
        return True
    scaled = sum(bool(_SCALE.search(_words(label)) or _NUMBER.fullmatch(label.strip())) for label in labels)
    short = all(len(_words(label).split()) <= 8 for label in labels)
    return short and scaled >= _MOST * len(labels) and not _list_of_things(labels)


def _monotone(labels: Sequence[str]) -> bool:
    """The first numbers of all labels rise, or fall."""
    found = [_AMOUNT.match(label.strip()) for label in labels]
    if sum(one is None for one in found) > (len(labels) > 3):
        return False
    values = [float(one[1].replace(",", "")) for one in found if one is not None]
    steps = [after - before for before, after in pairwise(values)]
    # the open ends of ranges may repeat a number: "under 30", "30 to 39"
    return len(values) >= 3 and (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)) and any(steps)


def _list_of_things(labels: Sequence[str]) -> bool:
    """Long labels that share nothing are things to choose from, whatever words they hold."""
    words = [set(_words(label).split()) for label in labels]
    shared = sum(bool(one & set().union(*(other for other in words if other is not one))) for one in words)
    known = sum(bool(_SCALE.fullmatch(_words(label))) for label in labels)
    return shared + known < len(labels) / 2


def _words(label: str) -> str:
    """A label in small letters without punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+", label.lower().replace("’", "'")))
