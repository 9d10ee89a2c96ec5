"""The jobs that ask for the mails of the morning: one a person."""

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from crm.dynamodb.calls import Update, transact, update
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.jobs import models
from crm.tables import RECORDS


def begin(asking: Update, *, is_own: bool) -> None:
    """Ask for the job of somebody, which goes on by itself: 2 WRU, 1 where others ask in vain.

    What people say themselves, such as their zone, is not replaced by what others say.
    """
    condition = None if is_own else "attribute_not_exists(#PK)"
    try:
        update(RECORDS, asking.key, asking.change, values=asking.values, condition=condition)
    except ConditionFailedError:
        return


def ask_once(job: str, day: date, notice: Sequence[Update]) -> None:
    """Ask for a mail, whose writes ``notice`` are, unless the job has asked on that day: 5 WRU.

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
