#!/usr/bin/env python3
"""Trains the benchmark's model (bench/specs/shared.mot) in PyTorch from given weights on given batches.

    python3 bench/peers/train_torch.py FILE.safetensors [--device cuda|cpu] [--dtype float32|bfloat16]

In: a file with `param/PATH` as Motley names parameters, `steps/tokens`, `steps/target` and `steps/modality` ([steps, batch,
context], one document a row, in sequence order), and metadata: `constants`, `modalities`, `optimizer`, `lr` (one number a
step). Out: a line of JSON, the loss of every step before its update. Shares nothing with Motley: it reads the file itself,
keeps sequence order, routes with boolean masks, lets autograd find the gradients and updates as docs/language.md says.
"""
import argparse, json, math, struct

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--device", default="cuda")
parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
options = parser.parse_args()
device = torch.device(options.device)


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = {key: json.loads(text) for key, text in header.pop("__metadata__", {}).items()}
    dtypes = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=dtypes[entry["dtype"]], count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors, metadata


tensors, metadata = read_safetensors(options.file)
names, constants, rule = metadata["modalities"], metadata["constants"], metadata["optimizer"]
dim, layers, heads = (constants[name] for name in ("dim", "layers", "heads"))
width = dim // heads
weights = {
    name[len("param/"):]: value.to(device).requires_grad_(True) for name, value in tensors.items() if name.startswith("param/")
}
tokens, target, modality = (tensors[f"steps/{name}"].long().to(device) for name in ("tokens", "target", "modality"))


def weight(scope, name, m):
    """A modality's own tensor, or the one that all share."""
    own = f"{scope}.{names[m]}.{name}"
    return weights[own] if own in weights else weights[f"{scope}.{name}"]


def routed(masks, x, scope, name, apply):
    """`apply(rows, weight)` to the rows of each modality with its weight."""
    out = None
    for m, mask in enumerate(masks):
        rows = apply(x[mask], weight(scope, name, m))
        if out is None:
            out = torch.zeros(*x.shape[:-1], rows.shape[-1], dtype=rows.dtype, device=device)
        out[mask] = rows.to(out.dtype)
    return out


def norm(rows, scale):
    rows = rows.float()
    return rows * torch.rsqrt(rows.square().mean(-1, keepdim=True) + 1e-5) * scale


def linear(rows, matrix):
    return F.linear(rows, matrix)


def rope(x):
    """Component i turns with component i + width / 2."""
    context = x.shape[-2]
    angle = torch.arange(context, device=device)[:, None] * 10000 ** (-torch.arange(0, width, 2, device=device) / width)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., : width // 2], x[..., width // 2 :]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)


def attention(q, k, v):
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(width)
    causal = torch.ones(scores.shape[-2:], dtype=torch.bool, device=device).triu(1)
    return scores.masked_fill(causal, float("-inf")).softmax(-1).to(v.dtype) @ v


def split(x):
    return x.reshape(*x.shape[:2], heads, width).transpose(1, 2)


def loss_of(step):
    masks = [modality[step] == m for m in range(len(names))]
    x = F.embedding(tokens[step].clamp(min=0), weights["embedding"])
    for layer in range(layers):
        scope = f"block.{layer}.attn"
        h = routed(masks, x, scope, "norm", norm)
        q, k, v = (split(routed(masks, h, scope, name, linear)) for name in "qkv")
        a = attention(rope(q), rope(k), v).transpose(1, 2).reshape(x.shape)
        x = x + routed(masks, a, scope, "out", linear)
        scope = f"block.{layer}.ffn"
        h = routed(masks, x, scope, "norm", norm)
        gate, up = (routed(masks, h, scope, name, linear) for name in ("gate", "up"))
        x = x + routed(masks, F.silu(gate) * up, scope, "down", linear)
    x = routed(masks, x, "final", "norm", norm)
    logits = F.linear(x, weights["head"]).float()
    return F.cross_entropy(logits.flatten(0, 1), target[step].flatten(), ignore_index=-1)


def update(step, moments):
    """AdamW with clipping; decay on matrices only."""
    with torch.no_grad():
        clip = rule.get("clip")
        total = math.sqrt(sum(w.grad.double().square().sum().item() for w in weights.values()))
        scale = 1.0 if clip is None else min(1.0, clip / (total + 1e-6))
        for path, w in weights.items():
            m, v = moments[path]
            g = w.grad * scale
            m.mul_(rule["beta1"]).add_(g, alpha=1 - rule["beta1"])
            v.mul_(rule["beta2"]).addcmul_(g, g, value=1 - rule["beta2"])
            m_hat, v_hat = m / (1 - rule["beta1"] ** (step + 1)), v / (1 - rule["beta2"] ** (step + 1))
            decay = rule["weightDecay"] * w if w.dim() == 2 else 0
            w.sub_(metadata["lr"][step] * (m_hat / (v_hat.sqrt() + rule["eps"]) + decay))
            w.grad = None


torch.backends.cuda.matmul.allow_tf32 = False
moments = {path: (torch.zeros_like(w), torch.zeros_like(w)) for path, w in weights.items()}
losses = []
for step in range(tokens.shape[0]):
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=options.dtype == "bfloat16"):
        loss = loss_of(step)
    loss.backward()
    losses.append(loss.item())
    update(step, moments)
print(json.dumps({"losses": losses, "torch": torch.__version__}))
