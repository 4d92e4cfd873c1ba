/* Growing text. */
#include "cli/textbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"

/* Makes room for `more` bytes and the NUL behind them. */
static bool reserve(struct textbuf *buf, size_t more)
{
    ASSERT(!buf->text || buf->bytes < buf->capacity);
    buf->failed =
        buf->failed || more >= SIZE_MAX - buf->bytes || !ARRAY_RESERVE(buf->text, buf->capacity, buf->bytes + more + 1);
    return !buf->failed;
}

void textbuf_add(struct textbuf *buf, const char *text, size_t bytes)
{
    if (!reserve(buf, bytes)) {
        return;
    }
    memcpy(buf->text + buf->bytes, text, bytes);
    buf->bytes += bytes;
    buf->text[buf->bytes] = '\0';
}

void textbuf_puts(struct textbuf *buf, const char *text)
{
    textbuf_add(buf, text, strlen(text));
}

void textbuf_take(struct textbuf *buf, char *line)
{
    if (line) {
        textbuf_puts(buf, line);
    } else {
        buf->failed = true;
    }
    free(line);
}

void textbuf_printf(struct textbuf *buf, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int bytes = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (bytes < 0) {
        buf->failed = true;
    }
    if (bytes < 0 || !reserve(buf, (size_t)bytes)) {
        return;
    }
    va_start(list, format);
    (void)vsnprintf(buf->text + buf->bytes, (size_t)bytes + 1, format, list);
    va_end(list);
    buf->bytes += (size_t)bytes;
}

void textbuf_repeat(struct textbuf *buf, char character, size_t count)
{
    if (!reserve(buf, count)) {
        return;
    }
    memset(buf->text + buf->bytes, character, count);
    buf->bytes += count;
    buf->text[buf->bytes] = '\0';
}

void textbuf_reset(struct textbuf *buf)
{
    buf->bytes = 0;
    buf->failed = false;
}

void textbuf_free(struct textbuf *buf)
{
    memory_free(buf->text);
    *buf = (struct textbuf){0};
}
