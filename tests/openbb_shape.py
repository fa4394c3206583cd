"""OpenBB shape: widgets.json and apps.json as OpenBB documents them for a custom backend of Workspace.

Written after docs.openbb.co/workspace/developers/json-specs (widgets-json-reference, apps-json-reference): what stands
there, and nothing else, is let through.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Number = int | float
Formatter = Literal["int", "none", "percent", "normalized", "normalizedPercent", "dateToYear"]
Renderer = Literal["greenRed", "titleCase", "hoverCard", "cellOnClick", "columnColor", "showCellChange"]
ChartType = Literal[
    "column", "groupedColumn", "stackedColumn", "normalizedColumn", "bar", "groupedBar", "stackedBar", "normalizedBar",
    "line", "scatter", "bubble", "pie", "donut", "doughnut", "area", "stackedArea", "normalizedArea", "histogram",
    "radarLine", "radarArea", "nightingale", "radialColumn", "radialBar", "sunburst", "rangeBar", "rangeArea",
    "boxPlot", "treemap", "heatmap", "waterfall",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Column(_Strict):
    field: str
    headerName: str | None = None
    chartDataType: Literal["category", "series", "time", "excluded"] | None = None
    cellDataType: Literal["text", "number", "boolean", "date", "dateString", "object"] = "text"
    align: Literal["left", "center", "right"] | None = None
    formatterFn: Formatter | None = None
    decimalPlaces: Number | None = None
    renderFn: Literal["greenRed", "titleCase", "hoverCard", "cellOnClick", "columnColor", "showCellChange"] | None = (
        None
    )
    renderFnParams: dict[str, Any] | None = None
    width: Number | None = None
    maxWidth: Number | None = None
    minWidth: Number | None = None
    hide: bool | None = None
    pinned: Literal["left", "right"] | None = None
    headerTooltip: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    sparkline: dict[str, Any] | None = None


class ChartView(_Strict):
    enabled: bool
    chartType: ChartType
    cellRangeCols: dict[str, list[str]] | None = None
    ignoreCellRange: bool | None = None
    chartNavigatorEnabled: bool | None = None
    chartMiniChartEnabled: bool | None = None


class Table(_Strict):
    enableCharts: bool | None = None
    showAll: bool | None = None
    transpose: bool | None = None
    enableAdvanced: bool | None = None
    enableFormulas: bool | None = None
    formatterFn: Formatter | None = None
    chartView: ChartView | None = None
    columnsDefs: list[Column] | None = None


class Data(_Strict):
    dataKey: str | None = None
    wsRowIdColumn: str | None = None
    table: Table | None = None


class Option(_Strict):
    label: str
    value: str | Number | bool
    extraInfo: dict[str, str] | None = None


class Parameter(_Strict):
    type: Literal["date", "text", "ticker", "number", "boolean", "endpoint", "form", "tabs"]
    paramName: str
    value: str | Number | bool | None = None
    label: str | None = None
    optionsEndpoint: str | None = None
    optionsParams: dict[str, str] | None = None
    multiple: bool | None = None
    show: bool | None = None
    description: str | None = None
    roles: list[str] | None = None
    multiSelect: bool | None = None
    style: dict[str, Number] | None = None
    options: list[Option] | None = None


class Grid(_Strict):
    w: Annotated[Number, Field(ge=10, le=40)]
    h: Annotated[Number, Field(ge=4, le=100)]
    minW: Number | None = None
    minH: Number | None = None
    maxW: Number | None = None
    maxH: Number | None = None


class Widget(_Strict):
    name: str
    description: str
    endpoint: str
    wsEndpoint: str | None = None
    category: str | None = None
    subCategory: str | None = None
    imgUrl: str | None = None
    type: Literal[
        "chart", "table", "table_ssrm", "markdown", "metric", "note", "multi_file_viewer", "live_grid", "newsfeed",
        "advanced-chart", "chart-highcharts", "chart-vegalite", "youtube",
    ] = "table"  # fmt: skip
    raw: bool | None = None
    runButton: bool | None = None
    exportable: bool | None = None
    gridData: Grid | None = None
    data: Data | None = None
    params: list[Parameter] | None = None
    source: list[str] | None = None
    mcp_tool: dict[str, str] | None = None
    refetchInterval: Annotated[int, Field(ge=1000)] | Literal[False] | str | None = None
    dataUpdateDisplay: str | None = None
    staleTime: Number | None = None


class Placed(_Strict):
    i: str
    x: Annotated[int, Field(ge=0, lt=40)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(ge=10, le=40)]
    h: Annotated[int, Field(ge=4, le=100)]
    state: dict[str, Any] | None = None
    groups: list[str] | None = None


class Tab(_Strict):
    id: str
    name: str
    layout: list[Placed]


class Group(_Strict):
    name: Annotated[str, Field(pattern=r"^Group [1-9]$")]
    type: Literal["param", "endpointParam"]
    paramName: str
    defaultValue: str | Number | bool
    widgetIds: list[str]


class App(_Strict):
    name: str
    description: str
    img: str
    img_dark: str | None = None
    img_light: str | None = None
    allowCustomization: bool
    selected_agent: str | None = None
    authentication: str | None = None
    tabs: dict[str, Tab]
    groups: list[Group]
    prompts: list[str]


WIDGETS = TypeAdapter(dict[str, Widget])
APPS = TypeAdapter(list[App])
