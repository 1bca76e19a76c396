"""backup-create: dump, archive and upload of an environment's live release."""

import os
import re
import time
from pathlib import Path

from archive_writer import Compressed, FileTree, write_members
from dump import make_dump
from failure import Failure
from manifest import write_manifest
from task import RELEASE, read_create_task
from upload import Addresses, upload

SITES = Path("/srv/pressluft")
VERSION_BYTES_MAX = 16_384


def create(run, sites=SITES):
    """Makes and stores a backup; answers what is to be said. result.json is written last, when everything is stored."""
    task = read_create_task(run.read_vars())
    release = find_release(sites / task.user)
    run.tell_progress(0, "dumping the database" if task.scope != "files" else "reading the files")
    tree = FileTree(release / "htdocs") if task.scope != "db" else None
    if task.scope == "files":
        archive(task, run, release, tree, None, None)
    else:
        dump, database = make_dump(f"{task.user}_{release.name}", run.path)
        with dump:
            archive(task, run, release, tree, dump, database)
    return {"busy_files": tree.changed if tree else 0, "left_out": tree.left_out if tree else 0}


def archive(task, run, release, tree, dump, database):
    version = read_wordpress_version(release)
    manifest = write_manifest(task, version, database, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    sized = None if dump is None else (dump, database["size_bytes"])
    stored = store(task, run, lambda tar: write_members(tar, manifest, sized, tree))
    run.write("result.json", {**vars(stored), "wordpress_version": version})


def store(task, run, write):
    """Nothing is stored as a whole before the archive is known to be one."""
    compressed = Compressed(write)
    try:
        stored = upload(compressed.stream, task.part_bytes, Addresses(task.urls, run), run)
        compressed.finish()
        return stored
    finally:
        compressed.abort()


def find_release(home):
    """The folder that `current` leads to. Throws Failure("gone") when there is none, or no files in it."""
    try:
        name = os.path.basename(os.readlink(home / "current"))
    except FileNotFoundError:
        name = ""
    release = home / "releases" / name
    if re.fullmatch(RELEASE, name) is None or not (release / "htdocs").is_dir():
        raise Failure("gone", "the environment has no live release with files")
    return release


def read_wordpress_version(release):
    """As its own file says it; None when it does not. The file is the site's: text, never run, never followed."""
    path = Path(release) / "htdocs/wp-includes/version.php"
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            text = file.read(VERSION_BYTES_MAX)
    except OSError:
        return None
    found = re.search(rb"^\$wp_version\s*=\s*'([\w.+-]{1,40})'", text, re.MULTILINE)
    return found.group(1).decode("ascii", "replace") if found else None
