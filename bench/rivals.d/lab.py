"""Machines for bench/rivals: network namespaces that are joined by a bridge, and what the kernel counts in them.

Everything here happens inside namespaces of its own (network, mounts, processes), which outside() makes with unshare(1):
when the process inside ends, however it ends, the kernel ends every node and removes every machine.
"""
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

INSIDE = "HOWCOIN_RIVALS_INSIDE"  # the temporary directory of the laboratory; set only inside it
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ETHERNET_HEADER_BYTES = 14  # what an interface counts and IP does not
libc = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """Something is not installed, or not allowed; the words say what to do."""


class Failed(Exception):
    """A run came to no result; the words say why."""


def outside():
    """Runs this command again inside, and returns its exit status."""
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        unshare[1:1] = ["--user", "--map-root-user"]
    try:
        probe = subprocess.run([*unshare, "ip", "link", "show"], capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Missing(f"{error.filename} is missing: apt-get install util-linux") from error
    if probe.returncode:
        raise Missing(f"no namespaces can be made here ({probe.stderr.strip()}): run it as root, or where users may make "
                      "them (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces); it needs iproute2, too")
    directory = tempfile.mkdtemp(prefix="howcoin-rivals.")
    child = subprocess.Popen([*unshare, sys.executable, *sys.argv], env={**os.environ, INSIDE: directory},
                             preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))  # if this one is killed
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        return child.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        child.kill()  # and with it, because of --kill-child, everything inside
        child.wait()
        shutil.rmtree(directory, ignore_errors=True)


def ip(lines, machine=None):
    where = ["-n", machine.name] if machine else []
    done = subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"ip could not make the machines: {done.stderr.strip()}")


class Machine:
    """A network namespace with one interface, eth0, whose other end is a port of the bridge."""

    def __init__(self, number):
        self.number, self.name = number, f"m{number}"
        self.address = f"10.77.{number // 250}.{number % 250 + 1}"
        self.hardware = f"02:00:0a:4d:{number // 250:02x}:{number % 250 + 1:02x}"

    @contextlib.contextmanager
    def inside(self):
        """What is made meanwhile, processes and sockets, belongs to this machine."""
        with open("/proc/self/ns/net", "rb") as own, open(f"/run/netns/{self.name}", "rb") as there:
            enter(there)
            try:
                yield
            finally:
                enter(own)

    def connect(self, port):
        with self.inside():
            return socket.create_connection(("127.0.0.1", port))

    def plug(self, state):
        """As if someone pulled out its cable ("down") or put it back ("up"): the machine itself goes on."""
        ip([f"link set v{self.number} {state}"])


def enter(namespace):
    if libc.setns(namespace.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def make_machines(count):
    """Who has which address is told to all beforehand: the kernel's table of neighbours is one for all namespaces and too
    small for so many, and a vanished machine is then as silent as one behind a router. Segments leave one by one
    (gso_max_segs), so that each one's headers are counted."""
    subprocess.run(["mount", "-t", "tmpfs", "rivals", "/run"], check=True)
    machines = [Machine(number) for number in range(count)]
    quiet = "addrgenmode none" if os.path.exists("/proc/net/if_inet6") else ""  # no IPv6 addresses, nor asking for them
    ip(["link set lo up", "link add name lan type bridge", f"link set lan up {quiet}"])
    ip([line for m in machines for line in (
        f"netns add {m.name}", f"link add name v{m.number} type veth peer name eth0 netns {m.name}",
        f"link set v{m.number} master lan up {quiet}")])
    for m in machines:
        ip(["link set lo up", f"link set eth0 address {m.hardware} {quiet} gso_max_segs 1",
            f"addr add {m.address}/16 dev eth0", "link set eth0 up",
            *(f"neigh add {o.address} lladdr {o.hardware} dev eth0 nud permanent" for o in machines if o is not m)], m)
    return machines


class Process:
    """A node's process on a machine of its own, and what it costs."""

    def __init__(self, machine, arguments, **options):
        self.machine = machine
        self.log = os.path.join(os.environ[INSIDE], f"{machine.name}.log")
        with open(self.log, "wb") as log, machine.inside():
            options.setdefault("stdout", subprocess.DEVNULL)
            options.setdefault("stdin", subprocess.DEVNULL)
            self.child = subprocess.Popen(arguments, stderr=log, **options)
        self.path = f"/proc/{self.child.pid}"

    def ended(self):
        """Its last words, once it ended by itself."""
        if self.child.poll() is None:
            return None
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return f"{self.child.args[0]} ended with {self.child.returncode}: {log.read()[-500:].strip()}"

    def kill(self):
        self.child.kill()
        self.child.wait()

    def pss_bytes(self):
        with open(f"{self.path}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))

    def cpu_seconds(self):
        """User and system time of all threads, in the scheduler's nanoseconds: utime and stime count only hundredths."""
        total = 0
        for task in os.listdir(f"{self.path}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that just ended
                with open(f"{self.path}/task/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
        return total / 1e9

    def sent_bytes(self):
        """IP packets that its machine sent, whole, but for those to itself."""
        with open(f"{self.path}/net/netstat", encoding="ascii") as file:
            names, values = (line.split() for line in file if line.startswith("IpExt:"))
        with open(f"{self.path}/net/dev", encoding="ascii") as file:
            loopback = next(line.split() for line in file if line.strip().startswith("lo:"))
        own = int(loopback[9]) - ETHERNET_HEADER_BYTES * int(loopback[10])
        return int(values[names.index("OutOctets")]) - own
