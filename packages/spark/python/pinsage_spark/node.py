"""Batches of a Spark task through a Node process.

Executors have this package from the driver. Each Python worker has one Node process, which serves its tasks one after the other and
ends when the worker does: then its standard input is closed.
"""

import contextlib
import itertools
import json
import subprocess
import tempfile
import threading

import pyarrow as pa


def through_node(command, stage, model):
    """The function for mapInArrow that puts a task's batches through a stage.

    command: the Node worker, a list of words. stage: what the worker is to do (its `Stage`), but for `threads` and `model`.
    model: name under which the model's file was added to Spark.
    """

    def apply(batches):
        from pinsage_spark import node

        yield from node.run_task(command, stage, model, batches)

    return apply


_process = None


def run_task(command, stage, model, batches):
    from pyspark import SparkFiles, TaskContext

    global _process
    filled = (batch for batch in batches if batch.num_rows > 0)
    first = next(filled, None)
    if first is None:
        return
    stage = {**stage, "threads": TaskContext.get().cpus(), "model": SparkFiles.get(model)}
    if _process is not None and _process.command != command:
        _process.kill()
        _process = None
    if _process is None:
        _process = NodeProcess(command)
    try:
        yield from _process.stream(stage, itertools.chain([first], filled))
    except BaseException:
        # Also when Spark has closed the generator: what the process is in the middle of is nobody's any more.
        _process.kill()
        _process = None
        raise


class NodeProcess:
    def __init__(self, command):
        self.command = command
        self._errors = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            raise RuntimeError(
                f"The Node worker could not be started ({error}): {command[0]!r} has to be on every executor. "
                "See --worker."
            ) from error

    def stream(self, stage, batches):
        """Batches, as the process answers them. Another thread writes while this one reads, each as fast as the pipes allow."""
        writing = _Writing(self._process.stdin, stage, batches)
        writing.start()
        while (frame := self._read()) is not None and len(frame) > 0:
            yield from pa.ipc.open_stream(frame)
        if frame is not None:
            writing.join()
        if writing.failure is not None:
            raise writing.failure
        if frame is None:
            raise RuntimeError(f"The Node worker failed: {self._reason()}")

    def _read(self):
        """The next frame; None when the process has ended before it."""
        length = self._process.stdout.read(4)
        if len(length) < 4:
            return None
        frame = self._process.stdout.read(int.from_bytes(length, "little"))
        return frame if len(frame) == int.from_bytes(length, "little") else None

    def kill(self):
        self._process.kill()
        self._process.wait()

    def _reason(self):
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()[-4000:].decode(errors="replace").strip()
        return said or f"it ended with status {status} and said nothing"


class _Writing(threading.Thread):
    """Writes a stage and batches as the Node worker reads them: frames, each its length and so many bytes, the last one empty."""

    def __init__(self, pipe, stage, batches):
        super().__init__(daemon=True)
        self.failure = None
        self._pipe = pipe
        self._stage = stage
        self._batches = batches

    def run(self):
        try:
            self._write(json.dumps(self._stage).encode())
            for batch in self._batches:
                stream = pa.BufferOutputStream()
                with pa.ipc.new_stream(stream, batch.schema) as writer:
                    writer.write_batch(batch)
                self._write(stream.getvalue())
            self._write(b"")
            self._pipe.flush()
        except BrokenPipeError:
            pass  # The process has ended, and the reading side finds out why.
        except BaseException as failure:
            self.failure = failure
            # The process ends then, and whoever reads its answers learns of the failure.
            with contextlib.suppress(OSError):
                self._pipe.close()

    def _write(self, frame):
        self._pipe.write(len(frame).to_bytes(4, "little"))
        self._pipe.write(frame)
