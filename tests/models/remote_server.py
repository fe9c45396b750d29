"""A server on this computer that answers as the common routes do, or in one of many wrong ways.

Faults are pieces of a script: the first request gets the first, and so on; after the script replies are good.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "tiny"
USAGE = {"prompt_tokens": 40, "completion_tokens": 2, "total_tokens": 42}
#: chances of the letters, by which good replies are made
CHANCES = {"A": 0.2, "B": 0.7, "C": 0.1}


@dataclass
class Seen:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Server:
    """What a test holds."""

    url: str = ""
    #: faults still to come
    script: list[str] = field(default_factory=list)
    #: the fault of every request, once the script is over
    always: str | None = None
    #: text of good chat replies, by what was asked
    says: Callable[[dict[str, Any]], str] = lambda body: "B"
    seen: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def running() -> Iterator[Server]:
    """A server for the time of a test."""
    state = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (_Handler,), {"state": state}))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}/v1"
    try:
        yield state
    finally:
        state.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side went away, as some tests want it to
            self.close_connection = True

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        body = json.loads(content)
        with self.state.lock:
            self.state.seen.append(Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            fault = self.state.script.pop(0) if self.state.script else self.state.always
        if fault is None:
            self.reply(good(self.path, body, self.state.says))
        else:
            FAULTS[fault](self, body)

    def reply(self, content: object, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """One whole response."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)


# -- good replies ----------------------------------------------------------------------------------------------------


def good(path: str, body: dict[str, Any], says: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    """What a right server says."""
    route = path.removeprefix("/v1")
    if route == "/chat/completions":
        return chat(says(body), body)
    if route == "/completions":
        choice = {"index": 0, "text": says(body), "finish_reason": "stop"}
        if body.get("logprobs"):
            choice["logprobs"] = {"top_logprobs": [{f" {one}": math.log(p) for one, p in CHANCES.items()}]}
        return {"object": "text_completion", "model": body["model"], "choices": [choice], "usage": USAGE}
    usage = {"input_tokens": 40, "output_tokens": 0}
    if route == "/decisions":
        (question,) = body["questions"]
        values = [one["value"] for one in question["choices"]]
        given = [{"value": one, "probability": p} for one, p in zip(values, CHANCES.values(), strict=False)]
        answer = {"type": "choice", "name": "question", "choice": values[1], "confidence": 0.5, "probabilities": given}
        return {"model": body["model"], "answers": [answer], "usage": usage}
    if route == "/systemone":
        ((name, question),) = body["questions"].items()
        given = dict(zip(question["criteria"], CHANCES.values(), strict=False))
        answer = {"type": "choice", "choice": max(given, key=given.get), "confidence": 0.5, "probabilities": given}
        return {"model": body["model"], "answers": {name: answer}, "usage": usage}
    data = [{"object": "embedding", "index": k, "embedding": vector(text)} for k, text in enumerate(body["input"])]
    return {"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": 9, "total_tokens": 9}}


