"""Many books by one table: packaged, updated or exported, a row for each.

`table` reads and writes tables, `columns` knows their headings, `record_finder` the records that
the rows name. `package_rows`, `update_rows` and `export_rows` do the work of a row; `run` does one
row after another, `shares` and `cluster` do several at a time. The archive, never the table, shows
what is already done.
"""
