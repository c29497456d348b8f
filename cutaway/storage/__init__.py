"""Networks and runs on disk: data only, never code, complete or not there at all.

| to                                              | see              |
|-------------------------------------------------|------------------|
| replace a file or a folder in one step          | `atomic`         |
| describe layers as data, and make them again    | `architecture`   |
| keep a trained network in one file              | `network_file`   |
| keep a run in a folder                          | `run_folder`     |
"""
