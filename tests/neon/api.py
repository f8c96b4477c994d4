"""Neon's API, in small: as much of it as a branch needs, over TLS, with the shapes and words of Neon's answers.

`/api/state.json` is read before each request, and when it has changed, all begins anew from what it says:
`key`, `project`, `branches` (what differs from a plain one), `passwords` by role, `polls` (how often an operation is
asked for until it is done), `hosts` (of the endpoints that are made, one after another), and `faults`. A fault is what a
request gets in place of its answer: `on`, a pattern of method and path; `times`; `status`, `headers` and `body`; or
`hang`, nothing until the state changes; or `cut`, half of an answer; or `drip`, bytes without end; or `close`. `circle` is the
cursor that follows each page of branches (`new`: ever another one); `without` names what Neon passes over in a
wish for a branch. Each request is a line of the log.
"""

import http.server
import json
import re
import ssl
import sys
import threading
import time
import urllib.parse

LOCK = threading.RLock()
NOW = "2026-11-25T12:00:00Z"


class Answer(Exception):
    def __init__(self, status, body, headers=None):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


def refused(status, message, code=""):
    return Answer(status, {"request_id": "5d0e1f3a-mock", "code": code, "message": message})


class Project:
    """What there is at Neon."""

    def __init__(self):
        self.text = None
        self.read()

    def read(self):
        with open("/api/state.json", encoding="utf-8") as file:
            text = file.read()
        if text == self.text:
            return
        self.text, said = text, json.loads(text)
        self.key, self.id = said["key"], said["project"]
        self.passwords, self.polls = said["passwords"], said["polls"]
        self.hosts, self.faults = list(said["hosts"]), said["faults"]
        self.circle, self.without = said.get("circle"), said.get("without", [])
        self.branches, self.endpoints, self.operations = {}, {}, {}
        self.add_branch({"id": "br-main-1", "name": "main", "default": True, "primary": True}, None)
        for branch in said["branches"]:
            own = dict(branch)
            computes = own.pop("computes", [{}])
            made = self.add_branch({"current_state": "ready", **own}, own.get("parent_id", "br-main-1"))
            for compute in computes:
                self.add_endpoint(made["id"], {"current_state": "idle", **compute})

    def add_branch(self, more, parent):
        number = len(self.branches) + 1
        branch = {
            "id": f"br-mock-{number}",
            "project_id": self.id,
            "parent_id": parent,
            "parent_lsn": "0/1E19478",
            "name": f"br-mock-{number}",
            "current_state": "init",
            "pending_state": "ready",
            "state_changed_at": NOW,
            "creation_source": "console",
            "primary": False,
            "default": False,
            "protected": False,
            "cpu_used_sec": 0,
            "active_time_seconds": 0,
            "written_data_bytes": 0,
            "data_transfer_bytes": 0,
            "created_at": NOW,
            "updated_at": NOW,
            "init_source": "parent-data",
            **more,
        }
        if parent is None:
            del branch["parent_id"], branch["parent_lsn"]
        self.branches[branch["id"]] = branch
        return branch

    def add_endpoint(self, branch, more):
        host = self.hosts.pop(0)
        endpoint = {
            "host": host,
            "id": host.split(".")[0],
            "project_id": self.id,
            "branch_id": branch,
            "autoscaling_limit_min_cu": 0.25,
            "autoscaling_limit_max_cu": 2,
            "region_id": "aws-us-east-2",
            "type": "read_write",
            "current_state": "init",
            "pending_state": "active",
            "settings": {},
            "pooler_enabled": False,
            "pooler_mode": "transaction",
            "disabled": False,
            "passwordless_access": True,
            "creation_source": "console",
            "created_at": NOW,
            "updated_at": NOW,
            "proxy_host": "us-east-2.aws.neon.tech",
            "suspend_timeout_seconds": 0,
            "provisioner": "k8s-neonvm",
            **more,
        }
        self.endpoints[endpoint["id"]] = endpoint
        return endpoint

    def begin(self, action, branch, endpoint=None):
        operation = {
            "id": f"6ca36bc4-0000-4000-8000-{len(self.operations):012}",
            "project_id": self.id,
            "branch_id": branch,
            "action": action,
            "status": "running" if self.polls else "finished",
            "failures_count": 0,
            "created_at": NOW,
            "updated_at": NOW,
            "total_duration_ms": 0,
        }
        if endpoint:
            operation["endpoint_id"] = endpoint["id"]
        self.operations[operation["id"]] = [operation, self.polls]
        self.settle()
        return dict(operation)

    def settle(self):
        """What is no longer worked at is ready."""
        for one in [*self.branches.values(), *self.endpoints.values()]:
            busy = any(
                one["id"] in (operation.get("endpoint_id"), operation["branch_id"]) and operation["status"] == "running"
                for operation, _ in self.operations.values()
            )
            if not busy and one["current_state"] == "init":
                one["current_state"] = "active" if "host" in one else "ready"

    def not_while_busy(self):
        if any(operation["status"] == "running" for operation, _ in self.operations.values()):
            raise refused(423, "project already has running conflicting operations, scheduling of new ones is prohibited")

    # One function a route; each ends by raising its answer.

    def list_branches(self, query, _):
        found = [branch for branch in self.branches.values() if query.get("search", "") in branch["name"]]
        # Two a page, whatever is asked for: nobody may rely on one page.
        at = int(query.get("cursor") or 0)
        pagination = {"sort_by": "updated_at", "sort_order": "desc"}
        if self.circle:
            pagination["next"] = self.circle if self.circle != "new" else str(at + 1)
            raise Answer(200, {"branches": found[:1], "annotations": {}, "pagination": pagination})
        if at + 2 < len(found):
            pagination["next"] = str(at + 2)
        raise Answer(200, {"branches": found[at : at + 2], "annotations": {}, "pagination": pagination})

    def create_branch(self, _, body):
        wish = body["branch"]
        if any(branch["name"] == wish["name"] for branch in self.branches.values()):
            raise refused(409, f'branch already exists; branch_name:"{wish["name"]}"', "BRANCH_ALREADY_EXISTS")
        self.not_while_busy()
        parent = wish.pop("parent_id", "br-main-1")
        if parent not in self.branches:
            raise refused(404, "parent branch not found")
        branch = self.add_branch({key: value for key, value in wish.items() if key not in self.without}, parent)
        endpoints = [self.add_endpoint(branch["id"], wish) for wish in body.get("endpoints", [])]
        operations = [self.begin("create_branch", branch["id"])]
        operations += [self.begin("start_compute", branch["id"], endpoint) for endpoint in endpoints]
        uris = [{"connection_uri": f"postgresql://{name}:{word}@host/db"} for name, word in self.passwords.items()]
        answer = {"branch": branch, "endpoints": endpoints, "operations": operations, "roles": [], "databases": []}
        raise Answer(201, {**answer, "connection_uris": uris})

    def update_branch(self, _, body, branch):
        if branch not in self.branches:
            raise refused(404, "branch not found")
        self.not_while_busy()
        self.branches[branch].update({key: value for key, value in body["branch"].items() if key not in self.without})
        raise Answer(200, {"branch": self.branches[branch], "operations": []})

    def list_endpoints(self, _, __, branch):
        raise Answer(200, {"endpoints": [one for one in self.endpoints.values() if one["branch_id"] == branch]})

    def create_endpoint(self, _, body):
        wish = dict(body["endpoint"])
        branch = wish.pop("branch_id")
        if any(one["branch_id"] == branch and one["type"] == "read_write" for one in self.endpoints.values()):
            raise refused(409, "read-write endpoint already exists")
        self.not_while_busy()
        endpoint = self.add_endpoint(branch, wish)
        raise Answer(201, {"endpoint": endpoint, "operations": [self.begin("start_compute", branch, endpoint)]})

    def operation(self, _, __, operation):
        if operation not in self.operations:
            raise refused(404, "operation not found")
        entry = self.operations[operation]
        entry[1] -= 1
        if entry[1] <= 0:
            entry[0]["status"] = "finished"
            self.settle()
        raise Answer(200, {"operation": entry[0]})

    def reveal_password(self, _, __, branch, role):
        if branch not in self.branches or role not in self.passwords:
            raise refused(404, "role not found")
        raise Answer(200, {"password": self.passwords[role]})


