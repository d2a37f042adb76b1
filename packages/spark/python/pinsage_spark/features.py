"""Features of all pins as a table, in the place of the dataset's."""

from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, IntegralType, NumericType, StringType

#: Column with the number of boards that a pin is on. No feature is called so.
DEGREE = "#degree"


def encodable(given, ids, features, degree):
    """The rows (pin, id, feature0 …, degree) as the Node worker encodes them, for all pins of `ids` (row, id).

    features: names and kinds, as the model has them. degree: whether it reads that too. A pin that the table lacks misses all features.
    """
    _check_columns(given, ids.schema["id"].dataType, features, degree)
    columns = [_column(given, feature).alias(f"feature{i}") for i, feature in enumerate(features)]
    if degree:
        columns.append(F.col(f"`{DEGREE}`").cast("int").alias("degree"))
    _check_pins(given, ids)
    rows = ids.select(F.col("row").cast("bigint").alias("pin"), "id").join(
        given.select(F.col("pin").alias("id"), *columns), "id", "left"
    )
    if degree:
        bad = rows.where(~F.coalesce(F.col("degree") >= 0, F.lit(False))).select("id", "degree").take(1)
        if bad:
            raise ValueError(
                f"The table of features has the {DEGREE} {bad[0].degree} for the pin {bad[0].id!r}; allowed: the number of its boards, "
                "0 or more, for every pin"
            )
    return rows.withColumn("id", F.col("id").cast("string"))


def _check_columns(given, id_type, features, degree):
    names = ["pin", *(feature["name"] for feature in features), *([DEGREE] if degree else [])]
    missing = [name for name in names if name not in given.columns]
    if missing:
        reads = ", which the model reads" if missing[0] != "pin" else ""
        raise ValueError(f"The table of features has no column {missing[0]!r}{reads}; it has {given.columns}")
    pin_types = StringType if isinstance(id_type, StringType) else IntegralType
    _check_type(given, "pin", isinstance(given.schema["pin"].dataType, pin_types), f"{id_type.simpleString()}, as the ids")
    if degree:
        _check_type(given, DEGREE, isinstance(given.schema[DEGREE].dataType, IntegralType), "an integer")


def _column(given, feature):
    """A feature's column in the one type that the Node worker takes."""
    name, kind = feature["name"], feature["kind"]
    found = given.schema[name].dataType
    column = F.col(f"`{name.replace('`', '``')}`")
    if kind == "number":
        _check_type(given, name, isinstance(found, NumericType), "a number")
        return column.cast("double")
    if kind == "dense":
        _check_type(given, name, isinstance(found, ArrayType) and isinstance(found.elementType, NumericType), "an array of numbers")
        return column.cast("array<float>")
    if kind == "categories" and isinstance(found, ArrayType):
        _check_type(given, name, _is_text(found.elementType), "strings, or arrays of them")
        return column.cast("array<string>")
    _check_type(given, name, _is_text(found), "strings, or arrays of them" if kind == "categories" else "strings")
    return column.cast("string")


def _is_text(found):
    # What Spark makes of an integer is what an import makes of it; of other types it is not.
    return isinstance(found, (StringType, IntegralType))


def _check_type(given, name, fits, allowed):
    if not fits:
        found = given.schema[name].dataType.simpleString()
        raise ValueError(f"Column {name!r} of the features is of type {found}; allowed: {allowed}")


def _check_pins(given, ids):
    unknown = given.join(ids, given["pin"] == ids["id"], "left_anti").select("pin").take(1)
    if unknown:
        raise ValueError(f"The table of features has the pin {unknown[0].pin!r}; allowed: ids of pins of the dataset")
    twice = given.groupBy("pin").count().where("count > 1").take(1)
    if twice:
        raise ValueError(f"The table of features has the pin {twice[0].pin!r} {twice[0]['count']} times; allowed: once")
