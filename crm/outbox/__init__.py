"""What must leave the house: stored with the change that it follows from, delivered by a job.

A letter is an item of ``CrmRecords`` that has, beside whatever it is, the attributes of
:mod:`crm.outbox.models`. The letters of a partition to one receiver leave in order, each at
least once; one that failed for good is marked and passed. docs/adr/0059 has the reasons.
"""
