"""env-restore: what is done with an archive. Everything that touches an environment is the playbook's."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from contents import Check, Disk, measure_room, read_archive
from create import find_release
from dump import measure
from failure import Failure
from fetch import check_intact, fetch
from task import read_restore_task

RESTORES = Path("/var/lib/pressluft/restores")
SITES = Path("/srv/pressluft")
#: Of st_blocks, whatever the file system's own blocks are.
STAT_BLOCK_BYTES = 512
ROOM_KEPT_BYTES = 512 * 2**20


def folder_of(task, base=RESTORES):
    """Root's alone. The id is a UUID: it cannot lead elsewhere."""
    folder = base / task.backup_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def bring(run):
    """Downloads the archive unless it is there and right."""
    task = read_restore_task(run.read_vars())
    archive = folder_of(task) / "archive"
    if is_intact(archive, task):
        return {"changed": False}
    if task.url is None:
        raise Failure("intact", "the archive on the node is not the one that was checked")
    if measure_room(archive.parent, ROOM_KEPT_BYTES) < task.size_bytes:
        raise Failure("room", f"the archive of {task.size_bytes // 2**20} MiB does not fit on the disk")
    fetch(task.url, task.size_bytes, archive)
    check_intact(archive, task.size_bytes, task.sha256)
    return {"changed": True}


def is_intact(archive, task):
    try:
        check_intact(archive, task.size_bytes, task.sha256)
        return True
    except Failure:
        return False


def inspect(run, sites=SITES):
    """Reads the whole archive and keeps nothing. Answers what the playbook needs of the manifest."""
    task = read_restore_task(run.read_vars())
    check = Check(task, measure_room(sites, ROOM_KEPT_BYTES) - measure_copied(task, sites / task.user))
    manifest = read_archive(folder_of(task) / "archive", check)
    return {"url": manifest["url"], "wordpress_version": manifest["wordpress_version"], **vars(check.totals)}


def measure_copied(task, home):
    """Bytes of what a restore copies from the live release, because the backup does not hold it."""
    if task.scope == "full":
        return 0
    release = find_release(home)
    if task.scope == "files":
        return 2 * measure(f"{task.user}_{release.name}")
    return sum(measure_file(name, fd) for _, _, names, fd in os.fwalk(release / "htdocs") for name in names)


def measure_file(name, fd):
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False).st_blocks * STAT_BLOCK_BYTES
    except FileNotFoundError:
        return 0


def unpack(run, release):
    """Files become the release's htdocs, the dump a file beside the archive; each is there when it is complete.

    The archive is judged again while it is unpacked. Nobody but root can enter what is not complete.
    """
    task = read_restore_task(run.read_vars())
    folder = folder_of(task)
    htdocs, dump = release / "htdocs", folder / "database.sql"
    new, part = release / ".new", folder / "database.sql.part"
    # Of a run that was cut off, its very last moment included.
    shutil.rmtree(new, ignore_errors=True)
    part.unlink(missing_ok=True)
    if is_unpacked(task, htdocs, dump):
        return {"changed": False}
    if task.scope != "db":
        shutil.rmtree(htdocs, ignore_errors=True)
    new.mkdir(mode=0o700)
    account = pwd.getpwnam(task.user)
    disk = Disk(new, (account.pw_uid, account.pw_gid), part)
    read_archive(folder / "archive", Check(task, measure_room(release, ROOM_KEPT_BYTES), disk))
    disk.finish()
    # No name may reach the disk before what it stands for.
    subprocess.run(["sync", "--file-system", new, folder], check=True)
    if part.exists():
        part.rename(dump)
    if (new / "htdocs").exists():
        (new / "htdocs").rename(htdocs)
    new.rmdir()
    return {"changed": True}


def is_unpacked(task, htdocs, dump):
    return (task.scope == "db" or htdocs.is_dir()) and (task.scope == "files" or dump.exists())
