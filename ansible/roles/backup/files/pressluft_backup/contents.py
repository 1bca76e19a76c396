"""What an archive must hold to be this backup, and how it becomes files again."""

import hashlib
import os
from dataclasses import dataclass

from archive_reader import FILE, FOLDER, LINK, TarReader, Unpacked
from dump import Fingerprint
from failure import Failure
from manifest import read_manifest
from names import (
    DUMP,
    FILES,
    MANIFEST,
    MANIFEST_BYTES_MAX,
    MEMBERS_MAX,
    PATHS_BYTES_MAX,
    encode,
    is_plain_path,
    stays_inside,
)

#: A file takes up whole blocks of the disk.
DISK_BLOCK_BYTES = 4096
#: Enough that nobody finds two paths with the same digest.
DIGEST_BYTES = 16


@dataclass
class Totals:
    """What unpacking takes: bytes of files (by whole blocks) and of the dump, how many members there are, and bytes of their paths."""

    members: int = 0
    path_bytes: int = 0
    file_bytes: int = 0
    dump_bytes: int = 0


class Nothing:
    """Takes members and keeps none: for a check."""

    def folder(self, path, mode):
        pass

    def link(self, path, target):
        pass

    def file(self, path, mode, mtime, pieces):
        for _ in pieces:
            pass

    def dump(self, pieces):
        for _ in pieces:
            pass


class Check:
    """One pass over an archive. `sink` gets each member after its name, kind and place have been found right."""

    def __init__(self, task, room_bytes, sink=None, members_max=MEMBERS_MAX, paths_bytes_max=PATHS_BYTES_MAX):
        self._task = task
        self._room_bytes = room_bytes
        self._sink = sink or Nothing()
        self._members_max = members_max
        self._paths_bytes_max = paths_bytes_max
        # Digest of each path -> is it a folder? The paths themselves would take far more memory than is sure to be there.
        self._seen = {}
        self._manifest = None
        self._dump = None
        self.totals = Totals()

    def run(self, stream):
        """The manifest. Throws Failure("content"), or Failure("room") as soon as there is more than fits."""
        reader = TarReader(stream)
        for member in reader.members():
            self._check_common(member)
            if self._manifest is None:
                self._take_manifest(member, reader)
            elif member.path == DUMP:
                self._take_dump(member, reader)
            else:
                self._take_file(member, reader)
        self._check_whole()
        return self._manifest

    def _check_common(self, member):
        self._check_amount(member)
        if not is_plain_path(member.path):
            raise Failure("content", "a path is not a plain one below the archive")
        if member.mode & ~0o777:
            raise Failure("content", "a member has a mode that ours never have")
        key = digest(member.path)
        if key in self._seen:
            raise Failure("content", "two members have the same name")
        self._seen[key] = member.kind == FOLDER

    def _check_amount(self, member):
        self.totals.members += 1
        self.totals.path_bytes += len(encode(member.path))
        if self.totals.members > self._members_max:
            raise Failure("content", f"there are more than {self._members_max} members")
        if self.totals.path_bytes > self._paths_bytes_max:
            raise Failure("content", f"the paths together are longer than {self._paths_bytes_max} bytes")

    def _is_folder(self, path):
        return self._seen.get(digest(path), False)

    def _take_manifest(self, member, reader):
        if member.path != MANIFEST or member.kind != FILE or member.size > MANIFEST_BYTES_MAX:
            raise Failure("content", "the archive does not begin with a manifest")
        self._manifest = read_manifest(b"".join(reader.content()), self._task)

    def _take_dump(self, member, reader):
        expected = self._manifest["database"]
        if expected is None or member.kind != FILE or member.size != expected["size_bytes"] or self._is_folder(FILES):
            raise Failure("content", "there is a dump where none belongs, or of another size")
        self.totals.dump_bytes = member.size
        self._check_room()
        self._dump = Fingerprint()
        self._sink.dump(watched(reader.content(), self._dump))
        if self._dump.sha256 != expected["sha256"] or not self._dump.is_complete_dump:
            raise Failure("content", "the dump is incomplete or not the one that was stored")

    def _take_file(self, member, reader):
        if self._task.scope == "db" or not is_file_path(member):
            raise Failure("content", "there is a member that does not belong in such a backup")
        self._check_parent(member.path)
        self.totals.file_bytes += DISK_BLOCK_BYTES + member.size + -member.size % DISK_BLOCK_BYTES
        self._check_room()
        if member.kind == FOLDER:
            self._sink.folder(member.path, member.mode)
        elif member.kind == LINK:
            self._take_link(member)
        else:
            self._sink.file(member.path, member.mode, member.mtime, reader.content())

    def _take_link(self, member):
        if not stays_inside(member.path, member.target):
            raise Failure("content", "a link leads out of the files")
        self._sink.link(member.path, member.target)

    def _check_parent(self, path):
        """Every folder comes before what is in it, so a path never goes through a link or a file."""
        parent = path.rpartition("/")[0]
        if parent != "" and not self._is_folder(parent):
            raise Failure("content", "a member lies in no folder of the archive")

    def _check_room(self):
        if self.totals.file_bytes + 2 * self.totals.dump_bytes > self._room_bytes:
            raise Failure("room", f"the backup unpacked takes more than the {self._room_bytes // 2**20} MiB there are")

    def _check_whole(self):
        if self._manifest is None:
            raise Failure("content", "the archive is empty")
        if self._manifest["database"] is not None and self._dump is None:
            raise Failure("content", "the dump is missing")
        if self._task.scope != "db" and not self._is_folder(FILES):
            raise Failure("content", "the files are missing")