def chat(text: object, body: dict[str, Any], finish: object = "stop", **message: object) -> dict[str, Any]:
    """A chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    if body.get("logprobs"):
        choice["logprobs"] = tokens({one: math.log(p) for one, p in CHANCES.items()})
    return {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": USAGE}


def tokens(chances: dict[str, object]) -> dict[str, Any]:
    """Log-probabilities as a chat completion has them."""
    listed = [{"token": one, "logprob": value, "bytes": None} for one, value in chances.items()]
    return {"content": [{"token": "B", "logprob": -0.4, "top_logprobs": listed}]}


def vector(text: str) -> list[float]:
    """An embedding: every word of a text in its own direction."""
    found = [0.0] * 64
    for word in re.findall(r"\w+", text.lower()):
        found[hashlib.sha256(word.encode()).digest()[0] % 64] += 1.0
    return found


# -- faults ----------------------------------------------------------------------------------------------------------

Fault = Callable[[_Handler, dict[str, Any]], None]


def _status(status: int, content: object = None, **headers: str) -> Fault:
    error = {"error": {"message": f"status {status}", "code": None}}
    return lambda handler, body: handler.reply(content or error, status, **headers)


def _says(text: object, finish: object = "stop", **message: object) -> Fault:
    return lambda handler, body: handler.reply(chat(text, body, finish, **message))


def _changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """A good reply with something wrong in it."""

    def fault(handler: _Handler, body: dict[str, Any]) -> None:
        content = good(handler.path, body, lambda _: "B")
        changed = change(content)
        handler.reply(content if changed is None else changed)

    return fault


def _raw(data: bytes, kind: str = "application/json", **headers: str) -> Fault:
    return lambda handler, body: handler.reply(data, 200, kind, **headers)


def _tokens(chances: dict[str, object]) -> Fault:
    return _changed(lambda reply: reply["choices"][0].update(logprobs=tokens(chances)))


def _decided(change: Callable[[dict[str, float]], object]) -> Fault:
    """Another distribution in a reply of /v1/systemone."""
    return _changed(lambda reply: change(reply["answers"]["question"]["probabilities"]))


def _hang(handler: _Handler, body: dict[str, Any]) -> None:
    handler.state.closing.wait()
    handler.close_connection = True


def _drip(handler: _Handler, body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "100000")
    handler.end_headers()
    while not handler.state.closing.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def _cut(handler: _Handler, body: dict[str, Any]) -> None:
    data = json.dumps(chat("B", body)).encode()
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[: len(data) // 2])
    handler.close_connection = True


def _closed(handler: _Handler, body: dict[str, Any]) -> None:
    handler.close_connection = True


def _huge(handler: _Handler, body: dict[str, Any]) -> None:
    handler.reply(json.dumps(chat("B" * (9 << 20), body)).encode())


def _repeats_key(handler: _Handler, body: dict[str, Any]) -> None:
    handler.reply({"error": {"message": f"wrong key {handler.headers.get('authorization')}"}}, 401)


def _set(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda reply: reply["choices"][0].__setitem__(name, value)


def _twice(reply: dict[str, Any]) -> None:
    reply["choices"].append(dict(reply["choices"][0]))


#: what the server does wrong, by name
FAULTS: dict[str, Fault] = {
    "429": _status(429),
    "429, Retry-After in seconds": _status(429, Retry_After="3"),
    "429, Retry-After as a date": _status(429, Retry_After=formatdate(1, usegmt=True)),
    "429, Retry-After nonsense": _status(429, Retry_After="soon"),
    "429, Retry-After an hour": _status(429, Retry_After="3600"),
    "429, no credit": _status(429, {"error": {"code": "insufficient_quota"}}),
    "400": _status(400),
    "401": _repeats_key,
    "403": _status(403),
    "404": _status(404),
    "422": _status(422, {"detail": [{"loc": ["body"], "msg": "no"}]}),
    "500": _status(500),
    "502": lambda handler, body: handler.reply(b"<html>bad gateway</html>", 502, "text/html"),
    "503": _status(503, Retry_After="1"),
    "504": _status(504),
    "redirect": _status(302, Location="http://127.0.0.1:9/v1/chat/completions"),
    "hang": _hang,
    "slow drip": _drip,
    "cut body": _cut,
    "closed connection": _closed,
    "broken gzip": _raw(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 20, content_encoding="gzip"),
    "huge reply": _huge,
    "HTML": _raw(b"<html>sign in</html>", "text/html"),
    "wrong content type": _raw(json.dumps({"choices": []}).encode(), "text/plain"),
    "empty body": _raw(b""),
    "invalid JSON": _raw(b'{"choices": [}'),
    "JSON that is a list": _raw(b"[1, 2]"),
    "deep JSON": _raw(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "wrong encoding": _raw('{"choices": "Ärger"}'.encode("latin-1")),
    "NaN in JSON": _raw(b'{"model": "tiny", "choices": [{"logprob": NaN}]}'),
    "infinite number": _raw(b'{"model": "tiny", "choices": [{"logprob": 1e999}]}'),
    "error with status 200": _raw(b'{"error": {"message": "overloaded", "code": 502}}'),
    "missing fields": _raw(b'{"model": "tiny"}'),
    "no choices": _changed(lambda reply: reply["choices"].clear()),
    "duplicate choices": _changed(_twice),
    "choice that is a text": _changed(lambda reply: reply["choices"].__setitem__(0, "B")),
    "null message": _changed(_set("message", None)),
    "null content": _says(None),
    "empty content": _says("  \n"),
    "content of parts": _says([{"type": "text", "text": "B"}]),
    "number as content": _says(2),
    "no finish_reason": _says("B", None),
    "cut off": _says("B. A litt", "length"),
    "content filter": _says("", "content_filter"),
    "tool call": _says(None, "tool_calls"),
    "refusal field": _says(None, refusal="I will not."),
    "wrong model": _changed(lambda reply: reply.update(model="another")),
    "no model": _changed(lambda reply: reply.pop("model") and None),
    "off-list letter": _says("E"),
    "off-list words": _says("Blue"),
    "lower-case letter": _says("b"),
    "several letters": _says("A and B"),
    "several lines": _says("A. Very much\nB. A little"),
    "letter and other wording": _says("A. A little"),
    "explanation": _says("B. A little, because I am a person who likes tea."),
    "refusal text": _says("I'm sorry, but I can't answer that."),
    "As an AI": _says("As an AI, I have no preferences."),
    "a digit": _says("2"),
    "lone surrogate": _raw(json.dumps(chat("\ud800", {"model": "tiny"})).encode()),
    "usage missing": _changed(lambda reply: reply.pop("usage") and None),
    "usage negative": _changed(lambda reply: reply.update(usage={"prompt_tokens": -5, "completion_tokens": 1})),
    "usage of a billion": _changed(lambda reply: reply.update(usage={"prompt_tokens": 10**9, "completion_tokens": 1})),
    "usage in words": _changed(lambda reply: reply.update(usage={"prompt_tokens": "few"})),
    "no logprobs": _changed(_set("logprobs", None)),
    "no top_logprobs": _changed(_set("logprobs", {"content": [{"token": "B", "logprob": -0.1, "top_logprobs": []}]})),
    "logprobs without letters": _tokens({"I": -0.1, "The": -3.0}),
    "logprobs with few letters": _tokens({"A": -1.0, "B": -1.0}),
    "logprobs above one": _tokens({"A": -0.1, "B": -0.1, "C": -0.1}),
    "positive logprobs": _tokens({"A": 0.5, "B": -3.0, "C": -3.0}),
    "logprobs in words": _tokens({"A": "high", "B": -1.0, "C": -2.0}),
    "probabilities sum to 2": _decided(lambda p: p.update({one: 2 * value for one, value in p.items()})),
    "negative probability": _decided(lambda p: p.update({"Reds": -0.2, "Greens": 1.1})),
    "extra option": _decided(lambda p: p.update({"Browns": 0.0})),
    "missing option": _decided(lambda p: p.pop("Blues") and None),
    "probability true": _decided(lambda p: p.update({"Reds": True, "Greens": 0, "Blues": 0})),
    "probability in words": _decided(lambda p: p.update({"Reds": "0.2"})),
    "answer of another kind": _changed(lambda reply: reply["answers"]["question"].update(type="noul")),
    "no answer to the question": _changed(lambda reply: reply.update(answers={})),
    "embeddings short": _changed(lambda reply: reply["data"].pop() and None),
    "embeddings of an index twice": _changed(lambda reply: reply["data"][-1].update(index=7)),
    "embeddings of different size": _changed(lambda reply: reply["data"][0].update(embedding=[1.0])),
    "embedding of zeros": _changed(lambda reply: reply["data"][0].update(embedding=[0.0] * 64)),
    "embedding as text": _changed(lambda reply: reply["data"][0].update(embedding="AAAA")),
}
