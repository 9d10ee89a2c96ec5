"""What Amazon Web Services and Heroku ask in a month: named prices, each with its source.

In us-east-1, without the offers of an account's first months. ``free`` is what AWS gives each
account every month for good. ``docs/cost.md`` has them as a table.
"""

from dataclasses import dataclass

MILLION = 10**6
MONTH_DAYS = 30.0
DAY_SECONDS = 86_400.0
MONTH_SECONDS = MONTH_DAYS * DAY_SECONDS
MONTH_HOURS = MONTH_SECONDS / 3600

DYNAMODB = "DynamoDB"
LAMBDA = "Lambda"
CLOUDFRONT = "CloudFront"
EVENTS = "Events"
CLOUDWATCH = "CloudWatch"
KEYS = "Secrets and keys"
SERVER = "Server"

_PRICE_LIST = "AWS price list, 11 September 2026"
_QUOTED = "AWS price list, 12 August 2026, as quoted"
_SNS = "a guide of June 2026; free: as AWS's bills word it"
_CLOUDWATCH = "Amazon CloudWatch Pricing; paid: guides of 2026"
_STEPS = "AWS Step Functions Pricing"
_RUNNER = "AWS App Runner Pricing"
_HEROKU = "Heroku Dev Center, Usage & Billing, October 2024"
_POSTGRES = "Heroku's prices, as quoted in 2026"


@dataclass(frozen=True)
class Price:
    """Dollars for ``per`` units of one thing, and how many a month are free.

    ``unit`` follows a number, and is empty where the thing's name is enough.
    """

    part: str
    what: str
    dollars: float
    unit: str = ""
    per: float = 1.0
    free: float = 0.0
    source: str = _PRICE_LIST

    def list_price(self, used: float) -> float:
        """Return the dollars for so many units, without what is free."""
        return used / self.per * self.dollars

    def of(self, used: float) -> float:
        """Return the dollars for so many units, beyond what is free."""
        return self.list_price(max(0.0, used - self.free))


@dataclass(frozen=True)
class Line:
    """So many units of one thing, in a month."""

    price: Price
    used: float

    @property
    def list_price(self) -> float:
        """Dollars as if nothing were free."""
        return self.price.list_price(self.used)

    @property
    def dollars(self) -> float:
        """Dollars beyond what is free."""
        return self.price.of(self.used)


READS = Price(DYNAMODB, "reads", 0.125, "RRU", MILLION)
WRITES = Price(DYNAMODB, "writes", 0.625, "WRU", MILLION)
STORAGE = Price(DYNAMODB, "storage", 0.25, "GB", free=25)
RECOVERY = Price(DYNAMODB, "point-in-time recovery", 0.20, "GB")
STREAM = Price(
    DYNAMODB,
    "reads of a stream",
    0.20,
    per=MILLION,
    free=2.5 * MILLION,
    source="Amazon DynamoDB Developer Guide, Evaluate your DynamoDB streams usage",
)

CALLS = Price(LAMBDA, "calls", 0.20, per=MILLION, free=MILLION, source=_QUOTED)
COMPUTE = Price(LAMBDA, "time, arm64", 0.0000133334, "GB-s", free=400_000, source=_QUOTED)

REQUESTS = Price(CLOUDFRONT, "requests", 1.00, per=MILLION, free=10 * MILLION, source=_QUOTED)
EDGE = Price(
    CLOUDFRONT, "function at the edge", 0.10, per=MILLION, free=2 * MILLION, source=_QUOTED
)
TRANSFER = Price(CLOUDFRONT, "to browsers", 0.085, "GB", free=1_000, source=_QUOTED)

PIPE = Price(
    EVENTS, "pipe", 0.40, "events", MILLION, source="EventBridge, by a guide of March 2026"
)
WORKFLOW = Price(EVENTS, "workflow, runs", 1.00, per=MILLION, source=_STEPS)
WORKFLOW_TIME = Price(EVENTS, "workflow, time", 0.06, "GB-h", source=_STEPS)
MESSAGES = Price(EVENTS, "topic", 0.50, "messages", MILLION, free=MILLION, source=_SNS)
PEOPLES_MAILS = Price(
    EVENTS,
    "people's mail by SES",
    0.16,
    "mails",
    1_000,
    source="AWS price list, 22 July 2026, as quoted",
)
MAILS = Price(EVENTS, "mail", 2.00, "mails", 100_000, free=1_000, source=_SNS)

SCHEDULES = Price(
    EVENTS, "schedule", 1.00, "calls", MILLION, free=14 * MILLION, source="EventBridge Pricing"
)

METRICS = Price(CLOUDWATCH, "own metrics", 0.30, free=10, source=_CLOUDWATCH)
ALARMS = Price(CLOUDWATCH, "alarms", 0.10, "metrics", free=10, source=_CLOUDWATCH)
DASHBOARDS = Price(CLOUDWATCH, "dashboards", 3.00, free=3, source=_CLOUDWATCH)
LOGS = Price(CLOUDWATCH, "logs", 0.50, "GB", free=5, source=_CLOUDWATCH)

DECRYPTIONS = Price(
    KEYS, "uses of a key", 0.03, per=10_000, free=20_000, source="AWS KMS Pricing; paid: a guide"
)
PARAMETERS = Price(
    KEYS, "parameters", 0.0, source="Systems Manager: standard ones cost nothing, by guides of 2026"
)

FARGATE_CPU = Price(SERVER, "Fargate, processor", 0.04048, "vCPU-h", source=_QUOTED)
FARGATE_MEMORY = Price(SERVER, "Fargate, memory", 0.004445, "GB-h", source=_QUOTED)
BALANCER = Price(SERVER, "load balancer", 0.0225, "h", source=_QUOTED)
BALANCER_USE = Price(SERVER, "load balancer, traffic", 0.008, "LCU-h", source=_QUOTED)
ADDRESSES = Price(
    SERVER,
    "public IPv4 addresses",
    0.005,
    "h",
    source=_QUOTED,
)
RUNNER_CPU = Price(SERVER, "App Runner, processor", 0.064, "vCPU-h", source=_RUNNER)
RUNNER_MEMORY = Price(SERVER, "App Runner, memory", 0.007, "GB-h", source=_RUNNER)
IMAGE = Price(SERVER, "image in ECR", 0.10, "GB", source=_QUOTED)
EGRESS = Price(SERVER, "to browsers", 0.09, "GB", free=100, source="guides of 2026")

SMALL_DYNO = Price(SERVER, "Basic dyno", 7.0, source=_HEROKU)
DYNO = Price(SERVER, "Standard-1X dyno", 25.0, source=_HEROKU)
SMALL_POSTGRES = Price(SERVER, "Essential-0 Postgres, 1 GB", 5.0, source=_POSTGRES)
MEDIUM_POSTGRES = Price(SERVER, "Essential-1 Postgres, 10 GB", 9.0, source=_POSTGRES)
POSTGRES = Price(SERVER, "Standard-0 Postgres, with rollback", 50.0, source=_POSTGRES)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Price))
