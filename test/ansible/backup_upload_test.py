"""Parts on their way to S3, whatever happens to them."""

import hashlib
import io
import json
import unittest

import backup_case
from backup_case import SECRET

from failure import Failure
from upload import Addresses, upload
from web import Bounds

PART = 1000
BOUNDS = Bounds(idle_s=0.3, request_s=2, attempts=3, pause_s=1)


class UploadTest(backup_case.Case):
    def setUp(self):
        super().setUp()
        self.s3 = self.start_s3()
        self.run_dir = self.make_run(wait_s=3)
        self.asked = 0

    def urls(self, first, count):
        return [f"{self.s3.address}/key/{part}?{SECRET}" for part in range(first, first + count)]

    def send(self, data, given=20, part_bytes=PART, bounds=BOUNDS):
        addresses = Addresses(self.urls(1, given), self.run_dir)
        return upload(io.BytesIO(data), part_bytes, addresses, self.run_dir, bounds, self.sleep)

    def stored(self, count):
        return b"".join(self.s3.file_of(f"/key/{part}").read_bytes() for part in range(1, count + 1))

    def expect_failure(self, data, *words, **options):
        with self.assertRaises(Failure) as caught:
            self.send(data, **options)
        self.assertEqual(caught.exception.kind, "upload")
        for word in words:
            self.assertIn(word, caught.exception.reason)
        self.assertNotIn("5ec3e7", caught.exception.reason)
        self.assertNotIn("127.0.0.1", caught.exception.reason)

    def answer_needs(self, count=20, first_is_wrong=False):
        """Plays the worker: answers need.json when the tool sleeps."""

        def sleep(seconds):
            self.slept.append(seconds)
            need = self.run_dir.path / "need.json"
            if need.exists():
                told = json.loads(need.read_bytes())
                self.assertEqual(told["kind"], "part_urls")
                self.asked += 1
                self.give(told["from"], self.urls(told["from"], count))

        self.run_dir._sleep = sleep

    def give(self, first, urls):
        (self.run_dir.path / f"given-{first}.json").write_text(json.dumps({"from": first, "urls": urls}))

    def test_sizes_checksums_and_etags_are_those_of_the_bytes_that_were_stored(self):
        data = bytes(range(256)) * 10
        stored = self.send(data)
        self.assertEqual(self.stored(3), data)
        self.assertEqual(stored.sha256, hashlib.sha256(data).hexdigest())
        self.assertEqual(stored.size_bytes, 2560)
        self.assertEqual([part["size_bytes"] for part in stored.parts], [1000, 1000, 560])
        self.assertEqual([part["number"] for part in stored.parts], [1, 2, 3])
        self.assertEqual(stored.parts[0]["etag"], hashlib.md5(data[:1000]).hexdigest())

    def test_a_whole_number_of_parts_has_no_empty_one_at_its_end(self):
        self.assertEqual(len(self.send(b"x" * 2000).parts), 2)

    def test_nothing_is_sent_that_was_not_signed(self):
        self.send(b"x" * 1500)
        for method, path, headers in self.s3.seen:
            self.assertEqual((method, set(headers)), ("PUT", {"Host", "Content-Length"}))
            self.assertIn(SECRET, path)

    def test_another_etag_ends_the_upload_at_once(self):
        self.s3.faults["/key/2"] = ["other"]
        self.expect_failure(b"x" * 1500, "part 2", "checksum")
        self.assertEqual(len(self.s3.seen), 2)

    def test_what_may_pass_is_tried_again_with_longer_pauses(self):
        for faults in ([500, 503], ["reset", 429], ["reset", "reset"], ["silent", 500]):
            with self.subTest(faults=faults):
                self.slept.clear()
                self.s3.faults["/key/1"] = list(faults)
                self.assertEqual(len(self.send(b"y" * 300_000, part_bytes=200_000).parts), 2)
                self.assertEqual(self.slept, [1, 2])

    def test_tries_end(self):
        self.s3.faults["/key/1"] = [500, "reset", 503, 503]
        self.expect_failure(b"x", "part 1", "3 times", "HTTP 503 ServiceUnavailable")
        self.assertEqual(len(self.s3.seen), 3)

    def test_a_refusal_is_not_tried_again(self):
        for status in (400, 404, 301, 204):
            with self.subTest(status=status):
                self.s3.seen.clear()
                self.s3.faults["/key/1"] = [status]
                self.expect_failure(b"x", f"HTTP {status}")
                self.assertEqual(len(self.s3.seen), 1)

    def test_more_addresses_are_asked_for_when_they_run_out(self):
        self.answer_needs(count=2)
        self.assertEqual(len(self.send(b"z" * 6500, given=2).parts), 7)
        self.assertEqual(self.stored(7), b"z" * 6500)
        self.assertEqual(self.asked, 3)
        self.assertEqual([file.name for file in self.run_dir.path.iterdir()], ["progress.json"])

    def test_an_expired_address_is_replaced_from_its_part_on(self):
        for fault in (403, "early", "token"):
            with self.subTest(fault=fault):
                self.answer_needs()
                self.s3.faults["/key/2"] = [fault]
                self.assertEqual(len(self.send(b"z" * 9_000_000, part_bytes=3_000_000).parts), 3)
                self.assertEqual(self.stored(3), b"z" * 9_000_000)
        self.assertEqual(self.asked, 3)

    def test_an_answer_from_before_an_address_expired_is_not_taken_again(self):
        self.give(1, self.urls(100, 20))
        self.answer_needs()
        self.s3.faults["/key/1"] = [403]
        self.send(b"x")
        self.assertEqual(self.stored(1), b"x")

    def test_addresses_that_are_always_expired_end_it(self):
        self.answer_needs()
        self.s3.faults["/key/1"] = [403] * 9
        self.expect_failure(b"x", "HTTP 403 AccessDenied")
        self.assertEqual((len(self.s3.seen), self.asked), (4, 3))

    def test_a_worker_that_gives_nothing_ends_it(self):
        (self.run_dir.path / "given-9.json").write_text("{")
        self.expect_failure(b"x" * 1500, "from 2", given=1)
        self.assertEqual(self.slept, [1, 1, 1])

    def test_an_answer_left_by_a_run_that_was_cut_off_is_used(self):
        self.give(2, self.urls(2, 5))
        self.assertEqual(len(self.send(b"x" * 1500, given=1).parts), 2)
        self.assertEqual(self.slept, [])

    def test_a_closed_port_is_no_more_than_a_failure(self):
        self.s3.server.server_close()
        self.expect_failure(b"x", "ConnectionRefusedError")

    def test_a_request_has_an_end_even_when_something_trickles(self):
        self.s3.faults["/key/1"] = ["silent"] * 3
        self.expect_failure(b"x", "TimeoutError", bounds=Bounds(idle_s=9, request_s=0.2, attempts=2, pause_s=0))

    def test_addresses_that_are_none_are_refused_without_being_quoted(self):
        for url in ("ftp://h/5ec3e7", "http://h:99999/5ec3e7", "http:///5ec3e7", "http://h/5ec3e7\r\nX: y", "http://[5ec3e7"):
            with self.subTest(url=url), self.assertRaises(Failure) as caught:
                upload(io.BytesIO(b"x"), PART, Addresses([url], self.run_dir), self.run_dir, BOUNDS, self.sleep)
            self.assertNotIn("5ec3e7", repr(caught.exception))


if __name__ == "__main__":
    unittest.main()
