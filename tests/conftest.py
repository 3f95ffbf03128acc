"""What all tests need of the process they run in."""

import signal

# A shell that starts us in the background has us ignore Ctrl-C, and our children after us;
# the tests of interruption send it to them.
signal.signal(signal.SIGINT, signal.default_int_handler)
