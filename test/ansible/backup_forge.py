"""Forges a backup of a database: python3 backup_forge.py TOOL BACKUP ENVIRONMENT URL >ARCHIVE, the dump on standard input.

All that can be checked of it is right, because it is made as a real one is; only what the dump says is not.
"""

import hashlib
import io
import sys
from types import SimpleNamespace

sys.path.insert(0, sys.argv[1])

from archive_writer import Compressed, write_members  # noqa: E402
from manifest import write_manifest  # noqa: E402

backup, environment, url = sys.argv[2:]
dump = sys.stdin.buffer.read() + b"\n-- Dump completed\n"
task = SimpleNamespace(backup_id=backup, environment_id=environment, scope="db", url=url)
database = {"sha256": hashlib.sha256(dump).hexdigest(), "size_bytes": len(dump)}
manifest = write_manifest(task, None, database, "2026-11-23T05:00:00Z")
archive = Compressed(lambda tar: write_members(tar, manifest, (io.BytesIO(dump), len(dump)), None))
sys.stdout.buffer.write(archive.stream.read())
archive.finish()
