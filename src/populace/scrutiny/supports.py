"""What the data support: analysis by analysis, yes / with care / no, why, and which people would settle it.

Made from the checks alone, by the table in `analyses`; no number here is computed anew but the people it would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from populace.scrutiny.analyses import ANALYSES, Analysis, Role, role_of
from populace.scrutiny.check_words import words_for
from populace.scrutiny.decide import MOST_PEOPLE, Needed, as_good, needed, rounded_up
from populace.scrutiny.report import FAIL, UNDERPOWERED, UNVERIFIED, USABLE, Check
from populace.scrutiny.wording import interval_text, percent

if TYPE_CHECKING:
    from populace.scrutiny.choices_worth import ChoiceWorth
    from populace.scrutiny.worth import Size, Worth

__all__ = ["ANSWERS", "Beside", "MEANING", "side_by_side", "Support", "Supports", "supports_of"]

YES, WITH_CARE, NO, UNDECIDED, NOT_LOOKED_AT = "yes", "with care", "no", "undecided", "not looked at"
#: best first
ANSWERS = (YES, WITH_CARE, UNDECIDED, NO, NOT_LOOKED_AT)
#: answer -> what it means
MEANING = {
    YES: "Every check that decides it came out as for a second sample of people.",
    WITH_CARE: "Nothing that decides it fails, but it is not as good as people, or a check beside it fails.",
    UNDECIDED: "There are too few people to say. That is not a pass.",
    NO: "A check that decides it fails.",
    NOT_LOOKED_AT: "Nothing in this report bears on it.",
}
#: reasons given for an answer at most
MOST_REASONS = 3
#: questions named at most
MOST_NAMED = 6


@dataclass(frozen=True)
class Support:
    """One analysis."""

    #: short name, see `populace.scrutiny.analyses`
    analysis: str
    #: in plain words
    title: str
    #: one of `ANSWERS`
    answer: str
    #: why: the checks that say so, with figures and intervals
    because: tuple[str, ...]
    #: which human sample would settle it, in a sentence
    settle: str
    #: that number of people; None where no number of people alone would, or where it is not known
    people: int | None
    #: checks it rests on
    checks: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.title}: {self.answer}. {' '.join(f'{reason}.' for reason in self.because)} {self.settle}"


@dataclass(frozen=True, repr=False)
class Supports:
    """All analyses, in the order of the table."""

    #: one entry an analysis
    analyses: tuple[Support, ...]

    def of(self, analysis: str) -> Support:
        """The entry of that short name. Raises `KeyError`."""
        return {support.analysis: support for support in self.analyses}[analysis]

    def titles(self, answer: str) -> tuple[str, ...]:
        """Analyses with that answer."""
        return tuple(support.title for support in self.analyses if support.answer == answer)

    def lines(self) -> list[str]:
        """One line an answer. Example: "yes: Totals and toplines; Rare options"."""
        return [f"{answer}: {'; '.join(self.titles(answer))}" for answer in ANSWERS if self.titles(answer)]

    def to_json(self) -> list[dict]:
        """Plain data."""
        return [asdict(support) | {"meaning": MEANING[support.answer]} for support in self.analyses]

    def __repr__(self) -> str:
        return "\n".join(map(str, self.analyses))


def supports_of(
    checks: Sequence[Check],
    n_human: int,
    n_synthetic: int,
    worth: Worth | ChoiceWorth | None = None,
    analyses: Sequence[Analysis] = ANALYSES,
    role: Callable[[str, str], Role | None] = role_of,
) -> Supports:
    """What the data support, from the checks. Sizes are interviews; `worth` gives the people that are as accurate.

    `role`: (check, family) -> which of the `analyses` it decides and which it warns of.
    """
    gate = next((check for check in checks if check.group == "privacy" and check.verdict == FAIL), None)
    sizes = n_human, n_synthetic
    found = [_support(analysis, checks, sizes, worth, gate, role) for analysis in analyses]
    return Supports(tuple(found))


def _support(
    analysis: Analysis, checks: Sequence[Check], sizes: tuple[int, int], worth: Worth | ChoiceWorth | None,
    gate: Check | None, role: Callable[[str, str], Role | None],
) -> Support:  # fmt: skip
    deciding, warning = _checks_of(analysis, checks, role)
    answer = _answer(deciding, warning, analysis.needs)
    if gate is not None and answer != NOT_LOOKED_AT:
        why = (f"People were copied, so no other score counts: {gate.words}",)
        settle = "No people settle this: the panel has to be made anew, without copies."
        return Support(analysis.key, analysis.title, NO, why, settle, None, (gate.check,))
    because = _reasons(analysis, answer, deciding, warning, checks)
    settle, people = _settled_by(analysis, answer, deciding, sizes, worth)
    names = tuple(dict.fromkeys(check.check for check in [*deciding, *warning]))
    return Support(analysis.key, analysis.title, answer, because, settle, people, names)


def _checks_of(
    analysis: Analysis, checks: Sequence[Check], role_of: Callable[[str, str], Role | None]
) -> tuple[list[Check], list[Check]]:
    """Checks of the whole panel that decide the analysis, and those that warn of it."""
    deciding, warning = [], []
    for check in checks:
        role = role_of(check.check, check.group)
        if check.scope == "all" and role is not None:
            deciding += [check] * (analysis.key in role.decides)
            warning += [check] * (analysis.key in role.warns)
    return deciding, warning


def _answer(deciding: Sequence[Check], warning: Sequence[Check], needs: Sequence[str] = ()) -> str:
    """The answer from verdicts; one of the checks it `needs` has to be made, though any may fail it.

    Example: decided by INDISTINGUISHABLE and UNDERPOWERED: undecided; by USABLE alone: with care.
    """
    made = [check for check in deciding if check.verdict != UNVERIFIED]
    verdicts = {check.verdict for check in made}
    if FAIL in verdicts:
        return NO
    if not made or (needs and not any(check.check in needs for check in made)):
        return NOT_LOOKED_AT
    if UNDERPOWERED in verdicts:
        return UNDECIDED
    warned = any(check.verdict == FAIL for check in warning)
    return WITH_CARE if USABLE in verdicts or warned else YES


@dataclass(frozen=True)
class Beside:
    """One analysis for all panels of a page."""

    #: in plain words
    title: str
    #: panel -> answer
    answers: Mapping[str, str]
    #: why, and what would settle it, for the last panel
    last: Support


def side_by_side(found: Mapping[str, Supports | None]) -> tuple[Beside, ...]:
    """The analyses of all panels; nothing where the last panel was not looked at."""
    last = list(found.values())[-1] if found else None
    if last is None:
        return ()
    known = {panel: supports for panel, supports in found.items() if supports is not None}
    return tuple(
        Beside(own.title, {panel: supports.of(own.analysis).answer for panel, supports in known.items()}, own)
        for own in last.analyses
    )


# ----------------------------------------------------------------------------------------------- reasons


def _reasons(
    analysis: Analysis, answer: str, deciding: Sequence[Check], warning: Sequence[Check], checks: Sequence[Check]
) -> tuple[str, ...]:
    if answer == NOT_LOOKED_AT:
        told = next((check.words for check in deciding if check.verdict == UNVERIFIED and check.words), "")
        said = told or _NOTHING.get(analysis.key, "no check of this report bears on it")
        change = smallest_change(checks) if analysis.key == "tracking" else ""
        return tuple(filter(None, (said, change)))
    telling = {NO: (FAIL,), UNDECIDED: (UNDERPOWERED,), WITH_CARE: (USABLE,)}.get(answer, ())
    first = [check for check in deciding if check.verdict in telling] or list(deciding)
    made = [check for check in first if check.verdict != UNVERIFIED]
    warned = [check for check in warning if check.verdict == FAIL]
    said = [_reason(check) for check in [*made[:MOST_REASONS], *warned[:2]]]
    return (*said, *_single_questions(analysis.key, checks))


_NOTHING = {
    "tracking": "one panel and one moment: nothing shows whether a change between waves would be seen",
    "individuals": "panel and people are not the same persons here",
    "open_text": "what people write is not compared",
    "choice": "no choice tasks were compared",
    "persons": "how far persons differ in what they prefer is not compared, only how consistent each of them is",
    "prices": "what people would pay is not compared by itself; it rests on the part-worths and on the effect of price",
}


def _reason(check: Check) -> str:
    """A check in a line: its name, figure, interval, people's figure, and its verdict with the reason for it."""
    words = words_for(check.check)
    if check.value is None:
        return f"{words.label}: {check.words}"
    between = interval_text(check.low, check.high, words.put)
    text = f"{words.label} {words.put(check.value)}{f' ({between})' if between else ''}"
    if check.ceiling is not None:
        text += f", people {words.put(check.ceiling)}"
    return f"{text}{_why(check)}"


