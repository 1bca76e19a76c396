"""A consistent dump of one database, and whether a dump is whole."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from failure import Failure

#: mariadb-dump's last line; absent when it was cut off.
END_MARK = b"-- Dump completed"
TAIL_BYTES = 512
ROOM_KEPT_BYTES = 256 * 2**20
READ_BYTES = 2**20
#: A dump that has written nothing for so long waits for something that will not come: mariadb-dump has no limit of its own.
STILL_MAX_S = 300
#: For the question before it.
MEASURE_MAX_S = 120

# hex-blob: binary data survives any character set. no-tablespaces: no right is needed for what nobody restores.
# default-character-set: WordPress's own, whatever the machine's locale is.
DUMP = (
    "mariadb-dump --no-defaults --single-transaction --quick --routines --triggers --events --hex-blob"
    " --no-tablespaces --default-character-set=utf8mb4"
).split()
SIZE = (
    "SET SESSION lock_wait_timeout = 60;"
    " SELECT COALESCE(SUM(data_length), 0) FROM information_schema.schemata"
    " LEFT JOIN information_schema.tables ON table_schema = schema_name"
    " WHERE schema_name = CONVERT(UNHEX('{name}') USING utf8mb4) GROUP BY schema_name"
)


class Fingerprint:
    """sha256, size and end of something that passes by in pieces."""

    def __init__(self):
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        self._tail = b""

    def add(self, piece):
        self._hash.update(piece)
        self.size_bytes += len(piece)
        self._tail = (self._tail + bytes(piece[-TAIL_BYTES:]))[-TAIL_BYTES:]

    @property
    def sha256(self):
        return self._hash.hexdigest()

    @property
    def is_complete_dump(self):
        last = self._tail.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        return last.startswith(END_MARK)


def make_dump(database, folder, still_max_s=STILL_MAX_S):
    """Dumps into a file without a name, which ends with this process however it ends.

    Answers the file and its {"sha256", "size_bytes"}. Throws Failure("gone"), Failure("room") or Failure("dump").
    """
    check_room(measure(database), Path(folder))
    file = tempfile.TemporaryFile(dir=folder)
    try:
        run_watched(DUMP + ["--", database], file, still_max_s)
        seen = look_through(file)
        if not seen.is_complete_dump:
            raise Failure("dump", "the dump does not end as mariadb-dump ends one")
        return file, {"sha256": seen.sha256, "size_bytes": seen.size_bytes}
    except BaseException:
        file.close()
        raise


def look_through(file):
    """What there is from beginning to end; the file stands at its beginning again."""
    seen = Fingerprint()
    file.seek(0)
    while piece := file.read(READ_BYTES):
        seen.add(piece)
    file.seek(0)
    return seen


def measure(database):
    """Bytes of the tables' data, as the server estimates them. Throws Failure("gone") when there is no such database."""
    query = SIZE.format(name=database.encode().hex())
    said = run(["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--execute", query], MEASURE_MAX_S)
    if not said.strip():
        raise Failure("gone", "the environment has no database")
    return int(float(said))


def check_room(data_bytes, folder):
    """Binary columns take twice their size as hexadecimal digits."""
    needed = 2 * data_bytes + ROOM_KEPT_BYTES
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize
    if free < needed:
        raise Failure("room", f"the dump may need {needed // 2**20} MiB and {free // 2**20} MiB are free")


def run(argv, limit_s):
    """Answers what the command wrote. Throws Failure("dump") with the end of its complaint."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise Failure("dump", f"{argv[0]} did not answer within {limit_s} s") from None
    check_ended(argv, done.returncode, done.stderr)
    return done.stdout


def run_watched(argv, file, still_max_s):
    """Writes into the file. Throws Failure("dump") when the command fails, or writes nothing for so many seconds."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=complaints)
        try:
            wait_while_it_grows(process, file, still_max_s)
        finally:
            process.kill()
            process.wait()
        complaints.seek(0)
        check_ended(argv, process.returncode, complaints.read())


def wait_while_it_grows(process, file, still_max_s):
    size = -1
    while size != (size := os.fstat(file.fileno()).st_size):
        try:
            process.wait(still_max_s)
            return
        except subprocess.TimeoutExpired:
            pass
    raise Failure("dump", f"the dump stood still for {still_max_s} s: somebody may hold a lock on the database")


def check_ended(argv, code, complaint):
    if code != 0:
        said = complaint[-500:].decode("utf-8", "replace").strip()
        raise Failure("dump", f"{argv[0]} ended with {code}: {said}")
