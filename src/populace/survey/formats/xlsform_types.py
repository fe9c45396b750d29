"""Types of XLSForm questions: what they are with us."""

from __future__ import annotations

from functools import cache

#: what a question is by the element of the form it makes, and by the type of its answer
_BY_TAG = {"select1": "single", "select": "multiple", "odk:rank": "rank", "trigger": "acknowledge", "range": "slider"}
_BY_BIND = {
    "string": "open", "int": "integer", "decimal": "decimal", "date": "date", "time": "time", "datetime": "datetime",
}  # fmt: skip
#: what the device measures or records
_RECORDED = {"upload": "recorded", "geopoint": "recorded", "geotrace": "recorded", "geoshape": "recorded"}


@cache
def kind_of(type: str) -> str:
    """What a question of a type is with us.

    One of single, multiple, rank, open, integer, decimal, date, time, datetime, slider, note, calculate, acknowledge,
    field (known without asking), recorded (by the device), external (choices in another file) and unknown.
    """
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

    if type == "select one external" or (type.startswith("select") and "from file" in type):
        return "external"
    entry = QUESTION_TYPE_DICT.get(type)
    if type in ("note", "calculate", "hidden", "range", "barcode"):
        return {"hidden": "field", "range": "slider", "barcode": "open"}.get(type, type)
    if type in ("audit", "xml-external", "csv-external", "background-audio", "background-geopoint"):
        return "recorded"
    if entry is None:
        return "unknown"
    bind, control = entry.get("bind", {}), entry.get("control", {})
    answer = str(bind.get("type", "")).lower()
    if not control or "jr:preload" in bind:
        return "calculate" if not control and "jr:preload" not in bind and answer == "string" else "field"
    if control.get("tag") == "input" and bind.get("readonly") == "true()":
        return "note"
    tag = control.get("tag", "")
    return _BY_TAG.get(tag) or _RECORDED.get(tag) or _RECORDED.get(answer) or _BY_BIND.get(answer) or "unknown"
