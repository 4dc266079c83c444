#!/usr/bin/env python3
"""Writes tests/golden/expected/NAME.bin for every model of fixtures.json: logits, row by row, or the pooled embedding,
as little-endian 32-bit floats. Needs python3-numpy. Run it after changing fixtures.json or the reference; with --check
it only compares."""
import sys

import numpy as np

import fixtures
from models import ARCHITECTURES


def main():
    tokens, models = fixtures.load()
    worst = 0.0
    for m in models:
        result = np.asarray(ARCHITECTURES[m.architecture](m, np.array(tokens)), dtype='<f4')
        assert np.all(np.isfinite(result)), m.name
        path = fixtures.HERE.parent / 'expected' / (m.name + '.bin')
        if '--check' in sys.argv:
            error = np.max(np.abs(np.fromfile(path, '<f4') - result.ravel()))
            worst = max(worst, error)
            print(f'{m.name}: differs by at most {error:.1e}')
        else:
            result.tofile(path)
            print(f'{m.name}: {result.size} values')
    return 1 if worst > 1e-5 else 0


if __name__ == '__main__':
    sys.exit(main())
