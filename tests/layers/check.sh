#!/usr/bin/env bash
# Proves the layers: the core needs neither libuv nor SQLite, and calls for no clock, chance, socket or file.
#   check.sh LIBHOWCOIN.A CORE_ONLY SOURCE_DIR
set -euo pipefail

archive=$1 program=$2 source_dir=$3
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
    "$source_dir"/src/core/*.[ch] "$source_dir"/include/howcoin/*.h; then
    echo "the core includes the above"
    status=1
fi
exit "$status"
