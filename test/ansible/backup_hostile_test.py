"""Archives that are not ours: each is refused, and none leaves anything outside the folder it may write in."""

import io
import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import backup_case
from backup_case import BACKUP, DUMP, ENVIRONMENT, entry, folder, link, make_manifest, make_task, tar_of, unended, whole

from archive_writer import FileTree
from contents import Check, Disk, read_archive
from failure import Failure

ROOM = 10 * 2**20


def inode(name, kind):
    return entry(name, type=kind)


# What is wrong -> the tar, and the kind of its failure when that is not "content".
HOSTILE = {
    "an absolute path": tar_of(*whole(entry("/etc/passwd", b"x"))),
    "a path that climbs": tar_of(*whole(entry("files/../../etc/passwd", b"x"))),
    "a path that climbs within the files": tar_of(*whole(folder("files/a"), entry("files/a/../b", b"x"))),
    "a path with a dot": tar_of(*whole(entry("files/./b", b"x"))),
    "a path with two slashes": tar_of(*whole(entry("files//b", b"x"))),
    "a path beside the files": tar_of(*whole(entry("filesystem", b"x"))),
    "the files as a file": tar_of(*whole()[:2], entry("files", b"x")),
    "a file in a folder that is not in it": tar_of(*whole(entry("files/a/b", b"x"))),
    "a file below a file": tar_of(*whole(entry("files/a", b"x"), entry("files/a/b", b"x"))),
    "an absolute link": tar_of(*whole(link("files/a", "/etc/passwd"))),
    "a link that climbs": tar_of(*whole(link("files/a", "../../etc/passwd"))),
    "a link that climbs from below": tar_of(*whole(folder("files/b"), link("files/b/a", "../../x"))),
    "a link that climbs after a name": tar_of(*whole(folder("files/b"), link("files/b/a", "c/../../../x"))),
    "a link to nothing": tar_of(*whole(link("files/a", ""))),
    "a file through a link": tar_of(*whole(folder("files/b"), link("files/a", "b"), entry("files/a/x", b"x"))),
    "a hard link": tar_of(*whole(entry("files/a", type=tarfile.LNKTYPE, linkname="../../etc/passwd"))),
    "a device": tar_of(*whole(inode("files/a", tarfile.CHRTYPE))),
    "a block device": tar_of(*whole(inode("files/a", tarfile.BLKTYPE))),
    "a pipe": tar_of(*whole(inode("files/a", tarfile.FIFOTYPE))),
    "a sparse file": tar_of(*whole(inode("files/a", tarfile.GNUTYPE_SPARSE))),
    "a contiguous file": tar_of(*whole(inode("files/a", tarfile.CONTTYPE))),
    "an unknown kind": tar_of(*whole(inode("files/a", b"Z"))),
    "setuid": tar_of(*whole(entry("files/a", b"x", mode=0o4755))),
    "setgid": tar_of(*whole(folder("files/a", mode=0o2755))),
    "a name twice": tar_of(*whole(entry("files/a", b"x"), entry("files/a", b"y"))),
    "a folder twice": tar_of(*whole(folder("files/a"), folder("files/a"))),
    "two manifests": tar_of(*whole(entry("manifest.json", make_manifest()))),
    "two dumps": tar_of(*whole(entry("database.sql", DUMP))),
    "POSIX's own form of names": tar_of(*whole(entry("files/" + "ä" * 90, b"x")), form=tarfile.PAX_FORMAT),
    "a very long name": tar_of(*whole(entry("files/" + "a/" * 3000 + "b", b"x"))),
    "a name no file can have": tar_of(*whole(entry("files/" + "a" * 256, b"x"))),
    "a folder with content": tar_of(*whole(entry("files/a", b"x" * 512, type=tarfile.DIRTYPE))),
    "a time that is none": tar_of(*whole(entry("files/a", b"x", mtime=2**60))),
    "no manifest": tar_of(*whole()[1:]),
    "a manifest that is not first": tar_of(*reversed(whole())),
    "a manifest as a link": tar_of(link("manifest.json", "x"), *whole()[1:]),
    "a manifest that is too large": tar_of(entry("manifest.json", b" " * 70_000), *whole()[1:]),
    "no dump": tar_of(whole()[0], *whole()[2:]),
    "a dump after the files": tar_of(whole()[0], whole()[2], whole()[1]),
    "no files": tar_of(*whole()[:2]),
    "nothing": tar_of(),
    "a dump of another checksum": tar_of(*whole(dump=DUMP)[:1], entry("database.sql", DUMP.replace(b"a", b"b"))),
    "a dump of another size": tar_of(*whole(dump=DUMP)[:1], entry("database.sql", DUMP + b"\n")),
    "a dump without its end": tar_of(*whole(dump=DUMP[:-60])),
    "an end mark that is not at the end": tar_of(*whole(dump=DUMP + b"DROP TABLE x;\n")),
    "cut off in a file": tar_of(*whole(entry("files/a", b"x" * 5000)))[:4500],
    "cut off between members": tar_of(*whole())[:1536],
    "cut off in a head": tar_of(*whole())[:1600],
    "cut off before its end": tar_of(*whole()).rstrip(b"\0") + bytes(512),
    "something after the end": tar_of(*whole()) + tar_of(*whole()),
    "something that is no tar": b"PK\x03\x04" * 1000,
    "an empty file": b"",
    "a damaged head": tar_of(*whole()).replace(b"database.sql", b"database.sqm", 1),
}

