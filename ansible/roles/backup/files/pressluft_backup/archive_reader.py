"""Reads an archive that nobody vouches for. Takes what archive_writer writes and nothing else of what tar can hold."""

import subprocess
from dataclasses import dataclass

from failure import Failure
from names import NAME_BYTES_MAX, PATH_BYTES_MAX

BLOCK = 512
READ_BYTES = 2**20
FILE, FOLDER, LINK = b"0", b"5", b"2"
LONG_NAME, LONG_TARGET = b"L", b"K"
SIZE_MAX = 2**50
#: In about 35,000 years; larger numbers are no times that a file system takes.
TIME_MAX_S = 2**40
MAGIC = b"ustar  \0"
#: zstd needs 8 MiB for what we write; a head that asks for more is not ours.
UNZSTD = ["zstd", "--quiet", "--decompress", "--memory=64MiB", "--stdout", "-"]


@dataclass(frozen=True)
class Member:
    """kind: FILE, FOLDER or LINK. target: of a link, else ""."""

    path: str
    kind: bytes
    mode: int
    size: int
    mtime: int
    target: str


class TarReader:
    """Members in order; each one's content must be read before the next member is asked for."""

    def __init__(self, stream):
        self._stream = stream
        self._left = 0
        self._padding = 0

    def members(self):
        """Throws Failure("content") at the first thing that is not as it should be, a missing end included."""
        while True:
            self._skip_content()
            head = self._exactly(BLOCK)
            if head == bytes(BLOCK):
                self._read_end()
                return
            yield self._read_member(head)

    def content(self):
        """The current member's content, in pieces."""
        while self._left:
            piece = self._stream.read(min(READ_BYTES, self._left))
            if not piece:
                raise cut_off()
            self._left -= len(piece)
            yield piece

    def _read_member(self, head):
        long = {}
        while (kind := check_head(head)) in (LONG_NAME, LONG_TARGET):
            if kind in long:
                raise Failure("content", "a member has two names")
            long[kind] = self._read_long(head)
            head = self._exactly(BLOCK)
        member = to_member(head, kind, long)
        self._left, self._padding = member.size, -member.size % BLOCK
        return member

    def _read_long(self, head):
        size = number(head[124:136])
        if not 1 < size <= PATH_BYTES_MAX + NAME_BYTES_MAX:
            raise Failure("content", "a name is too long")
        text = self._exactly(size + -size % BLOCK)[:size]
        if text[-1:] != b"\0" or b"\0" in text[:-1]:
            raise Failure("content", "a long name does not end as one")
        return text[:-1]

    def _skip_content(self):
        for _ in self.content():
            pass
        if any(self._exactly(self._padding)):
            raise Failure("content", "there is something between two members")
        self._padding = 0

    def _read_end(self):
        if self._exactly(BLOCK) != bytes(BLOCK):
            raise Failure("content", "the archive's end is not one")
        while piece := self._stream.read(READ_BYTES):
            if any(piece):
                raise Failure("content", "there is something after the archive's end")

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self._stream.read(size - len(data))
            if not piece:
                raise cut_off()
            data += piece
        return data


def cut_off():
    return Failure("content", "the archive is cut off")


def check_head(head):
    """The kind of a member whose head is whole."""
    expected = sum(head[:148]) + 8 * ord(" ") + sum(head[156:])
    if head[257:265] != MAGIC or number(head[148:156]) != expected:
        raise Failure("content", "a member's head is damaged")
    kind = head[156:157]
    if kind not in (FILE, FOLDER, LINK, LONG_NAME, LONG_TARGET):
        raise Failure("content", "there is something other than files, folders and links")
    return kind


def to_member(head, kind, long):
    path = decode(long.get(LONG_NAME, field(head, 0, 100)))
    target = decode(long.get(LONG_TARGET, field(head, 157, 257)))
    size = number(head[124:136])
    mtime = number(head[136:148])
    if kind != FILE and size != 0 or kind != LINK and target != "" or size > SIZE_MAX or mtime > TIME_MAX_S:
        raise Failure("content", "a member is not what it says it is")
    # tarfile writes a slash after a folder's name.
    name = path.removesuffix("/") if kind == FOLDER else path
    return Member(name, kind, number(head[100:108]), size, mtime, target)


def field(head, start, end):
    return head[start:end].split(b"\0", 1)[0]


def decode(name):
    return name.decode("utf-8", "surrogateescape")


def number(digits):
    """Octal, or GNU's binary form for what has no room in octal."""
    if digits[:1] == b"\x80":
        return int.from_bytes(digits[1:], "big")
    plain = digits.strip(b" \0")
    if not plain or any(digit not in b"01234567" for digit in plain):
        raise Failure("content", "a member's head holds no number")
    return int(plain, 8)


class Unpacked:
    """The tar stream in a compressed file. Use as a context: the decompressor never outlives it."""

    def __init__(self, file, argv=UNZSTD):
        self._process = subprocess.Popen(
            argv, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=READ_BYTES
        )
        self.stream = self._process.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.stdout.close()
        self._process.wait()

    def finish(self):
        """After the stream's end. zstd tells damage by its exit code, its own checksum included."""
        code = self._process.wait()
        if code != 0:
            raise Failure("content", f"zstd ended with {code}: the archive is damaged")
