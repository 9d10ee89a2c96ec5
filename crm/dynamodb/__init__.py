"""DynamoDB for the rest of the project: the only code that knows boto3.

``schema`` describes the tables, ``calls`` makes every request, ``errors`` is what can
go wrong, ``cursor`` signs page positions and ``capacity`` adds up what a request cost.
"""
