"""XML and JSON from anywhere: what tools for surveys write is read, what breaks readers is refused in one line."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from populace.errors import FileRefused
from populace.survey.formats.safe import safe_json, safe_xml


@pytest.fixture
def made(tmp_path):
    """Write a file of that content."""

    def make(content, name="survey"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def refusal(read, path, **bounds) -> str:
    with pytest.raises(FileRefused) as caught:
        read(path, **bounds)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


# -- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_every_encoding_of_unicode(made, encoding):
    found = safe_json(made('{"Frage": ["Größe?", 1, 2.5, null, true]}'.encode(encoding)))
    assert found.content == {"Frage": ["Größe?", 1, 2.5, None, True]}
    assert found.repairs == ()


def test_keys_that_stand_twice_are_reported_and_the_last_counts(made):
    found = safe_json(made('{"a": 1, "b": {"a": 2, "c": 0, "a": 3, "a": 4}, "a": 5}'))
    assert found.content == {"a": 5, "b": {"a": 4, "c": 0}}
    assert found.repairs == ("key 'a' stands 4 times in one object; the last counts",)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
def test_numbers_that_json_does_not_have_are_refused(made, word):
    assert "a value that JSON cannot have" in refusal(safe_json, made(f'{{"a": [{word}]}}'))


@pytest.mark.parametrize("levels", [201, 5_000, 300_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_json_that_is_nested_too_deeply_is_refused(made, levels, begin, end):
    assert "more than 200 levels" in refusal(safe_json, made(begin * levels + "1" + end * levels))


def test_json_that_never_closes_is_refused(made):
    refusal(safe_json, made("[" * 300_000))
    refusal(safe_json, made('{"a":' * 300_000))


def test_json_of_the_allowed_depth_is_read(made):
    assert safe_json(made("[" * 200 + "1" + "]" * 200)).content
    assert safe_json(made("[[1]]"), depth=2).content == [[1]]
    refusal(safe_json, made("[[[1]]]"), depth=2)


def test_half_characters_are_replaced_and_counted(made):
    found = safe_json(made(r'{"a": ["x\ud83d", "\ud83d\ude00"], "\udc00": "y"}'))
    assert found.content == {"a": ["x\ufffd", "\U0001f600"], "\ufffd": "y"}
    assert found.repairs == ("2 texts hold half a character; replaced by \ufffd",)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1,]", b"{'a': 1}", b'{"a": 1}\0', b'"\0"', b"\xff\xfe\xfd", b'{"a": "\xe4"}']
)
def test_what_is_no_json_is_refused(made, content):
    refusal(safe_json, made(content))


def test_json_beyond_the_size_is_refused(made):
    path = made("[" + "1," * 1000 + "1]")
    assert "more than 100 bytes" in refusal(safe_json, path, size=100)
    assert len(safe_json(path, size=path.stat().st_size).content) == 1001


def test_many_keys_are_looked_through_in_passing_time(made):
    content = {str(number): [number] for number in range(100_000)}
    assert safe_json(made(json.dumps(content))).content == content


# -- XML -------------------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def declared(entities: str, body: str = "") -> str:
    return f'<?xml version="1.0"?><!DOCTYPE s [{entities}]><s>{body}</s>'


@pytest.fixture(scope="module")
def visited():
    """A server on this machine that notes who comes: its address, and the list."""
    paths = []

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_is_read_with_its_lines_and_without_comments(made, encoding):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<s><!-- no -->\n<?run me?><label>Größe &amp; &#246;</label></s>'
    )
    root = safe_xml(made(text.encode(encoding)))
    assert [(child.tag, child.text, child.sourceline) for child in root] == [("label", "Größe & ö", 3)]


def test_a_document_type_may_be_named_and_is_not_fetched(made, visited, tmp_path):
    address, paths = visited
    (tmp_path / "evil.dtd").write_text('<!ENTITY e "fetched"><!ATTLIST s a CDATA "fetched">')
    for where in (f"{address}/sss_v12.dtd", (tmp_path / "evil.dtd").as_uri(), str(tmp_path / "evil.dtd")):
        root = safe_xml(made(f'<?xml version="1.0"?><!DOCTYPE s PUBLIC "-//triple-s//DTD" "{where}"><s/>'))
        assert dict(root.attrib) == {}
    assert paths == []


@pytest.mark.parametrize(
    "content",
    [
        declared(f'<!ENTITY l0 "ha">{LAUGHS}', "&l9;"),
        declared(f'<!ENTITY l0 "ha">{LAUGHS}', '<a b="&l9;"/>'),
        declared(f'<!ENTITY q "{"x" * 50_000}">', "&q;" * 50_000),
        declared('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;"),
        declared('<!ENTITY harmless "x">', "no use of it"),
        declared(f'<!ENTITY l0 "ha">{LAUGHS}', "&l9;").replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16"),
    ],
    ids=["laughs", "laughs in an attribute", "quadratic", "circle", "harmless", "utf-16"],
)
def test_entities_of_its_own_are_refused(made, content):
    message = refusal(safe_xml, made(content))
    assert "declares the entity" in message or "not XML that is safe to read" in message


@pytest.mark.parametrize(
    "entities",
    ['<!ENTITY x SYSTEM "{0}">', '<!ENTITY % x SYSTEM "{0}"> %x;', '<!ENTITY x PUBLIC "x" "{0}">'],
)
@pytest.mark.parametrize("where", ["file", "path", "http"])
def test_nothing_is_fetched_from_elsewhere(made, visited, tmp_path, entities, where):
    address, paths = visited
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    place = {"file": secret.as_uri(), "path": str(secret), "http": f"{address}/secret"}[where]
    message = refusal(safe_xml, made(declared(entities.format(place), "&x;")))
    assert "the secret" not in message
    assert paths == []


def test_files_are_not_included(made, tmp_path):
    (tmp_path / "secret.txt").write_text("the secret")
    include = f'<s xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{tmp_path}/secret.txt" parse="text"/></s>'
    assert "the secret" not in "".join(safe_xml(made(include)).itertext())


@pytest.mark.parametrize("levels", [101, 10_000, 200_000])
def test_xml_that_is_nested_too_deeply_is_refused(made, levels):
    refusal(safe_xml, made("<a>" * levels + "</a>" * levels))


def test_xml_beyond_its_size_or_number_of_elements_is_refused(made):
    path = made("<s>" + "<a/>" * 100 + "</s>")
    assert len(safe_xml(path, elements=101)) == 100
    assert "more than 100 elements" in refusal(safe_xml, path, elements=100)
    assert "more than 50 bytes" in refusal(safe_xml, path, size=50)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<a>\0</a>",
        b"<a>\xff</a>",
        b"<a b='1' b='2'/>",
        b"words",
        b"<a>&unknown;</a>",
        b"PK\3\4",
    ],
)
def test_what_is_no_xml_is_refused(made, content):
    refusal(safe_xml, made(content))


def test_openpyxl_and_others_find_the_guard_against_entities_installed():
    import defusedxml.ElementTree

    with pytest.raises(ValueError, match="EntitiesForbidden"):
        defusedxml.ElementTree.fromstring(declared('<!ENTITY a "x">', "&a;"))