ROUTES = [
    ("GET", r"/branches", Project.list_branches),
    ("POST", r"/branches", Project.create_branch),
    ("PATCH", r"/branches/([^/]+)", Project.update_branch),
    ("GET", r"/branches/([^/]+)/endpoints", Project.list_endpoints),
    ("POST", r"/endpoints", Project.create_endpoint),
    ("GET", r"/operations/([^/]+)", Project.operation),
    ("GET", r"/branches/([^/]+)/roles/([^/]+)/reveal_password", Project.reveal_password),
]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place, _, query = self.path.partition("?")
        line = f"{self.command} {place}"
        try:
            with LOCK:
                PROJECT.read()
                self.answer(line, place, dict(urllib.parse.parse_qsl(query)), json.loads(body) if body else None)
        except Answer as answer:
            print(f"request {line} {answer.status} {body.decode()}", flush=True)
            self.reply(answer)

    do_GET = do_POST = do_PATCH = handle_one

    def answer(self, line, place, query, body):
        for fault in PROJECT.faults:
            if fault.get("times", 1) > 0 and re.search(fault["on"], line):
                fault["times"] = fault.get("times", 1) - 1
                self.fail(line, fault)
        if self.headers.get("Authorization") != f"Bearer {PROJECT.key}":
            raise refused(401, "authentication failed: invalid token")
        root = f"/api/v2/projects/{PROJECT.id}"
        if not place.startswith(root + "/"):
            raise refused(404, "project not found")
        for method, pattern, route in ROUTES:
            found = re.fullmatch(pattern, place.removeprefix(root))
            if found and method == self.command:
                route(PROJECT, query, body, *map(urllib.parse.unquote, found.groups()))
        raise refused(404, "this path does not exist")

    def fail(self, line, fault):
        if fault.get("hang"):
            print(f"hang {line}", flush=True)
            text = PROJECT.text
            while text == PROJECT.text:
                LOCK.release()
                time.sleep(0.05)
                LOCK.acquire()
                PROJECT.read()
            raise refused(503, "it was held")
        raise Answer(fault.get("status"), fault.get("body", {"message": "mock"}), fault)

    def reply(self, answer):
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        data = text.encode()
        self.close_connection = True
        if answer.headers.get("close"):
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        for name, value in answer.headers.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if not answer.headers.get("drip") else 2**20))
        self.send_header("Connection", "close")
        self.end_headers()
        if answer.headers.get("drip"):
            while True:
                self.wfile.write(b" ")
                time.sleep(0.2)
        self.wfile.write(data[: len(data) // 2] if answer.headers.get("cut") else data)


class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        stream, address = self.socket.accept()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/api/tls.crt", "/api/tls.key")
        # The handshake is made by the thread that serves, at its first read.
        return context.wrap_socket(stream, server_side=True, do_handshake_on_connect=False), address


PROJECT = Project()


def main():
    with Server(("0.0.0.0", 443), Handler) as server:
        print("listening", flush=True)
        server.serve_forever()


sys.exit(main())
