"""One run of one system for bench/rivals: what its nodes cost, how fast news travels, how they see others come and go.

The events of all systems have one form: (when, "live" | "gone" | "seen", about whom, number of the change); the time is
of the clock that all processes share. The owner's own "seen" is the change itself.
"""
import collections
import heapq
import math
import random
import selectors
import statistics
import time

from lab import Failed

CHANGE_SECONDS = 8
PATIENCE_SECONDS = 90  # for anything that is waited for: then the figure is infinite
POLL_SECONDS = 0.3


class Trial:
    def __init__(self, system, machines, count, windows):
        self.system, self.machines, self.count, self.windows = system, machines, count, windows
        self.nodes, self.wrong = [], 0
        self.news, self.life = [], []  # events "seen", and the others: of the second kind there are few
        self.dead = []
        self.selector = selectors.DefaultSelector()
        self.changing, self.due = False, []

    def run(self):
        figures = {}
        try:
            self.start(changing=False)
            figures.update(self.cost("idle"))
            self.end()
            self.start(changing=True)
            figures.update(self.cost("changing"))
            figures["pss_mb"] = statistics.mean(node.process.pss_bytes() for node in self.nodes) / 1e6
            self.watch()
            figures.update(self.spread())
            figures.update(self.join())
            figures.update(self.deaths())
        finally:
            self.end()
        return figures

    # Starting and ending

    def start_node(self, number, contact, changing, watched=False):
        node = self.system.start(self.machines[number], contact and self.machines[contact - 1], changing, watched)
        self.nodes.append(node)
        return node

    def start(self, changing):
        """One after another within the time between two changes: their clocks' ticks are not to fall together."""
        began = time.monotonic()
        for number in range(self.count):
            time.sleep(max(0, began + number * CHANGE_SECONDS / self.count - time.monotonic()))
            node = self.start_node(number, 1 if number else None, changing)
            self.wait_until(node.ready, node, pause=0.002)
        names = {node.name for node in self.nodes}
        for node in self.nodes:
            self.wait_until(lambda n=node: n.live() == names, node)
        self.changing = changing
        now = time.monotonic()
        self.due = [] if self.system.changes_itself or not changing else [
            (now + random.uniform(0, CHANGE_SECONDS), number) for number in range(self.count)]
        heapq.heapify(self.due)
        self.pump(self.windows.settle)

    def wait_until(self, condition, node, pause=POLL_SECONDS):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline or node.process.ended():
                raise Failed(f"{node.name} did not start: {node.process.ended()}")
            time.sleep(pause)

    def end(self):
        for key in list(self.selector.get_map().values()):
            self.selector.unregister(key.fileobj)
        for node in self.nodes:
            node.process.kill()
        self.nodes, self.news, self.life, self.due = [], [], [], []

    # Time passes

    def pump(self, seconds, until=None):
        """Makes the changes that are due and reads events, for that long or until until() is true; returns whether it was."""
        deadline = time.monotonic() + seconds
        while not (until and until()):
            now = time.monotonic()
            if now >= deadline:
                return False
            while self.due and self.due[0][0] <= now:
                self.change(*heapq.heappop(self.due))
            wake = min(deadline, self.due[0][0] if self.due else deadline)
            for key, _ in self.selector.select(max(0, wake - now)):
                self.read(key)
        return True

    def change(self, at, number):
        if self.nodes[number].process.child.poll() is None:
            event = self.nodes[number].change()
            if event:
                self.news.append((number, *event))
            heapq.heappush(self.due, (at + CHANGE_SECONDS, number))

    def read(self, key):
        if self.nodes[key.data].process.child.poll() is not None:
            self.selector.unregister(key.fileobj)
            return
        for event in self.nodes[key.data].events():
            (self.news if event[1] in ("seen", "known") else self.life).append((key.data, *event))

    def watch(self):
        for number, node in enumerate(self.nodes):
            self.wrong += self.count - len(node.live())
            self.selector.register(node.watch(), selectors.EVENT_READ, number)

    def of(self, kind, since, name):
        """Who saw that first when."""
        seen = {}
        for observer, at, what, about, _ in self.life:
            if what == kind and about == name and at >= since:
                seen.setdefault(observer, at)
        return seen

    # What is measured

    def cost(self, when):
        def now():
            return time.monotonic(), [(n.process.cpu_seconds(), n.process.sent_bytes()) for n in self.nodes]

        began, before = now()
        self.pump(self.windows.cost)
        ended, after = now()
        each = (ended - began) * self.count
        return {f"cpu_{when}": sum(a[0] - b[0] for a, b in zip(after, before)) / each * 60,
                f"sent_{when}": sum(a[1] - b[1] for a, b in zip(after, before)) / each}

    def spread(self):
        """From a change until the last node has it or a later one of the same owner."""
        began = time.monotonic()
        self.pump(self.windows.spread)
        ended = time.monotonic()
        self.pump(self.windows.after)
        names = {node.name: number for number, node in enumerate(self.nodes)}
        changes, seen = {}, collections.defaultdict(list)
        for observer, at, kind, about, number in sorted(self.news, key=lambda event: event[1]):
            if names.get(about) == observer:
                if kind == "seen":
                    changes.setdefault((about, number), at)
            elif about in names:
                seen[about, observer].append((at, number))
        delays = []
        for (name, number), at in changes.items():
            if began <= at <= ended:
                delays.append(max(next((when for when, has in seen[name, observer] if has >= number), math.inf)
                                  for observer in range(self.count) if observer != names[name]) - at)
        delays.sort()
        if not delays:
            return {"changes": 0, "spread_50_ms": math.inf, "spread_99_ms": math.inf}
        at = {share: delays[math.ceil(share * len(delays)) - 1] * 1000 for share in (0.5, 0.99)}
        return {"changes": len(delays), "spread_50_ms": at[0.5], "spread_99_ms": at[0.99]}

    def join(self):
        """From before the newcomer's process is made."""
        began = time.monotonic()
        node = self.start_node(self.count, self.count // 2 + 1, True, watched=True)
        self.selector.register(node.watch(), selectors.EVENT_READ, self.count)
        others = set(range(self.count))

        def lists():
            return {about: at for observer, at, kind, about, _ in reversed(self.life)
                    if observer == self.count and kind == "live" and about != node.name}

        done = self.pump(PATIENCE_SECONDS, lambda: len(lists()) >= self.count
                         and set(self.of("live", began, node.name)) >= others)
        listed = self.of("live", began, node.name)
        self.pump(self.windows.after)
        return {"lists_all_s": max(lists().values()) - began if done else math.inf,
                "listed_s": max(listed[number] for number in others) - began if done else math.inf}

    def deaths(self):
        killed, vanished = self.nodes[1], self.nodes[self.count // 2 + 2]
        figures = {"killed_s": self.death(killed, killed.process.kill),
                   "vanished_s": self.death(vanished, lambda: vanished.process.machine.plug("down"))}
        self.pump(self.windows.watch)
        vanished.process.machine.plug("up")
        dead = {node.name for node in self.dead}
        told = [event for event in self.life if self.nodes[event[0]] not in self.dead]
        returned = [(observer, at) for observer, at, kind, about, _ in told if kind == "live" and about in dead
                    and at > self.of("gone", 0, about).get(observer, math.inf)]
        wrong = [about for _, _, kind, about, _ in told if kind == "gone" and about not in dead]
        return {**figures, "resurrections": len(returned), "dropped": self.wrong + len(wrong)}

    def death(self, node, act):
        """Until the last of the others lists it no longer."""
        self.dead.append(node)
        began = time.monotonic()
        act()
        others = {number for number, other in enumerate(self.nodes) if other not in self.dead}
        done = self.pump(PATIENCE_SECONDS, lambda: set(self.of("gone", began, node.name)) >= others)
        gone = self.of("gone", began, node.name)
        return max(gone[number] for number in others) - began if done else math.inf
