"""Reads the head of a GGUF file that this project wrote; needs Python alone."""
import struct


class Reader:
    def __init__(self, path):
        self.data = path.read_bytes()
        self.at = 0

    def take(self, form):
        size = struct.calcsize(form)
        out = struct.unpack_from(form, self.data, self.at)[0]
        self.at += size
        return out

    def string(self):
        size = self.take("<Q")
        self.at += size
        return self.data[self.at - size:self.at].decode("utf-8")

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            inner, count = self.take("<I"), self.take("<Q")
            return [self.value(inner) for _ in range(count)]
        return self.take({4: "<I", 5: "<i", 6: "<f", 7: "<?"}[kind])


def metadata(reader):
    """The key/value pairs; the reader then stands before the tensors' descriptions. Also the number of those."""
    assert reader.data[:4] == b"GGUF"
    reader.at = 8
    tensor_count, entry_count = reader.take("<Q"), reader.take("<Q")
    meta = {}
    for _ in range(entry_count):
        key = reader.string()
        meta[key] = reader.value(reader.take("<I"))
    return meta, tensor_count


def merges(path):
    return [tuple(pair.split(" ")) for pair in metadata(Reader(path))[0]["tokenizer.ggml.merges"]]
