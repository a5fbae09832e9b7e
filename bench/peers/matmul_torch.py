# matmul_torch.py: the products of matmul.bench.ts by PyTorch (OpenBLAS): reads shapes as JSON on the command line,
# prints the best and the median seconds of each, as JSON.
# usage: matmul_torch.py THREADS REPEATS '[{"rows":1280,"n":192,"k":64}, ...]'

import json
import statistics
import sys
import time

import torch

threads, repeats, shapes = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
torch.set_num_threads(threads)


def seconds(product):
    for _ in range(repeats // 3 + 1):
        product()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return {"best": min(times), "median": statistics.median(times)}


results = []
for shape in shapes:
    x = torch.randn(shape["rows"], shape["k"])
    w = torch.randn(shape["n"], shape["k"])
    y = torch.empty(shape["rows"], shape["n"])
    dw = torch.empty(shape["n"], shape["k"])
    forward = seconds(lambda: torch.mm(x, w.t(), out=y))
    dy = torch.randn(shape["rows"], shape["n"])
    results.append({"forward": forward, "gradient": seconds(lambda: torch.mm(dy.t(), x, out=dw))})
print(json.dumps(results))
