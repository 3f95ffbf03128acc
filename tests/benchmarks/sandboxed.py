"""The sandbox in a process of its own, as `tintype sandbox --pace 0` has it."""

from tests.benchmarks.server import told_until_the_end

from tintype_contracts import Sandbox

if __name__ == "__main__":
    with Sandbox(["apiyi"], pace=0) as sandbox:
        told_until_the_end(f"{sandbox.url('apiyi')} {sandbox.key('apiyi')}")
