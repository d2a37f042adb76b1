"""The graph peers: DGL's PinSAGE sampler, scikit-network, SciPy and PyTorch, on the same graph.safetensors. One JSON line in, one out."""

import json
import sys
import time

import numpy as np
import scipy.sparse as sp
import torch
from load_dgl import dgl

DTYPES = {"U64": np.uint64, "U32": np.uint32, "I64": np.int64, "F32": np.float32}
state = {}


def read_safetensors(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            dtype = DTYPES[entry["dtype"]]
            tensors[name] = np.memmap(path, dtype, "r", 8 + length + begin, ((end - begin) // np.dtype(dtype).itemsize,))
    return tensors


def load(directory):
    tensors = read_safetensors(f"{directory}/graph.safetensors")
    offsets = tensors["pin.offsets"].astype(np.int64)
    state["pins"], state["boards"] = len(offsets) - 1, len(tensors["board.offsets"]) - 1
    state["edge_pins"] = np.repeat(np.arange(state["pins"], dtype=np.int64), np.diff(offsets))
    state["edge_boards"] = tensors["pin.boards"].astype(np.int64)
    return {"edges": len(state["edge_boards"])}


def dgl_graph():
    if "dgl" not in state:
        pins, boards = torch.from_numpy(state["edge_pins"]), torch.from_numpy(state["edge_boards"])
        state["dgl"] = dgl.heterograph(
            {("pin", "in", "board"): (pins, boards), ("board", "has", "pin"): (boards, pins)},
            {"pin": state["pins"], "board": state["boards"]},
        )
        state["dgl"].create_formats_()
    return state["dgl"]


def sampler(request):
    return dgl.sampling.PinSAGESampler(
        dgl_graph(), "pin", "board", request["hops"], request["stop"], request["walks"], request["neighbors"]
    )


def neighbors(request):
    """Neighbourhoods of `seeds`, `per_call` at a time."""
    seeds = torch.tensor(request["seeds"], dtype=torch.int64).split(request["per_call"])
    sample = sampler(request)
    start = time.perf_counter()
    for chunk in seeds:
        sample(chunk)
    return time.perf_counter() - start


def batch(request):
    """DGL's own minibatch (its PinSAGE example): two layers of blocks, the batch's pairs taken out, features of the sources gathered."""
    heads, tails, negatives = (torch.tensor(request[key]) for key in ("queries", "items", "negatives"))
    if "features" not in state:
        state["features"] = torch.randn(state["pins"], request["width"])
    sample = sampler(request)
    start = time.perf_counter()
    seeds = torch.cat([heads, tails, negatives]).unique()
    blocks = []
    for _ in range(2):
        frontier = sample(seeds)
        found = frontier.edge_ids(torch.cat([heads, tails]), torch.cat([tails, heads]), return_uv=True)[2]
        if len(found) > 0:
            frontier = dgl.remove_edges(frontier, found)
        block = dgl.to_block(frontier, seeds)
        blocks.insert(0, block)
        seeds = block.srcdata[dgl.NID]
    state["features"][seeds]
    return time.perf_counter() - start


def matrix():
    if "matrix" not in state:
        shape = (state["pins"], state["boards"])
        state["matrix"] = sp.csr_matrix(
            (np.ones(len(state["edge_pins"]), np.float32), (state["edge_pins"], state["edge_boards"])), shape
        )
    return state["matrix"]


def transition():
    """Pin to board to pin, as two row-normalised sparse factors."""
    if "transition" not in state:
        incidence = matrix()
        by_degree = lambda m: sp.diags(1 / np.maximum(np.asarray(m.sum(1)).ravel(), 1)) @ m  # noqa: E731
        state["transition"] = by_degree(incidence).T.tocsr(), by_degree(incidence.T.tocsr()).T.tocsr()
    return state["transition"]


def ppr_scipy(request):
    """Power iteration until the L1 change bounds the error by `tolerance`, one query at a time."""
    to_boards, to_pins = transition()
    alpha, bound = request["alpha"], request["tolerance"] * request["alpha"] / (1 - request["alpha"])
    start = time.perf_counter()
    for query in request["queries"]:
        ranks = np.zeros(state["pins"], np.float32)
        ranks[query] = 1
        change = 1.0
        while change > bound:
            new = (1 - alpha) * (to_pins @ (to_boards @ ranks))
            new[query] += alpha
            change = np.abs(new - ranks).sum()
            ranks = new
    return time.perf_counter() - start


def ppr_scikit_network(request):
    """scikit-network's PageRank with 10 iterations of its fastest solver on the bipartite graph, one query at a time."""
    from sknetwork.ranking import PageRank

    incidence = matrix()
    rank = PageRank(damping_factor=1 - request["alpha"], solver="piteration", n_iter=10)
    start = time.perf_counter()
    for query in request["queries"]:
        rank.fit_predict(incidence, weights_row={query: 1}, force_bipartite=True)
    return time.perf_counter() - start


def csr(request):
    """Both directions from unsorted edges, duplicates merged."""
    if "shuffled" not in state:
        order = np.random.default_rng(1).permutation(len(state["edge_pins"]))
        state["shuffled"] = state["edge_pins"][order].astype(np.int32), state["edge_boards"][order].astype(np.int32)
        state["ones"] = np.ones(len(order), np.float32)
    pins, boards = state["shuffled"]
    start = time.perf_counter()
    for rows, columns, shape in ((pins, boards, (state["pins"], state["boards"])), (boards, pins, (state["boards"], state["pins"]))):
        sp.coo_matrix((state["ones"], (rows, columns)), shape).tocsr().sort_indices()
    return time.perf_counter() - start


def gather(request):
    """index_select of random rows, converted to f32 where the table is narrower."""
    key = f"table.{request['dtype']}"
    if key not in state:
        dtype = {"f32": torch.float32, "f16": torch.float16, "i8": torch.int8}[request["dtype"]]
        state[key] = torch.randint(-100, 100, (state["pins"], request["width"])).to(dtype)
    calls = torch.tensor(request["rows"], dtype=torch.int64).split(request["per_call"])
    taken, out = (torch.empty(len(calls[0]), request["width"], dtype=dtype) for dtype in (state[key].dtype, torch.float32))
    for i, rows in enumerate(calls):
        if i == 1:  # the first call fills memory that is new, and is not counted
            start = time.perf_counter()
        if taken.dtype == torch.float32:
            torch.index_select(state[key], 0, rows, out=out)
        else:
            out.copy_(torch.index_select(state[key], 0, rows, out=taken))
    return time.perf_counter() - start


def pool(request):
    """Importance pooling of all pins by embedding_bag, `per_call` at a time. Weights sum to 1; padding has 0."""
    neighbors, size = request["neighbors"], request["per_call"]
    if "rows" not in state:
        state["rows"] = torch.rand(state["pins"], request["width"])
    ids = torch.from_numpy(np.fromfile(request["ids"], np.uint32).astype(np.int64)).view(-1, neighbors).split(size)
    weights = torch.from_numpy(np.fromfile(request["weights"], np.float32)).view(-1, neighbors).split(size)
    start = time.perf_counter()
    with torch.inference_mode():
        for some, alpha in zip(ids, weights):
            torch.nn.functional.embedding_bag(some, state["rows"], mode="sum", per_sample_weights=alpha)
    return time.perf_counter() - start


OPERATIONS = {
    "neighbors": neighbors,
    "batch": batch,
    "ppr.scipy": ppr_scipy,
    "ppr.scikit-network": ppr_scikit_network,
    "csr": csr,
    "gather": gather,
    "pool": pool,
}

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads())
for line in sys.stdin:
    request = json.loads(line)
    try:
        operation = request.pop("op")
        answer = load(request["directory"]) if operation == "load" else {"seconds": OPERATIONS[operation](request)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
