"""Indices of vectors, as vector-index.mjs measures them: builds one, then answers queries one by one. A JSON line each."""
import json
import sys
import tempfile
import time

import numpy


def usearch_index(vectors, threads):
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="cos", dtype="f32", connectivity=16, expansion_add=128)
    index.add(numpy.arange(len(vectors)), vectors, threads=threads)

    def search(query, top, expansion):
        index.expansion_search = expansion
        return index.search(query, top).keys

    return search


def hnswlib_index(vectors, threads):
    import hnswlib

    index = hnswlib.Index(space="cosine", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), M=16, ef_construction=128)
    index.add_items(vectors, num_threads=threads)

    def search(query, top, expansion):
        index.set_ef(expansion)
        return index.knn_query(query, k=top, num_threads=1)[0][0]

    return search


def lancedb_index(vectors, threads):
    import lancedb
    import pyarrow

    flat = pyarrow.array(vectors.reshape(-1))
    columns = {
        "id": pyarrow.array(numpy.arange(len(vectors))),
        "vector": pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
    }
    table = lancedb.connect(tempfile.mkdtemp()).create_table("pins", pyarrow.table(columns))
    settings = dict(metric="cosine", num_partitions=1, m=16, ef_construction=128)
    table.create_index(index_type="IVF_HNSW_SQ", vector_column_name="vector", **settings)

    def search(query, top, expansion):
        found = table.search(query).distance_type("cosine").ef(max(expansion, 2 * top)).refine_factor(2).limit(top).select(["id"])
        return numpy.array(found.to_arrow()["id"])

    return search


MAKERS = {"usearch": usearch_index, "hnswlib": hnswlib_index, "lancedb": lancedb_index}


def build(state, request):
    vectors = numpy.fromfile(request["vectors"], dtype=numpy.float32).reshape(-1, request["width"])
    started = time.perf_counter()
    state["search"] = MAKERS[request["index"]](vectors, request["threads"])
    return {"seconds": time.perf_counter() - started}


def ask(state, request):
    queries = numpy.fromfile(request["queries"], dtype=numpy.float32).reshape(-1, request["width"])
    seconds, found = [], []
    for query in queries:
        started = time.perf_counter()
        keys = state["search"](query, request["top"], request["expansion"])
        seconds.append(time.perf_counter() - started)
        found.append([int(key) for key in keys])
    return {"seconds": seconds, "found": found}


def main():
    state = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = build(state, request) if request["op"] == "build" else ask(state, request)
        except Exception as error:  # The peer goes on; its row says what was wrong.
            answer = {"error": f"{request.get('index', '')} {error}"}
        print(json.dumps(answer), flush=True)


main()
