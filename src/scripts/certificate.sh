#!/usr/bin/env bash
# Prints the certificate that a server serves, DER in hex on one line: `certificate.sh HOST PORT`.
#
# Alpine's image has no openssl, and psql does not show it. So this asks as a client of TLS 1.2 would:
# in that version the server sends its certificate before anything is encrypted. Nothing is trusted and
# nothing is told; the handshake is left there. It knows PostgreSQL's SSLRequest alone.
#
# ## Environment
#
# None.
#
# ## Exit codes
#
# - 0: printed
# - 1: the last line says why not
# - 3: the server takes only a newer TLS
#
# ## Log lines
#
# None.
set -Eeuo pipefail

# In hex: a ClientHello of TLS 1.2 with elliptic curves and every usual kind of key, no server name. It
# is not random: no secret comes of it.
readonly suites=c02bc02fc02cc030cca9cca800ff
readonly curves=000a000a0008001d001700180019 points=000b00020100
readonly signatures=000d0018001604030503060308070804080508060401050106010203
printf -v random '5a%.0s' {1..32}
readonly body=0303${random}00000e${suites}01000030$curves$points$signatures

# send HEX
send() {
    local hex=$1 escaped=''
    while [[ -n $hex ]]; do
        escaped+="\\x${hex:0:2}"
        hex=${hex:2}
    done
    printf '%b' "$escaped" >&3
}

# receive BYTES: leaves them in REPLY as hex. One by one: nothing that follows may be taken.
receive() {
    REPLY=$(dd bs=1 count="$1" <&3 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
    ((${#REPLY} == 2 * $1)) || fail 'the server ended the connection'
}

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# receive_record: the next record's content is appended to `told`.
receive_record() {
    receive 5
    local kind=${REPLY:0:2} length=$((16#${REPLY:6:4}))
    receive "$length"
    case $kind in
        16) told+=$REPLY ;;
        15)
            # 70: protocol_version
            [[ $REPLY != ??46 ]] || exit 3
            fail "the server refused the handshake with alert $((16#${REPLY:2:2}))"
            ;;
        *) fail "the server sent no handshake" ;;
    esac
}

# have BYTES: until so many are in `told`.
have() {
    while ((${#told} < 2 * $1)); do
        receive_record
    done
}

exec 3<>"/dev/tcp/$1/$2" || fail "$1 does not answer"
send 0000000804d2162f
receive 1
[[ $REPLY == 53 ]] || fail 'the server has no TLS'
send "16030100$(printf '%02x' $((${#body} / 2 + 4)))010000$(printf '%02x' $((${#body} / 2)))$body"
told=''
while true; do
    have 4
    kind=${told:0:2} length=$((16#${told:2:6}))
    have $((4 + length))
    [[ $kind != 0b ]] || break
    told=${told:8+2*length}
done
# The message's header of 4, the list's length of 3, the first certificate's of 3.
length=$((16#${told:14:6}))
printf '%s\n' "${told:20:2*length}"
