"""`python -m tests.benchmarks.one_page FILE`: digitize one page on one core, print CPU seconds and most memory."""

import json
import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import cv2

    from pipelines.scan import pages, sheet

    cv2.setNumThreads(1)
    sheet.digitize(pages.open_pages(Path(sys.argv[1]))[0])
    # The kernel's own account of this process; that of `resource` would also count the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    most = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": time.process_time(), "gigabytes": most / 1024**2}))
