"""validate.py LIST VERSION…: checks each file that LIST names against Kubernetes' schemas, strictly.

Prints a line for each fault and, at the end, how many files were read. One process for all of
them: kubernetes_validate as a command takes a second a file.
"""

import functools
import sys

import kubernetes_validate
import yaml
from kubernetes_validate import utils

# Each schema is read from disk once; the library itself reads it for each object.
utils.schema_contents = functools.cache(utils.schema_contents)
utils.all_versions = functools.cache(utils.all_versions)

listing, *versions = sys.argv[1:]
with open(listing) as lines:
    paths = lines.read().splitlines()
for path in paths:
    with open(path, "rb") as file:
        data = yaml.load(file, Loader=yaml.CSafeLoader)
    # Not of Kubernetes itself, whose schemas these are.
    if data["kind"] in ("PrometheusRule", "PodMonitor"):
        continue
    if data["apiVersion"] == "cert-manager.io/v1":
        continue  # no kind of Kubernetes' own
    for version in versions:
        try:
            checked = kubernetes_validate.validate(data, version, strict=True)
            if checked != version:
                print(f"{path}: {version} was checked as {checked}")
        except Exception as error:
            message = getattr(error, "message", str(error))
            print(f"{path} ({data['kind']}, {version}): {message}")
print(f"{len(paths)} files")
