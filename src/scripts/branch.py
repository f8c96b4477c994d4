#!/usr/bin/env python3
# Sees to it that a branch of a database is there at Neon, and tells the pooler where. It runs in the
# init container of the pooler's pod, before `render.sh`, on Python 3.11 or later without any package.
#
# A branch that is missing is made, with a compute and the time at which Neon deletes it. One that is
# there is adopted, unless it is the default one, protected or of another parent, and its time is put
# off: never forward, and never where someone took the time away to keep the branch. Several pods may
# do this at once. Host and password come from Neon each time, since a branch of a protected parent has
# passwords of its own.
#
# The API key goes to Neon's API alone, whose certificate is verified and whose redirections are not
# followed; it and the password are in no argument, variable, log line or error.
#
# ## Environment
#
# - `PROJECT`, `BRANCH`: the project's id, the branch's name
# - `PARENT`: the id of the branch that it is made from; empty for the project's default one
# - `ROLE`: the role that the pooler logs in as
# - `TTL_SECONDS`: how long the branch lives from now on
#
# Files: `/secrets/neon-api`, the API key; `/run/pgbouncer/databases.ini`, which is written, for the
# pod's own user alone; `/dev/termination-log`, where the last line stands after a failure.
#
# ## Exit codes
#
# - 0: the branch is there, and its host and password are written
# - 1: a retry may help: Neon's API is down or busy, or the branch is not ready
# - 3: a retry will not help, though Kubernetes makes it: the last line says why, and what to do
# - 143: ended by SIGTERM
#
# ## Log lines
#
# - `event=branch id= result=created|adopted`
# - `event=expiry until= result=set|renewed|kept|ignored`: one that is `kept` is later than asked for, or
#   never; one that is `ignored` is what Neon has in place of what it was asked for
# - `event=endpoint id= host= result=ready`
# - `event=wait seconds= reason=`: Neon is asked again so much later
# - `event=done seconds=`
import contextlib
import datetime as dt
import functools
import http.client
import json
import os
import random
import re
import signal
import ssl
import sys
import time
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

HOST, ROOT = "console.neon.tech", "/api/v2/projects/"
KEY = "/secrets/neon-api"
TARGET = "/run/pgbouncer/databases.ini"
MESSAGE = "/dev/termination-log"
# Seconds: for everything, for one answer, and the most between two questions.
DEADLINE, PATIENCE, PAUSE = 300, 20, 15
LARGEST = 8 * 1024 * 1024
SETTLED = ("finished", "skipped", "cancelled")  # Neon itself tries a failed operation again

Json = dict[str, Any]
log = functools.partial(print, flush=True)


class End(Exception):
    """The end of the script: its exit status, and one line of advice."""

    def __init__(self, code: int, advice: str) -> None:
        super().__init__(advice)
        self.code = code