def is_file_path(member):
    return member.path.startswith(f"{FILES}/") or member.path == FILES and member.kind == FOLDER


def digest(path):
    return hashlib.blake2b(encode(path), digest_size=DIGEST_BYTES).digest()


def watched(pieces, fingerprint):
    for piece in pieces:
        fingerprint.add(piece)
        yield piece


class Disk:
    """Makes what an archive holds, in a folder that no one but root can enter until all of it is there.

    root: an empty folder; FILES becomes its `htdocs`. owner: uid and gid of everything in it. dump: path of the dump.
    """

    def __init__(self, root, owner, dump):
        self._root = root
        self._owner = owner
        self._dump = dump
        self._modes = []

    def folder(self, path, mode):
        os.mkdir(self._at(path), 0o700)
        # As bytes: one strange character would make the text take four times as much.
        self._modes.append((encode(path), mode))

    def link(self, path, target):
        os.symlink(target, self._at(path))
        os.lchown(self._at(path), *self._owner)

    def file(self, path, mode, mtime, pieces):
        fd = create(self._at(path))
        with os.fdopen(fd, "wb") as file:
            for piece in pieces:
                file.write(piece)
            os.fchown(fd, *self._owner)
            os.fchmod(fd, mode)
            file.flush()
            os.utime(fd, (mtime, mtime))

    def dump(self, pieces):
        with os.fdopen(create(self._dump), "wb") as file:
            for piece in pieces:
                file.write(piece)

    def finish(self):
        """Folders get owner and mode last: one that may not be written in must be filled first."""
        for path, mode in reversed(self._modes):
            at = self._at(os.fsdecode(path))
            os.chown(at, *self._owner)
            os.chmod(at, mode)

    def _at(self, path):
        return os.path.join(self._root, "htdocs" + path.removeprefix(FILES))


def create(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def read_archive(path, check):
    """Runs a check over a compressed archive and answers its manifest. Throws Failure("content") or Failure("room")."""
    with open(path, "rb") as file, Unpacked(file) as unpacked:
        manifest = check.run(unpacked.stream)
        unpacked.finish()
    return manifest


def measure_room(folder, kept_bytes):
    """Bytes that may be taken on the disk of a folder, when `kept_bytes` must stay free."""
    stat = os.statvfs(folder)
    return max(0, stat.f_bavail * stat.f_frsize - kept_bytes)
