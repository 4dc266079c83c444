"""The fixture models: what is in fixtures.json, with weights that follow from names and indices alone.

tests/support/fixture_models.cpp writes the same models as GGUF files; the two share nothing but fixtures.json and the
rules below, so that a mistake in either shows.
"""
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
U64 = np.uint64


def mix(z):
    z = (z ^ (z >> U64(30))) * U64(0xbf58476d1ce4e5b9)
    z = (z ^ (z >> U64(27))) * U64(0x94d049bb133111eb)
    return z ^ (z >> U64(31))


def stream_of(seed, name):
    """FNV-1a over the name, begun with the mixed seed."""
    h = 0xcbf29ce484222325 ^ int(mix(U64((seed + 0x9e3779b97f4a7c15) % 2**64)))
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001b3) % 2**64
    return U64(h)


def values(seed, name, count):
    """`count` numbers, uniform in [-1, 1)."""
    index = np.arange(1, count + 1, dtype=U64)
    bits = mix(stream_of(seed, name) + index * U64(0x9e3779b97f4a7c15))
    return (bits >> U64(11)).astype(np.float64) * 2.0**-52 - 1.0


def tensor(seed, name, dims):
    """A tensor with its slowest dimension first, drawn as its name calls for."""
    shape = tuple(reversed(dims))
    v = values(seed, name, int(np.prod(shape))).reshape(shape)
    if name.endswith('norm.weight'):
        return 1 + 0.25 * v
    if name.endswith('layer_output_scale.weight'):
        return 1 + 0.25 * v
    if name.endswith('.bias'):
        return 0.3 * v
    if name.endswith('ssm_a'):
        return -1 - 0.5 * v
    if name.startswith('rope_f'):
        return 2 + v
    if name.endswith('embd.weight') or name == 'token_types.weight':
        return 1.7 * v
    return 1.7 / np.sqrt(shape[-1]) * v


class Fixture:
    """One model: m['key'] is a hyper-parameter, m.t('name') a tensor, m.t(i, 'name') one of layer i."""

    def __init__(self, name, entry):
        self.name = name
        self.architecture = entry['architecture']
        self.metadata = entry['metadata']
        self.shapes = expand(entry)
        seed = entry.get('seed', 1)
        with np.errstate(over='ignore'):
            self.tensors = {n: tensor(seed, n, d) for n, d in self.shapes.items()}
        self.layers = self.metadata['block_count']

    def __getitem__(self, key):
        return self.metadata[key]

    def get(self, key, fallback):
        return self.metadata.get(key, fallback)

    def per_layer(self, key, i):
        value = self.metadata[key]
        return value[i] if isinstance(value, list) else value

    @staticmethod
    def _name(args):
        return args[0] if len(args) == 1 else f'blk.{args[0]}.{args[1]}'

    def has(self, *args):
        return self._name(args) in self.tensors

    def t(self, *args):
        return self.tensors[self._name(args)]


def expand(entry):
    """Names like blk.*.x stand for one tensor a layer, blk.0,2.x for those of the layers listed."""
    out = {}
    for name, dims in entry['tensors'].items():
        if not name.startswith('blk.'):
            out[name] = dims
            continue
        _, which, rest = name.split('.', 2)
        layers = range(entry['metadata']['block_count']) if which == '*' else map(int, which.split(','))
        for i in layers:
            out[f'blk.{i}.{rest}'] = dims
    return out


def load():
    entries = json.loads((HERE.parent / 'fixtures.json').read_text())
    return entries['tokens'], [Fixture(n, e) for n, e in entries['models'].items()]
