"""What a month on AWS costs: a model without any I/O, which ``make cost`` prints.

``consumption`` is what Leadbook asks of DynamoDB, ``traffic`` what it sends, ``hosting`` what
runs it, ``prices`` what AWS asks, ``regional`` what it asks elsewhere, ``bill`` all of it
together and ``statement`` its text.
"""
