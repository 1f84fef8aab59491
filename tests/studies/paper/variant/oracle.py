"""The published variant as a slow loop over steps, every derivative by its closed form: tanh, mean
squared error, features, without Normalize. NumPy alone."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Oracle:
    """A network `w_xh, w_hh, b_h, w_hy, b_y`, a batch `x (T, B, I)` and classes `(B,)`."""

    p: dict
    x: np.ndarray
    classes: np.ndarray
    beta: float
    inner_steps: int = 1
    alpha: float = 0.0
    attached_targets: bool = False
    old_state: bool = False
    handed_loss: bool = False
    diagonal_omega: bool = False

    def __post_init__(self):
        steps, batch, _ = self.x.shape
        z, self.h, self.z = np.zeros((batch, len(self.p["w_hh"]))), [], []
        for t in range(steps):
            self.h.append(self.step(t, z))
            z = np.tanh(self.h[-1])
            self.z.append(z)
        self.scale = 2 / z.size
        self._go_back()

    def step(self, t, z):
        return self.x[t] @ self.p["w_xh"] + z @ self.p["w_hh"] + self.p["b_h"]

    def output_error(self, z):
        """∂L/∂y."""
        y = z @ self.p["w_hy"] + self.p["b_y"]
        e = np.exp(y - y.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True) - np.eye(y.shape[1])[self.classes]) / len(y)

    def omega(self, h, weights, v):
        """α times ∂Ω/∂h and ∂Ω/∂W."""
        if not self.alpha:
            return 0.0, 0.0
        slope, bend = 1 - np.tanh(h) ** 2, -2 * np.tanh(h) * (1 - np.tanh(h) ** 2)
        a = v @ weights.T
        diagonal = np.array([[slope[b, b]] for b in range(len(h))])
        factor = diagonal if self.diagonal_omega else slope
        u = factor * a
        norm_u, norm_v = np.linalg.norm(u), np.linalg.norm(v)
        kappa = 2 * (norm_u / norm_v - 1) / (norm_u * norm_v)
        of_h = kappa * u * a * bend
        if self.diagonal_omega:
            of_h = np.zeros_like(h)
            for b in range(len(h)):
                of_h[b, b] = kappa * (u[b] @ a[b]) * bend[b, b]
        return self.alpha * of_h, self.alpha * kappa * (u * factor).T @ v

    def error(self, t):
        """∂ℓ_t/∂h_t."""
        h, z, d = self.h[t], self.z[t], self.d[t]
        slope, slope_there = 1 - z**2, 1 - np.tanh(h + d) ** 2
        if self.handed_loss and t < len(self.h) - 1:
            ahead = np.tanh(self.step(t + 1, np.tanh(h + d)))
            above = self.scale * (ahead - self.aim[t]) * (1 - ahead**2)
            return above @ self.p["w_hh"].T * slope_there
        slopes = slope - slope_there if self.attached_targets else slope
        return self.scale * (z - np.tanh(h + d)) * slopes

    def displaced(self, h_bar, weights, v):
        pulled = v @ weights.T * (1 - np.tanh(h_bar) ** 2)
        return h_bar - self.beta * (pulled + self.omega(h_bar, weights, v)[0])

    def _go_back(self):
        p, last = self.p, len(self.h) - 1
        self.d, self.aim = [None] * (last + 1), [None] * (last + 1)
        made = {name: np.zeros_like(value) for name, value in p.items()}
        v = self.output_error(self.z[-1])
        made["w_hy"] += self.z[-1].T @ v + self.omega(self.h[-1], p["w_hy"], v)[1]
        made["b_y"] += v.sum(axis=0)
        h_bar = self.h[-1]
        for _ in range(self.inner_steps):
            h_bar = self.displaced(h_bar, p["w_hy"], self.output_error(np.tanh(h_bar)))
        self.d[last] = h_bar - self.h[last]
        for t in range(last, -1, -1):
            v = self.error(t)
            made["w_xh"] += self.x[t].T @ v
            made["b_h"] += v.sum(axis=0)
            if t == 0:
                break
            made["w_hh"] += self.z[t - 1].T @ v
            of_h, of_w = self.omega(self.h[t - 1], p["w_hh"], v)
            if self.alpha:
                made["w_xh"] += self.x[t - 1].T @ of_h
                if not self.diagonal_omega:
                    made["w_hh"] += of_w
            target = np.tanh(self.h[t] + self.d[t])
            aim = self.aim[t - 1] = self.z[t] if self.old_state else target
            h_bar = self.displaced(self.h[t - 1], p["w_hh"], v)
            for _ in range(self.inner_steps - 1):
                ahead = np.tanh(self.step(t, np.tanh(h_bar)))
                v = self.scale * (ahead - aim) * (1 - ahead**2)
                h_bar = self.displaced(h_bar, p["w_hh"], v)
            self.d[t - 1] = h_bar - self.h[t - 1]
        self.gradients = made

    def local_losses(self, p):
        """Σ_t ℓ_t of the whole unrolled graph with these parameters; targets as they were made."""
        z, total, last = np.zeros_like(self.z[0]), 0.0, len(self.h) - 1
        own = self.p
        self.p = p
        for t, d in enumerate(self.d):
            h = self.step(t, z)
            z, there = np.tanh(h), np.tanh(h + d)
            if self.handed_loss and t < last:
                loss = (np.tanh(self.step(t + 1, there)) - self.aim[t]) ** 2
            else:
                loss = (z - (there if self.attached_targets else np.tanh(self.h[t] + d))) ** 2
            total += loss.mean()
        self.p = own
        return total
