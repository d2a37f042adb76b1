"""N(u) as edges between blocks, with heavy pins in parts."""

from pyspark.sql import functions as F
from pyspark.sql.types import ByteType, IntegerType, LongType, ShortType, StringType

#: Parts that a pin's neighbours may be pooled in; a part's number is its pin's times this, behind the numbers of all pins.
PARTS = 2**20

EDGE = ["pin", "neighbor", "weight"]


def version_of(frame):
    """What changes when a table's files do."""
    files = frame.select("_metadata.file_path", "_metadata.file_size", "_metadata.file_modification_time").distinct()
    return sorted(str(tuple(file)) for file in files.collect())


def with_rows(given, pins):
    """The table (pin, neighbor, weight) with the dataset's rows in the place of its ids; `pins`: row and id of all pins."""
    _check_columns(given, pins.schema["id"].dataType)
    pin, neighbor = (pins.select(F.col("row").alias(f"{side}_row"), F.col("id").alias(side)) for side in EDGE[:2])
    located = given.select(EDGE).join(pin, "pin", "left").join(neighbor, "neighbor", "left")
    weight = F.col("weight").cast("double")
    usable = F.coalesce((weight > 0) & (weight < float("inf")), F.lit(False))
    bad = located.where(F.col("pin_row").isNull() | F.col("neighbor_row").isNull() | ~usable).take(1)
    if bad:
        raise ValueError(
            f"The table of neighbourhoods has the row {bad[0].asDict()}; "
            "allowed: ids of pins of the dataset, and weights that are finite and above 0"
        )
    rows = located.groupBy(F.col("pin_row").alias("pin"), F.col("neighbor_row").alias("neighbor"))
    return rows.agg(F.sum(weight).cast("float").alias("weight"))


def _check_columns(given, id_type):
    missing = [name for name in EDGE if name not in given.columns]
    if missing:
        raise ValueError(f"The table of neighbourhoods has no column {missing[0]!r}; it has {given.columns}")
    allowed = (StringType,) if isinstance(id_type, StringType) else (ByteType, ShortType, IntegerType, LongType)
    for name in EDGE[:2]:
        found = given.schema[name].dataType
        if not isinstance(found, allowed):
            raise ValueError(
                f"Column {name!r} of the neighbourhoods is of type {found.simpleString()}; the dataset's ids are {id_type.simpleString()}"
            )


def heavy_pins(neighbors, split):
    """Pins with more neighbours than `split`, and the number of parts in which they are pooled."""
    counts = neighbors.groupBy("pin").count()
    return counts.where(F.col("count") > split).select("pin", F.ceil(F.col("count") / split).alias("parts"))


def edges_of(neighbors, heavy, pins, blocks, aggregator):
    """Who wants a neighbour in a block: (block, neighbor, targets). Blocks from `blocks` on are those of parts.

    heavy: as of `heavy_pins`, few; None: there are none. A part is a pin behind all others: it has some of its pin's neighbours, and the
    pin has its parts as neighbours, each with the weight of all that are in it.
    """
    if aggregator == "mean":
        neighbors = neighbors.withColumn("weight", F.lit(1.0).cast("float"))
    edges = neighbors
    if heavy is not None:
        joined = neighbors.join(F.broadcast(heavy), "pin", "left")
        number = F.pmod(F.xxhash64("neighbor"), F.col("parts"))
        split = joined.where("parts IS NOT NULL").withColumn("part", part_of("pin", number, pins))
        whole = joined.where("parts IS NULL").select(EDGE)
        weight = F.sum("weight").cast("float").alias("weight")
        of_pins = split.groupBy("pin", F.col("part").alias("neighbor")).agg(weight)
        of_parts = split.select(F.col("part").alias("pin"), "neighbor", "weight")
        edges = whole.unionByName(of_pins).unionByName(of_parts)
    edges = edges.withColumn("block", block_of("pin", pins, blocks))
    return edges.groupBy("block", "neighbor").agg(F.collect_list(F.struct("pin", "weight")).alias("targets"))


def parts_of(heavy, pins):
    """All parts: their numbers, as pins."""
    numbered = heavy.select("pin", F.explode(F.sequence(F.lit(0), F.col("parts") - 1)).alias("number"))
    return numbered.select(part_of("pin", F.col("number"), pins).alias("pin"))


def part_of(pin, number, pins):
    return (F.col(pin) * PARTS + number + pins).cast("bigint")


def block_of(pin, pins, blocks):
    """The block of a pin, or of a part."""
    block = F.col(pin) % blocks
    return F.when(F.col(pin) < pins, block).otherwise(block + blocks).cast("int")
