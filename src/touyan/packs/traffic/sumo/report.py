"""What a SUMO city has that the model leaves out, each with a count: nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from touyan.core.surveys import Omission
from touyan.core.text import Text

OMISSIONS: Mapping[str, Text] = {
    # the network
    "reserved-lanes": Text(
        "lanes that passenger cars may not use and no route needs: left out",
        "小客车禁行且无路线需要的车道：不纳入",
    ),
    "opened-lanes": Text(
        "reserved lanes that a route needs: kept, and open to every vehicle",
        "路线需要的专用车道：保留，且对所有车辆开放",
    ),
    "closed-edges": Text("edges without any lane that is kept: left out", "没有保留车道的路段：不纳入"),
    "short-edges": Text(
        "edges too short for two waiting cars: part of the crossing that they lie in",
        "容不下两辆车等待的路段：并入所在路口",
    ),
    "walking-areas": Text("pedestrian crossings and walking areas: left out", "人行横道与步行区：不纳入"),
    "right-of-way": Text(
        "crossings without lights: signs put major before minor roads and straight on before turns; no finer rule",
        "无信号路口：主路先于支路、直行先于转弯，更细的让行规则不保留",
    ),
    "roundabouts": Text("roundabouts: crossings like any other", "环岛：按普通路口处理"),
    "prohibitions": Text("right-of-way rules between single connections: not read", "逐连接的优先规则：不读取"),
    "turning-round": Text("connections that turn round: counted as left turns", "掉头连接：按左转处理"),
    "dead-end-turns": Text("connections that turn round at dead ends: left out", "断头路的掉头连接：不纳入"),
    "link-speeds": Text(
        "paths through crossings with their own speed limit: the limit is not kept",
        "路口内带限速的连接：该限速不生效",
    ),
    "lane-change-rules": Text("lanes that restrict lane changes: the rule is not kept", "限制变道的车道：该限制不生效"),
    "opposite-lanes": Text("overtaking on the opposite lane: left out", "借对向车道超车：不纳入"),
    "no-place-on-earth": Text(
        "the network names no projection that is understood: it lies where the settings say",
        "路网未给出可识别的投影：按设置中的经纬度放置",
    ),
    "osm-other-ways": Text(
        "ways of the map for others than cars (walkers, cyclists, rails): left out",
        "地图中非机动车道路（步行、骑行、轨道）：不纳入",
    ),
    "osm-relations": Text("relations of the map: only turn restrictions are read", "地图中的关系：只读取转向限制"),
    "osm-warnings": Text("warnings of netconvert about the map", "netconvert 对地图的警告"),
    # signals
    "yellow-phases": Text("phases with yellow: yellow counts as red", "含黄灯的相位：黄灯按红灯处理"),
    "actuated-programmes": Text(
        "signal programmes that react to traffic: run with fixed times", "感应式信号方案：按固定时长运行"
    ),
    "other-programmes": Text("signal programmes besides the one loaded last: not run", "非最后载入的信号方案：不运行"),
    "second-signals": Text(
        "connections under a second signal of their crossing: always green", "同一路口第二个信号控制的连接：恒为绿灯"
    ),
    "programme-switches": Text("timetables that switch programmes: not followed", "信号方案切换时刻表：不执行"),
    # demand
    "other-classes": Text(
        "vehicles of classes that do not drive on roads (trams, trains, bicycles, ships): left out",
        "不按机动车行驶的车辆（有轨电车、列车、自行车、船舶）：不纳入",
    ),
    "closed-routes": Text(
        "vehicles whose class may not use an edge of their route: left out", "所属类别不得驶入其路线的车辆：不纳入"
    ),
    "wrong-lanes": Text(
        "vehicles that would have to change lanes on their route: left out while lane change is off",
        "途中必须变道的车辆：变道关闭时不纳入",
    ),
    "short-routes": Text("vehicles that drive only on edges that short: left out", "只行驶于此类短路段的车辆：不纳入"),
    "no-way": Text("trips between edges that no way joins: left out", "起讫点之间无路可达的出行：不纳入"),
    "trips-from-elsewhere": Text(
        "trips between districts, junctions or points: left out", "以小区、路口或坐标为起讫点的出行：不纳入"
    ),
    "triggered": Text("vehicles that wait for a person or a load: left out", "等待乘客或货物才出发的车辆：不纳入"),
    "departed-before": Text("vehicles that depart before the begin: left out", "早于起始时刻出发的车辆：不纳入"),
    "stops": Text("stops of vehicles on their way: not made", "途中停靠：不执行"),
    "persons": Text("persons and loads: left out", "行人与货物：不纳入"),
    "imperfect-types": Text(
        "vehicle types whose drivers err or differ (sigma, speedFactor): all drive alike",
        "驾驶有误差或差异的车型（sigma、speedFactor）：一律相同",
    ),
    "depart-position": Text(
        "vehicles that depart within a lane: depart at its start", "从车道中途出发：改为从起点出发"
    ),
    "depart-speed": Text("vehicles that depart at speed: depart at rest", "带初速度出发：改为静止出发"),
    "depart-lane": Text("vehicles that depart on a chosen lane: on any that fits", "指定出发车道：改为任一可行车道"),
    "arrival-position": Text("vehicles that arrive within a lane: drive to its end", "在车道中途到达：改为驶至终点"),
    # things beside
    "loops": Text(
        "induction loops: each lane has a lane-area detector of its own instead",
        "感应线圈：改由每条车道自带的区域检测器",
    ),
    "stopping-places": Text(
        "stopping places, car parks and charging stations: left out", "停靠站、停车场与充电站：不纳入"
    ),
    "other-detectors": Text("other detectors and recorded outputs: left out", "其他检测器与输出定义：不纳入"),
    "rerouters": Text("rerouters, variable speed signs, calibrators: left out", "改道点、可变限速标志与校准器：不纳入"),
    "districts": Text("districts: left out", "交通小区：不纳入"),
    "drawings": Text("drawings and points of interest: left out", "多边形与兴趣点：不纳入"),
    "options": Text("other options of the configuration: not read", "配置中的其他选项：不读取"),
}
"""Everything that can be left out, in the order of the report."""

_OTHER = Text("elements <{tag}>: not read", "元素 <{tag}>：不读取")


def omissions(counts: Counter[str]) -> list[Omission]:
    """The report: what was met, in the order of `OMISSIONS`, unknown elements last."""
    known = [Omission(name, text, counts[name]) for name, text in OMISSIONS.items() if counts[name]]
    others = sorted(name for name in counts if name not in OMISSIONS and counts[name])
    return known + [Omission(name, _OTHER.filled(tag=name.strip("<>")), counts[name]) for name in others]
