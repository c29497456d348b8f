"""What a command tells the program that called it, as its exit code."""

DONE = 0
OURS = 1  # a fault of ours
WRONG_INPUT = 2
INTERRUPTED = 130  # by Ctrl-C: 128 and the number of the signal
ENDED = 143  # by the system, the same way
