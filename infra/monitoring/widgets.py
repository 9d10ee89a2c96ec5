"""How the widgets of both dashboards look, and what the dashboards are called."""

from collections.abc import Sequence

from aws_cdk.aws_cloudwatch import GraphWidget, IMetric, TextWidget, YAxisProps

from infra.options import Options

COLUMNS = 24
THIRD = COLUMNS // 3
HALF = COLUMNS // 2
HEIGHT = 6


def dashboard_name(options: Options, part: str = "") -> str:
    """Name a dashboard. All regions of an account share one space of names."""
    return "-".join(filter(None, (options.prefix, options.region, part)))


def text(markdown: str, height: int = 3) -> TextWidget:
    """Tell something over the whole width."""
    return TextWidget(markdown=markdown, width=COLUMNS, height=height)


def graph(  # noqa: PLR0913 - the parts of a widget
    title: str,
    left: Sequence[IMetric],
    right: Sequence[IMetric] = (),
    *,
    units: str = "",
    right_units: str = "",
    width: int = THIRD,
    stacked: bool = False,
    region: str | None = None,
) -> GraphWidget:
    """Draw lines over time; the axes begin at 0."""
    return GraphWidget(
        title=title,
        left=[*left],
        right=[*right],
        left_y_axis=_axis(units),
        right_y_axis=_axis(right_units) if right else None,
        width=width,
        height=HEIGHT,
        stacked=stacked,
        region=region,
    )


def _axis(units: str) -> YAxisProps:
    return YAxisProps(min=0, label=units or None, show_units=False)
