"""Dates of other programs are read, or refused."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from hypothesis import given
from hypothesis import strategies as st

from leads.imports.columns.dates import is_day_first, read_date
from leads.models import timestamp
from tests import ROOT

FIRST = datetime(1970, 1, 2)  # noqa: DTZ001 - as hypothesis wants it
LAST = datetime(2099, 12, 30)  # noqa: DTZ001 - as hypothesis wants it


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05.000+0000", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05.000Z"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04", "2026-01-02T03:04:00.000Z"),
        ("2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04:05 +0200", "2026-01-02T01:04:05.000Z"),
        ("2026/1/2 3:04 PM", "2026-01-02T15:04:00.000Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("Fri, 02 Jan 2026 03:04:05 -0500", "2026-01-02T08:04:05.000Z"),
        ("2 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05.000Z"),
        ("2 Jan 2026 3:04 PM", "2026-01-02T15:04:00.000Z"),
        ("Fri, 2 Jan 2026 3:04:05 pm", "2026-01-02T15:04:05.000Z"),
        ("Fri, 2 Jan 2026 03:04:05 EST", "2026-01-02T08:04:05.000Z"),
        ("Fri, 2 Jan 2026 03:04:05 -0000", "2026-01-02T03:04:05.000Z"),
        ("2 January 2026", "2026-01-02T00:00:00.000Z"),
        ("02-Jan-2026 15:04", "2026-01-02T15:04:00.000Z"),
        ("Jan 2, 2026, 3:04 a.m.", "2026-01-02T03:04:00.000Z"),
        ("Friday, January 2nd, 2026 at 12:04 AM", "2026-01-02T00:04:00.000Z"),
        ("02.01.2026", "2026-01-02T00:00:00.000Z"),
        ("02.01.26, 15:04:05", "2026-01-02T15:04:05.000Z"),
        ("1/2/2026, 12:04 PM", "2026-01-02T12:04:00.000Z"),
        ("1/2/2026 3:04", "2026-01-02T03:04:00.000Z"),
        ("1-2-26", "2026-01-02T00:00:00.000Z"),
        ("1767323045", "2026-01-02T03:04:05.000Z"),
        ("1767323045678", "2026-01-02T03:04:05.678Z"),
        ("  2026-01-02\n", "2026-01-02T00:00:00.000Z"),
    ],
)
def test_common_ways_to_write_a_date(text: str, stored: str) -> None:
    assert read_date(text, day_first=False) == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Mar 2, 2026 2:05 PM (GMT+01:00)", "2026-03-02T13:05:00.000Z"),
        ("02.03.2026 14:05 (UTC)", "2026-03-02T14:05:00.000Z"),
        ("Mo 02.03.2026", "2026-03-02T00:00:00.000Z"),
        ("Mo, 02.03.2026 14:05", "2026-03-02T14:05:00.000Z"),
        ("Mon 3/2/2026 2:05 PM", "2026-03-02T14:05:00.000Z"),
        ("ma 2.3.2026 klo 14.05", "2026-03-02T14:05:00.000Z"),
        ("2026-03-02 周一", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02 (月) 14:05", "2026-03-02T14:05:00.000Z"),
        ("2 Mart 2026 Pazartesi 14:05", "2026-03-02T14:05:00.000Z"),
        ("2026年3月2日（月）14:05", "2026-03-02T14:05:00.000Z"),  # noqa: RUF001 - as in Japan
        ("2026年3月2日下午2:05", "2026-03-02T14:05:00.000Z"),
        ("02.03.2026 г.", "2026-03-02T00:00:00.000Z"),  # noqa: RUF001 - Cyrillic
        ("2 marca 2026 r.", "2026-03-02T00:00:00.000Z"),
        ("Mar-02-2026", "2026-03-02T00:00:00.000Z"),
        ("2. Mrz 2026", "2026-03-02T00:00:00.000Z"),
        ("02-Mrz-26", "2026-03-02T00:00:00.000Z"),
        ("2. Maerz 2026", "2026-03-02T00:00:00.000Z"),
        ("2 фев 2026", "2026-02-02T00:00:00.000Z"),
        ("2 сен 2026", "2026-09-02T00:00:00.000Z"),
        ("2 жов 2026", "2026-10-02T00:00:00.000Z"),
    ],
)
def test_dates_as_spreadsheets_and_people_write_them(text: str, stored: str) -> None:
    assert read_date(text, day_first=False) == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026/03/02 2:05:00 PM GMT+1", "2026-03-02T13:05:00.000Z"),
        (
            "Mon Mar 02 2026 14:05:00 GMT+0100 (Central European Standard Time)",
            "2026-03-02T13:05:00.000Z",
        ),
        ("02-Mar-26", "2026-03-02T00:00:00.000Z"),
        ("2nd March 2026", "2026-03-02T00:00:00.000Z"),
        ("2 mars 2026", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02 14:05:00 UTC+1", "2026-03-02T13:05:00.000Z"),
    ],
)
def test_dates_that_people_met(text: str, stored: str) -> None:
    assert read_date(text, day_first=False) == stored
    assert read_date(text, day_first=True) == stored


@pytest.mark.parametrize(
    "text",
    [
        "2. března 2026",
        "2. marts 2026",
        "Montag, 2. März 2026",
        "Δευτέρα 2 Μαρτίου 2026",
        "2nd of March 2026",
        "Mon, Mar 2, 2026",
        "March 2nd, 2026",
        "02/Mar/2026",
        "2026-Mar-02",
        "lunes, 2 de marzo de 2026",
        "maanantaina 2. maaliskuuta 2026",
        "lundi 2 mars 2026",
        "2 במרץ 2026",
        "2026. március 2., hétfő",
        "lunedì 2 marzo 2026",
        "2026年3月2日",
        "2026年3月2日(月)",
        "2026년 3월 2일 월요일",
        "maandag 2 maart 2026",
        "2 mrt. 2026",
        "poniedziałek, 2 marca 2026",
        "segunda-feira, 2 de março de 2026",
        "2º de março de 2026",
        "2 марта 2026 г.",  # noqa: RUF001 - Cyrillic
        "2 мар. 2026",
        "2 mars '26",
        "2 Mart 2026 Pazartesi",
        "2 березня 2026 р.",  # noqa: RUF001 - Cyrillic
        "2. 3. 2026",
        "2026. 03. 02.",
        "2 ΜΑΡΤΊΟΥ 2026",
        "2 MARS 2026",
    ],
)
def test_months_have_names_in_many_languages(text: str) -> None:
    assert read_date(text, day_first=False) == "2026-03-02T00:00:00.000Z"


LOCALES = [
    *("cs", "da", "de", "de_AT", "el", "en", "en_GB", "es", "fi", "fr", "fr_CA", "he", "hu", "it"),
    *("ja", "ko", "nl", "pl", "pt", "pt_PT", "ru", "sv", "tr", "uk", "zh_Hans", "zh_Hant"),
]


@pytest.mark.parametrize("locale", LOCALES)
def test_dates_as_programs_write_them_in_a_language(locale: str) -> None:
    for month in range(1, 13):
        moment = datetime(2026, month, 23, 14, 5, 9, tzinfo=UTC)
        for style in ("full", "long", "medium"):
            text = format_date(moment, style, locale=locale)
            assert read_date(text, day_first=True) == f"2026-{month:02}-23T00:00:00.000Z", text
        text = format_datetime(moment, "medium", locale=locale)
        assert read_date(text, day_first=True) == f"2026-{month:02}-23T14:05:09.000Z", text


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2 March 2026 2pm", "14:00:00.000"),
        ("2 Mar 2026 @ 14:05", "14:05:00.000"),
        ("March 2, 2026 at 2:05 pm", "14:05:00.000"),
        ("02.03.2026 - 14:05", "14:05:00.000"),
        ("2.Mar.2026 14:05", "14:05:00.000"),
        ("2026-03-02 14:05:00 +0000 UTC", "14:05:00.000"),
        ("2026-03-02 14:05:00+00", "14:05:00.000"),
        ("2026-03-02T14:05:00.123456789Z", "14:05:00.123"),
        ("20260302T140500Z", "14:05:00.000"),
        ("3/2/2026 2 PM", "14:00:00.000"),
        ("2026-03-02 12am", "00:00:00.000"),
        ("2 mars 2026 à 14h05", "14:05:00.000"),
        ("2 mars 2026 14 h 05", "14:05:00.000"),
        ("2. März 2026 um 14:05 Uhr", "14:05:00.000"),
        ("2. maaliskuuta 2026 klo 14.05", "14:05:00.000"),
        ("3/2/2026 2:05 p. m.", "14:05:00.000"),
        ("2026/03/02 午後2:05", "14:05:00.000"),
        ("2026/3/2 下午 2:05:00", "14:05:00.000"),
        ("2026. 3. 2. 오후 2:05:00", "14:05:00.000"),
        ("2026/03/02 2:05:00 오후 GMT+9", "05:05:00.000"),
        ("2026年3月2日 14時05分", "14:05:00.000"),
        ("2026-03-02 14:05:09.25 GMT", "14:05:09.250"),
        ("2026-03-02 14:05 GMT+05:30", "08:35:00.000"),
        ("2026-03-02 14:05 UTC-1", "15:05:00.000"),
        ("2026-03-02 14:05 UTC\N{MINUS SIGN}1", "15:05:00.000"),
        ("02/Mar/2026:14:05:00 +0100", "13:05:00.000"),
        ("Mon Mar  2 14:05:00 2026", "14:05:00.000"),
        ("Mon Mar 02 14:05:00 +0100 2026", "13:05:00.000"),
        ("Mon Mar 02 2026 13:05:00 GMT+0000 (Coordinated Universal Time)", "13:05:00.000"),
    ],
)
def test_times_are_written_in_many_ways(text: str, time: str) -> None:
    assert read_date(text, day_first=False) == f"2026-03-02T{time}Z"


def test_years_of_two_digits() -> None:
    assert read_date("2 Mar 68", day_first=True) == "2068-03-02T00:00:00.000Z"
    assert read_date("2 Mar 99", day_first=True) == "1999-03-02T00:00:00.000Z"


# Dates of no kind, as people's files have them in such a column.
NO_DATES = """
31.02.2026
2026-13-01
32/01/2026
yesterday
n/a
Q1 2026
March
2026
12
0000-00-00
1/1
5 days ago
Mon
14:05
W09 2026
29 Feb 2025
2026-02-30T10:00:00Z
13/13/2026
TBD
-1
March 2026
2 March
Foo 2 March 2026
Mon 14:05
1st quarter 2026
2 March 2026 14
2 March 2026 13pm
2 March 2026 14:05 GMT+99
31 février 2026
mars
3月
2026年13月2日
2 March 2026 and more
2026-W09
2026W09
01/01/0001
2026-03-02 14:05 GMT+1:99
192.168.1.1
2026-03-02 14:05 or so
2026-03-02 14:05 (CET)
Mo 14:05
Mon 12
Mon Tue 2026
""".strip().splitlines()


@pytest.mark.parametrize("text", NO_DATES)
@pytest.mark.parametrize("day_first", [True, False])
def test_what_is_no_date_is_accepted_in_no_order(text: str, day_first: bool) -> None:  # noqa: FBT001 - parametrized
    assert read_date(text, day_first=day_first) is None


def test_the_table_of_months_is_as_the_script_writes_it() -> None:
    script, table = (
        ROOT / "scripts/month_names.py",
        ROOT / "leads/imports/columns/words/months.toml",
    )
    written = subprocess.run([sys.executable, script], capture_output=True, check=True).stdout
    assert written.decode() == table.read_text(encoding="utf-8")


def test_the_order_of_day_and_month_is_as_chosen() -> None:
    assert read_date("3/4/2026 10:00", day_first=True) == "2026-04-03T10:00:00.000Z"
    assert read_date("3/4/2026 10:00", day_first=False) == "2026-03-04T10:00:00.000Z"
    # Never the other one, for then its neighbours would be read wrong.
    assert read_date("25/4/2026", day_first=False) is None
    assert read_date("4/25/2026", day_first=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "45999",
        "12",
        "31.02.2026",
        "2026-13-01",
        "1/2",
        "25:00",
        "0001-01-01",
        "9999-12-31",
        "2026-01-02 25:00",
        "13/1/2026 13:00 PM",
        "3 Foo 2026",
        "99999999999999",
        "2026-01-02T00:00:00+99:99",
        "Fri, 99 Jan 2026 03:04:05 +0000",
        "2 Jan 2026 03:04:05 CET",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text, day_first=False) is None


@pytest.mark.parametrize(
    ("samples", "is_first"),
    [
        (["1/2/2026", "25/2/2026 10:00", "3/3/2026"], True),
        (["1/2/2026", "2/25/2026"], False),
        (["1/2/2026"], None),
        (["25.2.2026", "2026-02-25", "", "nonsense"], None),
        ([], None),
    ],
)
def test_the_order_is_found_where_a_day_is_beyond_twelve(
    samples: list[str], *, is_first: bool | None
) -> None:
    assert is_day_first(samples) is is_first


@given(st.datetimes(FIRST, LAST), st.booleans())
def test_what_is_written_is_read(moment: datetime, day_first: bool) -> None:  # noqa: FBT001 - hypothesis
    day = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    wanted = timestamp(moment.replace(microsecond=0, tzinfo=UTC))
    for pattern in (
        f"{day} %H:%M:%S",
        f"{day}, %I:%M:%S %p",
        "%d.%m.%Y %H:%M:%S",
        "%d %b %Y %H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
    ):
        assert read_date(moment.strftime(pattern), day_first=day_first) == wanted
    assert read_date(timestamp(moment.replace(tzinfo=UTC)), day_first=day_first) == timestamp(
        moment.replace(tzinfo=UTC)
    )


@given(st.text(max_size=40) | st.from_regex(r"[0-9/.\-: TZ+]{4,30}", fullmatch=True), st.booleans())
def test_no_text_is_too_strange(text: str, day_first: bool) -> None:  # noqa: FBT001 - hypothesis
    found = read_date(text, day_first=day_first)
    assert found is None or found.endswith("Z")
    is_day_first([text])


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-03-02 14:05", "2026-03-02T13:05:00.000Z"),
        ("2026-07-02T14:05:00", "2026-07-02T12:05:00.000Z"),
        ("2.3.2026 00:30", "2026-03-01T23:30:00.000Z"),
        ("2 Mar 2026 2:05 PM", "2026-03-02T13:05:00.000Z"),
        ("2026-03-02 14:05 UTC", "2026-03-02T14:05:00.000Z"),
        ("2026-03-02T14:05:00+05:00", "2026-03-02T09:05:00.000Z"),
        ("Mon, 2 Mar 2026 14:05:00 -0000", "2026-03-02T14:05:00.000Z"),
        ("1700000000", "2023-11-14T22:13:20.000Z"),
        # A date without a time is that date, also where a program writes midnight.
        ("2026-03-02", "2026-03-02T00:00:00.000Z"),
        ("2 March 2026", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02 00:00:00", "2026-03-02T00:00:00.000Z"),
    ],
)
def test_times_that_say_no_zone_are_in_the_importers(text: str, stored: str) -> None:
    assert read_date(text, day_first=True, zone=ZoneInfo("Europe/Berlin")) == stored
