"""A database client that complains: is the dump at fault, or the node?"""

import sys
import unittest

import backup_case

from failure import Failure
from load import load

# Ends as the client of MariaDB does: one line, exit code 1.
CLIENT = "import sys; sys.stdin.buffer.read(); sys.stderr.write(sys.argv[1]); sys.exit(int(sys.argv[2]))"

NODE = [
    "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)",
    "ERROR 2013 (HY000) at line 9: Lost connection to server during query",
    "ERROR 1021 (HY000) at line 3: Disk full (/var/lib/mysql/x)",
    "ERROR 1114 (HY000) at line 12: The table 'wp_posts' is full",
    "ERROR 1205 (HY000) at line 4: Lock wait timeout exceeded; try restarting transaction",
]
DUMP = [
    "ERROR 1044 (42000) at line 1: Access denied for user 'pl_0123456789ab'@'localhost' to database 'mysql'",
    "ERROR 1064 (42000) at line 2002: You have an error in your SQL syntax near 'ERROR 2002 (HY000)'",
    "ERROR 1273 (HY000) at line 30: Unknown collation: 'utf8mb4_0900_ai_ci'",
    "",
]


class LoadTest(backup_case.Case):
    def setUp(self):
        super().setUp()
        self.dump = self.folder / "database.sql"
        self.dump.write_bytes(b"INSERT INTO x VALUES (1);\n")

    def load(self, complaint, code=1):
        client = [sys.executable, "-c", CLIENT, complaint, str(code)]
        return load(self.dump, "pl_0123456789ab", "89abcdef", client, {})

    def kind_of(self, complaint):
        with self.assertRaises(Failure) as raised:
            self.load(complaint)
        return raised.exception.kind

    def test_a_database_that_cannot_be_asked_says_nothing_of_the_dump(self):
        for complaint in NODE:
            with self.subTest(complaint):
                self.assertEqual(self.kind_of(complaint), "database")

    def test_whatever_else_it_says_is_a_refusal_of_the_dump(self):
        for complaint in DUMP:
            with self.subTest(complaint):
                self.assertEqual(self.kind_of(complaint), "load")

    def test_a_client_that_is_content_is_believed(self):
        self.assertEqual(self.load("", 0), {})


if __name__ == "__main__":
    unittest.main()
