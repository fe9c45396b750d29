"""The sections of a LimeSurvey file, row by row, and the XML they make (database version 630, LimeSurvey 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

DB_VERSION = "630"
#: the sections in their order, with the cells every row has
SECTIONS: dict[str, tuple[str, ...]] = {
    "answers": ("aid", "qid", "code", "sortorder", "assessment_value", "scale_id"),
    "answer_l10ns": ("id", "aid", "answer", "language"),
    "defaultvalues": ("dvid", "qid", "scale_id", "sqid", "specialtype"),
    "defaultvalue_l10ns": ("id", "dvid", "language", "defaultvalue"),
    "groups": ("gid", "sid", "group_order", "randomization_group", "grelevance"),
    "group_l10ns": (
        "id", "gid", "group_name", "description", "language", "sid", "group_order", "randomization_group", "grelevance",
    ),
    "questions": (
        "qid", "parent_qid", "sid", "gid", "type", "title", "preg", "other", "mandatory", "encrypted", "question_order",
        "scale_id", "same_default", "relevance", "question_theme_name", "modulename", "same_script",
    ),
    "subquestions": (
        "qid", "parent_qid", "sid", "gid", "type", "title", "preg", "other", "mandatory", "encrypted", "question_order",
        "scale_id", "same_default", "relevance", "question_theme_name", "modulename", "same_script",
    ),
    "question_l10ns": ("id", "qid", "question", "help", "script", "language"),
    "question_attributes": ("qid", "attribute", "value", "language"),
    "quota": ("id", "sid", "name", "qlimit", "action", "active", "autoload_url"),
    "quota_members": ("id", "sid", "qid", "quota_id", "code"),
    "quota_languagesettings": (
        "quotals_id", "quotals_quota_id", "quotals_language", "quotals_name", "quotals_message", "quotals_url",
        "quotals_urldescrip",
    ),
    "surveys": (
        "sid", "gsid", "admin", "adminemail", "anonymized", "format", "savetimings", "template", "language",
        "additional_languages", "datestamp", "usecookie", "allowregister", "allowsave", "autoredirect", "allowprev",
        "printanswers", "ipaddr", "refurl", "publicstatistics", "publicgraphs", "listpublic", "htmlemail",
        "sendconfirmation", "tokenanswerspersistence", "assessments", "usecaptcha", "usetokens", "tokenlength",
        "showxquestions", "showgroupinfo", "shownoanswer", "showqnumcode", "showwelcome", "showprogress",
        "questionindex", "navigationdelay", "nokeyboard", "alloweditaftercompletion",
    ),
    "surveys_languagesettings": (
        "surveyls_survey_id", "surveyls_language", "surveyls_title", "surveyls_description", "surveyls_welcometext",
        "surveyls_endtext", "surveyls_url", "surveyls_urldescription", "surveyls_alias", "surveyls_dateformat",
        "surveyls_numberformat",
    ),
}  # fmt: skip
#: "as in the settings of all surveys", and what differs
_SETTINGS = {
    "gsid": "1", "admin": "inherit", "adminemail": "inherit", "template": "inherit", "anonymized": "N", "format": "G",
    "datestamp": "N", "usetokens": "N", "assessments": "N", "tokenlength": "-1", "usecaptcha": "E",
    "questionindex": "-1",
    "navigationdelay": "-1", "savetimings": "N", "ipaddr": "N", "refurl": "N",
}  # fmt: skip


class Sheets:
    """Rows of all sections; gives out numbers."""

    def __init__(self, sid: str, languages: tuple[str, ...]) -> None:
        self.sid, self.languages = sid, languages
        self.rows: dict[str, list[Mapping[str, str]]] = {section: [] for section in SECTIONS}
        self._numbers: dict[str, int] = {}

    def number(self, what: str) -> str:
        """The next number of a kind."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return str(self._numbers[what])

    def add(self, section: str, **cells: str) -> None:
        """One row; cells that are not given are empty."""
        self.rows[section].append(cells)

    def settings(self) -> None:
        """The row of the survey itself."""
        inherited = dict.fromkeys(SECTIONS["surveys"], "I")
        own = {
            "sid": self.sid, "language": self.languages[0], "additional_languages": " ".join(self.languages[1:]),
        }  # fmt: skip
        self.add("surveys", **inherited | _SETTINGS | own)

    def xml(self) -> str:
        """The file."""
        root = etree.Element("document")
        etree.SubElement(root, "LimeSurveyDocType").text = "Survey"
        etree.SubElement(root, "DBVersion").text = DB_VERSION
        languages = etree.SubElement(root, "languages")
        for language in self.languages:
            etree.SubElement(languages, "language").text = language
        for section, cells in SECTIONS.items():
            if self.rows[section]:
                _section(root, section, cells, self.rows[section])
        return etree.tostring(root, encoding="unicode", pretty_print=True)


def _section(root: etree._Element, name: str, cells: Iterable[str], rows: Iterable[Mapping[str, str]]) -> None:
    section = etree.SubElement(root, name)
    fields = etree.SubElement(section, "fields")
    for cell in cells:
        etree.SubElement(fields, "fieldname").text = cell
    listed = etree.SubElement(section, "rows")
    for row in rows:
        written = etree.SubElement(listed, "row")
        for cell in cells:
            value = row.get(cell, "")
            etree.SubElement(written, cell).text = etree.CDATA(value) if value and "]]>" not in value else value or None
