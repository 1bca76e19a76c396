"""What the tests of the backup tool share: its modules on the path, a folder of their own, a fake S3, archives made by hand."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "ansible/roles/backup/files/pressluft_backup"
sys.path.insert(0, str(TOOL))
sys.dont_write_bytecode = True

from fake_s3 import FakeS3  # noqa: E402
from run_dir import RunDir  # noqa: E402
from task import RestoreTask  # noqa: E402

ENVIRONMENT = "0190a0b0-0000-7000-8000-0123456789ab"
BACKUP = "0190a0b0-0000-7000-8000-00000000b001"
SECRET = "X-Amz-Signature=5ec3e7"
DUMP = b"-- MariaDB dump\nCREATE TABLE t (a int);\n-- Dump completed on 2026-11-23  5:00:00\n"


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)

    def start_s3(self):
        store = self.folder / "s3"
        store.mkdir()
        s3 = FakeS3(store).start()
        self.addCleanup(s3.stop)
        return s3

    def make_run(self, **options):
        path = self.folder / "run"
        path.mkdir(exist_ok=True)
        return RunDir(path, sleep=options.pop("sleep", self.sleep), **options)


def make_task(scope="full", environment=ENVIRONMENT, backup=BACKUP):
    return RestoreTask(environment, "pl_0123456789ab", backup, scope, "0" * 64, 1, None)


def make_manifest(scope="full", dump=DUMP, **changes):
    database = None if scope == "files" else {"sha256": hashlib.sha256(dump).hexdigest(), "size_bytes": len(dump)}
    told = {
        "version": 1,
        "backup_id": BACKUP,
        "environment_id": ENVIRONMENT,
        "scope": scope,
        "url": "http://shop.example.test:8088",
        "wordpress_version": "6.1.9",
        "database": database,
        "created_at": "2026-11-23T05:00:00Z",
        **changes,
    }
    return json.dumps({key: value for key, value in told.items() if value != "absent"}).encode()


def entry(name, content=b"", **changes):
    """One member as tarfile makes it, however wrong."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for key, value in changes.items():
        setattr(info, key, value)
    return info, content


def folder(name, **changes):
    return entry(name, type=tarfile.DIRTYPE, **{"mode": 0o755, **changes})


def link(name, target, **changes):
    return entry(name, type=tarfile.SYMTYPE, linkname=target, **{"mode": 0o777, **changes})


def tar_of(*members, form=tarfile.GNU_FORMAT):
    """The bytes of a tar with these members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w|", format=form) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def unended(*members):
    """As tar_of, without an end, and with no more content than there is."""
    return b"".join(info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512) for info, content in members)


def whole(*more, scope="full", manifest=None, dump=DUMP):
    """Members of a backup that is as it should be, and some more."""
    head = [entry("manifest.json", make_manifest(scope, dump) if manifest is None else manifest)]
    middle = [] if scope == "files" else [entry("database.sql", dump)]
    end = [] if scope == "db" else [folder("files")]
    return [*head, *middle, *end, *more]


def compress(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
