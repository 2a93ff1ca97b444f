"""Reads the tensors of a PyTorch `.bin` file without PyTorch, and without obeying what is in it.

A pickle is a program. Here it runs on a machine that can only build data: it looks up nothing but
the names in `GLOBALS`, calls nothing but their constructors, and refuses the rest by name. Both
layouts are read: the zip archive of PyTorch 1.6 and later, and the plain stream of earlier ones.
"""

import collections
import io
import mmap
import os
import pickletools
import struct
import threading
import zipfile

import numpy as np

from .errors import CheckpointError

__all__ = ["PickleFile"]

Storage = collections.namedtuple("Storage", "dtype key size")
Tensor = collections.namedtuple("Tensor", "storage offset shape strides")  # counted in elements


# --- the machine: a pickle as data


def _rebuild_tensor(storage, offset, shape, strides, *unused):
    return Tensor(storage, offset, shape, strides)


STORAGES = {
    "torch DoubleStorage": "float64",
    "torch FloatStorage": "float32",
    "torch HalfStorage": "float16",
    "torch BFloat16Storage": "bfloat16",
    "torch LongStorage": "int64",
    "torch IntStorage": "int32",
    "torch ShortStorage": "int16",
    "torch CharStorage": "int8",
    "torch ByteStorage": "uint8",
    "torch BoolStorage": "bool",
}
GLOBALS = {
    "collections OrderedDict": lambda: {},
    "torch._utils _rebuild_tensor": _rebuild_tensor,
    "torch._utils _rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils _rebuild_parameter": lambda tensor, *unused: tensor,
}
GLOBALS.update(STORAGES)
MOST_ARGUMENTS = 7


class Machine:
    """Runs pickles that hold tensors; `storages` collects the {key: Storage} they refer to."""

    def __init__(self):
        self.storages = {}

    def run(self, stream):
        """The object that the next pickle of a binary stream describes."""
        self.stack, self.marks, self.memo = [], [], {}
        code = None
        while code != b".":  # STOP
            code = stream.read(1)
            if not code:
                raise ValueError("its pickle ends early")
            if code not in OPERATIONS:
                raise ValueError("its pickle has the operation {}, refused".format(code))
            step, argument = OPERATIONS[code]
            step(self, argument and argument.reader(stream))
        return self.stack.pop()

    def push(self, value):
        self.stack.append(value)

    def pop(self, count):
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return tuple(values)

    def pop_to_mark(self):
        return self.pop(len(self.stack) - self.marks.pop())

    def remember(self, key):
        self.memo[key] = self.stack[-1]

    def recall(self, key):
        self.push(self.memo[key])

    def extend_list(self, values):
        self.stack[-1].extend(values)

    def update_dict(self, values):
        for key, value in zip(values[::2], values[1::2]):
            self.stack[-1][_string(key)] = value

    def look_up(self, name):
        if name not in GLOBALS:
            asked = name.replace(" ", ".")
            raise ValueError("its pickle asks for {}, refused: no code is run".format(asked))
        self.push(GLOBALS[name])

    def construct(self):
        constructor, arguments = self.pop(2)
        if len(arguments) > MOST_ARGUMENTS:
            raise ValueError("its pickle constructs from {} arguments".format(len(arguments)))
        self.push(constructor(*arguments))

    def refer_to_storage(self):
        kind, dtype, key, _, size = self.stack.pop()[:5]
        if kind != "storage" or dtype not in STORAGES.values():
            raise ValueError("its pickle refers to something that is no storage")
        self.storages[_string(key)] = Storage(dtype, key, size)
        self.push(self.storages[key])


def _string(key):
    # only strings: hashing a tuple nested a million deep would overflow the stack
    if not isinstance(key, str):
        raise ValueError("its pickle has a key of type {}".format(type(key).__name__))
    return key


