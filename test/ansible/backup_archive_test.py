"""What the writer makes of a folder, and that the reader makes the same folder of it."""

import io
import os
import stat
import unittest
from pathlib import Path

import backup_case
from backup_case import DUMP, make_manifest, make_task

from archive_writer import Compressed, ExactLength, FileTree, write_members
from contents import Check, Disk, read_archive
from failure import Failure
from names import stays_inside

ROOM = 2**30


class ArchiveTest(backup_case.Case):
    def setUp(self):
        super().setUp()
        self.site = self.folder / "site"
        (self.site / "wp-content/uploads").mkdir(parents=True)
        (self.site / "index.php").write_text("<?php")

    def pack(self, tree, scope="full", **options):
        dump = None if scope == "files" else (io.BytesIO(DUMP), len(DUMP))
        archive = Compressed(lambda tar: write_members(tar, make_manifest(scope), dump, tree), **options)
        try:
            data = archive.stream.read()
            archive.finish()
        finally:
            archive.abort()
        path = self.folder / "archive"
        path.write_bytes(data)
        return path

    def unpack(self, path, scope="full"):
        root = self.folder / "root"
        root.mkdir()
        disk = Disk(root, (os.getuid(), os.getgid()), root / "database.sql")
        read_archive(path, Check(make_task(scope), ROOM, disk))
        disk.finish()
        return root

    def there_and_back(self, tree=None):
        return self.unpack(self.pack(tree or FileTree(self.site))) / "htdocs"

    def test_a_folder_comes_back_as_it_was(self):
        deep = self.site / ("d" * 200) / ("e" * 200)
        deep.mkdir(parents=True)
        names = ["ä ö", "new\nline", "-rf", "a'b\"$(id)`", "x" * 255, "%s\\", b"\xff\xfe".decode("utf-8", "surrogateescape")]
        for number, name in enumerate(names):
            (deep / name).write_bytes(os.urandom(number * 1000))
        (self.site / "empty").touch()
        os.chmod(self.site / "wp-content", 0o750)
        os.utime(self.site / "index.php", (1_700_000_000, 1_700_000_000))
        (deep / "up").symlink_to("../../index.php")
        (self.site / ("l" * 150)).symlink_to("wp-content/uploads")
        self.assertEqual(listing(self.there_and_back()), listing(self.site))

    def test_no_owner_and_no_special_mode_is_kept(self):
        os.chmod(self.site / "index.php", 0o4755)
        self.assertEqual(stat.S_IMODE((self.there_and_back() / "index.php").stat().st_mode), 0o755)

    def test_links_that_lead_out_and_what_is_no_file_are_left_out_and_counted(self):
        (self.site / "passwd").symlink_to("/etc/passwd")
        (self.site / "up").symlink_to("..")
        (self.site / "folder").symlink_to("/etc")
        os.mkfifo(self.site / "pipe")
        tree = FileTree(self.site)
        self.assertEqual(sorted(os.listdir(self.there_and_back(tree))), ["index.php", "wp-content"])
        self.assertEqual((tree.left_out, tree.changed), (4, 0))

    def test_hard_links_come_back_as_files(self):
        os.link(self.site / "index.php", self.site / "twin.php")
        self.assertEqual((self.there_and_back() / "twin.php").read_text(), "<?php")

    def test_the_folder_itself_may_not_be_a_link(self):
        (self.folder / "to").symlink_to(self.site)
        with self.assertRaises(Failure):
            self.pack(FileTree(self.folder / "to"))

    def test_a_file_that_shrinks_or_grows_while_it_is_read_keeps_the_size_that_was_said(self):
        self.assertEqual(ExactLength(io.BytesIO(b"abc"), 5).read(), b"abc\0\0")
        grown = ExactLength(io.BytesIO(b"abcdef"), 4)
        self.assertEqual([grown.read(3), grown.read(3), grown.read(3)], [b"abc", b"d", b""])

    def test_what_vanishes_or_is_swapped_between_two_looks_is_counted_and_no_failure(self):
        class Hasty(FileTree):
            """Sees the site change just before it opens a file."""

            def _add_file(self, tar, path, name, fd):
                if name == "gone":
                    os.unlink(name, dir_fd=fd)
                if name == "swapped":
                    os.unlink(name, dir_fd=fd)
                    os.symlink("/etc/passwd", name, dir_fd=fd)
                super()._add_file(tar, path, name, fd)

        for name in ("gone", "swapped"):
            (self.site / name).write_text("x")
        tree = Hasty(self.site)
        self.assertEqual(sorted(os.listdir(self.there_and_back(tree))), ["index.php", "wp-content"])
        self.assertEqual(tree.changed, 2)

    def test_a_file_that_changes_while_it_is_read_is_counted(self):
        class Busy(FileTree):
            def _count(self, path):
                super()._count(path)
                if path.endswith("index.php"):
                    (folder / "index.php").write_text("<?php more")

        folder, tree = self.site, Busy(self.site)
        self.assertEqual((self.there_and_back(tree) / "index.php").read_text(), "<?php")
        self.assertEqual(tree.changed, 1)

    def test_what_could_not_be_restored_is_not_made(self):
        with self.assertRaises(Failure) as caught:
            self.pack(FileTree(self.site, members_max=5))
        self.assertIn("more than 5", caught.exception.reason)

    def test_a_compressor_that_fails_or_stops_reading_is_a_failure(self):
        (self.site / "large").write_bytes(os.urandom(3_000_000))
        for argv in (["false"], ["sh", "-c", "head -c 100; exit 0"], ["sh", "-c", "cat; exit 4"]):
            with self.subTest(argv), self.assertRaises(Failure) as caught:
                self.pack(FileTree(self.site), argv=argv)
            self.assertEqual(caught.exception.kind, "archive")

    def test_a_disk_that_fails_is_a_failure_and_never_a_shorter_archive(self):
        class Failing(FileTree):
            def _add_file(self, tar, path, name, fd):
                raise OSError(5, "Input/output error", "/secret/path")

        with self.assertRaises(Failure) as caught:
            self.pack(Failing(self.site))
        self.assertEqual((caught.exception.kind, caught.exception.reason), ("archive", "a file cannot be read: Input/output error"))

    def test_an_archive_of_a_database_holds_nothing_else(self):
        root = self.unpack(self.pack(None, "db"), "db")
        self.assertEqual(os.listdir(root), ["database.sql"])
        self.assertEqual(stat.S_IMODE((root / "database.sql").stat().st_mode), 0o600)


class LinkTest(unittest.TestCase):
    def test_where_links_may_lead(self):
        for path, target, may in [
            ("files/a", "b", True),
            ("files/a", "./b/c", True),
            ("files/d/a", "..", True),
            ("files/d/a", "../x//y", True),
            ("files/a", "..", False),
            ("files/a", ".", True),
            ("files/d/a", "../..", False),
            ("files/d/a", "x/../../y", False),
            ("files/d/a", "x/..", False),
            ("files/a", "/", False),
            ("files/a", "/files/b", False),
            ("files/a", "", False),
        ]:
            with self.subTest(path=path, target=target):
                self.assertEqual(stays_inside(path, target), may)


def listing(folder):
    """All that must come back: names, kinds, modes, times and contents."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        at, seen = str(path.relative_to(folder)), path.lstat()
        if path.is_symlink():
            found[at] = os.readlink(path)
        elif path.is_dir():
            found[at] = stat.S_IMODE(seen.st_mode)
        else:
            found[at] = (stat.S_IMODE(seen.st_mode), int(seen.st_mtime), path.read_bytes())
    return found


if __name__ == "__main__":
    unittest.main()
