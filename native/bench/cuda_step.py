"""cuda_step.cpp's training step in PyTorch on the same GPU, as its users write it and with torch.compile. Prints a JSON object for each.

cuda_step.py [precision [roots fan_out leaves width hidden out]]
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

precision = sys.argv[1] if len(sys.argv) > 1 else "float32"
names = ["roots", "fanOut", "leaves", "width", "hidden", "out"]
shape = dict(zip(names, [1524, 10, 40_000, 256, 512, 256]))
shape.update(zip(names, map(int, sys.argv[2:])))
roots, fan_out, leaves, width, hidden, out = (shape[name] for name in names)
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
torch.manual_seed(1)


class Convolve(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.transform = torch.nn.Linear(width, hidden)
        self.combine = torch.nn.Linear(width + hidden, width)

    def forward(self, h, neighbors, shares):
        transformed = F.relu(self.transform(h))
        pooled = F.embedding_bag(neighbors, transformed, per_sample_weights=shares.to(transformed.dtype), mode="sum")
        return F.normalize(F.relu(self.combine(torch.cat([h[: len(neighbors)], pooled], 1))), dim=1)


def pool(rows, below):
    shares = torch.rand(rows, fan_out)
    parts = [torch.randint(0, below, (rows, fan_out)), shares / shares.sum(1, keepdim=True)]
    return [part.pin_memory() for part in parts] if device == "cuda" else parts


def measure(compiled):
    nodes = roots * (fan_out + 1)
    features = torch.randn(leaves, width, device=device)
    pools = [pool(nodes, leaves), pool(roots, nodes)]
    layers = torch.nn.ModuleList([Convolve(), Convolve()])
    head = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.ReLU(), torch.nn.Linear(width, out, bias=False))
    model = torch.nn.ModuleList([layers, head]).to(device)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def loss_of(features, inner, outer):
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            z = head(layers[1](layers[0](features, *inner).float(), *outer).float()).float()
        query, positive, negative = z[: roots // 3 * 3].chunk(3)
        return F.relu(query @ negative.T - (query * positive).sum(1, keepdim=True) + 0.1).mean()

    function = torch.compile(loss_of) if compiled else loss_of

    def step():
        # The batch comes from the host, as ours does.
        moved = [[part.to(device, non_blocking=True) for part in each] for each in pools]
        optimizer.zero_grad(set_to_none=True)
        loss = function(features, *moved)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(3):
        step()
    seconds = []
    for _ in range(15):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    milliseconds = {"milliseconds": seconds[7], "fastest": seconds[0], "slowest": seconds[-1]}
    rounded = {name: round(1e3 * value, 3) for name, value in milliseconds.items()}
    peer = f"PyTorch {torch.__version__}" + (", torch.compile" if compiled else "")
    print(json.dumps({"case": "step", "peer": peer, "device": device, "precision": precision, **shape, **rounded}), flush=True)


for compiled in [False, True]:
    try:
        measure(compiled)
    except Exception as error:  # noqa: BLE001: what is missing there is said, and the rest goes on
        print(json.dumps({"case": "step", "compiled": compiled, "error": f"{type(error).__name__}: {error}"[:300]}), flush=True)
