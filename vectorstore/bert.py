"""The forward pass of a BERT sentence encoder in NumPy, over weights read from a safetensors file.

Devlin et al. 2019 (arXiv 1810.04805) for the encoder; mean pooling and unit length as in Reimers and
Gurevych 2019 (arXiv 1908.10084). Knows token ids and weights, nothing of words.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float32]
_EPSILON = np.float32(1e-12)
_MASKED = np.float32(-1e9)


def read_safetensors(path: Path) -> dict[str, Array]:
    """Map the float32 tensors of a safetensors file by name; nothing is copied.

    The format: eight bytes of header length, a JSON header of dtype, shape and offsets, then raw bytes.
    """
    raw = np.memmap(path, np.uint8, "r")
    start = 8 + int(raw[:8].view("<u8")[0])
    header = json.loads(raw[8:start].tobytes())
    return {
        name: raw[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]]
        .view("<f4")
        .reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


@dataclass(frozen=True, slots=True)
class Bert:
    """A BERT encoder.

    Attributes:
        weights: Tensors under the names of the Hugging Face layout, without a prefix.
        layers: Encoder layers.
        heads: Attention heads per layer.
    """

    weights: dict[str, Array]
    layers: int
    heads: int

    def encode(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Array:
        """Run the encoder; ids and mask (texts, tokens) give hidden states (texts, tokens, width)."""
        texts, tokens = ids.shape
        table = self.weights
        states = (
            table["embeddings.word_embeddings.weight"][ids]
            + table["embeddings.position_embeddings.weight"][:tokens]
            + table["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._norm(states.reshape(texts * tokens, -1), "embeddings.LayerNorm")
        bias = np.where(mask[:, None, None, :] > 0, np.float32(0), _MASKED)
        for layer in range(self.layers):
            states = self._layer(states, bias, f"encoder.layer.{layer}.")
        return states.reshape(texts, tokens, -1)

    def _layer(self, states: Array, bias: Array, at: str) -> Array:
        mixed = self._linear(
            self._attend(states, bias, f"{at}attention.self."), f"{at}attention.output.dense"
        )
        states = self._norm(mixed + states, f"{at}attention.output.LayerNorm")
        inner = _gelu(self._linear(states, f"{at}intermediate.dense"))
        return self._norm(self._linear(inner, f"{at}output.dense") + states, f"{at}output.LayerNorm")

    def _attend(self, states: Array, bias: Array, at: str) -> Array:
        texts, tokens = bias.shape[0], bias.shape[-1]
        width = states.shape[1] // self.heads
        query, key, value = (
            self._linear(states, f"{at}{part}").reshape(texts, tokens, self.heads, width).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(width)) + bias
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Array = (scores @ value).swapaxes(1, 2).reshape(texts * tokens, -1)
        return mixed

    def _linear(self, states: Array, at: str) -> Array:
        product: Array = states @ self.weights[f"{at}.weight"].T
        product += self.weights[f"{at}.bias"]
        return product

    def _norm(self, states: Array, at: str) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        centred /= np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + _EPSILON)
        scaled: Array = centred * self.weights[f"{at}.weight"] + self.weights[f"{at}.bias"]
        return scaled


def _gelu(values: Array) -> Array:
    half: Array = erf(values / np.float32(np.sqrt(2))) + np.float32(1)
    half *= values
    half *= np.float32(0.5)
    return half


def mean_pool(states: Array, mask: NDArray[np.int64]) -> Array:
    """Average the hidden states (texts, tokens, width) over each text's own tokens."""
    kept = mask[:, :, None].astype(np.float32)
    pooled: Array = (states * kept).sum(axis=1) / kept.sum(axis=1)
    return pooled
