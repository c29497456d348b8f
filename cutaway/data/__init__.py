"""Tables as people have them: read, understood column by column, and turned into numbers.

| to                                         | see                                  |
|--------------------------------------------|--------------------------------------|
| read a file or take a data frame           | `reading`, `frames`                  |
| read a file larger than memory             | `streaming`                          |
| hold columns of equal length               | `table`                              |
| decide what each column is                 | `columns`, `kinds`                   |
| turn columns into numbers, and remember how| `encoders`                           |
| turn the column to be predicted into numbers, and back | `targets`                |
| set rows aside, at random, by group, by time | `splits`                           |
| count rows that are on both sides          | `duplicates`                         |
| make a series' earlier values inputs       | `series`                             |
| say on which line a row is                 | `lines`                              |
| write predictions                          | `writing`                            |
| load the data sets that come along         | `bundled`                            |
"""
