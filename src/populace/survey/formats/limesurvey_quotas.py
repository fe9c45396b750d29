"""Quotas of LimeSurvey: answers of one question are alternatives, those of several go together."""

from __future__ import annotations

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name
from populace.survey.flow import Quota
from populace.survey.formats.limesurvey_names import constant
from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_raw import Row, number
from populace.survey.formats.limesurvey_reading import Reading, block_of
from populace.survey.formats.limesurvey_types import TICKED
from populace.survey.formats.translated import both


def quotas_of(reading: Reading) -> list[tuple[Quota, str]]:
    """The quotas, each with the block after which it is checked."""
    found = []
    for row in reading.raw.quotas:
        place = f"quota {row.get('name', row.get('id', '?'))}"
        if row.get("active", "1") == "0":
            reading.fidelity.lost("quota", place, "is switched off")
            continue
        read = _quota(row, place, reading)
        if read is not None:
            found.append(read)
    return found


def _quota(row: Row, place: str, reading: Reading) -> tuple[Quota, str] | None:
    members = reading.raw.members.get(row.get("id", ""), [])
    plans = {plan.asked.qid: plan for plan in reading.listed}
    answers: dict[str, list[Expression]] = {}
    for member in members:
        plan = plans.get(member.get("qid", ""))
        chosen = _chosen(plan, member.get("code", "")) if plan else None
        if chosen is None:
            words = f"depends on answer {member.get('code')!r} of question {member.get('qid')}, which is not there"
            reading.fidelity.lost("quota", place, words)
            return None
        answers.setdefault(member.get("qid", ""), []).append(chosen)
    if not answers:
        reading.fidelity.lost("quota", place, "depends on no answers")
        return None
    alternatives = [Logic("or", tuple(one)) if len(one) > 1 else one[0] for one in answers.values()]
    _note(row, place, reading)
    name = reading.names.claim(row.get("name", "") or f"quota{row.get('id')}", "quota", place, reading.fidelity)
    quota = Quota(name, str(both(*alternatives)), max(0, number(row.get("qlimit", ""))))
    return quota, block_of(_last(answers, reading))


def _note(row: Row, place: str, reading: Reading) -> None:
    message = reading.raw.messages.get(row.get("id", ""), "")
    if message.strip():
        reading.fidelity.lost("quota message", place, f"{message[:200]!r}")
    if row.get("action", "1") != "1":
        reading.fidelity.changed("quota", place, "ends the interview; going back to change the answer is not kept")
    else:
        reading.fidelity.taken("quota")


def _last(answers: dict[str, list[Expression]], reading: Reading) -> str:
    """The group in which the last question that it depends on is asked."""
    return next(
        group.gid for group in reversed(reading.raw.groups) if any(asked.qid in answers for asked in group.asked)
    )


def _chosen(plan: Plan, code: str) -> Expression | None:
    """Was this answer given?"""
    if plan.asked.type in TICKED and code in plan.rows:
        return Call("selected", (Name(plan.name), constant(plan.rows[code])))
    answers = plan.answers.get(0, {})
    if code in answers and not plan.rows:
        return Compare("==", Name(plan.name), constant(answers[code]))
    row, dash, answer = code.partition("-")
    if dash and row in plan.rows and answer in answers:
        return Compare("==", Name(f"{plan.name}_{plan.rows[row]}"), constant(answers[answer]))
    return None
