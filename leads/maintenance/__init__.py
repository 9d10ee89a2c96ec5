"""Work on whole tables while everybody works.

``adopt`` takes over the leads of other programs; ``recount`` finds and repairs what is wrong
with the totals and the search tokens; ``restore_check`` compares restored tables with the
live ones.
"""