def _why(check: Check) -> str:
    """Its verdict in a word, and what the check itself says of it."""
    last = check.words.rsplit("; ", 1)[-1]
    why = last if last.startswith(("a baseline", "the interval", "sampling noise", "void")) else ""
    if check.verdict == FAIL and why.startswith("a baseline"):
        name = _better(check)
        return f": fails, {name} is better" if name else f": fails, {why}"
    word = {FAIL: "fails", USABLE: "usable", UNDERPOWERED: "" if why else "too uncertain"}.get(check.verdict)
    parts = [part for part in (word, why if check.verdict == UNDERPOWERED else "") if part]
    return f": {', '.join(parts)}" if parts else ""


def _better(check: Check) -> str:
    """The baseline nearest to people, with its number."""
    known = {name: abs(value - (check.ceiling or 0.0)) for name, value in check.baselines.items()}
    if not known:
        return ""
    name = min(known, key=lambda name: known[name])
    return f"“{name}” ({words_for(check.check).put(check.baselines[name])})"


def _single_questions(analysis: str, checks: Sequence[Check]) -> Iterator[str]:
    """Questions that fail by themselves."""
    name = {"totals": "tvd", "means": "mean_error"}.get(analysis)
    own = [check for check in checks if check.check == name and check.scope == "question"]
    made = [check for check in own if check.verdict != UNVERIFIED]
    failing = [check for check in made if check.verdict == FAIL]
    if failing:
        ranked = sorted(failing, key=lambda check: -abs(check.value or 0.0))
        more = f" and {len(ranked) - MOST_NAMED} more" if len(ranked) > MOST_NAMED else ""
        names = ", ".join(check.subject for check in ranked[:MOST_NAMED])
        yield f"{len(failing)} of {len(made)} questions fail by themselves, worst first: {names}{more}"


