"""Calls of embed() in one session, as JSON on standard input says; answers with what each said and how it ended, as JSON on standard output."""

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

    def say(text):
        said.append(text)
        print(text, file=sys.stderr, flush=True)

    try:
        table = embed(spark, **arguments, say=say)
        rows = table.sort("row").collect()
        answers.append({"said": said, "ids": [row.id for row in rows], "embeddings": [row.embedding for row in rows]})
    except Exception as error:
        answers.append({"said": said, "error": str(error)})
spark.stop()
json.dump(answers, sys.stdout)
