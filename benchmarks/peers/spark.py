"""Embeds on Spark, and pools a layer by Spark SQL alone; the request is JSON on standard input, the measurements JSON on standard output."""

import json
import sys
import time
import urllib.request

import numpy as np
import pyarrow as pa
from pinsage_spark import embed
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

request = json.load(sys.stdin)
spark = (
    SparkSession.builder.master(f"local[{request['threads']}]")
    .config("spark.driver.memory", "4g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", 2 * request["threads"])
    .getOrCreate()
)
context = spark.sparkContext
folder = request["folder"]
work = f"{folder}/work"
measured = []


def shuffled():
    """Bytes that all stages so far have written for a shuffle."""
    with urllib.request.urlopen(f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/stages") as answer:
        return sum(stage["shuffleWriteBytes"] for stage in json.load(answer))


class Measuring:
    """From one call to the next."""

    def __init__(self):
        self._begun = (time.monotonic(), shuffled())

    def end(self, part, name, rows):
        seconds, written = time.monotonic() - self._begun[0], shuffled() - self._begun[1]
        measured.append({"part": part, "name": name, "seconds": seconds, "rows": rows, "written": written})
        print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)


def run(part, name, rows, frame):
    measuring = Measuring()
    frame.write.format("noop").mode("overwrite").save()
    measuring.end(part, name, rows)


def measure_embedding():
    marks = []
    out = f"{folder}/out"

    def mark(text):
        marks.append((text.split(":")[0], time.monotonic(), shuffled()))

    embed(spark, request["dataset"], request["run"], out, work=work, worker=request["worker"], say=mark)
    mark("end")
    for (name, begun, before), (_, ended, after) in zip(marks, marks[1:]):
        rows = spark.read.parquet(out if name == "embeddings" else f"{work}/{name}").count()
        measured.append({"part": "Spark", "name": name, "seconds": ended - begun, "rows": rows, "written": after - before})
    (_, begun, before), (_, ended, after) = marks[0], marks[-1]
    rows = spark.read.parquet(out).count()
    measured.append({"part": "Spark", "name": "all", "seconds": ended - begun, "rows": rows, "written": after - before})


def as_arrays(frame, schema):
    """A table (pin, vector) with its vectors as arrays of float."""

    def convert(batches):
        for batch in batches:
            vectors = [np.frombuffer(vector.as_buffer(), "<f4") for vector in batch.column("vector")]
            arrays = pa.array(vectors, pa.list_(pa.float32()))
            yield pa.RecordBatch.from_arrays([batch.column("pin"), arrays], ["pin", "vector"])

    return frame.mapInArrow(convert, schema)


def measure_sql():
    """What a layer pools, with nothing but Spark SQL, of a million edges or so. A row is an edge: a pin and one of its neighbours."""
    seen = spark.read.parquet(f"{work}/layer-0").select("pin", F.col("seen").alias("vector"))
    as_arrays(seen, "pin bigint, vector array<float>").write.parquet(f"{folder}/seen")
    seen = spark.read.parquet(f"{folder}/seen").withColumnRenamed("pin", "neighbor")
    edges = spark.read.parquet(f"{work}/neighborhoods").where(f"pin % {max(1, request['pins'] // 20_000)} = 0")
    width = len(seen.first().vector)
    pairs = edges.join(seen, "neighbor")
    count = edges.count()

    lists = pairs.groupBy("pin").agg(F.collect_list(F.struct("weight", "vector")).alias("neighbors"))
    zero = f"array_repeat(0D, {width})"
    weighted = "zip_with(sum, n.vector, (s, x) -> s + n.weight * x)"
    pooled = F.expr(f"aggregate(neighbors, {zero}, (sum, n) -> {weighted})")
    run("Spark SQL", "collect_list, aggregate", count, lists.select("pin", pooled))

    sums = [F.sum(F.col("weight") * F.col("vector")[k]).alias(f"v{k}") for k in range(width)]
    run("Spark SQL", f"group by, {width} sums", count, pairs.groupBy("pin").agg(*sums))

    # A row for each number of each neighbour: a tenth of the pins tells enough.
    tenth = "hash(pin) % 10 = 0"
    some = pairs.where(tenth)
    exploded = some.select("pin", "weight", F.posexplode("vector").alias("k", "x"))
    summed = exploded.groupBy("pin", "k").agg(F.sum(F.col("weight") * F.col("x")))
    run("Spark SQL", "posexplode, group by", edges.where(tenth).count(), summed)


def count_vectors():
    """Vectors that a layer shuffles, by the number of blocks: each once to every block where it is a neighbour, or pooled where it is first."""
    edges = spark.read.parquet(f"{work}/neighborhoods")
    pins = spark.read.parquet(f"{work}/layer-0").count()
    for blocks in (2, 16, 128, 1024):
        once = edges.select("neighbor", F.col("pin") % blocks).distinct().count()
        # Vectors meet the edges by their own pins, and what is pooled there meets the others by the edges'.
        pooled = pins + edges.select("pin", F.col("neighbor") % blocks).distinct().count()
        measured.append({"part": "vectors", "name": f"{blocks} blocks, once to each", "rows": once})
        measured.append({"part": "vectors", "name": f"{blocks} blocks, pooled before", "rows": pooled})


def measure_vectors():
    """Vectors of 256 float32 numbers to a Python worker and back, as bytes and as arrays."""
    rows = request["vectors"]
    ones = F.unhex(F.repeat(F.lit("0000803f"), 256)).alias("vector")
    spark.range(rows).select(F.col("id").alias("pin"), ones).write.parquet(f"{folder}/binary")
    as_arrays(spark.read.parquet(f"{folder}/binary"), "pin bigint, vector array<float>").write.parquet(f"{folder}/arrays")
    for round in ("", ", again"):
        for name, kind in (("binary", "binary"), ("arrays", "array<float>")):
            frame = spark.read.parquet(f"{folder}/{name}")
            there_and_back = frame.mapInArrow(lambda batches: batches, f"pin bigint, vector {kind}")
            run("mapInArrow", f"{kind}{round}", rows, there_and_back)


measure_embedding()
# Many minutes for a million pins.
if request["pins"] <= 100_000:
    count_vectors()
measure_vectors()
measure_sql()
spark.stop()
json.dump(measured, sys.stdout)
