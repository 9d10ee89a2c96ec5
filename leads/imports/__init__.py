"""Files of leads, imported: read once, staged in the table, worked chunk by chunk.

``files`` turns a file into rows, ``columns`` a row into what it says of a lead. ``run`` stores
the rows, so that the page and the command share one path and any process can go on: it
begins a dry run, an import or an undo, does one step of it, and reads what came of each row.
"""
