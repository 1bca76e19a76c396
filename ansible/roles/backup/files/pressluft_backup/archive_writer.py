"""Writes an archive: one tar stream, compressed, without temporary copies of the files."""

import io
import os
import stat
import subprocess
import tarfile
import threading

from failure import Failure
from names import DUMP, FILES, MANIFEST, MEMBERS_MAX, PATHS_BYTES_MAX, encode, is_plain_path, stays_inside

BLOCK_BYTES = 2**20
#: The one form that the reader takes.
TAR = {"format": tarfile.GNU_FORMAT, "encoding": "utf-8", "errors": "surrogateescape"}
ZSTD = ["zstd", "--quiet", "-3", "--threads=2", "--stdout", "-"]


class Compressed:
    """A tar stream that a thread writes into zstd, to be read from `stream` while it comes to be."""

    def __init__(self, write, argv=ZSTD):
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._write = write
        self._error = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()
        self.stream = self._process.stdout

    def _feed(self):
        try:
            with self._process.stdin as pipe, tarfile.open(
                fileobj=pipe, mode="w|", bufsize=BLOCK_BYTES, copybufsize=BLOCK_BYTES, **TAR
            ) as tar:
                self._write(tar)
        except BaseException as error:  # Told by finish(), in the thread that asks.
            self._error = error

    def finish(self):
        """After the stream's end: throws what went wrong in writing or compressing it."""
        self._thread.join()
        code = self._process.wait()
        if isinstance(self._error, Failure):
            raise self._error
        if isinstance(self._error, BrokenPipeError) or code != 0:
            raise Failure("archive", f"zstd ended with {code}")
        if isinstance(self._error, OSError):
            raise Failure("archive", f"a file cannot be read: {os.strerror(self._error.errno or 0)}")
        if self._error is not None:
            raise self._error

    def abort(self):
        """Leaves no process behind, whatever state it is in."""
        self._process.kill()
        self._process.stdout.close()
        self._thread.join()
        self._process.wait()


class FileTree:
    """Puts a folder into a tar as `files/...`. Follows no link, so that nothing outside the folder can come along.

    changed: files that changed or vanished while they were read; left_out: links that lead out of the folder, and
    sockets, pipes and the like, none of which can be restored.
    """

    def __init__(self, folder, members_max=MEMBERS_MAX, paths_bytes_max=PATHS_BYTES_MAX):
        self._folder = folder
        self._members_max = members_max
        self._paths_bytes_max = paths_bytes_max
        self._members = 0
        # The reader counts these two as well.
        self._path_bytes = len(MANIFEST) + len(DUMP)
        self.changed = 0
        self.left_out = 0

    def add_to(self, tar):
        top = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for path, folders, files, fd in os.fwalk(".", topdown=True, onerror=self._note, dir_fd=top):
                below = FILES if path == "." else f"{FILES}/{path.removeprefix('./')}"
                self._add_folder(tar, below, fd)
                for name in sorted(files) + [one for one in sorted(folders) if is_link(one, fd)]:
                    self._add_entry(tar, f"{below}/{name}", name, fd)
                folders.sort()
        finally:
            os.close(top)

    def _note(self, error):
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise error
        self.changed += 1

    def _add_folder(self, tar, path, fd):
        self._count(path)
        info = describe(path, os.fstat(fd))
        info.type = tarfile.DIRTYPE
        put(tar, info)

    def _add_entry(self, tar, path, name, fd):
        try:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                self._add_file(tar, path, name, fd)
            elif stat.S_ISLNK(found.st_mode):
                self._add_link(tar, path, os.readlink(name, dir_fd=fd), found)
            else:
                self.left_out += 1
        except FileNotFoundError:
            self.changed += 1

    def _add_file(self, tar, path, name, fd):
        try:
            opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=fd)
        except OSError as error:
            self._note_swapped(error)
            return
        with os.fdopen(opened, "rb", buffering=0) as file:
            before = os.fstat(opened)
            if not stat.S_ISREG(before.st_mode):
                self.changed += 1
                return
            self._count(path)
            put(tar, describe(path, before, before.st_size), ExactLength(file, before.st_size))
            after = os.fstat(opened)
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                self.changed += 1

    def _note_swapped(self, error):
        """ENOENT: gone. ELOOP, ENXIO: a link or a pipe has taken its place. Anything else is a failing disk."""
        if error.errno not in (2, 6, 40):
            raise error
        self.changed += 1

    def _add_link(self, tar, path, target, found):
        if not stays_inside(path, target):
            self.left_out += 1
            return
        self._count(path)
        info = describe(path, found)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        put(tar, info)

    def _count(self, path):
        """What the reader would refuse is not written: a backup that cannot be restored is none."""
        self._members += 1
        if self._members > self._members_max - 2:
            raise Failure("archive", f"there are more than {self._members_max} files")
        self._path_bytes += len(encode(path))
        if self._path_bytes > self._paths_bytes_max:
            raise Failure("archive", f"the paths together are longer than {self._paths_bytes_max} bytes")
        if not is_plain_path(path):
            raise Failure("archive", "a path is too long")


class ExactLength(io.RawIOBase):
    """A file of exactly as many bytes as its head in the tar says: cut when it grows, filled up when it shrinks."""

    def __init__(self, file, length):
        self._file = file
        self._left = length

    def read(self, size=-1):
        wanted = self._left if size < 0 else min(size, self._left)
        piece = b""
        while len(piece) < wanted:
            piece += self._file.read(wanted - len(piece)) or bytes(wanted - len(piece))
        self._left -= wanted
        return piece


def is_link(name, fd):
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def describe(path, found, size=0):
    """No owner, no name of one, and of the mode only who may read, write and run."""
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.mtime = size, stat.S_IMODE(found.st_mode) & 0o777, max(0, int(found.st_mtime))
    return info


def write_members(tar, manifest, dump, tree):
    """manifest: bytes. dump: (file, size) or None. tree: a FileTree or None."""
    add_content(tar, MANIFEST, io.BytesIO(manifest), len(manifest))
    if dump is not None:
        add_content(tar, DUMP, *dump)
    if tree is not None:
        tree.add_to(tar)


def add_content(tar, name, file, size):
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    put(tar, info, file)


def put(tar, info, file=None):
    """tarfile remembers every member; for a million files that is memory nobody has."""
    tar.addfile(info, file)
    tar.members.clear()
