"""read.py LIST: reads each file that LIST names as YAML 1.1, and prints it as a line of JSON.

What JSON has no form for, such as a date, becomes text that no object of ours holds.
"""

import json
import sys

import yaml


def line(path):
    with open(path, "rb") as file:
        try:
            value = yaml.load(file, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            value = {"unreadable": str(error)}
    return json.dumps(value, default=lambda other: {"not JSON": repr(other)})


with open(sys.argv[1]) as lines:
    for path in lines.read().splitlines():
        print(line(path))
