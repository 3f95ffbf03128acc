"""So many tasks of a sync client, with no socket: what the gate counts instructions of."""

import sys

from tests.benchmarks import ours

if __name__ == "__main__":
    with ours.sync("replicate", "replicate-1", transport=ours.Here(), pauses=(0.001,)) as client:
        for _ in range(int(sys.argv[1])):
            client.generate(ours.ASKED, provider="replicate")
