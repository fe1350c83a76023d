#!/usr/bin/env python3
"""What PyTorch computes with given weights: outputs, loss and gradients of a network that Lanewise describes.

Reads one JSON request from stdin and writes one safetensors file. `lanewise.bench.PeerComparison` starts it, gives the
network (with every dropout's probability 0) and compares; the request is

    {"network": {...}, "names": ["conv1", ...], "seed": 1, "batch": 8, "output": "reference.safetensors"}

with `network` as for torch_peer.py and `names` the names of its nodes. The file holds `parameter.NAME`, `input` and
`labels`; `eval.output`, with running statistics; `train.output.I`, with batch statistics; `loss`, `gradient.NAME` and
`statistic.NAME`, the running statistics after the training pass. The same results in double precision, rounded when
they are stored, have `exact.` in front: they tell how far single precision itself is off.

At a ReLU whose input is zero but for rounding, or a maximum of two values that are equal but for rounding, the gradient
jumps. With "choices", a file of what Lanewise had at the outputs of all ReLUs and the inputs of all max poolings (plain
fp32, in the order of the nodes), the training pass takes the same side; `flips` counts where PyTorch's own values choose
another.
"""

import json
import struct
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_peer import Described


class Chosen(Described):
    """The network; its ReLUs and max poolings choose in training what the choices say, if there are any."""

    choices, position, flips = None, 0, 0

    def value(self, i, node, inputs):
        kind, x = node["kind"], inputs[0]
        chooses = kind == "relu" or kind == "max_pool" and node["inputs"][0] >= 0
        if self.choices is None or not self.training or not chooses:
            return super().value(i, node, inputs)
        ours = self.choices[self.position:self.position + x.numel()].reshape(x.shape)
        self.position += x.numel()
        if kind == "relu":
            self.flips += int(((x > 0) != (ours > 0)).sum())
            return x * (ours > 0)
        pool = self.modules_of_nodes[i]
        own, chosen = (F.max_pool2d(v.detach(), pool.kernel_size, pool.stride, pool.padding, ceil_mode=pool.ceil_mode,
                                    return_indices=True)[1] for v in (x, ours))
        self.flips += int((own != chosen).sum())
        return x.flatten(2).gather(2, chosen.flatten(2)).view_as(chosen)


def residual_norms(model, names):
    """Batch normalizations at the end of residual branches, and how many additions there are."""
    additions = [node for node in model.nodes if node["kind"] == "add"]
    ends = [i for node in additions for i in node["inputs"] if i >= 0 and "shortcut" not in names[i]]
    modules = [model.modules_of_nodes[i] for i in ends]
    return [m for m in modules if isinstance(m, nn.BatchNorm2d)], len(additions)


def initialize(model, names, shape):
    """He's weights, offsets and scales that are not trivial, running statistics as measured on a batch of noise.

    Scales at the end of a residual branch are divided by the root of the number of branches, so that what they add up to
    does not grow with the depth: else 50 layers and more magnify roundings until single precision itself is further than
    1e-4 from double.
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [m.momentum for m in norms]
    for m in model.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, 0.5, 1.5)
            m.momentum = 1.0
        if getattr(m, "bias", None) is not None:
            nn.init.normal_(m.bias, 0, 0.1)
    ends, additions = residual_norms(model, names)
    with torch.no_grad():
        for m in ends:
            m.weight /= additions ** 0.5
    if norms:
        with torch.no_grad():
            model.train()(torch.randn(*shape))
    for m, momentum in zip(norms, momenta):
        m.momentum = momentum


def named(model, names, tensors):
    """Tensors of the model under the names of the nodes instead of those of PyTorch."""
    own = [name for name, m in zip(names, model.modules_of_nodes) if m is not None]
    result = {}
    for key, tensor in tensors:
        _, index, name = key.split(".")
        if name != "num_batches_tracked":
            result[own[int(index)] + "." + name] = tensor.detach().clone()
    return result


def results(model, names, weights, images, labels):
    with torch.no_grad():
        found = {"eval.output": model.eval()(images)[0]}
    outputs = model.train()(images)
    loss = sum(weight * F.cross_entropy(y, labels) for weight, y in zip(weights, outputs))
    loss.backward()
    found["flips"] = torch.tensor([model.flips])
    found["loss"] = loss.detach().reshape(1)
    for i, output in enumerate(outputs):
        found["train.output.%d" % i] = output.detach()
    gradients = [(key, p.grad) for key, p in model.named_parameters()]
    found.update({"gradient." + k: v for k, v in named(model, names, gradients).items()})
    found.update({"statistic." + k: v for k, v in named(model, names, model.named_buffers()).items()})
    return found


def store(path, tensors):
    """The format: https://github.com/huggingface/safetensors#format"""
    header, end, arrays = {"__metadata__": {"torch": torch.__version__}}, 0, []
    for name, tensor in tensors.items():
        array = tensor.contiguous().numpy().astype("<i8" if tensor.dtype == torch.int64 else "<f4")
        header[name] = {"dtype": "I64" if tensor.dtype == torch.int64 else "F32", "shape": list(tensor.shape),
                        "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
        arrays.append(array)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(array.tobytes())


def main():
    request = json.load(sys.stdin)
    torch.manual_seed(request["seed"])
    network, names = request["network"], request["names"]
    model = Chosen(network)
    shape = [request["batch"], *network["input"]]
    initialize(model, names, shape)
    images, labels = torch.randn(*shape), torch.randint(0, network["classes"], (request["batch"],))
    tensors = {"parameter." + k: v for k, v in named(model, names, model.state_dict().items()).items()}
    tensors.update({"input": images, "labels": labels})
    exact = Chosen(network)
    exact.load_state_dict(model.state_dict())
    if "choices" in request:
        with open(request["choices"], "rb") as file:
            model.choices = exact.choices = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    tensors.update(results(model, names, network["weights"], images, labels))
    doubles = results(exact.double(), names, network["weights"], images.double(), labels)
    tensors.update({"exact." + k: v for k, v in doubles.items()})
    store(request["output"], tensors)


if __name__ == "__main__":
    main()
