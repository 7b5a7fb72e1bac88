"""`python -m tests.benchmarks NAME`: run one benchmark, print one JSON object."""

import importlib
import json
import sys

if __name__ == "__main__":
    print(json.dumps({"goals": importlib.import_module(f"tests.benchmarks.{sys.argv[1]}").measure()}))