STEPS = {  # all that torch.save writes, and no more
    "PROTO": lambda machine, version: None,
    "STOP": lambda machine, _: None,
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "NONE": Machine.push,
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "BININT": Machine.push,
    "BININT1": Machine.push,
    "BININT2": Machine.push,
    "LONG1": Machine.push,
    "BINFLOAT": Machine.push,
    "BINUNICODE": Machine.push,
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "TUPLE1": lambda machine, _: machine.push(machine.pop(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.pop(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.pop(3)),
    "TUPLE": lambda machine, _: machine.push(machine.pop_to_mark()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "APPEND": lambda machine, _: machine.extend_list(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.extend_list(machine.pop_to_mark()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "SETITEM": lambda machine, _: machine.update_dict(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.update_dict(machine.pop_to_mark()),
    "BINPUT": Machine.remember,
    "LONG_BINPUT": Machine.remember,
    "BINGET": Machine.recall,
    "LONG_BINGET": Machine.recall,
    "GLOBAL": Machine.look_up,
    "REDUCE": lambda machine, _: machine.construct(),
    "BUILD": lambda machine, _: machine.pop(1),  # attributes of the dict: notes on versions
    "BINPERSID": lambda machine, _: machine.refer_to_storage(),
}
OPERATIONS = {  # byte -> what to do, how its argument is read
    opcode.code.encode("latin-1"): (STEPS[opcode.name], opcode.arg)
    for opcode in pickletools.opcodes
    if opcode.name in STEPS
}


# --- the two layouts: path -> {name: value}, and the function that gives a storage's bytes

ZIP_START = b"PK\x03\x04"
LEGACY_START = 0x1950A86A20F9469CFC6C  # the first pickle of a file from before PyTorch 1.6


def _open_zip(path):
    archive, lock = zipfile.ZipFile(path), threading.Lock()
    entries = {entry.filename: entry for entry in archive.infolist()}
    folders = [name[:-8] for name in entries if name.split("/")[1:] == ["data.pkl"]]
    if len(folders) != 1:
        raise ValueError("the zip archive has {} data.pkl, expected 1".format(len(folders)))

    def read(name):
        entry = entries[folders[0] + name]
        # both would let a small file claim a huge memory
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > os.path.getsize(path):
            raise ValueError("{} is compressed or larger than the file".format(entry.filename))
        with lock:  # before Python 3.9 reads of one archive by several threads mix
            return archive.read(entry)

    if folders[0] + "byteorder" in entries and read("byteorder") != b"little":
        raise ValueError("its numbers are big-endian")
    values = Machine().run(io.BytesIO(read("data.pkl")))
    return values, lambda storage: read("data/" + storage.key)


def _open_legacy(path):
    with open(path, "rb") as f:
        # a map reads no further than its end, whatever length a pickle claims for a string
        stream = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    machine = Machine()
    if machine.run(stream) != LEGACY_START:
        raise ValueError("it does not start like one")
    machine.run(stream)  # protocol version
    if not machine.run(stream)["little_endian"]:
        raise ValueError("its numbers are big-endian")
    values, keys = machine.run(stream), machine.run(stream)
    places = {}
    for storage in [machine.storages[key] for key in keys]:
        if struct.unpack("<q", stream.read(8)) != (storage.size,):
            raise ValueError("storage {} is not of {} elements".format(storage.key, storage.size))
        start = stream.tell()
        stream.seek(start + storage.size * _bits(storage.dtype).itemsize)
        places[storage.key] = slice(start, stream.tell())
    return values, lambda storage: stream[places[storage.key]]


def _bits(dtype):
    return np.dtype("<u2" if dtype == "bfloat16" else dtype)


# --- the file

MOST_DIMENSIONS = 32  # of an array in numpy
MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


class PickleFile:
    """`.shapes` and `.dtypes` of all tensors; `read(name)` gives one, bfloat16 as uint16 bits."""

    def __init__(self, path):
        self.path = path
        try:
            self._tensors = self._open()
        except MALFORMED as error:
            message = "{}: not a readable PyTorch file: {}".format(path, error)
            raise CheckpointError(message) from None
        self.shapes = {name: tensor.shape for name, tensor in self._tensors.items()}
        self.dtypes = {name: tensor.storage.dtype for name, tensor in self._tensors.items()}

    def _open(self):
        with open(self.path, "rb") as f:
            is_zip = f.read(4) == ZIP_START
        values, self._read_storage = (_open_zip if is_zip else _open_legacy)(self.path)
        if not isinstance(values, dict):
            raise ValueError("it holds a {}, not a dict".format(type(values).__name__))
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        for name, tensor in tensors.items():
            _check(name, tensor)
        return tensors

    def read(self, name):
        """The array of one tensor."""
        tensor = self._tensors[name]
        bits = _bits(tensor.storage.dtype)
        strides = [bits.itemsize * stride for stride in tensor.strides]
        try:
            storage = self._read_storage(tensor.storage)
            return np.ndarray(tensor.shape, bits, storage, bits.itemsize * tensor.offset, strides)
        except MALFORMED as error:
            message = "{}: cannot read {}: {}".format(self.path, name, error)
            raise CheckpointError(message) from None

    def check(self, name):
        """Raise what `read` would."""
        self.read(name)


def _check(name, tensor):
    """Raises unless the tensor lies inside its storage and is not larger than it."""
    if len(tensor.shape) != len(tensor.strides) or len(tensor.shape) > MOST_DIMENSIONS:
        sizes = (name, len(tensor.shape), len(tensor.strides))
        raise ValueError("{} has {} dimensions and {} strides".format(*sizes))
    numbers = (tensor.storage.size, tensor.offset) + tensor.shape + tensor.strides
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("{} has the shape {}".format(name, tensor.shape))
    count, last = 1, tensor.offset
    for length, stride in zip(tensor.shape, tensor.strides):
        count, last = count * length, last + (length - 1) * stride
    if count and max(count, last + 1) > tensor.storage.size:
        where = (name, tensor.shape, tensor.storage.size)
        raise ValueError("{} of shape {} exceeds its storage of {} elements".format(*where))
