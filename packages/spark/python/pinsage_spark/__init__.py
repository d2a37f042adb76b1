"""Embeddings of all pins of a PinSage model, as MapReduce on Spark."""

from pinsage_spark.embed import embed

__all__ = ["embed"]
