#!/bin/sh
# Lets a pooler end without cutting a transaction: Kubernetes runs it in the pod before it stops it.
# For any POSIX shell: the image has no bash.
#
# For some seconds it does nothing: nodes learn only now that this pod gets no new connections. Then
# SIGINT: PgBouncer takes no more clients, lets the transactions that run come to their end, and
# ends. A second signal would make it end at once, and Kubernetes sends one as soon as this
# script has returned: so it waits until PgBouncer is gone, or the pod's grace period is over.
#
# ## Environment
#
# None.
#
# ## Exit codes
#
# - 0: PgBouncer has ended; mostly this script ends with it
#
# ## Log lines
#
# None: what it does stands in PgBouncer's log, `got SIGINT, shutting down`.
set -eu

sleep 5
kill -INT 1
while kill -0 1 2>/dev/null; do
    sleep 1
done
