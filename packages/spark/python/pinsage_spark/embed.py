"""The plan: every pin is projected once, and every layer is computed once for every pin.

A pin belongs to the block `pin % blocks`, which is a partition of Spark's. A layer sends a pin's vector once to every block where it is a
neighbour, however many pins there it is one of; the block's Node worker pools what comes, and computes the next vectors.
"""

import atexit
import json
import math
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pyspark.sql import functions as F

from pinsage_spark.features import encodable
from pinsage_spark.lock import locked
from pinsage_spark.neighborhoods import block_of, edges_of, heavy_pins, parts_of, version_of, with_rows
from pinsage_spark.node import through_node
from pinsage_spark.tables import Tables

#: Bytes that a Node worker holds of a block's pins, unless Spark runs more tasks at once than there are blocks then. The fewer blocks,
#: the fewer vectors are shuffled.
BLOCK = 2**28

#: Rows and bytes of a batch between Spark and the workers.
BATCH = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": 4096,
    "spark.sql.execution.arrow.maxBytesPerBatch": 2**26,
}

NEIGHBORHOODS = "pin bigint, neighbor bigint, weight float"
REPRESENTED = "pin bigint, blocks array<int>, h binary, seen binary"
POOLED = "pin bigint, blocks array<int>, seen binary"
EMBEDDED = "pin bigint, embedding array<float>"

# Kinds of a block's rows, as the Node worker knows them.
OWN, INPUT, TARGETS, SEEN = range(4)


def embed(
    spark,
    dataset,
    run,
    out,
    *,
    work=None,
    neighborhoods=None,
    features=None,
    blocks=None,
    split=10_000,
    worker="pinsage-spark-worker",
    break_lock=False,
    say=lambda text: None,
):
    """Embeds all pins of a dataset by the model of a run into the Parquet table `out`: row, id, embedding. Returns the table.

    dataset, run: directories that the driver can read; the executors need the dataset, under the same path, except with both
        `neighborhoods` and `features`.
    out: of any file system that Spark knows. It must be new, or of an earlier call with the same work directory.
    work: directory for what is computed on the way, of any such file system, and of one call at a time (FileExistsError). What is there
        already, of the same inputs, is not computed again. Default: `out` + ".work".
    neighborhoods: a Parquet table (pin, neighbor, weight) of the dataset's ids. Default: random walks over the dataset's graph, as in
        the model's training.
    features: a Parquet table with `pin`, the dataset's ids, a column for each of the model's features, and `#degree`, the number of a
        pin's boards, if the model reads it. Default: those of the dataset. Not for a model that reads boards.
    blocks: partitions that a layer is computed in. Default: as many as Spark runs tasks at once, or one for every 256 MiB
        of what a worker holds of its pins, if that is more.
    split: neighbours of a pin that are pooled in one place; those of pins with more are pooled in parts.
    worker: the command of the Node worker, on the driver and on the executors.
    break_lock: go on where a driver on another machine died with the work directory locked; one of this machine that has died locks
        nobody out.
    say: is told what is being done.
    """
    if split < 1 or (blocks is not None and blocks < 1):
        raise ValueError(f"blocks is {blocks} and split is {split}; allowed: numbers from 1")
    command = shlex.split(worker)
    description = _describe(command, dataset, run)
    if features is not None and description["readsBoards"]:
        raise ValueError(
            "The model reads what boards its pins are on, which a table of features does not say: leave the table out, or train with "
            "model.boardVector=false and without features of boards"
        )
    plan = _Plan(spark, dataset, command, description, blocks, split)
    work = work or f"{out.rstrip('/')}.work"
    tables = Tables(spark, work, say)
    with locked(spark, work, break_lock), _settings(spark, {**BATCH, "spark.sql.shuffle.partitions": plan.blocks}):
        return plan.run(tables, neighborhoods, features, out).frame


