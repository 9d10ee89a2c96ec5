"""The bill: its arithmetic, the articles' example, the command, the document."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from itertools import groupby

import pytest
from django.conf import settings

from benchmarks import bills
from benchmarks.alternatives import INTAKE_CEILING, break_even, dyno, flood, month_at_ceiling
from infra.costs import prices
from infra.costs.__main__ import main
from infra.costs.bill import LOOK_RRU, bill, stream_reads
from infra.costs.consumption import ARRIVAL, INTAKE, Load, month
from infra.costs.hosting import Host, looks
from infra.costs.prices import MONTH_SECONDS, Line, Price
from infra.costs.regional import COMPARED, HOME, REGIONS, local_bill, local_price
from infra.costs.statement import dollars, quantity
from infra.costs.traffic import busy_spells, lonely_requests, traffic
from tests import ROOT

CENT = 0.01


def run(**options: object) -> str:
    """Run the command to a good end, and return what it says."""
    given = [word for name, value in options.items() for word in (_option(name), str(value))]
    said = StringIO()
    with redirect_stdout(said):
        assert main(given) == 0
    return said.getvalue()


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def total(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^Total +(\S+) +(\S+)$", text, re.MULTILINE)


class TestTheExampleOfTheArticles:
    """A thousand leads, ten thousand reads and 1 GB: "about $0.25 a month"."""

    def test_is_one_gigabyte_and_cents(self) -> None:
        # An item and its entries in two indexes are written, and single items are read.
        writes = prices.WRITES.of(1_000 * 3)
        reads = prices.READS.of(10_000 * 0.5)
        stored = prices.STORAGE.list_price(1)
        assert stored == 0.25
        assert writes + reads < CENT
        assert writes + reads + stored == pytest.approx(0.25, abs=CENT)

    def test_costs_leadbook_four_cents_more_for_what_it_writes(self) -> None:
        one = bill(Load(staff=0, leads=1_000, reads=10_000), Host.LAMBDA, stored_gb=1)
        listed = {line.price: line.list_price for line in one.lines}
        assert listed[prices.STORAGE] == 0.25
        a_lead = INTAKE.wru + ARRIVAL.wru
        assert listed[prices.WRITES] == pytest.approx(1_000 * a_lead * 0.625e-6)
        assert listed[prices.WRITES] == pytest.approx(0.04, abs=CENT / 2)
        assert listed[prices.READS] < CENT
        three = (prices.READS, prices.WRITES, prices.STORAGE)
        assert sum(listed[price] for price in three) == pytest.approx(0.3, abs=CENT / 2)

    def test_is_paid_with_the_backup_instead_of_the_storage(self) -> None:
        one = bill(Load(staff=0, leads=1_000, reads=10_000), Host.LAMBDA, stored_gb=1)
        paid = {line.price: line.dollars for line in one.lines}
        assert paid[prices.STORAGE] == 0
        assert paid[prices.RECOVERY] == pytest.approx(0.17, abs=CENT / 2)
        assert one.dollars == pytest.approx(0.27, abs=CENT)


def test_what_is_free_is_taken_off_once() -> None:
    price = Price("part", "what", 3.0, per=10, free=20)
    assert price.of(20) == 0
    assert price.of(30) == 3
    assert price.list_price(30) == 9
    assert (Line(price, 30).dollars, Line(price, 30).list_price) == (3, 9)


def test_idle_costs_a_look_a_minute_on_lambda_and_a_server_elsewhere() -> None:
    nobody = Load(staff=0, leads=0)
    idle = bill(nobody, Host.LAMBDA)
    assert 0 < idle.dollars == idle.of(prices.DYNAMODB) < CENT / 2
    looked = {prices.READS, prices.SCHEDULES, prices.CALLS, prices.COMPUTE}
    listed = sum(line.list_price for line in idle.lines if line.price in looked)
    assert listed <= 0.10
    for host in (Host.EXPRESS, Host.APP_RUNNER):
        one = bill(nobody, host)
        assert one.of(prices.SERVER) > 0
        assert one.dollars - one.of(prices.SERVER) < 0.05


@pytest.mark.parametrize("host", Host)
def test_a_bill_has_the_month_of_the_model_and_each_part_once(host: Host) -> None:
    load = Load(staff=7, leads=3_000, reads=500)
    one = bill(load, host)
    looked = prices.READS.of(looks(host) * LOOK_RRU)
    assert one.of(prices.DYNAMODB) == pytest.approx(month(load).dollars + looked)
    parts = [part for part, _ in groupby(line.price.part for line in one.lines)]
    assert len(parts) == len(set(parts))
    assert one.dollars == pytest.approx(sum(one.of(part) for part in parts))
    assert one.dollars <= one.list_price


@pytest.mark.parametrize("host", Host)
@pytest.mark.parametrize("more", [Load(6, 1_000), Load(5, 2_000), Load(5, 1_000, reads=10_000)])
def test_more_work_costs_more(host: Host, more: Load) -> None:
    assert bill(more, host).list_price > bill(Load(5, 1_000), host).list_price


def test_a_further_page_reads_what_a_lead_does_and_writes_nothing() -> None:
    one, other = month(Load(0, 0, reads=1_000)), month(Load(0, 0))
    assert (one.rru - other.rru, one.wru) == (3_500, 0)


def test_a_dyno_takes_a_larger_database_when_the_leads_need_one() -> None:
    small, large = (dyno(Load(5, leads), rollback=False) for leads in (1_000, 100_000))
    assert small.dollars < large.dollars < dyno(Load(5, 0), rollback=True).dollars


def test_a_server_pays_where_hundreds_work() -> None:
    staff = break_even(1_000, Host.EXPRESS)
    assert staff
    assert staff > 200
    for team, cheaper in ((staff - 1, False), (staff, True)):
        load = Load(team, 1_000)
        assert (bill(load, Host.EXPRESS).dollars < bill(load, Host.LAMBDA).dollars) is cheaper
    assert break_even(1_000, Host.EXPRESS, most=10) is None


def test_a_flood_is_paid_for_by_the_post() -> None:
    one, two = flood(20_000_000), flood(40_000_000)
    writes = next(line for line in one.lines if line.price is prices.WRITES)
    assert writes.used == 20_000_000 * (INTAKE.wru + ARRIVAL.wru)
    assert 1.9 < two.dollars / one.dollars < 2.1


def test_held_messages_cost_a_tenth_of_leads() -> None:
    assert INTAKE_CEILING == settings.INTAKE_CEILING
    held, leads = month_at_ceiling(0), month_at_ceiling(INTAKE_CEILING)
    assert 5 < leads.dollars / held.dollars < 30


def test_requests_that_come_alone() -> None:
    # Ten in a month meet nobody; a hundred a second always do.
    assert lonely_requests(10) == pytest.approx(10, rel=0.05)
    assert lonely_requests(100 * MONTH_SECONDS) == 0
    assert traffic(Load(0, 100)).cold_starts == lonely_requests(100)


def test_spells_in_which_anything_comes() -> None:
    minutes = MONTH_SECONDS / 60
    assert busy_spells(10, 60) == pytest.approx(10, rel=0.01)
    assert busy_spells(100 * minutes, 60) == pytest.approx(minutes)
    assert busy_spells(0, 60) == 0


def test_an_idle_pipe_polls_beyond_what_is_free() -> None:
    assert stream_reads().used > prices.STREAM.free


class TestTheCommand:
    def test_prints_every_part_and_the_total(self) -> None:
        text = run(leads="1000", reads="10000", staff="5")
        one = bill(bills.EXAMPLE, Host.LAMBDA)
        assert "1,000 new leads, 10,000 further pages, 5 people at work" in text
        assert total(text) == [(dollars(one.list_price), dollars(one.dollars))]
        for line in one.lines:
            assert f"  {line.price.what} " in text
        assert max(map(len, text.splitlines())) <= 80

    def test_fits_a_narrow_terminal_whatever_it_is_asked(self) -> None:
        text = run(leads="1000000000", reads="1000000000", staff="100000", host="express")
        assert max(map(len, text.splitlines())) <= 80
        assert not re.search(r"\d\$", text)

    def test_nothing_costs_less_than_a_cent(self) -> None:
        text = run(leads="0", reads="0", staff="0")
        assert total(text) == [("$10.10", "<$0.01")]
        assert "1 person" in run(staff="1")
        assert "1 new lead," in run(leads="1")

    def test_takes_storage_as_it_is_told(self) -> None:
        text = run(staff="0", stored_gb="126.5")
        assert re.search(r"storage +126 GB +\$31\.62 +\$25\.38", text)

    @pytest.mark.parametrize("host", Host)
    def test_knows_each_host(self, host: Host) -> None:
        assert host.label in run(host=host.value).splitlines()[0]

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("leads", "-1"),
            ("leads", "many"),
            ("leads", "1.5"),
            ("leads", "1_000"),
            ("leads", "\u0661\u0660"),
            ("leads", str(10**30)),
            ("leads", "1000000001"),
            ("leads", ""),
            ("reads", "-1"),
            ("reads", "1e9"),
            ("staff", "100001"),
            ("staff", "nan"),
            ("stored_gb", "nan"),
            ("stored_gb", "inf"),
            ("stored_gb", "-1"),
            ("stored_gb", "1e30"),
            ("stored_gb", "1000001"),
            ("stored_gb", ""),
            ("region", "Frankfurt"),
            ("region", "eu-central"),
            ("region", ""),
            ("host", "heroku"),
            ("host", ""),
        ],
    )
    def test_refuses_in_one_line(
        self, option: str, value: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([f"{_option(option)}={value}"]) == 2
        out, message = capsys.readouterr()
        assert out == ""
        assert message.startswith(f"{_option(option)} must be ")
        assert message.count("\n") == 1
        assert len(message) < 140

    @pytest.mark.parametrize("words", [["--lead", "1"], ["five"], ["--leads"], ["--x"]])
    def test_what_it_does_not_know_is_one_line_too(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1

    @pytest.mark.slow
    def test_needs_no_settings(self) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"}
        command = [sys.executable, "-m", "infra.costs", "--leads", "0", "--staff", "0"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert total(done.stdout) == [("$10.10", "<$0.01")]


class TestRegions:
    """Elsewhere the tables and the logs are dearer; what was not read is said."""

    LOAD = Load(staff=50, leads=100_000)

    def test_a_bill_has_the_prices_of_its_region(self) -> None:
        home = bill(self.LOAD, Host.LAMBDA)
        there = local_bill(home, "eu-central-1")
        factors = {
            one.price.what: here.list_price / one.list_price
            for one, here in zip(home.lines, there.lines, strict=True)
            if one.list_price != here.list_price
        }
        assert factors == pytest.approx(
            {
                "reads": 1.22,
                "writes": 1.22,
                "storage": 1.224,
                "point-in-time recovery": 1.224,
                "logs": 1.26,
            }
        )
        assert home.dollars < there.dollars < 1.3 * home.dollars

    def test_at_home_nothing_changes(self) -> None:
        home = bill(self.LOAD, Host.LAMBDA)
        assert local_bill(home, HOME) == home
        assert "the others of" not in run()

    @pytest.mark.parametrize("region", REGIONS)
    def test_what_was_read_is_plausible_and_has_its_source(self, region: str) -> None:
        for price in COMPARED:
            there = local_price(price, region)
            assert 1 <= there.dollars / price.dollars < 1.6
            assert (there.per, there.free) == (price.per, price.free)
            assert there is price or "2026" in there.source

    @pytest.mark.parametrize(
        ("region", "said"),
        [
            ("eu-central-1", "are the prices of reads, writes, storage, point-in-time recovery,"),
            ("eu-west-2", "Of eu-west-2 are the prices of reads, writes, storage; the others of"),
            ("mx-central-1", "Nobody has read the prices of mx-central-1: these are those of us"),
        ],
    )
    def test_the_statement_says_which_prices_it_has(self, region: str, said: str) -> None:
        text = run(region=region)
        assert text.startswith(f"A month on AWS Lambda in {region}\n")
        assert said in " ".join(text.split())
        assert max(map(len, text.splitlines())) <= 80

    def test_a_dearer_region_is_dearer_in_the_statement(self) -> None:
        (home,), (there,) = total(run()), total(run(region="eu-central-1"))
        assert float(there[0][1:]) > float(home[0][1:])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (8, "8"),
        (0.004, "<0.01"),
        (0.085, "0.09"),
        (1_200, "1,200"),
        (15_269.43, "15,269"),
        (1_217_377, "1.2 million"),
        (48e9, "48.0 billion"),
    ],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert quantity(number) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.0001, "<$0.01"), (0.005, "$0.01"), (3.2, "$3.20"), (30_000, "$30,000.00")],
)
def test_a_little_is_told_apart_from_nothing(amount: float, text: str) -> None:
    assert dollars(amount) == text


@pytest.mark.parametrize(
    "printed",
    [
        *(bills.example, bills.hosts, bills.parts, bills.flood_report),
        *(bills.ceiling_report, bills.regions, bills.price_list),
    ],
)
def test_the_document_has_what_the_code_prints(printed: Callable[[], str]) -> None:
    text = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    assert printed() in text, "run `python -m benchmarks.bills` and put its tables there"


def test_readme_says_what_each_part_costs_idle() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert bills.idle() in text, "run `python -m benchmarks.bills` and put its table there"
