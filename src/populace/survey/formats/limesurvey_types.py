"""The question types of LimeSurvey, one character each: what they are with us, and what LimeSurvey itself fills in."""

from __future__ import annotations

#: type -> our kind, name of its theme in LimeSurvey 6, what people call it
TYPES: dict[str, tuple[str, str, str]] = {
    "1": ("side_by_side", "arrays/dualscale", "dual-scale array"),
    "5": ("scale", "5pointchoice", "five-point choice"),
    "A": ("grid", "arrays/5point", "array of five points"),
    "B": ("grid", "arrays/10point", "array of ten points"),
    "C": ("grid", "arrays/yesnouncertain", "array of yes, uncertain, no"),
    "D": ("date", "date", "date"),
    "E": ("grid", "arrays/increasesamedecrease", "array of increase, same, decrease"),
    "F": ("grid", "arrays/array", "array"),
    "G": ("single", "gender", "gender"),
    "H": ("grid", "arrays/column", "array by column"),
    "I": ("technical", "language", "choice of language"),
    "K": ("numeric", "multiplenumeric", "several numbers"),
    "L": ("single", "listradio", "list"),
    "M": ("multiple", "multiplechoice", "multiple choice"),
    "N": ("numeric", "numerical", "number"),
    "O": ("single", "list_with_comment", "list with comment"),
    "P": ("multiple", "multiplechoice_with_comments", "multiple choice with comments"),
    "Q": ("open", "multipleshorttext", "several short texts"),
    "R": ("rank", "ranking", "ranking"),
    "S": ("open", "shortfreetext", "short text"),
    "T": ("open", "longfreetext", "long text"),
    "U": ("open", "hugefreetext", "huge text"),
    "X": ("display", "boilerplate", "display text"),
    "Y": ("single", "yesno", "yes or no"),
    "!": ("single", "list_dropdown", "dropdown list"),
    ":": ("side_by_side", "arrays/multiflexi", "array of numbers"),
    ";": ("side_by_side", "arrays/texts", "array of texts"),
    "|": ("technical", "file_upload", "file upload"),
    "*": ("computed", "equation", "equation"),
}

#: types with boxes to tick
TICKED = "MP"
#: types with a column for each sub-question
ROWED = "ABCEFHKQ1:;MPR"
#: types whose sub-questions are rows of one scale
GRIDS = "ABCEFH"

#: answers that LimeSurvey has built in; labels in English
BUILT_IN: dict[str, tuple[tuple[str, str], ...]] = {
    "Y": (("Y", "Yes"), ("N", "No")),
    "G": (("F", "Female"), ("M", "Male")),
    "5": tuple((str(point), str(point)) for point in range(1, 6)),
    "A": tuple((str(point), str(point)) for point in range(1, 6)),
    "B": tuple((str(point), str(point)) for point in range(1, 11)),
    "C": (("Y", "Yes"), ("U", "Uncertain"), ("N", "No")),
    "E": (("I", "Increase"), ("S", "Same"), ("D", "Decrease")),
}

#: how one of our looks is called there
LOOKS = {"!": "dropdown", "H": "by column", "U": "huge", "I": "language", "|": "file upload"}

#: attributes that change neither what is asked nor what can be answered
LAYOUT = {
    "answer_width", "answer_width_bycolumn", "array_filter_style", "browsedialog", "button_size",
    "category_separator", "choice_input_columns", "choice_title", "clear_default", "comment_title", "crop_or_resize",
    "cssclass", "display_columns", "display_rows", "display_type", "dropdown_dates", "dropdown_dates_minute_step",
    "dropdown_dates_month_style", "dropdown_dates_year_max", "dropdown_dates_year_min", "dropdown_prefix",
    "dropdown_prepostfix", "dropdown_separators", "dropdown_size", "dualscale_headerA", "dualscale_headerB",
    "exclude_all_others_auto", "fix_height", "fix_width", "hidden", "hide_tip", "horizontal_scroll", "image",
    "input_boxes", "input_size", "keep_aspect", "label_input_columns", "location_city", "location_country",
    "location_defaultcoordinates", "location_mapheight", "location_mapservice", "location_mapwidth",
    "location_mapzoom", "location_nodefaultfromip", "location_postal", "location_state", "max_subquestions",
    "multiflexible_checkbox", "num_value", "other_position", "other_position_code", "page_break", "parent_order",
    "placeholder", "printable_help", "public_statistics", "randomize_other", "rank_title", "relevance",
    "repeat_headings", "reverse", "samechoiceheight", "samelistheight", "save_as_default", "scale_export",
    "show_comment", "show_grand_total", "show_title", "show_totals", "showpopups", "slider_accuracy",
    "slider_custom_handle", "slider_default", "slider_default_set", "slider_handle", "slider_middlestart",
    "slider_orientation", "slider_rating", "slider_reset", "slider_reversed", "slider_separator", "slider_showminmax",
    "statistics_graphtype", "statistics_showgraph", "statistics_showmap", "text_input_columns", "text_input_width",
    "time_limit_action", "time_limit_disable_next", "time_limit_disable_prev", "time_limit_message_delay",
    "use_dropdown", "value_range_allows_missing", "visualize",
}  # fmt: skip
