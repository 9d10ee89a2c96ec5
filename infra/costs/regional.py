"""What differs from us-east-1 elsewhere, as far as it was read; whatever is not here is not known.

``docs/cost.md`` has it as a table. CloudFront's prices and what is free have no region.
"""

from dataclasses import dataclass, replace

from infra.costs.bill import Bill
from infra.costs.prices import LOGS, READS, RECOVERY, STORAGE, WRITES, Price

HOME = "us-east-1"
"""Where the prices of :mod:`.prices` are from."""

COMPARED = (READS, WRITES, STORAGE, RECOVERY, LOGS)
"""Those that differ between regions by more than a trifle, and are the most of a bill."""


@dataclass(frozen=True)
class Region:
    """Dollars for each of COMPARED, ``None`` where they were not read, and where the rest was."""

    dollars: tuple[float | None, float | None, float | None, float | None, float | None]
    source: str


_LIST = "AWS price list"
REGIONS = {
    "ap-northeast-1": Region((0.1425, 0.715, 0.285, None, 0.76), f"{_LIST}, 23 September 2026"),
    "ap-southeast-2": Region((0.1425, 0.71, 0.285, 0.228, None), f"{_LIST}, 13 August 2026"),
    "eu-central-1": Region((0.1525, 0.7625, 0.306, 0.2448, 0.63), f"{_LIST}, 11 September 2026"),
    "eu-west-1": Region((0.1415, 0.705, 0.283, 0.22, 0.57), f"{_LIST}, 11 and 22 September 2026"),
    "eu-west-2": Region((0.1487, 0.7423, 0.29715, None, None), f"{_LIST}, 8 June 2026"),
    "us-east-2": Region((0.125, 0.625, 0.25, None, None), f"{_LIST}, 11 September 2026"),
    "us-west-1": Region((0.1395, 0.695, 0.28, 0.224, 0.67), f"{_LIST}, 29 September 2026"),
    "us-west-2": Region((0.125, 0.625, 0.25, 0.20, 0.50), f"{_LIST}, 8 August 2026"),
}


def local_price(price: Price, region: str) -> Price:
    """Return a price as it is in the region, if that was read; else as it is in us-east-1."""
    read = _read(region).get(price)
    return price if read is None else replace(price, dollars=read, source=REGIONS[region].source)


def local_bill(bill: Bill, region: str) -> Bill:
    """Return the bill of the same month at the region's prices."""
    lines = (replace(line, price=local_price(line.price, region)) for line in bill.lines)
    return Bill(tuple(lines))


def reservation(region: str) -> str:
    """Return a sentence about the prices that are not the region's own; none for us-east-1."""
    if region == HOME:
        return ""
    if region not in REGIONS:
        return f"Nobody has read the prices of {region}: these are those of {HOME}."
    names = ", ".join(price.what for price in _read(region))
    return f"Of {region} are the prices of {names}; the others of {HOME}."


def _read(region: str) -> dict[Price, float]:
    """Return the dollars that were read in the region."""
    dollars = REGIONS[region].dollars if region in REGIONS else ()
    pairs = zip(COMPARED, dollars, strict=False)
    return {price: amount for price, amount in pairs if amount is not None}
