"""The server: routes, keys, limits, and errors in the form that clients of these routes expect."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

import populace
from populace.app.serving.chat import Chat, chat
from populace.app.serving.decisions import Decisions, SystemOne, decide, decide_systemone
from populace.errors import PopulaceError
from populace.models.base import ResponseModel

#: bytes of a request, at most
LARGEST = 2_000_000


def server_of(model: ResponseModel, key: str | None = None) -> FastAPI:
    """The application that serves a model; with a key, every request has to bring it."""
    # pages of the documentation would load their scripts from elsewhere
    app = FastAPI(title=f"Populace: {model.name}", version=populace.__version__, docs_url=None, redoc_url=None)
    # one question at a time: the models use all processors for it
    turn = threading.Lock()

    def asked(answer: Callable[..., dict[str, Any]], request: Any) -> dict[str, Any]:
        with turn:
            return answer(model, request)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Is the server there?"""
        return {"status": "ok"}

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        """The model that is served."""
        return {"object": "list", "data": [{"id": model.name, "object": "model", "created": 0, "owned_by": "populace"}]}

    @app.get("/v1/models/card")
    def card() -> dict[str, Any]:
        """How the model was made, what it is for, and what it cannot know."""
        return model.describe()

    @app.post("/v1/decisions")
    def decisions(request: Decisions) -> dict[str, Any]:
        """A probability for every option of each question."""
        return asked(decide, request)

    @app.post("/v1/systemone")
    def systemone(request: SystemOne) -> dict[str, Any]:
        """The same in System One's words."""
        return asked(decide_systemone, request)

    @app.post("/v1/chat/completions")
    def completions(request: Chat) -> dict[str, Any]:
        """The answer of one respondent to the question at the end."""
        return asked(chat, request)

    _guard(app, key)
    return app


def _guard(app: FastAPI, key: str | None) -> None:
    @app.middleware("http")
    async def guarded(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        if key is not None and request.url.path != "/health":
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), key.encode()):
                return _error(401, "the key is missing or wrong: send it as 'Authorization: Bearer KEY'")
        size = request.headers.get("content-length")
        if request.method == "POST" and (size is None or not size.isdecimal() or int(size) > LARGEST):
            return _error(413, f"expected a body with its length, of {LARGEST:,} bytes at most: send less at once")
        return await proceed(request)

    @app.exception_handler(PopulaceError)
    async def wrong(request: Request, problem: PopulaceError) -> JSONResponse:
        return _error(422, str(problem))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, problem: RequestValidationError) -> JSONResponse:
        first = problem.errors()[0]
        return _error(422, f"{'.'.join(map(str, first['loc'][1:])) or 'the body'}: {first['msg']}")


def _error(status: int, words: str) -> JSONResponse:
    return JSONResponse({"error": {"message": words, "type": "invalid_request_error", "code": None}}, status)
