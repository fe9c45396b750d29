"""Command for other programs: serve."""

from __future__ import annotations

from typing import Annotated

import typer

from populace.errors import MissingExtra, UsageError

#: addresses of this computer
_OWN = ("127.0.0.1", "localhost", "::1")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog="Example: populace serve my-model --port 8100")(serve)


def serve(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or folder.")] = "default",
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 = any that is free.")] = 8100,
    key: Annotated[
        str | None, typer.Option("--key", metavar="VARIABLE", help="Environment variable of the key to ask for.")
    ] = None,
) -> None:
    """Offer a respondent model on decision and chat routes, so that other tools can use it. Ends with Ctrl-C."""
    if host not in _OWN and key is None:
        raise UsageError(f"--host {host} can be reached by others; expected --key as well: name the variable of a key")
    try:
        from populace.app.serving.run import run
    except ImportError as problem:
        raise MissingExtra(f"serving needs {problem.name}: pip install 'populace[serve]'") from problem

    run(model, host, port, key)
