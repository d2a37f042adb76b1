"""The tensor peer: PyTorch, as its users write it. One JSON line in, one out."""

import json
import os
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(1)
state = {}


def timed(work):
    start = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - start}


def gemm(r):
    key = (r["m"], r["k"], r["n"], r["transposeA"], r["transposeB"])
    if state.get("gemm") != key:
        a = torch.rand(r["k"], r["m"]).T if r["transposeA"] else torch.rand(r["m"], r["k"])
        b = torch.rand(r["n"], r["k"]).T if r["transposeB"] else torch.rand(r["k"], r["n"])
        state["gemm"], state["a"], state["b"] = key, a, b
    return timed(lambda: torch.mm(state["a"], state["b"]))


class Convolve(torch.nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.transform = torch.nn.Linear(width, hidden)
        self.combine = torch.nn.Linear(width + hidden, width)

    def forward(self, h, neighbors, shares):
        transformed = F.relu(self.transform(h))
        shares = shares.to(transformed.dtype)
        pooled = F.embedding_bag(neighbors, transformed, per_sample_weights=shares, mode="sum")
        return F.normalize(F.relu(self.combine(torch.cat([h[: len(neighbors)], pooled], 1))), dim=1)


def make_step(r):
    roots, fan_out, width = r["roots"], r["fanOut"], r["width"]
    nodes = roots * (fan_out + 1)

    def pool(rows, below):
        shares = torch.rand(rows, fan_out)
        return torch.randint(0, below, (rows, fan_out)), shares / shares.sum(1, keepdim=True)

    features, inner, outer = torch.randn(r["leaves"], width), pool(nodes, r["leaves"]), pool(roots, nodes)
    layers = torch.nn.ModuleList([Convolve(width, r["hidden"]), Convolve(width, r["hidden"])])
    head = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.ReLU(), torch.nn.Linear(width, width, bias=False))
    optimizer = torch.optim.Adam([*layers.parameters(), *head.parameters()])

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=r["bf16"]):
            z = head(layers[1](layers[0](features, *inner).float(), *outer).float()).float()
        query, positive, negative = z.chunk(3)
        scores = query @ negative.T - (query * positive).sum(1, keepdim=True) + 0.1
        F.relu(scores).mean().backward()
        optimizer.step()

    return step


def step(r):
    if state.get("step") != r:
        state["step"], state["run"] = r, make_step(r)
    return timed(state["run"])


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"gemm": gemm, "step": step}[request["op"]](request)
    except Exception as error:  # the caller shows it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
