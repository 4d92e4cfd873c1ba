/* What goes wrong, by name and in words. */
#include "core/common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/utf8.h"

static const struct {
    const char *name, *words;
    enum code_kind kind;
} codes[HC_CODE_COUNT] = {
#define X(code, name, words, kind) [code] = {name, words, CODE_##kind},
    HC_CODES(X)
#undef X
};

static bool is_code(enum hc_code code)
{
    return (unsigned)code < HC_CODE_COUNT;
}

const char *hc_code_name(enum hc_code code)
{
    return is_code(code) ? codes[code].name : "unknown";
}

const char *hc_code_text(enum hc_code code)
{
    return is_code(code) ? codes[code].words : "something unknown";
}

enum code_kind code_kind(enum hc_code code)
{
    return is_code(code) ? codes[code].kind : CODE_UNKNOWN;
}

enum hc_code hc_code_find(const char *name)
{
    ASSERT(name);
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        if (strcmp(codes[code].name, name) == 0) {
            return (enum hc_code)code;
        }
    }
    return HC_CODE_COUNT;
}

enum hc_code fault_set(struct hc_fault *fault, enum hc_code code, const char *format, ...)
{
    ASSERT(format);
    if (!fault) {
        return code;
    }
    fault->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    utf8_clean(fault->text);
    return code;
}

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken contract: %s\n", file, line, condition);
    abort();
}
