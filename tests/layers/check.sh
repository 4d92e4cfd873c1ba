#!/usr/bin/env bash
# Proves the layers: the core needs neither libuv nor SQLite, and calls for no clock, chance, socket or file.
# And that what people run has no switch in it that is only for tests.
#   check.sh LIBHOWCOIN_CORE.A CORE_ONLY SOURCE_DIR LIBHOWCOIN.SO HOWCOIN-NODE HOWCOIN-SIM
set -euo pipefail

archive=$1 program=$2 source_dir=$3 library=$4 node=$5 simulator=$6
status=0

forbidden='uv_[a-z0-9_]*|sqlite3_[a-z0-9_]*|time|clock|clock_gettime|gettimeofday|timespec_get|(nano|u)?sleep'
forbidden+='|s?rand(om)?(_r)?|[dlm]rand48|arc4random[a-z_]*|getrandom|getentropy|randombytes[a-z_]*'
forbidden+='|socket|connect|accept4?|listen|bind|getaddrinfo|send(to|msg)?|recv(from|msg)?|poll|epoll_[a-z]*|select'
forbidden+='|(fd)?f?open(at)?(64)?|creat(64)?|fdopen|freopen(64)?|p?read(64)?|p?write(64)?|mmap(64)?|unlink|rename'
forbidden+='|getenv|secure_getenv|system|popen|p?fork|exec[lv]p?e?|kill|signal|sigaction|pthread_create'

found=$(nm --undefined-only "$archive" 2>/dev/null |
    awk -v forbidden="^($forbidden)(@.*)?\$" '/:$/ { member = $0 } $1 == "U" && $2 ~ forbidden { print "  " member " " $2 }')
if [[ -n $found ]]; then
    printf 'the core calls for what only a shell may do:\n%s\n' "$found"
    status=1
fi
if [[ -z $(nm --undefined-only "$archive" 2>/dev/null | awk '$2 ~ /^crypto_/') ]]; then
    echo "nm shows no libsodium call in $archive: this check would find nothing"
    status=1
fi

# Calls go down only: what calls what, file by file, has an order. In a circle of calls no file can be read before the others.
calls=$(nm -A "$archive" 2>/dev/null | awk -F'[: ]+' '
    $(NF - 1) ~ /^[TDRB]$/ { home[$NF] = $2 }
    $(NF - 1) == "U" { caller[NR] = $2; callee[NR] = $NF }
    END { for (i in callee) if (callee[i] in home && home[callee[i]] != caller[i]) print caller[i], home[callee[i]] }')
if [[ $(wc -l <<<"$calls") -lt 50 ]]; then
    echo "nm shows hardly any calls among the files of $archive: the check for circles would find nothing"
    status=1
elif ! tsort <<<"$calls" >/dev/null; then
    echo "the above files of the core call each other in a circle"
    status=1
fi

# A folder of the core includes itself and those before it in this list.
below=
for folder in common rows table wire node; do
    below+=${below:+|}$folder
    if grep -nE '#include "core/' "$source_dir/src/core/$folder/"*.[ch] | grep -vE "\"core/($below)/"; then
        echo "src/core/$folder includes the above, which stands higher"
        status=1
    fi
done
folders=$(cd "$source_dir/src/core" && printf '%s|' */ | tr -d /)
if [[ $(tr '|' '\n' <<<"$folders" | sort | xargs) != $(tr '|' '\n' <<<"$below" | sort | xargs) ]]; then
    echo "src/core has the folders $folders; the check above knows $below"
    status=1
fi

# The core keeps nothing between its calls: no variables, so no switches. Tables of constants that hold addresses are in
# .data.rel.ro, which is read-only once it is loaded. The sanitizers bring variables of their own.
kept=$(size -A "$archive" |
    awk '/ex / { member = $1 } /^\.t?(data|bss)/ && !/^\.data\.rel\.ro/ && $2 > 0 { print "  " member " " $1 " " $2 }')
if [[ -n $kept ]] && ! nm --undefined-only "$archive" 2>/dev/null | grep __asan_ >/dev/null; then
    printf 'the core has variables:\n%s\n' "$kept"
    status=1
fi

# Memory that fails is for tests: the simulator has it, what people run and embed does not.
has_faults()
{
    nm "$1" | grep -E ' (memory_fail_after|successes_left)$|cJSON_InitHooks'
}
for real in "$library" "$node"; do
    if has_faults "$real"; then
        echo "$real has the above, which is for tests"
        status=1
    fi
done
if ! has_faults "$simulator" >/dev/null; then
    echo "nm finds no memory_fail_after in $simulator: the check before would find nothing"
    status=1
fi

# Every code of the one list is one that something of ours returns.
mapfile -t codes < <(grep -oE 'X\(HC_[A-Z_]+' "$source_dir/include/howcoin/error.h" | cut -c3-)
for code in "${codes[@]}"; do
    if ! grep -rwq --include='*.c' "$code" "$source_dir/src"; then
        echo "include/howcoin/error.h lists $code, which nothing uses"
        status=1
    fi
done

linked=$(ldd "$program")
if grep -E 'libuv|libsqlite' <<<"$linked"; then
    echo "the core alone links the above"
    status=1
fi
for expected in libsodium libcjson; do
    # The linker leaves out what nothing needs, so a library may be absent, but ldd must have said something.
    grep -q "$expected" <<<"$linked" || echo "note: $expected is not needed by $program"
done

if grep -nE '#include *[<"](uv\.h|sqlite3\.h|daemon/|cli/|sim/|time\.h|sys/socket\.h|fcntl\.h|unistd\.h)' \
    "$source_dir"/src/core/*/*.[ch] "$source_dir"/include/howcoin/*.h; then
    echo "the core includes the above"
    status=1
fi
exit "$status"
