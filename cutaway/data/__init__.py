"""Tables as people have them: read, understood column by column, and turned into numbers.

| to                                         | see                                  |
|--------------------------------------------|--------------------------------------|
| read a file or take a data frame           | `reading`, `frames`                  |
| hold columns of equal length               | `table`                              |
| decide what each column is                 | `columns`                            |
| turn columns into numbers, and remember how| `encoders`                           |
| turn the column to be predicted into numbers, and back | `targets`                |
| set rows aside                             | `splits`                             |
| write predictions                          | `writing`                            |
| load the data sets that come along         | `bundled`                            |
"""
