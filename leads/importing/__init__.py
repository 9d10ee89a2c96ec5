"""Files of leads, imported: read once, staged in the table, worked chunk by chunk.

``reading`` and ``mapping`` turn a file into rows and a row into a lead. ``staging`` stores
the rows, so that the page and the command share one path and any process can go on;
``run`` begins a dry run, an import or an undo and does one step of it; ``results`` reads
what came of each row. ``records`` says what is stored.
"""
