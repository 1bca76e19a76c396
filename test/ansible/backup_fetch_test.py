"""A stored backup on its way to the node."""

import hashlib
import os
import stat
import unittest

import backup_case
from backup_case import SECRET

from failure import Failure
from fetch import check_intact, fetch
from web import Bounds

BOUNDS = Bounds(idle_s=0.3, request_s=2, attempts=3, pause_s=1)


class FetchTest(backup_case.Case):
    def setUp(self):
        super().setUp()
        self.s3 = self.start_s3()
        self.data = os.urandom(300_000)
        self.s3.file_of("/archive").write_bytes(self.data)
        self.path = self.folder / "archive"

    def fetch(self, size=300_000, path="/archive"):
        fetch(f"{self.s3.address}{path}?{SECRET}", size, self.path, BOUNDS, self.sleep)
        return self.path.read_bytes()

    def test_the_very_bytes_arrive_in_a_file_of_root_alone(self):
        self.assertEqual(self.fetch(), self.data)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        check_intact(self.path, 300_000, hashlib.sha256(self.data).hexdigest())

    def test_what_lay_there_before_is_gone(self):
        self.path.write_bytes(b"x" * 400_000)
        self.assertEqual(self.fetch(), self.data)

    def test_a_broken_connection_is_taken_up_where_it_broke(self):
        self.s3.faults["/archive"] = ["cut", "cut"]
        self.assertEqual(self.fetch(), self.data)
        ranges = [headers.get("Range") for _, _, headers in self.s3.seen]
        self.assertEqual(ranges, [None, "bytes=150000-", "bytes=225000-"])

    def test_what_may_pass_is_tried_again(self):
        self.s3.faults["/archive"] = [503, "reset"]
        self.assertEqual(self.fetch(), self.data)
        self.assertEqual(self.slept, [1, 2])

    def test_tries_end(self):
        self.s3.faults["/archive"] = [500] * 3
        self.expect("fetch", "3 tries", self.fetch)

    def test_a_backup_that_is_not_there_or_may_not_be_read_is_no_more_than_a_failure(self):
        self.expect("fetch", "HTTP 404", lambda: self.fetch(path="/other"))
        self.s3.faults["/archive"] = [403]
        self.expect("fetch", "HTTP 403", self.fetch)

    def test_a_longer_object_is_not_read_to_its_end(self):
        self.fetch(size=10)
        self.expect("intact", "or more, not 10", lambda: check_intact(self.path, 10, "0" * 64))

    def test_truncated_damaged_and_missing_are_told_apart(self):
        whole = hashlib.sha256(self.data).hexdigest()
        self.path.write_bytes(self.data[:-1])
        self.expect("intact", "299999 bytes, not 300000", lambda: check_intact(self.path, 300_000, whole))
        self.path.write_bytes(self.data[:-1] + bytes([self.data[-1] ^ 1]))
        self.expect("intact", "sha256", lambda: check_intact(self.path, 300_000, whole))
        self.path.unlink()
        self.expect("intact", "no archive", lambda: check_intact(self.path, 300_000, whole))

    def test_a_link_in_the_place_of_the_archive_is_not_followed(self):
        self.path.symlink_to(self.folder / "elsewhere")
        with self.assertRaises(OSError):
            self.fetch()
        self.assertFalse((self.folder / "elsewhere").exists())

    def expect(self, kind, words, act):
        with self.assertRaises(Failure) as caught:
            act()
        self.assertEqual(caught.exception.kind, kind)
        self.assertIn(words, caught.exception.reason)
        self.assertNotIn("5ec3e7", caught.exception.reason)


if __name__ == "__main__":
    unittest.main()
