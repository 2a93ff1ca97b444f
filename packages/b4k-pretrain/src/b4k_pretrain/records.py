"""Folders of records: fixed lengths of token ids in shards, with a manifest that is written last."""

import glob
import hashlib
import os
from importlib.util import find_spec

import numpy as np

from b4k_pretrain.arrayrecord import ArrayRecord
from b4k_pretrain.choosing import choose
from b4k_pretrain.formats import FEATURES, Memmap
from b4k_pretrain.manifest import (
    Manifest,
    RecordsError,
    fingerprint,
    smallest_dtype,
    special_ids_of,
)
from b4k_pretrain.tfrecord import TFRecord, first_example
from b4k_pretrain.writing import whole

__all__ = [
    "FORMATS",
    "Records",
    "open_records",
    "open_tfrecords",
    "usable_formats",
    "write_records",
    "write_shard",
]

FORMATS = {"arrayrecord": ArrayRecord, "memmap": Memmap, "tfrecord": TFRecord}  # the best first
CHUNK = 1 << 20  # bytes hashed at a time


def usable_formats():
    """The names of the formats whose packages are installed, the best first."""
    return [name for name, kind in FORMATS.items() if all(map(find_spec, kind.packages))]


def write_records(
    folder,
    arrays,  # ids [records, sequence_length], one array a shard; [records, 2, ...] with mask_ids
    format=None,  # "arrayrecord", "memmap" or "tfrecord"; None for the first that can be used here
    **facts,  # of the Manifest: vocab_size, special_ids, tokenizer ...
):
    """Write arrays as the shards of a folder, then the manifest, which is returned."""
    format, arrays = format or usable_formats()[0], list(arrays)
    if not sum(map(len, arrays)):
        raise RecordsError("%s: expected records, got none" % folder)
    os.makedirs(folder, exist_ok=True)
    facts.setdefault("dtype", smallest_dtype(facts["vocab_size"]))
    facts.setdefault("features", list(FEATURES[: 1 if arrays[0].ndim == 2 else 2]))
    shards = [
        write_shard(folder, array, i, len(arrays), format, facts["dtype"])
        for i, array in enumerate(arrays)
    ]
    manifest = Manifest(sequence_length=arrays[0].shape[-1], format=format, shards=shards, **facts)
    manifest.save(folder)
    return manifest


def write_shard(folder, array, i, shards, format, dtype):
    """Write ids [records, ..., sequence_length] as shard i of some: what the manifest says of it."""
    if array.size and not 0 <= array.min() <= array.max() <= np.iinfo(dtype).max:
        message = "shard %d: ids from %d to %d are not of %s"
        raise RecordsError(message % (i, array.min(), array.max(), dtype))
    kind = choose("format", format, FORMATS)
    name = "shard-%05d-of-%05d%s" % (i, shards, kind.suffix)
    with whole(os.path.join(folder, name)) as path:
        kind.write(path, array.astype(np.dtype(dtype).newbyteorder("<")))
        facts = {"bytes": os.path.getsize(path), "sha256": checksum(path)}
    return dict(facts, file=name, records=len(array))


def open_records(folder, verify=True):
    """The Records of a folder. RecordsError if a shard is missing, truncated or, unless `verify` is False, changed."""
    manifest = Manifest.load(folder)
    for shard in manifest.shards:
        _check(os.path.join(folder, shard["file"]), shard, verify)
    paths = [os.path.join(folder, shard["file"]) for shard in manifest.shards]
    return Records(folder, manifest, paths)


def open_tfrecords(paths, tokenizer):
    """The Records of TFRecord files without a manifest, as bert4keras writes its corpora.

    tokenizer: that by which they were made. Records of one feature are ids, of two ids and masks.
    """
    paths = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    first, counts = zip(*map(first_example, paths))
    found = next((features for features in first if features), {})
    features = [name for name in FEATURES if name in found]
    if features[:1] != ["token_ids"]:
        message = "%s: expected records with token_ids, got %s"
        raise RecordsError(message % (paths[0], sorted(found)))
    manifest = Manifest(
        len(found["token_ids"]),
        tokenizer._vocab_size,
        special_ids_of(tokenizer),
        format="tfrecord",
        features=features,
        shards=[{"file": os.path.basename(path), "records": n} for path, n in zip(paths, counts)],
        tokenizer=fingerprint(tokenizer),
    )
    return Records(os.path.dirname(paths[0]), manifest, paths)


def _check(path, shard, verify):
    """Refuse a shard that isn't as the manifest says."""
    if not os.path.exists(path):
        there = len(glob.glob(os.path.join(os.path.dirname(path), "shard-*")))
        raise RecordsError("%s is missing; %d shards are there" % (path, there))
    size = os.path.getsize(path)
    if size != shard["bytes"]:
        message = "%s: expected %d bytes, got %d: it is truncated or another"
        raise RecordsError(message % (path, shard["bytes"], size))
    if verify and checksum(path) != shard["sha256"]:
        raise RecordsError("%s: its checksum is not the manifest's: the file has changed" % path)


def checksum(path):
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as reader:
        for chunk in iter(lambda: reader.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


class Records:
    """All records of a folder as one array that stays on the disk.

    `[i]` is an int32 array [sequence_length], a slice or an array of indices one [n, sequence_length].
    Records with masks of their own have [2, sequence_length] in its place: token_ids and mask_ids.
    """

    def __init__(self, folder, manifest, paths):
        self.folder = folder
        self.manifest = manifest
        counts = [shard["records"] for shard in manifest.shards]
        self._source = FORMATS[manifest.format].Source(paths, counts, manifest)
        self._count = sum(counts)

    def __len__(self):
        return self._count

    def __getitem__(self, key):
        if isinstance(key, slice):
            return self._read(np.arange(*key.indices(len(self))))
        indices = np.asarray(key, np.int64)
        return self._read(indices.reshape(-1)).reshape(indices.shape + self._shape)

    @property
    def _shape(self):
        """The shape of one record."""
        features, length = len(self.manifest.features), self.manifest.sequence_length
        return (length,) if features == 1 else (features, length)

    def _read(self, indices):
        """Records [n, ...] by their indices [n]; negative ones count from the end."""
        wrong = indices[(indices < -len(self)) | (indices >= len(self))]
        if len(wrong):
            raise IndexError("record %d of %d in %s" % (wrong[0], len(self), self.folder))
        if not len(indices):
            return np.zeros((0,) + self._shape, np.int32)
        return self._source.read(indices % len(self)).reshape((-1,) + self._shape)