# ------------------------------------------------------------------------------------- what would settle it


def _settled_by(
    analysis: Analysis,
    answer: str,
    deciding: Sequence[Check],
    sizes: tuple[int, int],
    worth: Worth | ChoiceWorth | None,
) -> tuple[str, int | None]:
    if answer == NOT_LOOKED_AT:
        return analysis.settle, None
    size = _worth_of(analysis, worth)
    known = size is not None and size.value is not None
    accurate, people = _as_accurate(analysis, answer, size) if known else ("", None)
    if answer == UNDECIDED:
        open_checks = [check for check in deciding if check.verdict == UNDERPOWERED]
        text, people = _to_decide(open_checks, *sizes)
        return f"{text} {accurate}".strip(), people
    return accurate or _WITHOUT_WORTH[answer], people


#: where no number of people stands for an analysis
_WITHOUT_WORTH = {
    YES: "Nothing more is needed; people confirm it.",
    WITH_CARE: "People in the number that the analysis itself asks for.",
    NO: "People in the number that the analysis itself asks for: the panel spares none of them.",
}


def _worth_of(analysis: Analysis, worth: Worth | ChoiceWorth | None) -> Size | None:
    """n* that stands for the analysis; of shares for groups where groups have none of their own."""
    if worth is None or not analysis.worth:
        return None
    return worth.size("shares", "groups") if analysis.worth == "groups" else worth.size(analysis.worth)


#: worth -> who they are, and what they are as accurate in
_PEOPLE = {
    "shares": ("A random sample of {} people", "in shares"),
    "correlations": ("A random sample of {} people", "in correlations"),
    "groups": ("{} people of a group", "for that group"),
    "choices": ("A random sample of {} people", "in what it predicts of choices"),
}


def _as_accurate(analysis: Analysis, answer: str, size: Size) -> tuple[str, int | None]:
    who, what = _PEOPLE[analysis.worth]
    if not size.resolved:
        least = rounded_up(size.low)
        return f"{who.format(f'{least:,}')} or more would be as accurate {what}.", least
    people, between = rounded_up(size.value), f"{rounded_up(size.low):,} to {rounded_up(size.high):,}"
    better = f"; more than {rounded_up(size.high):,} are surely better" if answer != YES else ""
    return f"{who.format(f'{people:,}')} ({between}) would be as accurate {what}{better}.", people


def _to_decide(open_checks: Sequence[Check], n: int, m: int) -> tuple[str, int | None]:
    """The largest sample that one of the undecided checks needs."""
    found = [needed(check, n, m) for check in open_checks]
    known: list[Needed] = [sample for sample in found if sample is not None]
    without = [words_for(c.check).label for c, sample in zip(open_checks, found, strict=True) if sample is None]
    said = []
    if known:
        most = max(sample.people for sample in known)
        rows = " and as many synthetic rows" if any(sample.rows_too for sample in known) else ""
        said.append(f"About {most:,} people in place of {n:,}{rows} would decide it{' but for' * bool(without)}")
    if without:
        alike = dict.fromkeys(filter(None, (as_good(check, n, m) for check in open_checks)))
        why = f": there the panel is about as good as {_listed(list(alike))}" if alike else ""
        said.append(f"{_listed(without)}, which {MOST_PEOPLE:,} people would not decide{why}")
        said[0] = said[0] if known else f"More people are needed for {said[0]}"
    return f"{' '.join(said)}.", max(sample.people for sample in known) if known and not without else None


def _listed(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def smallest_change(checks: Sequence[Check]) -> str:
    """What a change between two such panels has to exceed, from the error of one option's share.

    Formula: 1.96·√2·RMSE, the errors of two waves taken as independent. Example: RMSE 2 points: 5.5 points.
    """
    found = next((check for check in checks if check.check == "rmse_pp" and check.value is not None), None)
    if found is None or found.low is None or found.high is None:
        return ""
    value, low, high = (1.96 * 2**0.5 * end / 100 for end in (found.value, found.low, found.high))
    return (
        f"were the error of each wave as large as here and independent, a change of fewer than {percent(value)} "
        f"({percent(low)} to {percent(high)}) could not be told from it"
    )
