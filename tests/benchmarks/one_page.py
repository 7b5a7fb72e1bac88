"""`python -m tests.benchmarks.one_page FILE FOLDER`: `diachinh digitize` on one core; CPU seconds and most memory.

A process of its own, because the system counts the memory of the process that starts another one as that one's too.
"""

import json
import os
import resource
import subprocess
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    subprocess.run(
        [sys.executable, "-m", "pipelines", "digitize", sys.argv[1], "--out", sys.argv[2], "--json"],
        check=True, stdout=sys.stderr, env={**os.environ, **single},
    )  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"seconds": used.ru_utime + used.ru_stime, "gigabytes": used.ru_maxrss / 1024**2}))
