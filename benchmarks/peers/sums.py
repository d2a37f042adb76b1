"""The sum of two processes' numbers by torch.distributed on Gloo, with a thread each. One JSON line in, one out."""

import json
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def sum_together(rank, file, request, results):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    values = torch.full((request["numbers"],), 1e-3, dtype=DTYPES[request["wire"]])
    for number in range(-2, request["rounds"]):
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(values)
        if rank == 0 and number >= 0:
            results.put(time.perf_counter() - start)
    dist.destroy_process_group()


def measure(request):
    results = mp.get_context("spawn").SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(sum_together, (f"{folder}/meeting", request, results), nprocs=2)
    return [results.get() for _ in range(request["rounds"])]


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            answer = {"seconds": measure(json.loads(line))}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