MANIFESTS = {
    "another environment": {"environment_id": ENVIRONMENT.replace("a", "b")},
    "another backup": {"backup_id": BACKUP.replace("b", "c")},
    "another scope": {"scope": "db"},
    "another version": {"version": 2},
    "something unknown in it": {"more": 1},
    "a key missing": {"created_at": "absent"},
    "an address with a quote": {"url": "http://x'; --"},
    "an address that is none": {"url": "file:///etc"},
    "a time that is none": {"created_at": "yesterday"},
    "a version with a newline": {"wordpress_version": "6\n1"},
    "no database": {"database": None},
    "a database of nothing": {"database": {}},
    "a size that is text": {"database": {"sha256": "0" * 64, "size_bytes": "12"}},
    "a size that is true": {"database": {"sha256": "0" * 64, "size_bytes": True}},
}


class HostileTest(backup_case.Case):
    def unpack(self, data, scope="full", room=ROOM, **options):
        """What an archive becomes on a disk."""
        root = Path(tempfile.mkdtemp(dir=self.folder, prefix="root"))
        disk = Disk(root, (os.getuid(), os.getgid()), root / "dump.sql")
        Check(make_task(scope), room, disk, **options).run(io.BytesIO(data))
        disk.finish()
        return root

    def expect_refusal(self, data, kind="content", **options):
        with self.assertRaises(Failure) as caught:
            self.unpack(data, **options)
        self.assertEqual(caught.exception.kind, kind)
        self.assertFalse((self.folder / "x").exists() or (self.folder.parent / "x").exists())

    def test_what_is_as_it_should_be_is_taken(self):
        for scope in ("full", "files", "db"):
            more = [] if scope == "db" else [folder("files/a"), entry("files/a/b", b"x"), link("files/a/c", "../a/b")]
            with self.subTest(scope=scope):
                root = self.unpack(tar_of(*whole(*more, scope=scope)), scope)
                self.assertEqual((root / "htdocs/a/c").exists(), scope != "db")
                self.assertEqual((root / "dump.sql").exists(), scope != "files")

    def test_each_of_these_is_refused(self):
        for name, data in HOSTILE.items():
            with self.subTest(name):
                self.expect_refusal(data)

    def test_each_of_these_manifests_is_refused(self):
        for name, changes in MANIFESTS.items():
            with self.subTest(name):
                self.expect_refusal(tar_of(*whole(manifest=make_manifest(**changes))))
        for content in (b"", b"null", b"[]", b"\xff", b"[" * 60_000):
            with self.subTest(content[:4]):
                self.expect_refusal(tar_of(*whole(manifest=content)))

    def test_files_do_not_belong_in_a_backup_of_a_database_nor_a_dump_in_one_of_files(self):
        self.expect_refusal(tar_of(*whole(folder("files"), scope="db")), scope="db")
        self.expect_refusal(tar_of(*whole(entry("database.sql", DUMP), scope="files")), scope="files")

    def test_more_than_fits_is_refused_before_it_is_written(self):
        self.expect_refusal(tar_of(*whole(entry("files/a", b"x" * ROOM))), kind="room")
        many = [entry(f"files/{n}") for n in range(40)]
        self.expect_refusal(tar_of(*whole(*many)), kind="room", room=40 * 4096)
        self.expect_refusal(tar_of(*whole(*many)), members_max=42)

    def test_paths_that_are_too_long_together_are_refused_by_reader_and_writer_alike(self):
        many = [entry(f"files/{n:02}", b"x") for n in range(40)]
        paths_bytes = len("manifest.json") + len("database.sql") + len("files") + 40 * len("files/00")
        self.unpack(tar_of(*whole(*many)), paths_bytes_max=paths_bytes)
        self.expect_refusal(tar_of(*whole(*many)), paths_bytes_max=paths_bytes - 1)
        site = self.folder / "site"
        site.mkdir()
        for n in range(40):
            (site / f"{n:02}").write_bytes(b"x")
        write = lambda most: FileTree(site, paths_bytes_max=most).add_to(tarfile.open(fileobj=io.BytesIO(), mode="w|"))  # noqa: E731
        write(paths_bytes)
        with self.assertRaises(Failure) as caught:
            write(paths_bytes - 1)
        self.assertEqual(caught.exception.kind, "archive")

    def test_a_bomb_ends_at_the_disk_that_there_is_and_takes_no_memory(self):
        bomb, size = self.folder / "bomb", 2**29
        start = unended(*whole(entry("files/a"))[:-1], (entry("files/a", size=size)[0], b""))
        with subprocess.Popen(["zstd", "-q", "-o", str(bomb)], stdin=subprocess.PIPE) as zstd:
            zstd.stdin.write(start)
            for _ in range(size // 2**24):
                zstd.stdin.write(bytes(2**24))
        self.assertLess(bomb.stat().st_size, 2**20)
        with self.assertRaises(Failure) as caught:
            read_archive(bomb, Check(make_task(), ROOM))
        self.assertEqual(caught.exception.kind, "room")

    def test_what_is_not_zstd_or_is_damaged_in_it_is_refused(self):
        good = backup_case.compress(tar_of(*whole(entry("files/a", os.urandom(50_000)))))
        damaged = bytearray(good)
        damaged[len(good) // 2] ^= 1
        for name, data in {"empty": b"", "text": b"no", "cut": good[:-3], "damaged": damaged, "twice": good + good}.items():
            with self.subTest(name), self.assertRaises(Failure) as caught:
                path = self.folder / "archive"
                path.write_bytes(data)
                read_archive(path, Check(make_task(), ROOM))
            self.assertEqual(caught.exception.kind, "content")

    def test_any_byte_changed_or_cut_is_refused_or_changes_nothing_but_a_file(self):
        good = tar_of(*whole(folder("files/a"), entry("files/a/b", b"x" * 600), link("files/l", "a/b")))
        for at in range(0, len(good), 23):
            with self.subTest(at=at):
                self.try_one(good[:at] + bytes([good[at] ^ 0x11]) + good[at + 1 :])
                self.expect_refusal(good[: min(at, len(good) - 9217)])

    def try_one(self, data):
        try:
            root = self.unpack(data)
        except Failure as failure:
            self.assertIn(failure.kind, ("content", "room"))
        else:
            self.assertEqual((root / "htdocs/a/b").stat().st_size, 600)


if __name__ == "__main__":
    unittest.main()
