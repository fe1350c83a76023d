#!/usr/bin/env python3
"""Measures PyTorch on work that Lanewise describes: a training step, an inference, or one convolution.

Reads JSON requests from stdin, a line each, and writes a line of JSON to stdout for each. The first says what the work
is; every further one for how many seconds to measure it. `lanewise bench --peers` starts it; by hand:

    (echo '{"task": "layer", "linear": false, "input": [64, 32, 32], "filters": 64, "kernel": 3, "stride": 1,' \
          '"padding": 1, "groups": 1, "first": false, "batch": 64, "threads": 2}'; echo '{"seconds": 4}') |
        python3 torch_peer.py

The answer has runs a second for each of PyTorch's two memory formats: `{"rates": [[forward, backward], [...]]}`, of the
medians over the repetitions after the first. A training step or an inference is one figure each.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

WARM_UPS = 2


def module(node):
    """The module of a node, or None where a function does."""
    kind = node["kind"]
    if kind == "conv":
        return nn.Conv2d(node["channels"], node["filters"], node["kernel"], node["stride"], node["padding"],
                         groups=node["groups"], bias=node["bias"])
    if kind == "linear":
        return nn.Linear(node["inputs_n"], node["outputs"], bias=node["bias"])
    if kind == "batch_norm":
        return nn.BatchNorm2d(node["channels"], eps=node["epsilon"], momentum=node["momentum"])
    if kind == "max_pool":
        return nn.MaxPool2d(node["kernel"], node["stride"], node["padding"], ceil_mode=node["ceil"])
    if kind == "avg_pool":
        return nn.AvgPool2d(node["kernel"], node["stride"], node["padding"], ceil_mode=node["ceil"])
    if kind == "lrn":
        return nn.LocalResponseNorm(node["size"], node["alpha"], node["beta"], node["k"])
    if kind == "dropout":
        return nn.Dropout(node["probability"])
    return None


def subsample(node, x):
    y = x[:, :, ::node["stride"], ::node["stride"]]
    return F.pad(y, (0, 0, 0, 0, 0, node["channels"] - y.shape[1]))


class Described(nn.Module):
    """The network that the nodes describe; input -1 is the images."""

    def __init__(self, network):
        super().__init__()
        self.nodes = network["nodes"]
        self.outputs = network["outputs"]
        modules = [module(node) for node in self.nodes]
        self.own = nn.ModuleList([m for m in modules if m is not None])
        self.modules_of_nodes = modules
        uses = [0] * len(self.nodes)
        for node in self.nodes:
            for source in node["inputs"]:
                if source >= 0:
                    uses[source] += 1
        # In place, as PyTorch's own models do, where nobody else reads the value.
        self.in_place = [node["inputs"][0] >= 0 and uses[node["inputs"][0]] == 1 for node in self.nodes]

    def forward(self, images):
        values = []
        for i, node in enumerate(self.nodes):
            inputs = [images if source < 0 else values[source] for source in node["inputs"]]
            values.append(self.value(i, node, inputs))
        return [values[output] for output in self.outputs]

    def value(self, i, node, inputs):
        kind, x = node["kind"], inputs[0]
        if self.modules_of_nodes[i] is not None:
            return self.modules_of_nodes[i](x)
        if kind == "relu":
            return F.relu(x, inplace=self.in_place[i])
        if kind == "add":
            return sum(inputs[1:], x)
        if kind == "concat":
            return torch.cat(inputs, 1)
        if kind == "flatten":
            return torch.flatten(x, 1)
        if kind == "global_avg_pool":
            return torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        if kind == "subsample":
            return subsample(node, x)
        return {"sigmoid": torch.sigmoid, "tanh": torch.tanh}[kind](x)


def described(network, memory_format):
    model = Described(network).to(memory_format=memory_format)
    parameters = sum(p.numel() for p in model.parameters())
    if parameters != network["parameters"]:
        raise SystemExit("%d parameters, expected %d: not the same network" % (parameters, network["parameters"]))
    return model


def training(request, memory_format):
    network, batch = request["network"], request["batch"]
    model = described(network, memory_format).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    images = torch.randn(batch, *network["input"]).to(memory_format=memory_format)
    labels = torch.randint(0, network["classes"], (batch,))

    def run():
        start = time.perf_counter()
        optimizer.zero_grad()
        outputs = model(images)
        sum(weight * F.cross_entropy(y, labels) for weight, y in zip(network["weights"], outputs)).backward()
        optimizer.step()
        return [time.perf_counter() - start]

    return run


def inference(request, memory_format):
    network, batch = request["network"], request["batch"]
    model = described(network, memory_format).eval()
    images = torch.randn(batch, *network["input"]).to(memory_format=memory_format)

    def run():
        with torch.inference_mode():
            start = time.perf_counter()
            model(images)
            return [time.perf_counter() - start]

    return run


def layer(request, memory_format):
    batch, channels = request["batch"], request["input"][0]
    if request["linear"]:
        conv = nn.Linear(channels, request["filters"], bias=False)
        images = torch.randn(batch, channels)
    else:
        conv = nn.Conv2d(channels, request["filters"], request["kernel"], request["stride"], request["padding"],
                         groups=request["groups"], bias=False).to(memory_format=memory_format)
        images = torch.randn(batch, *request["input"]).to(memory_format=memory_format)
    images.requires_grad_(not request["first"])
    gradient = torch.randn_like(conv(images))

    def run():
        conv.weight.grad = images.grad = None
        start = time.perf_counter()
        result = conv(images)
        middle = time.perf_counter()
        result.backward(gradient)
        return [middle - start, time.perf_counter() - middle]

    return run


def rates(run, seconds):
    """Runs for about so long, twice at least: runs a second by pass, of the medians without the first run."""
    end, times = time.perf_counter() + seconds, []
    run()
    while not times or time.perf_counter() < end:
        times.append(run())
    return [1 / statistics.median(one) for one in zip(*times)]


def answer(value):
    print(json.dumps(value), flush=True)


def main():
    request = json.loads(sys.stdin.readline())
    if request["task"] == "name":
        answer({"name": "PyTorch " + torch.__version__})
        return
    torch.set_num_threads(request["threads"])
    task = {"training": training, "inference": inference, "layer": layer}[request["task"]]
    works = [task(request, f) for f in (torch.contiguous_format, torch.channels_last)]
    for run in works * WARM_UPS:
        run()
    answer({"ready": True})
    for line in sys.stdin:
        seconds = json.loads(line)["seconds"]
        answer({"rates": [rates(run, seconds / len(works)) for run in works]})


if __name__ == "__main__":
    main()
