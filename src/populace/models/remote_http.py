"""One attempt at one request: what comes back is a JSON object, or a failure with its reason."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from populace.models.remote_failure import Failed

#: bytes of a reply; no answer is longer
MOST_BYTES = 8 << 20
#: codes by which a 429 says that waiting will not help
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_credits")


def new_client(local: bool, side_by_side: int) -> httpx2.AsyncClient:
    """Connections for a run. Redirects are not followed: a key goes to no other place than the one named."""
    limits = httpx2.Limits(max_connections=side_by_side, max_keepalive_connections=side_by_side)
    # time is limited as a whole by `post`; a service on this computer is not reached through a proxy
    return httpx2.AsyncClient(limits=limits, timeout=None, follow_redirects=False, trust_env=not local)


async def post(
    client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], content: bytes, seconds: float
) -> tuple[httpx2.Response, bytes]:
    """The response and its body. `Failed` where there is none: broken connections, no time, too much."""
    sent = {"content-type": "application/json", "accept": "application/json", **headers}
    try:
        async with asyncio.timeout(seconds), client.stream("POST", url, content=content, headers=sent) as response:
            return response, await _body(response)
    except TimeoutError:
        raise Failed("time limit", f"nothing whole in {seconds:g} s", again=True, server=True, billed=True) from None
    except (httpx2.ConnectError, httpx2.UnsupportedProtocol, httpx2.ProxyError) as problem:
        raise Failed("no connection", _words(problem), again=True, server=True) from None
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.StreamError) as problem:
        raise Failed("no connection", _words(problem), again=True, server=True, billed=True) from None


async def _body(response: httpx2.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise Failed("too large", f"more than {MOST_BYTES:,} bytes", server=True, billed=True)
        parts.append(part)
    return b"".join(parts)


def _words(problem: Exception) -> str:
    return f"{type(problem).__name__} {problem}"


def judged(response: httpx2.Response, body: bytes) -> dict[str, Any]:
    """The JSON object of a response, or `Failed`: which errors another attempt may mend is settled here."""
    status = response.status_code
    if status == 429:
        code = _code_of(body)
        if code in _NO_CREDIT:
            raise Failed("quota", code, server=True)
        raise Failed("busy", _shown(body), again=True, wait=pause_of(response.headers), server=True)
    if status >= 500:
        words = f"{status} {_shown(body)}"
        raise Failed("server error", words, again=True, wait=pause_of(response.headers), server=True)
    if 300 <= status < 400:
        raise Failed("redirected", f"{status}", server=True)
    if status != 200:
        raise Failed("request refused", f"{status} {_shown(body)}", server=True)
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Failed("not JSON", f"{kind or 'no content type'}: {_shown(body)}", server=True, billed=True)
    return object_of(body)


def object_of(body: bytes | str) -> dict[str, Any]:
    """A JSON object; NaN and the like are no JSON, and nor is what nests without end."""
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Failed("not JSON", f"{problem}: {_shown(body)}", server=True, billed=True) from None
    if not isinstance(found, dict):
        raise Failed("not JSON", f"a {type(found).__name__}: {_shown(body)}", server=True, billed=True)
    if "error" in found and found["error"] is not None and "choices" not in found:
        raise Failed("request refused", json.dumps(found["error"])[:500], server=True)
    return found


def written(found: dict[str, Any]) -> str:
    """The object as JSON text, in one form."""
    try:
        return json.dumps(found, separators=(",", ":"))
    except RecursionError as problem:
        raise Failed("not JSON", problem, server=True, billed=True) from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def pause_of(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the server asks to wait, from Retry-After as a number or a date; None where it says none."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _code_of(body: bytes) -> str:
    try:
        error = json.loads(body).get("error", {})
        return str(error.get("code") or error.get("type"))
    except (ValueError, AttributeError, RecursionError):
        return ""


def _shown(body: bytes | str) -> str:
    return body[:400].decode("utf-8", "replace") if isinstance(body, bytes) else body[:400]