class Refused(Exception):
    """An answer that is no success: its status, and how long to wait at least where that may help."""

    def __init__(self, status: int, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.status, self.wait = status, wait


class Neon:
    """Neon's API, for one project."""

    def __init__(self, key: str, project: str) -> None:
        self.key, self.root = key, ROOT + quote(project, safe="")
        self.tls = ssl.create_default_context()
        self.began = time.monotonic()

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer to a question, once all is done that Neon has begun for it."""
        for wait in waits():
            if self.seconds() > DEADLINE:
                self.late(f"{method} {path.split('?')[0]} is asked again and again")
            try:
                answer = self.once(method, path, body)
                break
            except Refused as refused:
                if refused.wait is None:
                    raise
                self.pause(f"{method} {path.split('?')[0]}: {refused}", max(wait, refused.wait))
        for operation in answer.get("operations", []):
            for wait in waits():
                if operation["status"] in SETTLED:
                    break
                self.pause(f"{operation['action']} is {operation['status']}", wait)
                operation = self.ask("GET", f"/operations/{operation['id']}")["operation"]
        return answer

    def pause(self, reason: str, seconds: float) -> None:
        if self.seconds() + seconds > DEADLINE:
            self.late(reason)
        log(f"event=wait seconds={seconds:.1f} reason={json.dumps(reason)}")
        time.sleep(seconds)

    def late(self, reason: str) -> NoReturn:
        advice = "this is tried again, and pods that run go on; Neon's outages are at neonstatus.com"
        raise End(1, f"Neon's API did not do in {DEADLINE} seconds what is needed ({reason}): {advice}")

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def once(self, method: str, path: str, body: Json | None) -> Json:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json", "User-Agent": "underpin"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPSConnection(HOST, timeout=PATIENCE, context=self.tls)
        try:
            connection.request(method, self.root + path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            status, text = response.status, response.read(LARGEST)
        except ssl.SSLCertVerificationError as error:
            why = f"the certificate of {HOST} cannot be verified ({error.verify_message})"
            raise End(3, f"{why}: who looks into TLS on the way must let it pass") from None
        except (OSError, http.client.HTTPException) as error:
            raise Refused(0, f"no answer ({type(error).__name__})", wait=0) from None
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status in (200, 201, 202):
            if isinstance(answer, dict):
                return answer
            raise Refused(status, "the answer is not Neon's: does something on the way answer in its place?", wait=0)
        # Of the text of a refusal only Neon's own sentence is repeated.
        said = answer.get("message", "") if isinstance(answer, dict) else ""
        said = re.sub("[^ -~]", "?", str(said).replace(self.key, "?"))[:200]
        reason = f"status {status}, {said}" if said else f"status {status}"
        if status in (401, 403):
            advice = "put a key of this project there, and restart the pooler"
            raise End(3, f"Neon refuses the API key, key neon-api of the Secret ({reason}): {advice}")
        if status in (408, 423, 429) or status >= 500:
            after = response.headers.get("Retry-After", "")
            raise Refused(status, reason, wait=float(after) if after.isdecimal() else 0)
        raise Refused(status, reason)


def waits() -> Iterator[float]:
    """Seconds between questions: longer each time, and never the same in two pods."""
    longest = 1.0
    while True:
        yield random.uniform(longest / 2, longest)
        longest = min(longest * 2, PAUSE)


def find(neon: Neon, name: str) -> Json | None:
    """The branch of that very name: a search finds others too, page by page."""
    query, cursors = {"search": name, "limit": "100"}, {""}
    while True:
        page = neon.ask("GET", "/branches?" + urlencode(query))
        for branch in page["branches"]:
            if branch["name"] == name:
                return dict(branch)
        query["cursor"] = (page.get("pagination") or {}).get("next") or ""
        if not page["branches"] or not query["cursor"]:
            return None
        if query["cursor"] in cursors:
            # Whether there is such a branch is not known then.
            raise End(1, "Neon's API goes round in a circle as it lists the branches: this is tried again")
        cursors.add(query["cursor"])


def create(neon: Neon, name: str, parent: str, until: str) -> Json | None:
    """The new branch; none where another pod was faster."""
    branch = {"name": name, "expires_at": until} | ({"parent_id": parent} if parent else {})
    try:
        made = neon.ask("POST", "/branches", {"branch": branch, "endpoints": [{"type": "read_write"}]})["branch"]
    except Refused as refused:
        if refused.status == 409 or "already exists" in str(refused):
            return None
        raise
    log(f"event=branch id={made['id']} result=created")
    say_expiry(made, until, "set")
    return dict(made)


def adopt(neon: Neon, branch: Json, parent: str, until: str) -> Json:
    """A branch that was there, if it is one that may go when its time is over."""
    name, own, other = branch["name"], branch.get("parent_id"), "write another `neon.branch.name`"
    if branch.get("default") or branch.get("primary") or branch.get("protected") or not own:
        raise End(3, f"the branch {name} is the project's default one, protected or without a parent: {other}")
    if parent and own != parent:
        advice = f"{other}, or delete it at Neon if nothing in it is needed"
        raise End(3, f"the branch {name} was made from {own}, and not from {parent}: {advice}")
    log(f"event=branch id={branch['id']} result=adopted")
    last = branch.get("expires_at")
    if last is None or dt.datetime.fromisoformat(last) >= dt.datetime.fromisoformat(until):
        log(f"event=expiry until={last or 'never'} result=kept")
    else:
        body = {"branch": {"expires_at": until}}
        say_expiry(neon.ask("PATCH", f"/branches/{branch['id']}", body)["branch"], until, "renewed")
    return branch


def say_expiry(branch: Json, until: str, result: str) -> None:
    """What end Neon says that it has given the branch: one that it passes over would never come."""
    last = branch.get("expires_at")
    # It may round it.
    if last is None or abs(dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(until)) > dt.timedelta(minutes=2):
        result = "ignored"
    log(f"event=expiry until={last or 'never'} result={result}")


def host_of(neon: Neon, branch: str) -> str:
    """Where the compute answers that takes reads and writes; it is made where there is none."""
    for wait in waits():
        listed = neon.ask("GET", f"/branches/{branch}/endpoints")["endpoints"]
        endpoint = next((one for one in listed if one["type"] == "read_write"), None)
        if endpoint is None:
            try:
                neon.ask("POST", "/endpoints", {"endpoint": {"branch_id": branch, "type": "read_write"}})
            except Refused as refused:
                if refused.status != 409:  # another pod was faster
                    raise
        elif endpoint.get("disabled"):
            raise End(3, f"compute {endpoint['id']} of the branch is disabled: enable it in Neon's console")
        elif endpoint["current_state"] != "init":
            log(f"event=endpoint id={endpoint['id']} host={endpoint['host']} result=ready")
            return str(endpoint["host"])
        neon.pause("the compute is not ready", wait)
    raise AssertionError("there is always another wait")


def password_of(neon: Neon, branch: str, role: str) -> str:
    shown = json.dumps(role)
    try:
        path = f"/branches/{branch}/roles/{quote(role, safe='')}/reveal_password"
        password = str(neon.ask("GET", path)["password"])
    except Refused as refused:
        why = "is there such a role in the branch, and does the project store passwords?"
        raise End(3, f"Neon does not tell the password of {shown} (status {refused.status}): {why}") from None
    hashed = re.match(r"md5.{32}$|SCRAM-SHA-256\$", password)
    if hashed or re.search(r"[\x00-\x1f\x7f]", password) or not 0 < len(password.encode()) < 2000:
        raise End(3, f"PgBouncer cannot use the password that {shown} has at Neon: set another one there")
    return password


def write(host: str, role: str, password: str) -> None:
    """The line of pgbouncer.ini, where quotes are doubled: all who get through log in as one role."""
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", host):
        raise End(1, "Neon's API names a host that is none: this is tried again")
    role, password = (text.replace("'", "''") for text in (role, password))
    with open(os.open(TARGET, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"* = host={host} port=5432 user='{role}' password='{password}'\n")


def read_key() -> str:
    try:
        with open(KEY, encoding="ascii") as file:
            key = file.read().removesuffix("\n")
    except (OSError, ValueError):
        key = ""
    if not re.fullmatch("[!-~]+", key):
        raise End(3, "the API key, key neon-api of the Secret, is missing or no single word: put one there")
    return key


def run() -> None:
    name, parent, role = os.environ["BRANCH"], os.environ["PARENT"], os.environ["ROLE"]
    neon = Neon(read_key(), os.environ["PROJECT"])
    life = dt.timedelta(seconds=int(os.environ["TTL_SECONDS"]))
    until = (dt.datetime.now(dt.UTC) + life).strftime("%Y-%m-%dT%H:%M:%SZ")
    for wait in waits():
        found = find(neon, name)
        branch = adopt(neon, found, parent, until) if found else create(neon, name, parent, until)
        if branch:
            host = host_of(neon, branch["id"])
            write(host, role, password_of(neon, branch["id"], role))
            break
        neon.pause("another pod makes the branch", wait)
    log(f"event=done seconds={neon.seconds():.0f}")


def too_slow(*_: object) -> None:
    raise End(1, "Neon's API did not do in time what is needed (its answer does not end): this is tried again")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # An answer that comes byte by byte keeps every limit of its own.
    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(DEADLINE + PATIENCE)
    try:
        run()
        return 0
    except End as end:
        code, advice = end.code, str(end)
    except Refused as refused:
        advice = "see `neon.branch` in the spec"
        if refused.status == 404:
            advice = "see `neon.branch.project` and `parent`; a branch that was just deleted is made at the next try"
        code, advice = 3, f"Neon refuses what the spec asks of it ({refused}): {advice}"
    except Exception as error:  # its text could hold what no one may see
        code, advice = 1, f"Neon's API answers otherwise than expected ({type(error).__name__}): this is tried again"
    print(advice, file=sys.stderr)
    # Where it cannot be written, Kubernetes takes the end of the log.
    with contextlib.suppress(OSError), open(MESSAGE, "w", encoding="utf-8") as file:
        file.write(advice + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
