"""pinsage-spark embed --dataset DIR --run DIR --out PATH"""

import argparse
import os
import sys

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from pinsage_spark.embed import embed


def main(arguments=None):
    options = _parser().parse_args(arguments)
    builder = SparkSession.builder.appName("pinsage embed")
    if options.master is not None:
        builder = builder.master(options.master)
        if options.master.startswith("local"):
            # The driver does all the work then, and Spark's 1 GB is meant for one that does none. What Spark is configured with wins.
            os.environ.setdefault("SPARK_DRIVER_MEMORY", f"{min(4096, _memory() // 2)}m")
    for name, value in options.conf:
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        embed(
            spark,
            options.dataset,
            options.run,
            options.out,
            work=options.work,
            neighborhoods=options.neighborhoods,
            features=options.features,
            blocks=options.blocks,
            split=options.split,
            worker=options.worker,
            break_lock=options.break_lock,
            say=lambda text: print(text, file=sys.stderr),
        )
    except (ValueError, RuntimeError, OSError, AnalysisException) as error:
        sys.exit(f"pinsage-spark: {error}")
    finally:
        spark.stop()


def _memory():
    """Megabytes of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def _parser():
    parser = argparse.ArgumentParser(prog="pinsage-spark", description="PinSage on Spark.")
    commands = parser.add_subparsers(required=True, metavar="command")
    embed = commands.add_parser("embed", help="embed all pins of a dataset", description="Embeds all pins of a dataset.")
    embed.add_argument("--dataset", required=True, metavar="DIR", help="the dataset; executors need it under the same path, except with --neighborhoods and --features")
    embed.add_argument("--run", required=True, metavar="DIR", help="the run, whose model embeds")
    embed.add_argument("--out", required=True, metavar="PATH", help="Parquet: row, id, embedding")
    embed.add_argument("--work", metavar="PATH", help="for what is computed on the way; default: OUT.work")
    embed.add_argument(
        "--neighborhoods",
        metavar="PATH",
        help="Parquet with pin, neighbor, weight; default: walks over the dataset's graph, as in the model's training",
    )
    embed.add_argument(
        "--features",
        metavar="PATH",
        help="Parquet with pin, a column for each of the model's features, and #degree if it reads that; default: the dataset's",
    )
    embed.add_argument("--blocks", type=int, metavar="N", help="partitions of a layer; default: one for every 256 MiB of its pins' vectors")
    embed.add_argument("--split", type=int, default=10_000, metavar="N", help="neighbours that are pooled in one place; default: 10000")
    embed.add_argument("--worker", default="pinsage-spark-worker", metavar="COMMAND", help="the Node worker, on the executors too")
    embed.add_argument(
        "--break-lock", action="store_true", help="take a work directory whose driver, on another machine, is certainly gone"
    )
    embed.add_argument("--master", metavar="URL", help="such as local[2] or spark://host:7077; default: as Spark is configured")
    embed.add_argument(
        "--conf",
        action="append",
        default=[],
        type=lambda text: text.split("=", 1),
        metavar="NAME=VALUE",
        help="of Spark; may be given again",
    )
    return parser


if __name__ == "__main__":
    main()
