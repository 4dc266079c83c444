"""Reads GGUF files whose tensors are F32: metadata as Python values, tensors as Matrix. Only the standard library."""
import array
import struct

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class Matrix:
    """Floats with a shape, slowest dimension first. Rows are slices of one array."""

    def __init__(self, shape, values):
        self.shape = tuple(shape)
        self.values = values if isinstance(values, array.array) else array.array("f", values)
        assert len(self.values) == product(self.shape), (self.shape, len(self.values))

    @property
    def columns(self):
        return self.shape[-1]

    def row(self, i):
        return self.values[i * self.columns:(i + 1) * self.columns]

    def rows(self, order):
        """The rows in this order; keeps the last dimension."""
        out = array.array("f")
        for i in order:
            out.extend(self.row(i))
        return Matrix((len(out) // self.columns, self.columns), out)

    def reshaped(self, *shape):
        return Matrix(shape, self.values)

    def map(self, function):
        return Matrix(self.shape, array.array("f", map(function, self.values)))

    def transposed(self):
        rows, columns = self.shape
        return Matrix((columns, rows), array.array("f", (self.values[r * columns + c] for c in range(columns) for r in range(rows))))


def product(numbers):
    n = 1
    for x in numbers:
        n *= x
    return n


def below(*parts):
    """Matrices one below the other."""
    values = array.array("f")
    for part in parts:
        values.extend(part.values)
    return Matrix((sum(p.shape[0] for p in parts),) + parts[0].shape[1:], values)


class Gguf:
    def __init__(self, path):
        data = path.read_bytes()
        self.data = data
        self.at = 0
        magic, _, tensors, pairs = self.take("<4sIQQ")
        assert magic == b"GGUF", path
        self.metadata = {}
        self.kinds = {}
        for _ in range(pairs):
            key = self.string()
            self.kinds[key], = self.take("<I")
            self.metadata[key] = self.value(self.kinds[key])
        infos = []
        for _ in range(tensors):
            name = self.string()
            count, = self.take("<I")
            dims = self.take(f"<{count}Q")
            infos.append((name, dims, *self.take("<IQ")))
        start = -(-self.at // 32) * 32
        self.types = {name: kind for name, _, kind, _ in infos}
        self.dims = {name: tuple(reversed(dims)) for name, dims, _, _ in infos}
        self.tensors = {}
        for name, dims, kind, offset in infos:
            if kind == 0:
                size = 4 * product(dims)
                values = array.array("f", data[start + offset:start + offset + size])
                self.tensors[name] = Matrix(tuple(reversed(dims)), values)

    def take(self, code):
        out = struct.unpack_from(code, self.data, self.at)
        self.at += struct.calcsize(code)
        return out

    def string(self):
        size, = self.take("<Q")
        self.at += size
        return self.data[self.at - size:self.at].decode("utf-8", "surrogateescape")

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            inner, count = self.take("<IQ")
            if inner in SCALARS:
                return list(self.take(f"<{count}{SCALARS[inner]}"))
            return [self.value(inner) for _ in range(count)]
        return self.take("<" + SCALARS[kind])[0]


def mix(z):
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9 % 2**64
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb % 2**64
    return z ^ (z >> 31)


class Fixture:
    """A model of tests/golden/fixtures.json, drawn as tests/golden/reference/fixtures.py draws it."""

    def __init__(self, name, entry):
        architecture = entry["architecture"]
        self.metadata = {"general.architecture": architecture}
        for key, value in entry["metadata"].items():
            self.metadata[f"{architecture}.{key}"] = value
        self.tensors = {}
        for pattern, dims in entry["tensors"].items():
            layers = [""]
            if pattern.startswith("blk."):
                which = pattern.split(".")[1]
                layers = range(entry["metadata"]["block_count"]) if which == "*" else which.split(",")
            for layer in layers:
                full = f"blk.{layer}.{pattern.split('.', 2)[2]}" if pattern.startswith("blk.") else pattern
                self.tensors[full] = self.draw(entry.get("seed", 1), full, dims)
        self.dims = {name: m.shape for name, m in self.tensors.items()}

    @staticmethod
    def values(seed, name, shape, offset, scale):
        """offset + scale * u, with u uniform in [-1, 1) by seed, name and index."""
        stream = 0xcbf29ce484222325 ^ mix((seed + 0x9e3779b97f4a7c15) % 2**64)
        for byte in name.encode():
            stream = (stream ^ byte) * 0x100000001b3 % 2**64
        bits = (mix((stream + (i + 1) * 0x9e3779b97f4a7c15) % 2**64) for i in range(product(shape)))
        return Matrix(shape, array.array("f", (offset + scale * ((b >> 11) * 2.0**-52 - 1) for b in bits)))

    @staticmethod
    def draw(seed, name, dims):
        offset, scale = 0.0, 1.7 / dims[0] ** 0.5
        if name.endswith(("norm.weight", "layer_output_scale.weight")):
            offset, scale = 1.0, 0.25
        elif name.endswith(".bias"):
            scale = 0.3
        elif name.endswith("ssm_a"):
            offset, scale = -1.0, -0.5
        elif name.startswith("rope_f"):
            offset, scale = 2.0, 1.0
        elif name.endswith("embd.weight") or name == "token_types.weight":
            scale = 1.7
        return Fixture.values(seed, name, tuple(reversed(dims)), offset, scale)
