"""That a mail of the morning was asked for: the day of it stands on the job of its person."""

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from crm.dynamodb.calls import Update, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.jobs import models
from crm.tables import RECORDS


def ask_once(job: str, day: date, notice: Sequence[Update]) -> None:
    """Ask for a mail, whose writes ``notice`` are, unless the job has asked on that day: 7 WRU.

    So it is one mail also where whoever asked ended before the job was put off, and the mail
    has long left by the time the job is done again.
    """
    told = Update(
        table=RECORDS,
        key=models.key(job),
        change="SET #toldOn = :day",
        values={"day": day.isoformat()},
        condition="attribute_exists(#PK) AND (attribute_not_exists(#toldOn) OR #toldOn < :day)",
    )
    try:
        transact([told, *notice], uuid4().hex)
    except TransactionRefusedError:
        return
