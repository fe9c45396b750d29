"""HTML wordings as plain text: what a reader sees, and nothing that takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.survey.formats.markup import had_markup, html_text, plain_text

SEEN = {
    "How old are you?": "How old are you?",
    "  one\n two ": "one\n two",
    "<p>First</p>\n<p>Second</p>": "First\nSecond",
    "a<br>b<br/>c<BR />d": "a\nb\nc\nd",
    "a<br><br>b": "a\n\nb",
    "<p>\n\tHow <em>old</em>\n are you?</p>": "How old are you?",
    "Caf&eacute; &amp; bar&nbsp;&lt;3": "Café & bar <3",
    "&unknown; &#65;&#x42;": "&unknown; AB",
    "a < b and c > d": "a < b and c > d",
    "1<2, 3>2 <3": "1<2, 3>2 <3",
    'See <img src="x.png" alt="a cup > a glass"> here': "See [image: a cup > a glass] here",
    "<img src=x>": "[image]",
    "<ul><li>one<li>two</ul>three": "one\ntwo\nthree",
    "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>": "a b\nc",
    "x<script>alert('<p>')</script>y<style>p {}</style>z": "xyz",
    "x<script>never closed": "xnever closed",
    "a<!-- <b>no</b> -->b": "ab",
    "a<!-- open": "a<!-- open",
    "<b it's>x</b>": "x",
    "<b": "<b",
    "": "",
    "nul\0here": "nulhere",
    "<div>a</div>\r\n<div>b</div>": "a\nb",
}


@pytest.mark.parametrize(("html", "text"), SEEN.items())
def test_plain_text_is_what_a_reader_sees(html, text):
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("html", "formatted"),
    [
        ("plain", False),
        ("a<br>b", False),
        ("<p>a</p><p>b</p>", False),
        ("<div><span>a</span></div>", False),
        ("a &amp; b", False),
        ('<img src="x" alt="y">', False),
        ("<b>a</b>", True),
        ('<p style="color: red">a</p>', True),
        ("<ul><li>a</li></ul>", True),
        ("<script>x</script>", True),
    ],
)
def test_formatting_is_what_plain_text_cannot_say(html, formatted):
    assert had_markup(html) is formatted


signs = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))
words = st.text(alphabet=signs | st.sampled_from(" \n<>&;"))


@given(words)
def test_text_written_as_html_reads_back(text):
    lines = "\n".join(line.strip(" ") for line in text.split("\n")).strip()
    assert plain_text(html_text(lines)) == lines
    assert not had_markup(html_text(lines))


@given(st.text(alphabet="<>/!-=\"' abp&;\n", max_size=60))
def test_any_jumble_gives_text(jumble):
    assert isinstance(plain_text(jumble), str)


@pytest.mark.parametrize(
    "hostile",
    [
        "<",
        "<a",
        "<!--",
        "<a b='",
        '<a b="',
        "&",
        "<![CDATA[",
        "</",
        "<script>",
        "<!",
        "<script><style>",
        "<td>",
        "<br>",
    ],
)
def test_a_hostile_text_is_read_to_its_end(hostile):
    # a reader that looks ahead from every sign would need hours for these
    text = hostile * (200_000 // len(hostile)) + " the end"
    assert plain_text(text).endswith("the end")
    assert isinstance(had_markup(text), bool)