class _Plan:
    def __init__(self, spark, dataset, command, description, blocks, split):
        self._spark = spark
        self._dataset = str(Path(dataset).resolve())
        self._command = command
        self._split = split
        self._description = description
        self._pins = description["pins"]
        self._layers = description["layers"]
        #: Spark's own shuffles have as many partitions: all of them are of pins, or of edges by pin.
        self.blocks = blocks or max(spark.sparkContext.defaultParallelism, math.ceil(self._pins * description["bytesPerPin"] / BLOCK))
        self._model = _ship(spark, description)
        #: What makes a table another one: not where the model lies.
        self._inputs = {key: value for key, value in description.items() if key != "model"}

    def run(self, tables, neighborhoods, features, out):
        ids = self._ids(tables)
        given = None if features is None else self._spark.read.parquet(features)
        inputs = [self._inputs] if given is None else [self._inputs, version_of(given)]
        if self._layers == 0:
            return self._finish(tables, out, ids, inputs, lambda: self._project(ids, given))
        neighbors = self._neighborhoods(tables, ids, neighborhoods)
        heavy = tables.make("heavy", [neighbors, self._split], lambda: heavy_pins(neighbors.frame, self._split))
        split = None if heavy.frame.isEmpty() else heavy.frame
        parts = None if split is None else parts_of(split, self._pins)
        aggregator = self._description["aggregator"]
        edges = tables.make(
            "edges",
            [neighbors, heavy, self.blocks, aggregator],
            lambda: edges_of(neighbors.frame, split, self._pins, self.blocks, aggregator),
        )
        wanted = edges.frame.groupBy(F.col("neighbor").alias("pin")).agg(F.collect_list("block").alias("blocks"))
        h0 = h = tables.make("layer-0", [edges, *inputs], lambda: self._project(ids, given, wanted))
        for layer in range(self._layers):
            seen = [h]
            if parts is not None:
                own = parts.join(wanted, "pin", "left")
                rows = self._rows_of_parts(own, edges, h)
                seen.append(tables.make(f"parts-{layer}", [edges, h], lambda: self._through({"op": "pool"}, rows, POOLED)))
            rows = self._rows_of_pins(layer, h, h0, edges, seen)
            stage = {"op": "convolve", "layer": layer}
            if layer + 1 == self._layers:
                return self._finish(tables, out, ids, [edges, h0, *seen], lambda: self._through(stage, rows, EMBEDDED))
            h = tables.make(f"layer-{layer + 1}", [edges, *seen], lambda: self._through(stage, rows, REPRESENTED))

    def _neighborhoods(self, tables, ids, given):
        if given is None:
            stage = {"op": "neighborhoods", "dataset": self._dataset}
            rows = self._all_pins()
            return tables.make("neighborhoods", [self._inputs], lambda: self._through(stage, rows, NEIGHBORHOODS))
        frame = self._spark.read.parquet(given)
        inputs = [self._description["checksum"], version_of(frame)]
        return tables.make("neighborhoods", inputs, lambda: with_rows(frame, ids.frame))

    def _all_pins(self):
        return self._spark.range(0, self._pins, numPartitions=self.blocks).select(F.col("id").alias("pin"))

    def _ids(self, tables):
        """Rows and ids of all pins, where executors find them without the dataset."""
        pins = Path(self._dataset, "pins.parquet")
        return tables.upload("ids", [self._description["checksum"]], lambda path: _write_columns(pins, ["row", "id"], path))

    def _project(self, ids, given, wanted=None):
        """h0 of all pins. wanted: (pin, blocks), the blocks where a pin is a neighbour; None: there are no layers."""
        if given is None:
            stage = {"op": "inputs", "dataset": self._dataset}
            pins = self._all_pins()
        else:
            stage = {"op": "encode"}
            pins = encodable(given, ids.frame, self._description["features"], self._description["degree"])
        if wanted is None:
            pins = pins.withColumn("blocks", F.lit(None).cast("array<int>"))
        else:
            pins = pins.repartition(self.blocks, "pin").join(wanted, "pin", "left")
        return self._through(stage, pins, REPRESENTED if self._layers > 0 else EMBEDDED)

    def _rows_of_pins(self, layer, h, h0, edges, seen):
        kinds = [_rows(h.frame.withColumn("block", self._block("pin")), OWN, blocks="blocks", vector="h")]
        if self._description["residual"] and 0 < layer == self._layers - 1:
            kinds.append(_rows(h0.frame.withColumn("block", self._block("pin")), INPUT, vector="h"))
        kinds += _neighbor_rows(edges.frame, [table.frame for table in seen])
        return self._in_blocks(kinds, F.col("block") < self.blocks)

    def _rows_of_parts(self, parts, edges, h):
        own = _rows(parts.withColumn("block", self._block("pin")), OWN, blocks="blocks")
        return self._in_blocks([own, *_neighbor_rows(edges.frame, [h.frame])], F.col("block") >= self.blocks)

    def _block(self, pin):
        return block_of(pin, self._pins, self.blocks)

    def _in_blocks(self, kinds, condition):
        """Rows of all kinds, a block a partition, in the order in which its worker wants them."""
        rows = kinds[0]
        for others in kinds[1:]:
            rows = rows.unionByName(others)
        rows = rows.where(condition).withColumn("block", F.col("block") % self.blocks)
        rows = rows.repartitionById(self.blocks, "block").drop("block")
        # One number, which Spark sorts by its digits; by three columns it compares rows.
        neighbors = F.when(F.col("kind") >= TARGETS, F.lit(2**62)).otherwise(F.lit(0))
        return rows.sortWithinPartitions(neighbors + F.col("pin") * 4 + F.col("kind"))

    def _through(self, stage, rows, schema):
        return rows.mapInArrow(through_node(self._command, stage, self._model), schema)

    def _finish(self, tables, out, ids, inputs, build):
        def embeddings():
            return build().join(ids.frame.withColumnRenamed("row", "pin"), "pin").select(F.col("pin").alias("row"), "id", "embedding")

        return tables.make("embeddings", inputs, embeddings, path=out)


