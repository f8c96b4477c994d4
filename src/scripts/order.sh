#!/usr/bin/env bash
# Which backups are newer than which. It is sourced, never run.
#
# An id begins with the time of the node that made it, and a clock may have been ahead. A server of ours numbers its
# backups itself, and the number stands in the manifest: of two of one server the higher one is the newer, and that an
# older one has a later time makes it no newer. One without a number is of an earlier Underpin.
set -Eeuo pipefail

# in_order COUNT: reads so many lines `ID SYSTEM NUMBER`, the last two `-` where nothing is known, and leaves the ids in
# ORDERED, the newest first.
in_order() {
    mapfile -t ORDERED < <(sort_backups)
    ((${#ORDERED[@]} == $1)) || end 1 'the order of the backups could not be found: is /tmp full? A retry may help'
}

sort_backups() {
    LC_ALL=C sort -k 2,2 -k 3,3nr -k 1,1r | LC_ALL=C awk '
        {
            time = $1
            if ($2 == numbered && time > last) time = last
            if ($3 != "-") { numbered = $2; last = time }
            print time, ($3 == "-" ? 0 : $3), $1
        }' | LC_ALL=C sort -k 1,1r -k 2,2nr -k 3,3r | LC_ALL=C awk '{ print $3 }'
}
