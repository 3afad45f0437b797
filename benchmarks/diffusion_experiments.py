"""Learn a table with diffusion, write a release, and say what it cost; any judge can then score the file.

python -m benchmarks.diffusion_experiments TRAIN.parquet OUT.parquet --rows 500000 --param minutes=4 --param dropout=0.2
"""

import argparse
import json
import resource
import time
from pathlib import Path

import pandas as pd

from synth_core.methods.diffusion import BLOCK, Diffusion
from synth_core.reading import table_from_frame
from synth_core.writing import write_parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--param", action="append", default=[], help="key=value, may be repeated")
    parser.add_argument("--model", type=Path, help="folder to keep the model in; used if there is one")
    given = parser.parse_args()
    params = dict(text.split("=", 1) for text in given.param)

    table = table_from_frame(pd.read_parquet(given.train), given.train.stem)
    table = table.select([column.name for column in table.having(learned=True)])
    started = time.process_time()
    if given.model is not None and (given.model / "diffusion.json").exists():
        fitted = Diffusion.load(given.model)
    else:
        fitted = Diffusion(**params).fit(table, seed=given.seed)
        if given.model is not None:
            fitted.save(given.model)
    learned = time.process_time()
    sizes = [min(BLOCK, given.rows - start) for start in range(0, given.rows, BLOCK)]
    parts = (fitted.sample(size, seed=given.seed + 1 + part) for part, size in enumerate(sizes))
    write_parts(parts, table.columns, given.out, mark={"method": "diffusion"})
    ended = time.process_time()
    best = min(fitted.history, key=lambda one: one["held_out"])
    print(
        json.dumps(
            {
                "rows": given.rows,
                "params": params,
                "epochs": len(fitted.history),
                "best": best,
                "fit_cpu_s": round(learned - started, 1),
                "sample_and_write_cpu_s": round(ended - learned, 1),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )


if __name__ == "__main__":
    main()
