"""Calls of embed() in one session, and an example, as JSON on standard input says; JSON on standard output says how they ended."""

import contextlib
import io
import json
import sys

from pinsage_spark import embed
from pyspark.sql import SparkSession

request = json.load(sys.stdin)
builder = SparkSession.builder
for name, value in request["conf"].items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
answers = []
for arguments in request["calls"]:
    said = []

    try:
        table = embed(spark, **arguments, say=said.append)
        rows = table.sort("row").collect()
        answers.append({"said": said, "ids": [row.id for row in rows], "embeddings": [row.embedding for row in rows]})
    except Exception as error:
        answers.append({"said": said, "error": str(error)})
with contextlib.redirect_stdout(io.StringIO()) as printed:
    exec(request["example"])
spark.stop()
json.dump({"answers": answers, "printed": printed.getvalue()}, sys.stdout)
