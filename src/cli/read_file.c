/* Reading in chunks that double, until the end or the limit. */
#include "cli/read_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"

#define CHUNK 4096u

bool read_file(char **text, size_t *bytes, const char *path, const char *what, size_t max, struct complaint *complaint)
{
    size_t capacity = 0, got;
    bool good = true;

    ASSERT(text && bytes && max > 0);
    *text = NULL;
    *bytes = 0;
    FILE *file = path ? fopen(path, "re") : stdin;
    path = path ? path : "-";
    if (!file) {
        return complain(complaint, "cannot open %s '%.200s': %s", what, path, strerror(errno));
    }
    do {
        good = ARRAY_RESERVE(*text, capacity, *bytes + CHUNK + 1);
        got = good ? fread(*text + *bytes, 1, capacity - 1 - *bytes, file) : 0;
        *bytes += got;
    } while (got > 0 && *bytes <= max);
    if (!good) {
        (void)complain(complaint, "out of memory for %s '%.200s'", what, path);
    } else if (ferror(file)) {
        good = complain(complaint, "cannot read %s '%.200s': %s", what, path, strerror(errno));
    } else if (*bytes > max) {
        good = complain(complaint, "%s '%.200s' is too large: expected at most %zu MB", what, path, max >> 20);
    }
    if (file != stdin) {
        (void)fclose(file);
    }
    if (!good) {
        memory_free(*text);
        *text = NULL;
        *bytes = 0;
    }
    ASSERT(!good || *bytes < capacity);
    return good;
}
