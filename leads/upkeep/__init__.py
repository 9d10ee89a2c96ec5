"""Work on a whole table while everybody works.

``adopting`` takes over the leads of other programs; ``counting`` and ``filing`` find and
repair what is wrong with the totals and the search tokens.
"""
