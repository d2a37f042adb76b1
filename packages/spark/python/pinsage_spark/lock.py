"""One driver at a time in a work directory."""

import json
import os
import socket
import time
from contextlib import contextmanager
from datetime import datetime, timezone

from pinsage_spark.files import File


@contextmanager
def locked(spark, directory, break_lock=False):
    """Holds `directory`/lock, which names this process.

    A lock of a process of this machine that has ended is taken over. One of another machine, whose processes cannot be seen from here, is
    not, except with `break_lock`. Raises FileExistsError.
    """
    path = f"{directory.rstrip('/')}/lock"
    lock = File(spark, path)
    mine = json.dumps(_me(spark))
    while not lock.create(mine):
        found = lock.read()
        if found is None:
            continue
        if not (break_lock or _has_ended(found)):
            raise FileExistsError(_held(lock.path, found))
        _remove(lock, File(spark, f"{path}.{os.getpid()}-{os.urandom(4).hex()}"), found)
    try:
        yield
    finally:
        if lock.read() == mine:
            lock.delete()


def _remove(lock, aside, found):
    """Of two drivers that found the same lock one gets it, and neither removes the other's new one."""
    if not lock.rename(aside):
        return
    if aside.read() == found:
        aside.delete()
    else:
        aside.rename(lock)


def _me(spark):
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": _start_of(os.getpid()),
        "application": spark.sparkContext.applicationId,
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        # Two calls of one process are not one.
        "call": time.monotonic_ns(),
    }


def _has_ended(found):
    try:
        owner = json.loads(found)
        host, pid, started = owner["host"], owner["pid"], owner["started"]
    except (ValueError, KeyError, TypeError):
        return False
    if host != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return started != _start_of(pid)


def _start_of(pid):
    """When a process started, where the system tells it: a process id is used again, this pair is not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            # Field 22; the name, field 2, may hold spaces but ends at the last parenthesis.
            return stat.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def _held(path, found):
    try:
        owner = json.loads(found)
        who = f"process {owner['pid']} on {owner['host']} since {owner['since']} (Spark's application {owner['application']})"
    except (ValueError, KeyError, TypeError):
        who = "a process that it does not name"
    return (
        f"{path} is held by {who}. Two drivers cannot share a work directory: wait for it, or give another one. "
        "If it is certainly gone, begin with --break-lock."
    )
