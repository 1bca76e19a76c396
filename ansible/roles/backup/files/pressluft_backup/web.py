"""One HTTP request to a pre-signed address: bounded in time, without a header that was not signed, and silent about addresses."""

import http.client
import re
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from failure import Failure

SEND_BYTES = 2**20
RECEIVE_BYTES = 2**20
BODY_BYTES_MAX = 16_384


@dataclass(frozen=True)
class Bounds:
    """idle_s: of one read or write. request_s: of a whole request. attempts: of one part, with pauses that double."""

    idle_s: float = 60
    request_s: float = 1200
    attempts: int = 5
    pause_s: float = 1


@dataclass(frozen=True)
class Answer:
    """status of HTTP, etag without its quotes, code: S3's own word for an error, "" if it said none."""

    status: int
    etag: str
    code: str


class Unreached(Exception):
    """No answer was had: refused, reset, cut off, silent, too slow. The reason is a type's name, never a message."""

    def __init__(self, error):
        super().__init__(type(error).__name__)
        self.reason = type(error).__name__


class Exchange:
    """A connection for one request. Every wait on it ends at the request's deadline."""

    def __init__(self, url, bounds):
        self._bounds = bounds
        self._ends = time.monotonic() + bounds.request_s
        self._target, self._connection = connect(url, bounds.idle_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def _wait_no_longer(self):
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._connection.sock is not None:
            self._connection.sock.settimeout(min(left, self._bounds.idle_s))

    def send_head(self, method, headers):
        # http.client would add Accept-Encoding; nothing is sent that was not signed or that HTTP does not demand.
        self._connection.putrequest(method, self._target, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    def send_body(self, body):
        for start in range(0, len(body), SEND_BYTES):
            self._wait_no_longer()
            self._connection.send(body[start : start + SEND_BYTES])

    def read_head(self):
        self._wait_no_longer()
        return self._connection.getresponse()

    def chunks(self, response):
        while True:
            self._wait_no_longer()
            chunk = response.read1(RECEIVE_BYTES)
            if not chunk:
                return
            yield chunk


def connect(url, idle_s):
    """The target of a request and an unopened connection. Throws Failure("request") without the address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Failure("request", "an address cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[^\x21-\x7e]", url):
        raise Failure("request", "an address cannot be read")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        return target, http.client.HTTPConnection(parts.hostname, port, timeout=idle_s)
    context = ssl.create_default_context()
    return target, http.client.HTTPSConnection(parts.hostname, port, timeout=idle_s, context=context)


def put(url, body, bounds):
    """Sends a body. Throws Unreached when there is no answer."""
    with Exchange(url, bounds) as exchange:
        try:
            exchange.send_head("PUT", {"Content-Length": str(len(body))})
            return finish(exchange, body)
        except (OSError, http.client.HTTPException) as error:
            raise Unreached(error) from None


def finish(exchange, body):
    """A server may refuse before it has read everything: what it said counts more than that it then closed."""
    broken = None
    try:
        exchange.send_body(body)
    except (BrokenPipeError, ConnectionResetError) as error:
        broken = error
    try:
        return read_answer(exchange, exchange.read_head())
    except (OSError, http.client.HTTPException) as error:
        raise broken or error from None


def read_answer(exchange, response):
    etag = (response.getheader("ETag") or "").strip().strip('"').lower()
    return Answer(response.status, etag, "" if response.status == 200 else read_code(exchange, response))


def read_code(exchange, response):
    """S3's code of an error: letters alone, so that nothing of an address can come with it."""
    body = b""
    for chunk in exchange.chunks(response):
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            break
    found = re.search(rb"<Code>([A-Za-z]{1,60})</Code>", body)
    return found.group(1).decode() if found else ""
