"""Brings a stored backup to the node and holds it against its size and checksum."""

import hashlib
import http.client
import os
import time

from failure import Failure
from web import Bounds, Exchange, Unreached

#: Whoever started the run has a shorter bound of its own.
DOWNLOAD = Bounds(request_s=6 * 3600)
READ_BYTES = 2**20
RETRIED = (429, 500, 502, 503, 504)


def fetch(url, size_bytes, path, bounds=DOWNLOAD, sleep=time.sleep):
    """Downloads into a file of mode 0600. A broken connection is taken up where it broke.

    Stops at `size_bytes`; whether the bytes are the right ones is for check_intact. Throws Failure("fetch").
    """
    reason = ""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        for attempt in range(bounds.attempts):
            if attempt > 0:
                sleep(bounds.pause_s * 2 ** (attempt - 1))
            try:
                read_into(file, url, size_bytes, bounds)
                return
            except Unreached as unreached:
                reason = unreached.reason
    raise Failure("fetch", f"the backup could not be read in {bounds.attempts} tries, at last: {reason}")


def read_into(file, url, size_bytes, bounds):
    """One request for what is still missing. Throws Unreached when another one may bring the rest."""
    have = file.tell()
    with Exchange(url, bounds) as exchange:
        try:
            exchange.send_head("GET", {"Range": f"bytes={have}-"} if have else {})
            response = exchange.read_head()
            check_status(response.status, have)
            if have and response.status == 200:
                file.seek(0)
                file.truncate()
            is_longer = copy(exchange.chunks(response), file, size_bytes)
            # http.client takes a closed connection for the end of a body that is read in pieces.
            if response.length and not is_longer:
                raise http.client.IncompleteRead(b"", response.length)
        except (OSError, http.client.HTTPException) as error:
            raise Unreached(error) from None


def check_status(status, have):
    if status in RETRIED:
        raise Unreached(http.client.HTTPException())
    if status not in (200, 206) or status == 206 and not have:
        raise Failure("fetch", f"the backup cannot be read: HTTP {status}")


def copy(chunks, file, size_bytes):
    """Answers whether there is more than there should be; then it stops."""
    for chunk in chunks:
        file.write(chunk)
        if file.tell() > size_bytes:
            return True
    return False


def check_intact(path, size_bytes, sha256):
    """Throws Failure("intact")."""
    try:
        found_bytes = os.path.getsize(path)
    except FileNotFoundError:
        raise Failure("intact", "there is no archive") from None
    if found_bytes != size_bytes:
        more = " or more" if found_bytes > size_bytes else ""
        raise Failure("intact", f"the archive has {found_bytes} bytes{more}, not {size_bytes}")
    if hash_file(path) != sha256:
        raise Failure("intact", "the archive's sha256 is not the one that was stored")


def hash_file(path):
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(READ_BYTES):
            whole.update(piece)
    return whole.hexdigest()