def _neighbor_rows(edges, seen):
    """Rows of neighbours: who wants them in a block, and what they look like."""
    yield _rows(edges.withColumnRenamed("neighbor", "pin"), TARGETS, targets="targets")
    for frame in seen:
        yield _rows(frame.withColumn("block", F.explode("blocks")), SEEN, vector="seen")


def _rows(frame, kind, blocks=None, vector=None, targets=None):
    """Rows of one kind, with all columns that a block's rows have."""
    return frame.select(
        "block",
        F.lit(kind).alias("kind"),
        "pin",
        (F.col(blocks) if blocks else F.lit(None)).cast("array<int>").alias("blocks"),
        (F.col(vector) if vector else F.lit(None)).cast("binary").alias("vector"),
        (F.col(targets) if targets else F.lit(None)).cast("array<struct<pin:bigint,weight:float>>").alias("targets"),
    )


def _describe(command, dataset, run):
    """What the Node worker says of the dataset and the run."""
    try:
        worker = subprocess.run([*command, "describe", str(dataset), str(run)], capture_output=True, text=True)
    except OSError as error:
        raise RuntimeError(f"The Node worker {command[0]!r} could not be started: {error}") from error
    if worker.returncode != 0:
        raise ValueError(worker.stderr.strip())
    return json.loads(worker.stdout)


def _write_columns(source, columns, path):
    """Some columns of a Parquet file, as another one."""
    with parquet.ParquetFile(source) as file:
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        with parquet.ParquetWriter(path, schema) as writer:
            for batch in file.iter_batches(columns=columns):
                writer.write_batch(batch)


def _ship(spark, description):
    """Gives the executors the model, and this package. Returns the name of the model there."""
    folder = Path(tempfile.mkdtemp(prefix="pinsage-spark-"))
    # Executors ask for the files when their first tasks come, from here.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    model = folder / f"{description['digest']}.safetensors"
    shutil.copyfile(description["model"], model)
    spark.sparkContext.addFile(str(model))
    package = Path(__file__).parent
    modules = shutil.make_archive(str(folder / package.name), "zip", package.parent, package.name)
    spark.sparkContext.addPyFile(modules)
    return model.name


@contextmanager
def _settings(spark, settings):
    before = {name: spark.conf.get(name, None) for name in settings}
    try:
        for name, value in settings.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            spark.conf.unset(name) if value is None else spark.conf.set(name, value)
