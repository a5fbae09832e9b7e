#!/usr/bin/env python3
"""PyTorch on a GPU, measured on demand: a line of JSON in, a line of JSON out, so that another program can take turns.

    python3 bench/peers/gpu_torch.py [--device cuda|cpu]

In, one request a line:
  {"op": "hello"}                                                     versions and the device
  {"op": "copy", "bytes": n, "rounds": r}                             a device-to-device copy
  {"op": "matmul", "kind": "forward|dx|outer", "rows": m, "out": n, "inner": k, "repeats": t, "rounds": r}
  {"op": "attention", "batch": b, "heads": h, "context": t, "width": d, "repeats": t, "rounds": r}
  {"op": "open", "program": "mot_torch.py", "arguments": [...]}       runs a program to its end and keeps what it made
  {"op": "steps", "count": n}                                         more steps of it
  {"op": "close"}
Out: {"milliseconds": [...]} and what else is asked for, or {"error": "..."}. Milliseconds are of one product, call or step.

Matrices are random, in bfloat16 on a GPU, and there are so many sets of them that no cache holds what comes next. Repeats
run as one CUDA graph: launching costs nothing that a program could avoid. `cpu` is there to try this without a GPU.
"""
import argparse, contextlib, json, sys, time, traceback

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--device", default="cuda")
device = torch.device(parser.parse_args().device)
on_gpu = device.type == "cuda"
dtype = torch.bfloat16 if on_gpu else torch.float32
CACHE_BYTES = 200e6
WARMUPS = 3


def synchronize():
    if on_gpu:
        torch.cuda.synchronize()


def timed(run, repeats, rounds):
    """Milliseconds of one call, by round; `run(i)` is call number i."""
    for i in range(WARMUPS):
        run(i)
    synchronize()
    if not on_gpu:
        return [clocked(run, repeats) for _ in range(rounds)]
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for i in range(repeats):
            run(i)
    graph.replay()
    return evented(graph.replay, repeats, rounds)


def clocked(run, repeats):
    start = time.perf_counter()
    for i in range(repeats):
        run(i)
    return (time.perf_counter() - start) * 1e3 / repeats


def evented(run, repeats, rounds):
    """As `timed`, of a call that does everything `repeats` times."""
    taken = []
    for _ in range(rounds):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        end.record()
        end.synchronize()
        taken.append(start.elapsed_time(end) / repeats)
    return taken


def hello(_):
    name = torch.cuda.get_device_name() if on_gpu else "cpu"
    return {"torch": torch.__version__, "cuda": torch.version.cuda, "device": name}


def copy(request):
    source = torch.randn(request["bytes"] // 4, device=device)
    target = torch.empty_like(source)
    return {"milliseconds": timed(lambda i: target.copy_(source), 1, request["rounds"])}


def matmul(request):
    m, n, k = request["rows"], request["out"], request["inner"]
    shapes = {"forward": ((m, k), (n, k)), "dx": ((m, n), (n, k)), "outer": ((m, n), (m, k))}
    left, right = shapes[request["kind"]]
    bytes_of_a_set = 2 * (m * k + n * k + m * n)
    sets = max(1, min(request["repeats"], int(CACHE_BYTES // bytes_of_a_set) + 1))
    pairs = [(torch.randn(left, device=device, dtype=dtype), torch.randn(right, device=device, dtype=dtype)) for _ in range(sets)]
    products = {"forward": lambda a, b: a @ b.t(), "dx": lambda a, b: a @ b, "outer": lambda a, b: a.t() @ b}
    product = products[request["kind"]]
    outs = [product(a, b) for a, b in pairs[:2]]

    def run(i):
        a, b = pairs[i % sets]
        left, right = {"forward": (a, b.t()), "dx": (a, b), "outer": (a.t(), b)}[request["kind"]]
        torch.mm(left, right, out=outs[i % len(outs)])

    return {"milliseconds": timed(run, request["repeats"], request["rounds"])}


def attention(request):
    """Forward, and forward with backward, of every implementation that takes these sizes."""
    shape = (request["batch"], request["heads"], request["context"], request["width"])
    q, k, v = (torch.randn(shape, device=device, dtype=dtype, requires_grad=True) for _ in range(3))
    gradient = torch.randn(shape, device=device, dtype=dtype)

    def forward(_):
        with torch.no_grad():
            F.scaled_dot_product_attention(q, k, v, is_causal=True)

    def both(_):
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        torch.autograd.grad(out, (q, k, v), gradient)

    found = {}
    for name, chosen in implementations():
        try:
            with chosen():
                found[name] = {
                    "forward": timed(forward, request["repeats"], request["rounds"]),
                    "both": timed(both, request["repeats"], request["rounds"]),
                }
        except RuntimeError as error:
            found[name] = {"error": str(error).split("\n")[0]}
    return {"implementations": found}


def implementations():
    if not on_gpu:
        return [("default", contextlib.nullcontext)]
    from torch.nn.attention import SDPBackend, sdpa_kernel

    names = ("FLASH_ATTENTION", "CUDNN_ATTENTION", "EFFICIENT_ATTENTION")
    return [(name, lambda name=name: sdpa_kernel(getattr(SDPBackend, name))) for name in names if hasattr(SDPBackend, name)]


class Opened:
    """A program that defines `step`, run to its end; what it defined goes on living."""

    def __init__(self, request):
        path = request["program"]
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        self.names = {"__name__": "__main__", "__file__": path}
        sys.argv = [path, *request["arguments"]]
        started = time.perf_counter()
        with open(path, encoding="utf8") as file:
            code = compile(file.read(), path, "exec")
        with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
            exec(code, self.names)
        self.seconds = time.perf_counter() - started

    def facts(self):
        with contextlib.redirect_stdout(sys.stderr):
            loss = self.names["step"]()
        synchronize()
        parameters = sum(p.numel() for p in self.names["net"].parameters())
        memory = torch.cuda.max_memory_allocated() if on_gpu else 0
        return {"parameters": parameters, "loss": float(loss), "memoryBytes": memory, "seconds": self.seconds}

    def steps(self, count):
        taken = []
        with contextlib.redirect_stdout(sys.stderr):
            for _ in range(count):
                synchronize()
                start = time.perf_counter()
                self.names["step"]()
                synchronize()
                taken.append((time.perf_counter() - start) * 1e3)
        memory = torch.cuda.max_memory_allocated() if on_gpu else 0
        return {"milliseconds": taken, "memoryBytes": memory}


opened = None


def open_program(request):
    global opened
    opened = Opened(request)
    return opened.facts()


operations = {
    "hello": hello,
    "copy": copy,
    "matmul": matmul,
    "attention": attention,
    "open": open_program,
    "steps": lambda request: opened.steps(request["count"]),
}


def answer(line):
    request = json.loads(line)
    if request["op"] == "close":
        raise SystemExit
    try:
        return operations[request["op"]](request)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
    finally:
        if on_gpu and request["op"] not in ("open", "steps"):
            torch.cuda.empty_cache()


for request_line in sys.stdin:
    print(json.dumps(answer(request_line)), flush=True)
