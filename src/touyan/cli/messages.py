"""The words of the command line, in English and Chinese; keys of JSON are never translated."""

from __future__ import annotations

import os
from collections.abc import Mapping

from touyan.core.text import Text

MESSAGES: dict[str, Text] = {
    "app": Text(
        "Touyan, an open city brain: senses, warns, simulates and controls.\n\nExample: touyan demo",
        "头雁，开放的城市大脑：感知、预警、推演、调控。\n\n示例：touyan demo",
    ),
    "demo": Text(
        "Run the brain on a generated city, with the console.\n\nExample: touyan demo --incident --minutes 10",
        "在生成的城市上运行大脑并打开控制台。\n\n示例：touyan demo --incident --minutes 10",
    ),
    "run": Text(
        "Run the brain on your own city, with the console.\n\nExample: touyan run my_city --speed 20",
        "在您自己的城市数据上运行大脑并打开控制台。\n\n示例：touyan run my_city --speed 20",
    ),
    "simulate": Text(
        "Simulate a city under one controller, without the console.\n\n"
        "Example: touyan simulate roadnet.json flow.json --signals max-pressure:30 --json",
        "不开控制台，在一种信号控制下仿真一座城市。\n\n"
        "示例：touyan simulate roadnet.json flow.json --signals max-pressure:30 --json",
    ),
    "control": Text(
        "Control another simulator's city with our controllers, behind the guard.\n\n"
        "Example: touyan control sumo run.sumocfg --controller max-pressure:30 --json",
        "用头雁的控制器（经安全守则）控制其他仿真器中的城市。\n\n"
        "示例：touyan control sumo run.sumocfg --controller max-pressure:30 --json",
    ),
    "commands": Text(
        "The commands of the running brain: what it proposes, and what a person decides.\n\n"
        "Example: touyan commands approve command-12 --by 'Li Na'",
        "运行中大脑的指令：它提出什么、由人决定什么。\n\n示例：touyan commands approve command-12 --by 李娜",
    ),
    "commands list": Text(
        "Show commands, the newest first.\n\nExample: touyan commands list --state guarded",
        "按从新到旧列出指令。\n\n示例：touyan commands list --state guarded",
    ),
    "commands show": Text(
        "Show one command: why, what else was weighed, what became of it.\n\nExample: touyan commands show command-12",
        "显示一条指令：为何提出、还考虑过什么、结果如何。\n\n示例：touyan commands show command-12",
    ),
    "commands approve": Text(
        "Send a command to the street.\n\nExample: touyan commands approve command-12 --by 'Li Na'",
        "批准指令，下发到现场。\n\n示例：touyan commands approve command-12 --by 李娜",
    ),
    "commands refuse": Text(
        "Keep a command from the street.\n\nExample: touyan commands refuse command-12 --note 'school is out'",
        "驳回指令，不下发。\n\n示例：touyan commands refuse command-12 --note 放学时段",
    ),
    "commands mode": Text(
        "Say how far the brain may act by itself.\n\nExample: touyan commands mode confirm --by 'Li Na'",
        "设定大脑可自行行动的程度。\n\n示例：touyan commands mode confirm --by 李娜",
    ),
    "demand": Text(
        "Make demand from a matrix or from counts, as a flow file.\n\n"
        "Example: touyan demand from-od roadnet.json trips.csv --out flow.json --set seconds=3600",
        "由 OD 矩阵或计数生成交通需求，写成流量文件。\n\n"
        "示例：touyan demand from-od roadnet.json trips.csv --out flow.json --set seconds=3600",
    ),
    "import": Text(
        "Read a city's files and say what is in them, and what is left out.\n\n"
        "Example: touyan import run.sumocfg --export net.geojson",
        "读入城市文件，说明其中有什么、哪些未纳入。\n\n示例：touyan import run.sumocfg --export net.geojson",
    ),
    "source": Text(
        "Try a declared source, read what of it could not be understood, or send that again.\n\n"
        "Example: touyan source test loops.toml --sample message.json",
        "试用声明的数据源，查看或重送未能理解的消息。\n\n示例：touyan source test loops.toml --sample message.json",
    ),
    "compare": Text(
        "Compare two possible cities under the same seeds.\n\n"
        "Example: touyan compare base.toml closure.toml --seeds 10",
        "在相同种子下比较两种可能的城市。\n\n示例：touyan compare base.toml closure.toml --seeds 10",
    ),
    "replay": Text(
        "Check a recording, say what it holds, and export its frames.\n\n"
        "Example: touyan replay hour.rec --export frames.csv --from 60 --to 120",
        "检查录像，说明其内容，并可导出各帧。\n\n示例：touyan replay hour.rec --export frames.csv --from 60 --to 120",
    ),
    "broker": Text(
        "Serve NGSI-LD without a city.\n\nExample: touyan broker --port 1026 --data my_broker",
        "不带城市，单独提供 NGSI-LD 服务。\n\n示例：touyan broker --port 1026 --data my_broker",
    ),
    "bench": Text(
        "Run all benchmarks, or one, and print what was measured.\n\nExample: touyan bench --json",
        "运行全部或一项基准测试并打印实测结果。\n\n示例：touyan bench --json",
    ),
    "alerts": Text(
        "Alerts of the running brain: see them, act on them.\n\nExample: touyan alerts list --state open",
        "运行中大脑的预警：查看与处置。\n\n示例：touyan alerts list --state open",
    ),
    "alerts list": Text(
        "Show alerts of the running brain, the newest first.\n\n"
        "Example: touyan alerts list --state open --severity Severe",
        "显示运行中大脑的预警，最新的在前。\n\n示例：touyan alerts list --state open --severity Severe",
    ),
    "alerts show": Text(
        "Show one alert: evidence, log, and what was done about earlier ones.\n\nExample: touyan alerts show alert-7",
        "显示一条预警：依据、记录，以及以往类似预警的处置。\n\n示例：touyan alerts show alert-7",
    ),
    "alerts confirm": Text(
        "Confirm what is suspected.\n\nExample: touyan alerts confirm alert-7",
        "确认疑似预警（立案）。\n\n示例：touyan alerts confirm alert-7",
    ),
    "alerts acknowledge": Text(
        "Take alerts on.\n\nExample: touyan alerts acknowledge alert-7 alert-8 --by 'Li Na'",
        "受理预警。\n\n示例：touyan alerts acknowledge alert-7 alert-8 --by 'Li Na'",
    ),
    "alerts assign": Text(
        "Give alerts to somebody.\n\nExample: touyan alerts assign alert-7 --to 'patrol 3'",
        "派遣：把预警交给某人处置。\n\n示例：touyan alerts assign alert-7 --to 'patrol 3'",
    ),
    "alerts resolve": Text(
        "Report that alerts are dealt with.\n\nExample: touyan alerts resolve alert-7 --note 'towed away'",
        "反馈：报告预警已处置。\n\n示例：touyan alerts resolve alert-7 --note 'towed away'",
    ),
    "alerts close": Text(
        "Close alerts.\n\nExample: touyan alerts close alert-7",
        "结案。\n\n示例：touyan alerts close alert-7",
    ),
    "alerts reopen": Text(
        "Open alerts again.\n\nExample: touyan alerts reopen alert-7",
        "重新打开预警。\n\n示例：touyan alerts reopen alert-7",
    ),
    "alerts approve": Text(
        "Approve that the public is told; the two highest levels need two persons.\n\n"
        "Example: touyan alerts approve alert-7 --by 'Li Na'",
        "批准对公众发布；最高两级需两人批准。\n\n示例：touyan alerts approve alert-7 --by 'Li Na'",
    ),
    "alerts comment": Text(
        "Add a note to alerts.\n\nExample: touyan alerts comment alert-7 --note 'camera 4 shows nothing'",
        "添加备注。\n\n示例：touyan alerts comment alert-7 --note 'camera 4 shows nothing'",
    ),
    "alerts feedback": Text(
        "Say whether alerts were true, false or duplicate; detectors learn from it.\n\n"
        "Example: touyan alerts feedback alert-7 --label false",
        "反馈预警真伪：true、false 或 duplicate，检测器据此学习。\n\n"
        "示例：touyan alerts feedback alert-7 --label false",
    ),
    "alerts silence": Text(
        "Hide alerts for some time.\n\nExample: touyan alerts silence alertname=spill-back --minutes 120",
        "静默：在一段时间内隐藏预警。\n\n示例：touyan alerts silence alertname=spill-back --minutes 120",
    ),
    "alerts silences": Text(
        "Show all silences.\n\nExample: touyan alerts silences",
        "显示全部静默。\n\n示例：touyan alerts silences",
    ),
    "alerts unsilence": Text(
        "End a silence now.\n\nExample: touyan alerts unsilence silence-1",
        "立即结束静默。\n\n示例：touyan alerts unsilence silence-1",
    ),
    "alerts lessons": Text(
        "Show how often each rule was right, and which bound would have been better.\n\nExample: touyan alerts lessons",
        "显示每条规则的准确情况，以及更合适的界限。\n\n示例：touyan alerts lessons",
    ),
    "alerts labels": Text(
        "Show what people said of alerts.\n\nExample: touyan alerts labels --json",
        "显示人工反馈。\n\n示例：touyan alerts labels --json",
    ),
    "rules": Text(
        "Rules of alerts: check and try out.\n\nExample: touyan rules test alerts.toml --data readings.csv",
        "预警规则：检查与试运行。\n\n示例：touyan rules test alerts.toml --data readings.csv",
    ),
    "rules check": Text(
        "Check a file of rules, deadlines and rotas.\n\nExample: touyan rules check alerts.toml",
        "检查规则、时限与值班文件。\n\n示例：touyan rules check alerts.toml",
    ),
    "rules test": Text(
        "Say how many alerts each rule would have raised on a history.\n\n"
        "Example: touyan rules test alerts.toml --data readings.csv --since 2026-05-01T07:00",
        "在历史数据上试运行，统计每条规则会产生多少预警。\n\n"
        "示例：touyan rules test alerts.toml --data readings.csv --since 2026-05-01T07:00",
    ),
    "new-pack": Text(
        "Write a new pack: two files and a test that passes.\n\nExample: touyan new-pack flood",
        "生成新的业务包：两个文件和一个可通过的测试。\n\n示例：touyan new-pack flood",
    ),
    "doctor": Text(
        "Check this machine and this installation.\n\nExample: touyan doctor --json",
        "检查本机环境与安装情况。\n\n示例：touyan doctor --json",
    ),
    "argument.source-action": Text("test, letters or replay.", "test（试用）、letters（查看）或 replay（重送）。"),
    "argument.declaration": Text("TOML file that declares the source.", "声明数据源的 TOML 文件。"),
    "option.sample": Text("File with one message, instead of the source itself.", "含一条消息的文件，代替数据源本身。"),
    "option.wait": Text("Seconds to wait for the first message.", "等待第一条消息的秒数。"),
    "option.brain": Text("Address of the brain that takes the letters.", "接收消息的大脑地址。"),
    "said.understood": Text(
        "{place}: {bytes} bytes, {readings} readings, {refused} records left out",
        "{place}：{bytes} 字节，{readings} 个读数，{refused} 条记录未用",
    ),
    "said.replayed": Text(
        "{done} understood and sent, {still} still not understood", "{done} 条已理解并送出，{still} 条仍未理解"
    ),
    "option.json": Text("Print JSON on standard output.", "在标准输出打印 JSON。"),
    "option.quiet": Text("Print results and errors only.", "只打印结果和错误。"),
    "option.debug": Text("Show the traceback of an error.", "出错时显示调用栈。"),
    "option.version": Text("Print the version and leave.", "打印版本后退出。"),
    "option.config": Text("Settings file instead of touyan.toml.", "代替 touyan.toml 的设置文件。"),
    "option.host": Text("Address to listen on.", "监听地址。"),
    "option.port": Text("Port to listen on; 0 takes a free one.", "监听端口；0 表示任选空闲端口。"),
    "option.seed": Text("Seed of everything random.", "全部随机过程的种子。"),
    "option.minutes": Text("Stop after so many city minutes.", "城市时间满若干分钟后停止。"),
    "option.speed": Text('City seconds per second, or "max".', "每秒推进的城市秒数，或 max。"),
    "option.incident": Text("Let a vehicle break down.", "让一辆车中途抛锚。"),
    "option.no-browser": Text("Do not open a browser.", "不打开浏览器。"),
    "option.language": Text("Language of the console: en or zh.", "控制台语言：en 或 zh。"),
    "option.controller": Text("Controller, as name or name:argument.", "控制器，写作“名称”或“名称:参数”。"),
    "option.mode": Text("advise, confirm or automatic.", "advise（建议）、confirm（确认）或 automatic（自动）。"),
    "option.data": Text("Folder for what the broker stores.", "代理存放数据的文件夹。"),
    "option.contexts": Text("Folder of JSON-LD contexts that need no web.", "无需联网的 JSON-LD 上下文文件夹。"),
    "option.flow": Text("Flow file of the folder.", "文件夹中的流量文件。"),
    "option.seconds": Text("City seconds to simulate.", "仿真的城市秒数。"),
    "option.counts": Text(
        "Write vehicles running, second by second, to a JSON file.", "逐秒在途车辆数写入 JSON 文件。"
    ),
    "option.strict": Text(
        "Stop if vehicles overlap, jump or are lost; checks every second.", "逐秒检查，车辆重叠、跳变或丢失即停止。"
    ),
    "option.out": Text("Flow file to write.", "要写入的流量文件。"),
    "option.set": Text(
        "Setting of the city or maker, as name=value; may be repeated.",
        "城市或生成方式的设置，写作“名称=值”，可重复。",
    ),
    "option.export": Text("Save the network as .geojson or .parquet.", "将路网存为 .geojson 或 .parquet。"),
    "option.by": Text(
        "Who does it; without it TOUYAN_OPERATOR or the user of this machine.",
        "操作人；省略则取 TOUYAN_OPERATOR 或本机用户。",
    ),
    "option.note": Text("Why, or what was done.", "原因或处置情况。"),
    "option.url": Text("Address of the server, as http://127.0.0.1:8600.", "服务地址，如 http://127.0.0.1:8600。"),
    "option.state": Text("Only this state; may be repeated.", "只看此状态，可重复。"),
    "option.severity": Text("Only this severity; may be repeated.", "只看此等级，可重复。"),
    "option.rule": Text("Only this rule.", "只看此规则。"),
    "option.text": Text("Only with this text in headline or entity.", "标题或对象中包含此文字。"),
    "option.most": Text("At most so many.", "最多条数。"),
    "option.cap": Text("Print it as a CAP 1.2 message.", "以 CAP 1.2 消息打印。"),
    "option.assignee": Text("Who shall work on it.", "由谁处置。"),
    "option.label": Text("true, false or duplicate.", "true（真）、false（误报）或 duplicate（重复）。"),
    "option.silence-minutes": Text("For so many minutes of the city.", "持续的城市时间（分钟）。"),
    "option.maintenance": Text("Planned works.", "计划内维护。"),
    "option.history": Text(
        "History: a table (.csv, .parquet), a broker's folder, a recording (.rec), or a city to run; "
        "without it the broker's own.",
        "历史数据：表格（.csv、.parquet）、数据中枢的文件夹、录像（.rec），或要运行的城市；省略则用本机数据中枢。",
    ),
    "option.since": Text("From this time on, as 2026-05-01T08:00.", "从此时刻起，如 2026-05-01T08:00。"),
    "option.until": Text("Until this time.", "到此时刻止。"),
    "option.step": Text("Seconds between two looks at the rules.", "两次检查规则之间的秒数。"),
    "option.record": Text("Record every second to this file.", "把每一秒录制到此文件。"),
    "option.seeds": Text("How many seeds each city is run under.", "每种城市运行多少个种子。"),
    "option.save": Text("Save the whole result to this file, as JSON.", "把完整结果以 JSON 存入此文件。"),
    "option.workers": Text(
        "Processes that share the runs; one a core without it.", "分担运行的进程数；省略则每核一个。"
    ),
    "option.export-frames": Text("Write frames to this file, as CSV.", "把各帧以 CSV 写入此文件。"),
    "option.from": Text("First second to export.", "导出的第一秒。"),
    "option.to": Text("Last second to export.", "导出的最后一秒。"),
    "option.unfinished": Text(
        "Read a recording that was cut short as far as it goes.", "读取中断的录像，能读多少读多少。"
    ),
    "option.demo-pack": Text("Show the city of this pack.", "展示该业务包的城市。"),
    "option.folder": Text("Folder that receives the pack.", "存放业务包的文件夹。"),
    "argument.city": Text("Folder with a road network and flows.", "含路网与流量的文件夹。"),
    "argument.files": Text(
        "Road network and demand, a .sumocfg, an .osm extract, or a folder.",
        "路网与需求文件、.sumocfg、.osm，或文件夹。",
    ),
    "argument.command": Text("Identifier of the command.", "指令编号。"),
    "argument.mode": Text("advise, confirm or automatic.", "advise（建议）、confirm（确认）或 automatic（自动）。"),
    "option.command-state": Text("Only commands in this state.", "只列出处于该状态的指令。"),
    "argument.plant": Text("Simulator: sumo or cityflow.", "仿真器：sumo 或 cityflow。"),
    "argument.maker": Text("How: from-od or fit.", "方式：from-od 或 fit。"),
    "argument.demand-data": Text("Matrix or counts.", "OD 矩阵或计数文件。"),
    "argument.roadnet": Text("Road network file.", "路网文件。"),
    "argument.base": Text("What-if file of the city as it is.", "现状城市的推演文件。"),
    "argument.variant": Text("What-if file of the city as it might be.", "设想城市的推演文件。"),
    "argument.alerts": Text("Identifiers of alerts.", "预警编号。"),
    "argument.alert": Text("Identifier of an alert.", "预警编号。"),
    "argument.matchers": Text(
        "Labels of the alerts to hide, also with =~, != and !~.", "要隐藏的预警标签，也可用 =~、!=、!~。"
    ),
    "argument.silence": Text("Identifier of a silence.", "静默编号。"),
    "argument.rules": Text("File of rules in TOML.", "TOML 规则文件。"),
    "argument.recording": Text("File written by --record.", "由 --record 写成的文件。"),
    "argument.benchmark": Text(
        "Benchmark, or a pack for all of its own; all without it.",
        "基准名称，或业务包名（其全部基准）；省略则全部运行。",
    ),
    "argument.pack": Text("Name of the pack.", "业务包名称。"),
    "said.address": Text("console:    {url}", "控制台：  {url}"),
    "said.city": Text("city:       {city} (simulated)", "城市：    {city}（模拟）"),
    "said.source": Text("data:       {source}", "数据：    {source}"),
    "source.generated": Text("generated on this machine, nothing is downloaded", "在本机生成，不下载任何内容"),
    "said.controller": Text(
        "control:    {controller}, beside a twin under {twin}", "控制：    {controller}，孪生对照为 {twin}"
    ),
    "said.stop": Text("Ctrl+C stops it.", "按 Ctrl+C 停止。"),
    "said.broker": Text("NGSI-LD: {url}", "NGSI-LD：{url}"),
    "said.stopped": Text("stopped.", "已停止。"),
    "said.failed": Text("the brain failed and was stopped", "大脑出错，已停止"),
    "said.refused": Text("warning: {reason}", "警告：{reason}"),
    "said.loading": Text("loading and compiling; the first time takes longer", "正在加载与编译，首次较慢"),
    "said.pack": Text("pack {name} is in {folder}", "业务包 {name} 已生成于 {folder}"),
    "said.pack-next": Text("try it:  {command}", "试一试：{command}"),
    "said.skipped": Text("skipped: {reason}", "跳过：{reason}"),
    "said.runs": Text("{done} of {all} runs", "已完成 {done}/{all} 次运行"),
    "said.no-chance": Text(
        "the seeds make no difference in these cities, so the intervals say nothing of chance; "
        "[[departures]] with spread_s brings some",
        "种子对这些城市没有影响，因此区间不反映随机性；可用 [[departures]] 的 spread_s 引入随机性",
    ),
    "said.none": Text("there is no benchmark yet", "暂无基准测试"),
    "said.machine": Text("machine: {machine}", "本机：{machine}"),
    "said.no-server": Text("no brain answers at {address}", "{address} 没有大脑应答"),
    "said.earlier": Text("earlier:", "以往："),
    "said.rules": Text("{count} rules, all good", "{count} 条规则，全部有效"),
    "said.whole": Text("nothing is left out", "全部纳入"),
    "said.more-rows": Text("… and {rows} more rows with --json", "……其余 {rows} 行见 --json"),
    "said.interrupted": Text("interrupted", "已中断"),
    "column.check": Text("check", "检查项"),
    "column.status": Text("status", "状态"),
    "column.found": Text("found", "结果"),
    "column.hint": Text("hint", "提示"),
    "column.figure": Text("figure", "指标"),
    "column.value": Text("value", "数值"),
    "column.city": Text("city", "城市"),
    "column.twin": Text("twin", "孪生"),
    "column.left-out": Text("left out or changed", "未纳入或已改变"),
    "column.times": Text("times", "次数"),
    "column.base": Text("base", "现状"),
    "column.variant": Text("variant", "设想"),
    "column.difference": Text("difference", "差值"),
    "column.interval": Text("95 % interval", "95% 区间"),
    "column.distinguishable": Text("differs from zero", "是否异于零"),
    "recording.city": Text("city", "城市"),
    "recording.starts_at": Text("begins", "开始"),
    "recording.seconds": Text("seconds", "秒数"),
    "recording.frames": Text("frames", "帧数"),
    "recording.whole": Text("the whole run", "完整的运行"),
    "recording.most": Text("most in a frame", "单帧最多"),
    "recording.mean": Text("mean in a frame", "每帧平均"),
    "recording.bytes": Text("bytes", "字节"),
    "recording.step_s": Text("seconds between frames", "帧间隔（秒）"),
    "recording.quantum_m": Text("positions in steps of (m)", "位置精度（米）"),
    "recording.quantum_m_s": Text("speeds in steps of (m/s)", "速度精度（米每秒）"),
    "recording.headings": Text("headings in a full turn", "一周的朝向数"),
    "recording.longitude": Text("longitude of the origin", "原点经度"),
    "recording.latitude": Text("latitude of the origin", "原点纬度"),
    "recording.touyan": Text("written by version", "写入的版本"),
    "word.yes": Text("yes", "是"),
    "word.hidden": Text("hidden", "已隐藏"),
    "word.no": Text("no", "否"),
    "column.alert": Text("alert", "预警"),
    "column.command": Text("command", "指令"),
    "column.entity": Text("entity", "对象"),
    "column.action": Text("action", "动作"),
    "column.reason": Text("reason", "理由"),
    "column.state": Text("state", "状态"),
    "column.severity": Text("severity", "等级"),
    "column.sent": Text("since", "时间"),
    "column.count": Text("raw", "原始数"),
    "column.assignee": Text("assigned to", "处置人"),
    "column.headline": Text("what", "内容"),
    "column.silence": Text("silence", "静默"),
    "column.matchers": Text("labels", "标签"),
    "column.starts": Text("from", "起"),
    "column.ends": Text("to", "止"),
    "column.by": Text("by", "操作人"),
    "column.comment": Text("note", "备注"),
    "column.label": Text("label", "反馈"),
    "column.true": Text("true", "真"),
    "column.false": Text("false", "误报"),
    "column.duplicate": Text("duplicate", "重复"),
    "column.threshold": Text("bound", "界限"),
    "column.advised": Text("better bound", "建议界限"),
    "column.drops": Text("false alerts spared", "可减少的误报"),
    "column.rule": Text("rule", "规则"),
    "column.raw": Text("raw alerts", "原始告警"),
    "column.alerts": Text("alerts", "预警"),
    "column.entities": Text("entities", "对象数"),
    "column.first": Text("first", "最早"),
    "column.last": Text("last", "最晚"),
    "column.unit": Text("unit", "单位"),
    "hint.unexpected": Text(
        "run it again with --debug and report what it shows", "请加 --debug 重新运行，并反馈所显示的内容"
    ),
    "hint.server": Text(
        "start it with touyan run or touyan demo, or name it with --url",
        "先用 touyan run 或 touyan demo 启动，或用 --url 指明地址",
    ),
    "hint.usage": Text("see: {command} --help", "参见：{command} --help"),
}


def language(environment: Mapping[str, str] = os.environ) -> str:
    """`zh` or `en`: TOUYAN_LANG first, then what the system says."""
    for name in ("TOUYAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def told(text: Text) -> str:
    """A text in the language in force."""
    return text.zh if language() == "zh" else text.en


def tell(key: str, **values: object) -> str:
    """A message of the catalogue, filled in."""
    return told(MESSAGES[key]).format(**values)
