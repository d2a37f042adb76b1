"""Tables in the work directory: each is written once, and read again by whoever has the same inputs."""

import hashlib
import json
import tempfile
from pathlib import Path

from pinsage_spark.files import File

#: Part of every table's inputs: to be raised when what a table holds changes.
VERSION = 1


class Table:
    def __init__(self, frame, digest):
        self.frame = frame
        #: Of all that the table was made of.
        self.digest = digest


class Tables:
    """Tables of a directory in any file system that Spark knows: NAME is Parquet, and NAME.made the digest of what it was made of."""

    def __init__(self, spark, directory, say):
        self._spark = spark
        self._directory = directory.rstrip("/")
        self._say = say

    def make(self, name, inputs, build, path=None):
        """The table `name`: read when it is there, whole and of the same inputs, else written from the frame that `build` returns.

        inputs: what JSON can hold, and tables. path: where it is to be, which must be new or have been written from here. Default: in the
        directory.
        """
        table = File(self._spark, path or f"{self._directory}/{name}")
        return self._made(name, inputs, table, path, lambda: build().write.mode("overwrite").parquet(table.path))

    def upload(self, name, inputs, write):
        """As make, of a Parquet file that `write` writes to a path of this machine."""
        table = File(self._spark, f"{self._directory}/{name}")

        def copy():
            with tempfile.TemporaryDirectory(prefix="pinsage-spark-") as folder:
                path = Path(folder, "table")
                write(path)
                table.upload(path)

        return self._made(name, inputs, table, None, copy)

    def _made(self, name, inputs, table, path, write):
        where = table.path
        digest = _digest([VERSION, name, inputs])
        made = File(self._spark, f"{self._directory}/{name}.made")
        if made.read() == f"{digest} {where}" and table.exists():
            self._say(f"{name}: is there already")
            return Table(self._spark.read.parquet(where), digest)
        if path is not None and table.exists() and not (made.read() or "").endswith(f" {where}"):
            raise FileExistsError(f"{path} is there already, and was not written from {self._directory}")
        # Until the table is whole it is of no inputs, and ours nevertheless.
        made.write(f"unfinished {where}")
        self._say(f"{name}: computing")
        write()
        made.write(f"{digest} {where}")
        return Table(self._spark.read.parquet(where), digest)


def _digest(value):
    text = json.dumps(value, sort_keys=True, default=lambda table: table.digest)
    return hashlib.sha256(text.encode()).hexdigest()
