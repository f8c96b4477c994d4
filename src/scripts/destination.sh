#!/usr/bin/env bash
# What lies on a backup volume: the backups of one name, and whether each is whole. It is sourced,
# never run.
#
# `/backups/NAME/ID/` is a backup. Its manifest.json was written last, one key a line; a backup is
# whole when manifest.sha256 is the hash of manifest.json and SHA256SUMS has the hash that stands in
# it. That says nothing yet of the files: `sha256sum -c SHA256SUMS` does.
set -Eeuo pipefail

# The ids, the newest first (order.sh); then by id: `whole`, `half` (no manifest) or `damaged` with why, and
# what the manifest says. In `damage` stands why; in `databases_of` a name a line, as JSON strings.
ids=()
declare -A state=() damage=() system_of=() name_of=() namespace_of=() bytes_of=() schedule_of=() verify_of=() \
    descent_of=() server_version_of=() sums_of=() databases_of=() number_of=() token_of=()
# Other names in that folder that are no backup of ours, nor what a dead run left.
strangers=()

# look: reads what is in $destination. It needs no server and changes nothing.
look() {
    local path name id hash file manifests=()
    local -A hash_of=()
    ids=() strangers=()
    for path in "${destination:?}"/*; do
        name=${path##*/}
        if [[ -d $path && ! -L $path ]] && is_id "$name"; then
            ids=("$name" "${ids[@]}") # * sorts
        elif [[ -e $path || -L $path ]]; then
            strangers+=("$name")
        fi
    done
    for id in "${ids[@]}"; do
        if [[ ! -e $destination/$id/manifest.json && ! -L $destination/$id/manifest.json ]]; then
            state[$id]=half damage[$id]='manifest.json is missing: this is no whole backup'
        elif ! is_plain "$destination/$id/manifest.json"; then
            state[$id]=damaged damage[$id]='manifest.json cannot be read, or is no plain file'
        elif ! is_plain "$destination/$id/manifest.sha256"; then
            state[$id]=damaged damage[$id]='manifest.sha256 cannot be read, or is no plain file'
        else
            state[$id]=whole
            manifests+=("$destination/$id/manifest.json")
        fi
    done
    ((${#manifests[@]} > 0)) || return 0
    # One process for all: there may be thousands.
    while read -r hash file; do
        hash_of[$file]=$hash
    done < <(printf '%s\0' "${manifests[@]}" | xargs -0 sha256sum 2>/dev/null)
    for file in "${manifests[@]}"; do
        path=${file%/manifest.json} id=${path##*/} hash=
        { read -r -N 64 hash <"$path/manifest.sha256"; } 2>/dev/null || true
        if [[ -z $hash || $hash != "${hash_of[$file]-}" ]]; then
            state[$id]=damaged damage[$id]='manifest.json and manifest.sha256 do not agree'
        elif ! read_manifest "$file" "$id"; then
            state[$id]=damaged damage[$id]="manifest.json ${REPLY:-is of another form}"
        fi
    done
    in_order "${#ids[@]}" < <(for id in "${ids[@]}"; do
        printf '%s %s %s\n' "$id" "${system_of[$id]:--}" "${number_of[$id]:--}"
    done)
    ids=("${ORDERED[@]}")
}

# read_manifest FILE ID: what it says, into the arrays. Returns 1 when it is of another form.
read_manifest() {
    local id=$2 line key value
    local -A said=()
    REPLY=
    databases_of[$id]=
    while IFS= read -r line; do
        if [[ $line =~ ^\ {4}\{\"folder\":\ \"[0-9]+\",\ \"name\":\ (\"([^\"\\]|\\.)*\"),\  ]]; then
            databases_of[$id]+=${BASH_REMATCH[1]}$'\n'
            continue
        fi
        [[ $line =~ ^\ \ \"([a-z_]+)\":\ (.*[^,]),?$ ]] || continue
        key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        if [[ $value == \"*\" ]]; then
            value=${value#\"} value=${value%\"}
        fi
        said[$key]=$value
    done <"$1"
    if [[ ${said[format]-} != 1 ]]; then
        REPLY="is of format ${said[format]-?}, which only a later Underpin reads"
        return 1
    fi
    [[ ${said[id]-} == "$id" ]] || { REPLY="says that it is of the backup ${said[id]-?}" && return 1; }
    [[ ${said[system_identifier]-} =~ ^[0-9]+$ && ${said[sums]-} =~ ^[0-9a-f]{64}$ && ${said[bytes]-} =~ ^[0-9]+$ ]] || return 1
    system_of[$id]=${said[system_identifier]} name_of[$id]=${said[name]-} namespace_of[$id]=${said[namespace]-}
    bytes_of[$id]=${said[bytes]} schedule_of[$id]=${said[schedule]-} verify_of[$id]=${said[verify]-}
    descent_of[$id]=${said[descends_from]-[]} server_version_of[$id]=${said[server_version]-}
    sums_of[$id]=${said[sums]}
    [[ ! ${said[number]-} =~ ^[1-9][0-9]{0,17}$ || ! ${said[token]-} =~ ^[0-9a-f]{32}$ ]] || number_of[$id]=${said[number]} token_of[$id]=${said[token]}
}

# check_files ID: whether that backup holds exactly the files that SHA256SUMS names, unchanged. What is
# wrong is left in the array faults, in sentences; returns 1 if there are any. A prune may take an
# old backup meanwhile: then it says that it is gone.
check_files() {
    local folder=$destination/$1 sums line
    faults=()
    if [[ ${state[$1]} != whole ]]; then
        faults+=("${damage[$1]}")
        return 1
    fi
    line=$(find "$folder" ! -type f ! -type d -print -quit 2>/dev/null) || true
    if [[ -n $line ]]; then
        quote "${line#"$folder/"}"
        faults+=("$REPLY is no file, and nothing of the backup is read")
        return 1
    fi
    sums=
    ! is_plain "$folder/SHA256SUMS" || sums=$(await sha256sum <"$folder/SHA256SUMS" 2>/dev/null) || sums=
    if [[ ${sums%% *} != "${sums_of[$1]}" ]]; then
        faults+=('SHA256SUMS is not the file that the manifest names')
    else
        find_files "$folder" >"${work:?}/have" || true
        LC_ALL=C sed -n 's/^[0-9a-f]\{64\}  //p' "$folder/SHA256SUMS" | LC_ALL=C sort >"$work/want"
        while IFS= read -r line; do
            quote "$line"
            faults+=("$REPLY is missing")
        done < <(LC_ALL=C comm -13 "$work/have" "$work/want")
        while IFS= read -r line; do
            quote "$line"
            faults+=("$REPLY is not of this backup")
        done < <(LC_ALL=C comm -23 "$work/have" "$work/want")
        await check_sums "$folder" >"$work/changed" || true
        while IFS= read -r line; do
            [[ $line == *': FAILED' && -e $folder/${line%: FAILED} ]] || continue
            quote "${line%: FAILED}"
            faults+=("$REPLY has changed")
        done <"$work/changed"
    fi
    [[ -e $folder/manifest.json ]] || faults=('it was removed meanwhile')
    ((${#faults[@]} == 0))
}

# A name with a newline would be two; none of ours has one, so it is found to be a stranger.
find_files() {
    cd "$1" && find . ! -type d ! -path ./SHA256SUMS ! -path ./manifest.json ! -path ./manifest.sha256 | LC_ALL=C sort
}

check_sums() {
    cd "$1" && exec sha256sum -c SHA256SUMS 2>/dev/null
}

# utc FORMAT: the time now, in UTC, as `date` writes it.
utc() {
    REPLY=$(date -u "+$1")
}
