"""Sends a stream in parts to pre-signed addresses. Holds one part in memory and never a file."""

import hashlib
import time
from dataclasses import dataclass

from failure import Failure
from web import Bounds, Unreached, put

#: S3's bound of a multipart upload.
PARTS_MAX = 10_000
#: How often one part may find its address expired.
RENEWALS_MAX = 3
RETRIED = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Stored:
    """What S3 has: sha256 and size of the very bytes that were sent, and each part's ETag."""

    sha256: str
    size_bytes: int
    parts: list


class Addresses:
    """Part number -> pre-signed address; the worker gives more when they run out or have expired."""

    def __init__(self, urls, run):
        self._run = run
        self._by_part = dict(enumerate(urls, start=1))

    def of(self, part):
        if part not in self._by_part:
            self._fill(part, forget=False)
        return self._by_part[part]

    def renew(self, part):
        """The address has expired, and those after it were signed with it."""
        self._by_part = {}
        self._fill(part, forget=True)

    def _fill(self, part, forget):
        self._by_part.update(enumerate(self._run.ask_for_urls(part, forget), start=part))


def upload(stream, part_bytes, addresses, run, bounds=Bounds(), sleep=time.sleep):
    """Reads the stream to its end. Throws Failure("upload")."""
    whole, parts, size = hashlib.sha256(), [], 0
    buffer = bytearray(part_bytes)
    while length := fill(stream, buffer):
        body = memoryview(buffer)[:length]
        number = len(parts) + 1
        if number > PARTS_MAX:
            raise Failure("upload", f"the archive has more than {PARTS_MAX} parts of {part_bytes} bytes")
        etag = PartSender(addresses, bounds, sleep).send(number, body)
        whole.update(body)
        size += length
        parts.append({"number": number, "etag": etag, "size_bytes": length})
        run.tell_progress(size, f"{number} parts stored, {size // 2**20} MiB")
    return Stored(whole.hexdigest(), size, parts)


def fill(stream, buffer):
    """Reads until the buffer is full or the stream ends; answers how much."""
    view, filled = memoryview(buffer), 0
    while filled < len(buffer):
        count = stream.readinto(view[filled:])
        if not count:
            break
        filled += count
    return filled


class PartSender:
    """One part, until it is stored or the tries are used up."""

    def __init__(self, addresses, bounds, sleep):
        self._addresses = addresses
        self._bounds = bounds
        self._sleep = sleep
        self._renewals = 0

    def send(self, number, body):
        """Answers the part's ETag, which is the MD5 of what was sent."""
        reason = ""
        for attempt in range(self._bounds.attempts):
            if attempt > 0:
                self._sleep(self._bounds.pause_s * 2 ** (attempt - 1))
            try:
                answer = self._put_unexpired(number, body)
            except Unreached as unreached:
                reason = unreached.reason
                continue
            if answer.status == 200:
                return check_etag(number, answer.etag, body)
            reason = said(answer)
            if answer.status not in RETRIED and answer.code != "RequestTimeout":
                raise Failure("upload", f"part {number} was refused: {reason}")
        raise Failure("upload", f"part {number} failed {self._bounds.attempts} times, at last: {reason}")

    def _put_unexpired(self, number, body):
        answer = put(self._addresses.of(number), body, self._bounds)
        while has_expired(answer) and self._renewals < RENEWALS_MAX:
            self._renewals += 1
            self._addresses.renew(number)
            answer = put(self._addresses.of(number), body, self._bounds)
        return answer


def has_expired(answer):
    """S3 says 403 of an address whose time is over, and 400 of one whose signer's temporary credentials are."""
    return answer.status == 403 or answer.code == "ExpiredToken"


def check_etag(number, etag, body):
    """Holds for SSE-S3 and unencrypted buckets: there a part's ETag is its MD5."""
    if etag != hashlib.md5(body, usedforsecurity=False).hexdigest():
        raise Failure("upload", f"part {number} was stored with another checksum than it was sent with")
    return etag


def said(answer):
    return f"HTTP {answer.status} {answer.code}".strip()
