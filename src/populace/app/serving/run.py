"""Start the server."""

from __future__ import annotations

import socket

import uvicorn

from populace.app import console
from populace.app.chosen import open_model
from populace.app.serving.server import server_of
from populace.app.settings import read_secret
from populace.errors import UsageError


def run(name: str, host: str, port: int, key: str | None) -> None:
    """Serve a model until it is stopped. `key` names the environment variable of the key."""
    secret = read_secret(key) if key else None
    if key and not secret:
        raise UsageError(f"environment variable {key} is not set; expected the key that requests have to bring: set it")
    application = server_of(open_model(name), secret)
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as problem:
        raise UsageError(
            f"cannot listen on {host} port {port} ({problem.strerror}); expected one that is free"
        ) from None
    console.say(f"serving {name} on http://{host}:{listening.getsockname()[1]}/v1 (routes: /openapi.json; Ctrl-C ends)")
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False))
    server.run(sockets=[listening])
