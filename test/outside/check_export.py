#!/usr/bin/env python3
"""Checks exported steps from outside: rebuilds the model naively in PyTorch and compares losses and gradients.

    python3 test/outside/check_export.py FILE.safetensors...

In: files that `motley export` wrote. Out: one line per file, the worst tensors if something is off, exit code 1 then.
Shares nothing with the compiler: it reads the file itself, keeps sequence order, routes with boolean masks, computes in
float64 and lets autograd find the gradients. Needs PyTorch (any version); a tool for developers, no part of `npm test`.

The architectures are the functions at the end, by the model's name; ARCHITECTURE may be forced with --as NAME.
A parameter is looked up by its path: the modality's own tensor, then one shared with it, then one shared by all.
"""
import json
import math
import struct
import sys

import torch

LOSS_TOLERANCE = 2e-5  # relative
GRADIENT_TOLERANCE = 2e-4  # |a - b| / |b|, per tensor


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = {key: json.loads(text) for key, text in header.pop("__metadata__", {}).items()}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = {"F32": torch.float32, "I32": torch.int32}[entry["dtype"]]
        if begin == end:
            tensors[name] = torch.zeros(entry["shape"], dtype=dtype)
        else:
            tensors[name] = torch.frombuffer(data, dtype=dtype, count=(end - begin) // 4, offset=begin).reshape(entry["shape"])
    return tensors, metadata


class Step:
    """One exported step: the batch, leaves for the parameters, and the operations the architectures are written in."""

    def __init__(self, tensors, metadata):
        self.names = metadata["modalities"]
        self.constants = metadata["constants"]
        self.tensors = tensors
        self.tokens, self.modality, self.document, self.position, self.target = (
            tensors["batch/" + key].long() for key in ("tokens", "modality", "document", "position", "target")
        )
        self.parameters = {
            name[len("param/"):]: value.double().requires_grad_(True)
            for name, value in tensors.items() if name.startswith("param/")
        }
        self.masks = [self.modality == m for m in range(len(self.names))]

    def constant(self, name, m=None):
        """A constant, or a modality's entry of one that differs by modality."""
        value = self.constants[name]
        if isinstance(value, dict):
            return value.get(self.names[m])
        return value[m] if isinstance(value, list) else value

    def parameter(self, scope, name, m=None):
        """`scope.text.name`, else `scope.image+speech.name` if m is among them, else `scope.name`."""
        path = lambda *parts: ".".join(part for part in parts if part)
        if m is not None:
            own = self.parameters.get(path(scope, self.names[m], name))
            if own is not None:
                return own
            for candidate, value in self.parameters.items():
                if candidate.startswith(scope + ".") and candidate.endswith("." + name):
                    middle = candidate[len(scope) + 1: -len(name) - 1]
                    if "+" in middle and self.names[m] in middle.split("+"):
                        return value
        return self.parameters[path(scope, name)]

    def each(self, function, only=None):
        """A value made modality by modality: function(m, mask) gives the rows of modality m, whatever their width."""
        parts = {}
        for m, mask in enumerate(self.masks):
            if only is None or self.names[m] in only:
                parts[m] = function(m, mask)
        width = max(part.shape[-1] for part in parts.values())
        out = torch.zeros(*self.modality.shape, width, dtype=torch.float64)
        for m, part in parts.items():
            out = out.clone()
            full = torch.zeros(part.shape[0], width, dtype=torch.float64)
            full[:, : part.shape[1]] = part
            out[self.masks[m]] = full
        return out

    def linear(self, x, scope, name, split=True):
        def one(m, mask):
            weight = self.parameter(scope, name, m if split else None)
            own, padding = x[mask].split([weight.shape[1], x.shape[-1] - weight.shape[1]], -1)
            assert not padding.any(), f"{scope}.{name} is narrower than its input"
            return own @ weight.T
        return self.each(one)

    def norm(self, x, scope, name="norm", split=True):
        return self.each(lambda m, mask: rms_norm(x[mask], self.parameter(scope, name, m if split else None)))

    def head_norm(self, x, scope, name, heads):
        """rms_norm of a split value: over each head, the weight as long as a head."""
        def one(m, mask):
            rows = x[mask]
            return rms_norm(rows.reshape(len(rows), heads, rows.shape[1] // heads), self.parameter(scope, name, m)).reshape(rows.shape)
        return self.each(one)

    def embed(self, table):
        known = self.tokens >= 0
        x = torch.zeros(*self.tokens.shape, table.shape[1], dtype=torch.float64)
        x[known] = table[self.tokens[known]]
        return x

    def rope(self, x, heads):
        batch, context, width = x.shape
        size = width // heads
        x = x.reshape(batch, context, heads, size)
        frequency = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        angle = self.position.double()[..., None, None] * frequency
        a, b = x[..., : size // 2], x[..., size // 2:]
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1).reshape(batch, context, width)

    def attention(self, q, k, v, heads, kv_heads=None):
        kv_heads = kv_heads or heads
        batch, context, width = q.shape
        size = width // heads
        out = []
        for b in range(batch):
            t = torch.arange(context)
            same = (self.document[b][:, None] == self.document[b][None, :]) & (self.document[b] >= 0)[:, None]
            visible = same & (t[:, None] >= t[None, :])
            columns = []
            for head in range(heads):
                shared = head * kv_heads // heads
                query = q[b, :, head * size: (head + 1) * size]
                key = k[b, :, shared * size: (shared + 1) * size]
                value = v[b].reshape(context, kv_heads, -1)[:, shared]
                scores = (query @ key.T / math.sqrt(size)).masked_fill(~visible, -1e30)
                columns.append((scores.softmax(-1) * visible) @ value)
            out.append(torch.cat(columns, -1))
        return torch.stack(out)

    def cross_entropy(self, logits, objectives, z_loss=0.0):
        """Total and per-modality losses; an objective is (names of the targets' modalities, weight)."""
        following = torch.cat([self.modality[:, 1:], torch.full_like(self.modality[:, :1], -1)], 1)
        counted = self.target >= 0
        lse = logits.logsumexp(-1)
        loss = lse - logits.gather(-1, self.target.clamp(min=0)[..., None])[..., 0] + z_loss * lse**2
        total = torch.zeros((), dtype=torch.float64)
        for names, weight in objectives:
            mask = counted & sum((following == self.names.index(name) for name in names), torch.zeros_like(counted))
            if mask.any():
                total = total + weight * loss[mask].mean()
        listed = {name for names, _ in objectives for name in names}
        parts = {}
        for m, name in enumerate(self.names):
            mask = counted & (following == m)
            parts[name] = loss[mask].mean() if mask.any() and name in listed else torch.zeros(())
        return total, parts


def rms_norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * weight


def silu(x):
    return x * torch.sigmoid(x)


# ---- architectures: each returns (total loss, loss by modality) ----------------------------------------------------


def chameleon(s):
    """The example: pre-norm blocks, SwiGLU, one objective over all modalities."""
    heads = s.constant("heads")
    x = s.embed(s.parameter("", "embedding"))
    for i in range(s.constant("layers")):
        attn, ffn = f"block.{i}.attn", f"block.{i}.ffn"
        h = s.norm(x, attn)
        q, k = (s.rope(s.linear(h, attn, name), heads) for name in "qk")
        a = s.attention(q, k, s.linear(h, attn, "v"), heads)
        x = x + s.linear(a, attn, "out")
        h = s.norm(x, ffn)
        x = x + s.linear(silu(s.linear(h, ffn, "gate")) * s.linear(h, ffn, "up"), ffn, "down")
    logits = s.linear(s.norm(x, "final"), "", "head", split=False)
    return s.cross_entropy(logits, [(s.names, 1.0)])


def output_norm(s):
    """Norms after the matmuls, norms on queries and keys, fewer key heads, z-loss, two weighted objectives."""
    heads, kv_heads = s.constant("heads"), s.constant("kv_heads")
    x = s.embed(s.parameter("", "embedding"))
    for i in range(s.constant("layers")):
        attn, ffn = f"block.{i}.attn", f"block.{i}.ffn"
        q = s.rope(s.head_norm(s.linear(x, attn, "q"), attn, "q_norm", heads), heads)
        k = s.rope(s.head_norm(s.linear(x, attn, "k"), attn, "k_norm", kv_heads), kv_heads)
        a = s.attention(q, k, s.linear(x, attn, "v"), heads, kv_heads)
        x = x + s.norm(s.linear(a, attn, "out"), attn)
        x = x + s.norm(s.linear(torch.relu(s.linear(x, ffn, "up")) ** 2, ffn, "down"), ffn)
    logits = s.linear(s.norm(x, "final"), "", "head", split=False)
    return s.cross_entropy(logits, [([s.names[0]], 1.0), (s.names[1:], 0.25)], z_loss=1e-2)


def arms(s):
    """Different code and widths by modality; a global feed-forward; a value that only some arms rebind; constants."""
    heads = s.constant("heads")
    first = s.names[0]
    x = s.embed(s.parameter("", "embedding"))

    def enter(m, mask):
        scope = f"enter.{s.names[m]}"
        rows = x[mask]
        if s.names[m] == first:
            return rows * 2 + 0.5
        hidden = torch.nn.functional.gelu(rows @ s.parameters[scope + ".up"].T, approximate="tanh")
        return rows - hidden @ s.parameters[scope + ".down"].T / 4

    x = s.each(enter)
    for i in range(s.constant("layers")):
        attn, ffn = f"block.{i}.attn", f"block.{i}.ffn"
        h = s.norm(x, attn)
        q, k = (s.rope(s.linear(h, attn, name), heads) for name in "qk")
        x = x + s.linear(s.attention(q, k, s.linear(h, attn, "v"), heads), f"block.{i}", "mix", split=False)

        def feed(m, mask):
            h = rms_norm(x[mask], s.parameter(ffn, "norm", m))
            up = h @ s.parameter(ffn, "up", m).T
            return (torch.tanh(up) if s.names[m] == first else silu(up)) @ s.parameter(ffn, "down", m).T

        x = x + s.each(feed)
    gate = torch.sigmoid(s.linear(x, "", "gate", split=False))
    x = x * (1 - gate) + gate.exp() * 0.1

    # Only the first modality has an arm: the others keep their value.
    x = s.each(lambda m, mask: rms_norm(x[mask], s.parameter("last", "norm", m)) if s.names[m] == first else x[mask])
    logits = s.linear(x, "", "head", split=False)
    return s.cross_entropy(logits, [(s.names, 1.0)])


ARCHITECTURES = {"chameleon": chameleon, "output_norm": output_norm, "arms": arms}


# ---- comparison -----------------------------------------------------------------------------------------------------


def check(path, architecture=None):
    tensors, metadata = read_safetensors(path)
    step = Step(tensors, metadata)
    total, parts = ARCHITECTURES[architecture or metadata["model"]](step)
    if total.requires_grad:
        total.backward()
    faults = []
    worst_loss = 0.0
    for name, expected in [("total", total), *parts.items()]:
        got, expected = tensors["loss/" + name].double().item(), expected.item()
        error = abs(got - expected) / abs(expected) if expected else abs(got)
        worst_loss = max(worst_loss, error)
        if not error < LOSS_TOLERANCE:
            faults.append(f"loss/{name}: {got:.9g} instead of {expected:.9g} ({error:.1e})")
    errors = []
    for name, leaf in step.parameters.items():
        got = tensors["grad/" + name].double()
        expected = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        norm = expected.norm().item()
        difference = (got - expected).norm().item()
        errors.append((difference / norm if norm else difference, name))
    faults += [f"grad/{name}: off by {error:.1e}" for error, name in sorted(errors, reverse=True) if not error < GRADIENT_TOLERANCE]
    error, name = max(errors)
    print(
        f"{'ok ' if not faults else 'BAD'} {path}: {metadata['model']} {metadata['variant']}, "
        f"loss {total.item():.6f}, worst loss error {worst_loss:.1e}, "
        f"worst of {len(errors)} gradients {error:.1e} ({name})"
    )
    for fault in faults[:12]:
        print("    " + fault)
    return not faults


def main(arguments):
    architecture = None
    if "--as" in arguments:
        at = arguments.index("--as")
        architecture = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2:]
    if not arguments:
        print(__doc__)
        return 2
    results = [check(path, architecture) for path in arguments]
    print(f"{sum(results)} of {len(results)} agree")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
