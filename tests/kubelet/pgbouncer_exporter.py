#!/.kubelet/bin/python3
"""Stands for pgbouncer_exporter of prometheus-community, which is in no registry of packages.

It takes the options that are emitted and no others, and hands them to another exporter, whose
metrics of pools have the same names and labels.
"""

import argparse
import signal
import sys

sys.path.insert(0, "/usr/local/lib")

from prometheus_client import start_http_server
from prometheus_client.core import REGISTRY
from prometheus_pgbouncer_exporter.collector import PgbouncersMetricsCollector
from prometheus_pgbouncer_exporter.config import PgbouncerConfig

parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--pgBouncer.connectionString", dest="dsn", required=True)
parser.add_argument("--web.listen-address", dest="address", required=True)
arguments = parser.parse_args()
host, port = arguments.address.rsplit(":", 1)
collector = PgbouncersMetricsCollector([PgbouncerConfig({"dsn": arguments.dsn})])
REGISTRY.register(collector)
start_http_server(int(port), host or "0.0.0.0")
signal.sigwait({signal.SIGTERM, signal.SIGINT})
