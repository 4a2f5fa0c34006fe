"""The optimisers of chapter 5 and those of PyTorch, for checks.py."""

import numpy as np

from Basic_Neural_Network_From_Scratch import SGD, Adam, AdamW, RMSProp

OPTIMIZERS = {      # our optimiser, and a function that makes PyTorch's (of its module and two tensors)
    "SGD": (lambda: SGD(0.1), lambda o, w, b: o.SGD([w, b], 0.1)),
    "momentum": (lambda: SGD(0.05, 0.9), lambda o, w, b: o.SGD([w, b], 0.05, momentum=0.9)),
    "Nesterov": (lambda: SGD(0.05, 0.9, nesterov=True), lambda o, w, b: o.SGD([w, b], 0.05, 0.9, nesterov=True)),
    "RMSProp": (lambda: RMSProp(0.005, 0.95, 1e-6), lambda o, w, b: o.RMSprop([w, b], 0.005, 0.95, 1e-6)),
    "Adam": (lambda: Adam(0.01, 0.8, 0.95, 1e-6), lambda o, w, b: o.Adam([w, b], 0.01, (0.8, 0.95), 1e-6)),
    "AdamW": (lambda: AdamW(0.01, 0.8, 0.95, 1e-6, weight_decay=0.3), lambda o, w, b: o.AdamW(
        [{"params": [w], "weight_decay": 0.3}, {"params": [b], "weight_decay": 0}], 0.01, (0.8, 0.95), 1e-6)),
}


def steps(optimizer):
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(12)
    for _ in range(20):
        optimizer.step(theta, rng.standard_normal(12), 8)
    return {"parameters": theta}


def their_steps(torch, make):
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(12)
    w, b = (torch.from_numpy(part.copy()).requires_grad_() for part in (theta[:8], theta[8:]))
    optimizer = make(torch.optim, w, b)
    for _ in range(20):
        g = rng.standard_normal(12)
        w.grad, b.grad = torch.from_numpy(g[:8].copy()), torch.from_numpy(g[8:].copy())
        optimizer.step()
    return {"parameters": np.append(w.detach().numpy(), b.detach().numpy())}
