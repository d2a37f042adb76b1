"""Small files and directories by Hadoop's file systems: PySpark has no other way to ask whether there is one."""

import os
from pathlib import Path


class File:
    def __init__(self, spark, path):
        context = spark.sparkContext
        self._java = context._jvm
        given = self._java.org.apache.hadoop.fs.Path(path)
        self._files = given.getFileSystem(context._jsc.hadoopConfiguration())
        self._path = self._files.makeQualified(given)

    @property
    def path(self):
        """However it was given, with its file system."""
        return self._path.toString()

    def exists(self):
        return self._files.exists(self._path)

    def read(self):
        """Its text; None when there is none."""
        try:
            stream = self._files.open(self._path)
        except Exception as error:
            if _is(error, "java.io.FileNotFoundException"):
                return None
            raise
        try:
            return bytes(stream.readAllBytes()).decode()
        finally:
            stream.close()

    def write(self, text):
        self._put(text, overwrite=True)

    def upload(self, path):
        """Makes it a copy of a file of this machine, in the place of what was there."""
        source = self._java.org.apache.hadoop.fs.Path(Path(path).resolve().as_uri())
        self._files.copyFromLocalFile(False, True, source, self._path)

    def create(self, text):
        """Writes it if there is none. Returns whether that was so."""
        local = self._local()
        try:
            if local is None:
                self._put(text, overwrite=False)
            else:
                _create_locally(local, text)
            return True
        except FileExistsError:
            return False
        except Exception as error:
            if _is(error, "org.apache.hadoop.fs.FileAlreadyExistsException"):
                return False
            raise

    def rename(self, other):
        """Returns whether there was such a file."""
        try:
            return self._files.rename(self._path, other._path)
        except Exception as error:
            if _is(error, "java.io.FileNotFoundException"):
                return False
            raise

    def delete(self):
        self._files.delete(self._path, False)

    def _put(self, text, overwrite):
        stream = self._files.create(self._path, overwrite)
        try:
            stream.write(text.encode())
        finally:
            stream.close()

    def _local(self):
        """Its path on this machine; None for a file of another file system."""
        uri = self._path.toUri()
        return uri.getPath() if uri.getScheme() == "file" else None


def _create_locally(path, text):
    """Hadoop's local file system looks, and then creates. A link is made once, and to a file that is whole."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whole = f"{path}.{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with open(whole, "x") as file:
            file.write(text)
        os.link(whole, path)
    finally:
        os.unlink(whole)


def _is(error, java_class):
    """Whether it is an exception of Java's of this class, or of one below it."""
    exception = getattr(error, "java_exception", None)
    types = []
    kind = None if exception is None else exception.getClass()
    while kind is not None:
        types.append(kind.getName())
        kind = kind.getSuperclass()
    return java_class in types
