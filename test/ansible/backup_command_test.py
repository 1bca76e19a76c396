"""The tool as a playbook starts it: variables in a file, one line of JSON as its answer, no address anywhere."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest
from unittest import mock

import backup_case
from backup_case import BACKUP, DUMP, ENVIRONMENT, SECRET, TOOL, make_task

from contents import Check, read_archive
from create import create
from dump import make_dump
from failure import Failure, describe_unforeseen
from run_dir import RunDir
from task import CreateTask, read_create_task, read_restore_task


def told(**changes):
    """The variables of a backup-create and an env-restore in one."""
    made = {
        "environment": {"id": ENVIRONMENT, "user": "pl_0123456789ab", "url": "http://shop.example.test:8088"},
        "backup": {
            "id": BACKUP, "scope": "db", "environment_id": ENVIRONMENT, "sha256": "0" * 64, "size_bytes": 9, "url": None
        },
        "upload": {"part_size_bytes": 5 * 2**20, "urls": []},
    }
    for name, value in changes.items():
        group, key = name.split("__")
        made[group][key] = value
    return made


class VariablesTest(unittest.TestCase):
    WRONG = {
        "environment__id": ["", None, 1, "../x", ENVIRONMENT.upper(), ENVIRONMENT + "\n"],
        "backup__id": ["../../etc", BACKUP + "/..", "", None],
        "backup__scope": ["all", "", None, []],
        "backup__sha256": ["0" * 63, "G" * 64, None],
        "backup__size_bytes": [0, -1, "9", 1.5, True, None],
        "backup__url": [1, []],
        "environment__user": ["root", "pl_", "pl_0123456789ab/..", "pl_0123456789AB", None],
        "environment__url": ["javascript:1", "http://a b", "http://a'", "", None],
        "upload__part_size_bytes": [1, 2**40, "64", None],
        "upload__urls": ["http://x", None, [1]],
    }

    def test_what_is_right_is_taken(self):
        self.assertIsInstance(read_create_task(told()), CreateTask)
        self.assertEqual(read_restore_task(told(backup__url="http://x")).url, "http://x")

    def test_each_wrong_one_is_named_and_not_quoted(self):
        for name, values in self.WRONG.items():
            for value in values:
                with self.subTest(name, value=value), self.assertRaises(Failure) as caught:
                    (read_create_task(told(**{name: value})), read_restore_task(told(**{name: value})))
                self.assertIn(name.replace("__", "."), caught.exception.reason)


class CommandTest(backup_case.Case):
    def setUp(self):
        super().setUp()
        self.s3 = self.start_s3()
        self.run_dir = self.make_run().path
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.program("mariadb", "echo 1000")

    def program(self, name, script):
        """A stand-in for a program of the node."""
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def make_site(self):
        release = self.folder / "sites/pl_0123456789ab/releases/0a1b2c3d"
        (release / "htdocs/wp-includes").mkdir(parents=True)
        (release / "htdocs/wp-includes/version.php").write_text("<?php\n$wp_version = '6.1.9';\n")
        (release.parents[1] / "current").symlink_to("releases/0a1b2c3d")
        return release

    def create(self, scope):
        """A backup of a site in the test's folder, with the programs of self.bin."""
        urls = [f"{self.s3.address}/key/1?{SECRET}"]
        (self.run_dir / "vars.json").write_text(json.dumps(told(backup__scope=scope, upload__urls=urls)))
        with mock.patch.dict(os.environ, {"PATH": f"{self.bin}:{os.environ['PATH']}"}):
            said = create(RunDir(self.run_dir), self.folder / "sites")
        return said, json.loads((self.run_dir / "result.json").read_bytes())

    def dumps(self, text, code=0):
        self.program("mariadb-dump", f"printf '%s' '{text}'; echo \"$@\" >'{self.folder}/argv'; exit {code}")

    def test_a_backup_is_stored_as_its_result_says_and_can_be_read_again(self):
        for scope in ("db", "files", "full"):
            with self.subTest(scope):
                shutil.rmtree(self.folder / "sites", ignore_errors=True)
                self.make_site()
                self.dumps(DUMP.decode())
                said, result = self.create(scope)
                stored = self.s3.file_of("/key/1")
                self.assertEqual(said, {"busy_files": 0, "left_out": 0})
                self.assertEqual(result["sha256"], hashlib.sha256(stored.read_bytes()).hexdigest())
                self.assertEqual((result["wordpress_version"], result["size_bytes"]), ("6.1.9", stored.stat().st_size))
                manifest = read_archive(stored, Check(make_task(scope), 2**30))
                self.assertEqual(manifest["url"], "http://shop.example.test:8088")
                self.assertEqual(sorted(os.listdir(self.run_dir)), ["progress.json", "result.json", "vars.json"])

    def test_the_dump_is_of_the_live_release(self):
        self.make_site()
        self.dumps(DUMP.decode())
        self.create("db")
        said = (self.folder / "argv").read_text()
        self.assertTrue(said.endswith("-- pl_0123456789ab_0a1b2c3d\n"), said)
        self.assertIn("--single-transaction", said)

    def expect_failure(self, kind, *words):
        with self.assertRaises(Failure) as caught:
            self.create("full")
        self.assertEqual(caught.exception.kind, kind)
        for word in words:
            self.assertIn(word, caught.exception.reason)
        self.assertFalse((self.run_dir / "result.json").exists())

    def test_a_dump_that_fails_or_is_cut_off_stores_nothing(self):
        self.make_site()
        self.dumps(DUMP.decode(), code=2)
        self.expect_failure("dump", "mariadb-dump ended with 2")
        self.dumps(DUMP.decode()[:30])
        self.expect_failure("dump", "does not end")
        self.assertEqual(self.s3.seen, [])

    def test_a_dump_that_stands_still_is_ended_and_one_that_goes_on_is_not(self):
        with mock.patch.dict(os.environ, {"PATH": f"{self.bin}:{os.environ['PATH']}"}):
            self.program("mariadb-dump", "printf begun; exec sleep 600")
            with self.assertRaises(Failure) as caught:
                make_dump("x", self.folder, still_max_s=0.2)
            self.assertEqual(caught.exception.kind, "dump")
            self.assertIn("stood still", caught.exception.reason)
            self.dumps(DUMP.decode())
            file, told_of = make_dump("x", self.folder)
            file.close()
        self.assertEqual(told_of["size_bytes"], len(DUMP))

    def test_a_dump_that_does_not_fit_is_not_begun(self):
        self.make_site()
        self.program("mariadb", "echo 9e18")
        self.expect_failure("room", "MiB are free")

    def test_a_site_without_a_live_release_its_files_or_its_database_has_no_backup(self):
        self.expect_failure("gone", "no live release")
        release = self.make_site()
        self.program("mariadb", "true")
        self.expect_failure("gone", "no database")
        (release / "htdocs").rename(release / "away")
        self.expect_failure("gone", "no live release")
        (release.parents[1] / "current").unlink()
        self.expect_failure("gone", "no live release")

    def test_a_failing_compressor_leaves_no_result(self):
        self.make_site()
        self.dumps(DUMP.decode())
        self.program("zstd", "cat; exit 4")
        self.expect_failure("archive", "zstd ended with 4")

    def test_the_command_answers_one_line_and_says_no_address_whatever_happens(self):
        for variables, kind in [
            (None, "request"),
            ({}, "request"),
            (told(backup__url=f"http://127.0.0.1:1/x?{SECRET}", environment__id=1), "request"),
            (told(environment__user="pl_ffffffffffff", upload__urls=[f"http://x/?{SECRET}"]), "gone"),
        ]:
            with self.subTest(variables=variables):
                if variables is not None:
                    (self.run_dir / "vars.json").write_text(json.dumps(variables))
                argv = [sys.executable, "-I", "-B", str(TOOL), "create", str(self.run_dir)]
                done = subprocess.run(argv, capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (3, ""))
                self.assertEqual(json.loads(done.stdout)["kind"], kind)
                self.assertNotIn("5ec3e7", done.stdout)

    def test_an_error_that_nobody_foresaw_is_told_by_type_and_place_alone(self):
        try:
            raise ValueError(f"cannot open http://x/?{SECRET}")
        except ValueError as error:
            said = describe_unforeseen(error)
        self.assertRegex(said, r"^unforeseen ValueError at backup_command_test.py:\d+$")


if __name__ == "__main__":
    unittest.main()
