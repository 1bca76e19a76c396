"""As much of S3 as the backup tool uses: PUT of a part, GET of an object, and whatever can go wrong with either.

Run by hand: `python3 fake_s3.py PORT FOLDER` serves and keeps what it is sent in FOLDER, one file for each path.
"""

import hashlib
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>Request has expired</Message></Error>"
CODES = {403: "AccessDenied", 404: "NoSuchKey", 429: "SlowDown", 500: "InternalError", 503: "ServiceUnavailable"}


class Quiet(ThreadingHTTPServer):
    """Connections that break are what the tests ask for."""

    def handle_error(self, request, client_address):
        pass


class FakeS3:
    """faults: path -> what happens to its next requests, in turn.

    An int: that status. "reset": the connection breaks. "other": another ETag. "cut": half of the body.
    "early": 403 before the body is read. "token": the signer's credentials have expired. "silent": no answer.
    """

    def __init__(self, folder, port=0):
        self.folder = Path(folder)
        self.faults = {}
        self.seen = []
        self.server = Quiet(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def file_of(self, path):
        return self.folder / path.strip("/").replace("/", "_")

    def _handler(self):
        s3 = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_PUT(self):
                Request(s3, self).put()

            def do_GET(self):
                Request(s3, self).get()

        return Handler


class Request:
    """One request with its fault."""

    def __init__(self, s3, handler):
        self.s3, self.handler = s3, handler
        self.path = handler.path.split("?")[0]
        s3.seen.append((handler.command, handler.path, dict(handler.headers.items())))
        waiting = s3.faults.get(self.path, [])
        self.fault = waiting.pop(0) if waiting else None

    def put(self):
        if self.fault == "early":
            return self.refuse(403)
        body = self.handler.rfile.read(int(self.handler.headers["Content-Length"]))
        if self.break_off():
            return None
        if isinstance(self.fault, int):
            return self.answer(self.fault, ERROR.format(code=CODES.get(self.fault, "Other")).encode())
        if self.fault == "token":
            return self.answer(400, ERROR.format(code="ExpiredToken").encode())
        self.s3.file_of(self.path).write_bytes(body)
        digest = hashlib.md5(b"other" if self.fault == "other" else body).hexdigest()
        return self.answer(200, b"", {"ETag": f'"{digest}"'})

    def get(self):
        if self.break_off():
            return None
        file = self.s3.file_of(self.path)
        if isinstance(self.fault, int) or not file.exists():
            status = self.fault if isinstance(self.fault, int) else 404
            return self.answer(status, ERROR.format(code=CODES.get(status, "Other")).encode())
        body = file.read_bytes()
        asked = self.handler.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        return self.answer(206 if start else 200, body[start:], cut=self.fault == "cut")

    def break_off(self):
        if self.fault == "silent":
            threading.Event().wait(5)
        if self.fault in ("reset", "silent"):
            self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.handler.close_connection = True
            self.handler.connection.close()
            return True
        return False

    def refuse(self, status):
        self.handler.close_connection = True
        self.answer(status, ERROR.format(code="AccessDenied").encode())

    def answer(self, status, body, headers=None, cut=False):
        self.handler.send_response(status)
        for name, value in (headers or {}).items():
            self.handler.send_header(name, value)
        self.handler.send_header("Content-Length", str(len(body)))
        self.handler.end_headers()
        self.handler.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.handler.close_connection = True


if __name__ == "__main__":
    FakeS3(sys.argv[2], int(sys.argv[1])).server.serve_forever()
