"""The table and the plot of bench/rivals: of each figure the median of the runs."""
import collections
import datetime
import math
import os
import shutil
import statistics
import subprocess

from lab import Missing

# key, words, unit, decimals, aim at 32, 64 and 128 nodes.
FIGURES = [
    ("spread_50_ms", "a change known to all, median", "ms", 0, (10, 15, 20)),
    ("spread_99_ms", "a change known to all, 99 %", "ms", 0, (50, 60, 80)),
    ("killed_s", "a killed process dropped by all", "s", 2, (0.1, 0.1, 0.2)),
    ("vanished_s", "a vanished machine dropped by all", "s", 1, (6, 6, 6)),
    ("sent_changing", "bytes a node sends a second, changing", "B/s", 0, (2200, 4200, 8200)),
    ("sent_idle", "bytes a node sends a second, idle", "B/s", 0, (300, 300, 300)),
    ("cpu_changing", "processor seconds a minute, changing", "s", 3, (0.08, 0.13, 0.25)),
    ("cpu_idle", "processor seconds a minute, idle", "s", 3, (0.02, 0.02, 0.02)),
    ("pss_mb", "memory of a node (PSS)", "MB", 2, (1.1, 1.3, 1.6)),
    ("lists_all_s", "a newcomer lists all", "s", 2, (0.05, 0.1, 0.1)),
    ("listed_s", "a newcomer is listed by all", "s", 2, (0.05, 0.1, 0.1)),
    ("resurrections", "resurrections of the dead", "", 0, (0, 0, 0)),
    ("dropped", "healthy nodes dropped", "", 0, (0, 0, 0)),
]
AIMS_AT = (32, 64, 128)
SUMS = ("resurrections", "dropped")  # of all runs: one is one too many
BEGINS, ENDS = "<!-- rivals begins: bench/rivals writes what follows -->", "<!-- rivals ends -->"
PANELS = [("spread_50_ms", "change known to all, median: ms"), ("spread_99_ms", "change known to all, 99 %: ms"),
          ("killed_s", "killed process dropped by all: s"), ("vanished_s", "vanished machine dropped by all: s"),
          ("sent_changing", "sent a node, changing: bytes/s"), ("sent_idle", "sent a node, idle: bytes/s"),
          ("cpu_changing", "processor, changing: s/min"), ("pss_mb", "memory (PSS): MB")]


def value_of(records, nodes, system, key):
    values = [record.get(key) for record in records if record["nodes"] == nodes and record["system"] == system]
    values = [math.inf if value is None else value for value in values]  # of a run that failed, too
    return (sum(values) if key in SUMS else statistics.median(values)) if values else None


def shown(value, unit, decimals):
    if value is None:
        return "–"
    return "no result" if value == math.inf else f"{value:,.{decimals}f} {unit}".strip()


def systems_of(records):
    return dict(sorted({record["system"]: record["label"] for record in records}.items()))


def missed(records):
    """How many aims howcoin-node was held against, and which it did not reach."""
    held, found = 0, []
    for at, nodes in enumerate(AIMS_AT):
        for key, words, unit, decimals, aims in FIGURES:
            value = value_of(records, nodes, "howcoin", key)
            held += value is not None
            if value is not None and value > aims[at]:  # as measured: the table's rounding hides nothing
                found.append(f"{nodes} nodes, {words}: {shown(value, unit, decimals + 1)}, aim {aims[at]} {unit}")
    return held, found


def table(records):
    """Lines of Markdown, a table for each number of nodes."""
    systems, lines = systems_of(records), []
    for nodes in sorted({record["nodes"] for record in records}):
        runs = collections.Counter(record["system"] for record in records if record["nodes"] == nodes)
        lines += ["", f"### {nodes} nodes", "", f"| runs: {'/'.join(str(runs[system]) for system in systems)} | {' | '.join(systems.values())} | aim |",
                  f"|---|{'--:|' * (len(systems) + 1)}"]
        for key, words, unit, decimals, aims in FIGURES:
            aim = aims[AIMS_AT.index(nodes)] if nodes in AIMS_AT else None
            cells = [value_of(records, nodes, system, key) for system in systems] + [aim]
            lines.append(f"| {words} | {' | '.join(shown(cell, unit, decimals) for cell in cells)} |")
    return lines[1:]


def write_page(path, records, setting):
    with open(path, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGINS)
    versions = ", ".join(sorted({f"{record['label']} {record['version']}" for record in records}))
    lines = [f"Measured on {datetime.date.today()}: {versions}.", f"The machine: {setting}.", "",
             "![What each costs, and how fast it is, by the number of nodes](rivals.svg)", "", *table(records)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGINS + "\n\n" + "\n".join(lines) + "\n\n" + ENDS + rest.partition(ENDS)[2])


def check_plot():
    if not shutil.which("gnuplot"):
        raise Missing("gnuplot is missing: apt-get install gnuplot-nox")


def write_plot(path, records, directory):
    systems = systems_of(records)
    numbers = sorted({record["nodes"] for record in records})
    data = os.path.join(directory, "plot.csv")
    with open(data, "w", encoding="ascii") as file:
        for nodes in numbers:
            cells = [value_of(records, nodes, system, key) for key, _ in PANELS for system in systems]
            file.write(",".join([str(nodes)] + ["" if c in (None, math.inf) else f"{max(c, 0.001):.6g}" for c in cells]) + "\n")
    script = ["set terminal svg size 1100,560 font 'sans-serif,11' background 'white'", f"set output '{path}'",
              "set datafile separator ','", "set multiplot layout 2,4", "set logscale x 2", "set logscale y 10", "set grid",
              f"set xrange [{numbers[0] / 1.2}:{numbers[-1] * 1.2}]", f"set xtics ({', '.join(map(str, numbers))})",
              "set key top left"]
    for panel, (_, title) in enumerate(PANELS):
        script.append(f"set title '{title}'")
        script.append("plot " + ", ".join(
            f"'{data}' using 1:{2 + panel * len(systems) + at} with linespoints pt 7 ps 0.5 "
            + (f"title '{label}'" if panel == 0 else "notitle") for at, label in enumerate(systems.values())))
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)
