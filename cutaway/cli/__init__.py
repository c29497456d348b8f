"""The command line: one file a command, and nothing that a person could not do from Python."""
