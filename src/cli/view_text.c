/* Pieces of what people see: how wide text is, how it is shortened, and sums, ages and colors. */
#include "cli/view_text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "core/common/error.h"

void view_init(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

/* ---- width ---- */

/* Measures one character; its bytes, at least 1. What the locale does not know counts one column a byte. */
static size_t character_width(size_t *width, const char *text, size_t bytes)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t length = mbrtowc(&wide, text, bytes, &state);

    if (length == 0 || length > bytes) {
        *width = 1;
        return 1;
    }
    int columns = wcwidth(wide);
    *width = columns > 0 ? (size_t)columns : columns == 0 ? 0 : 1;
    return length;
}

size_t view_width_of(const char *text, size_t bytes)
{
    size_t width = 0, one;

    for (size_t at = 0; at < bytes;) {
        at += character_width(&one, text + at, bytes - at);
        width += one;
    }
    return width;
}

size_t view_width(const char *text)
{
    return view_width_of(text, strlen(text));
}

void view_add_shortened(struct textbuf *buf, const char *text, size_t width, bool is_address)
{
    const char *tail = is_address ? strrchr(text, ':') : NULL;
    size_t bytes = strlen(text), used = 0, one;

    if (view_width_of(text, bytes) <= width) {
        textbuf_add(buf, text, bytes);
        return;
    }
    size_t tail_bytes = tail ? strlen(tail) : 0;
    if (width <= tail_bytes) {
        tail_bytes = 0;
    }
    size_t room = width > tail_bytes ? width - tail_bytes - 1 : 0; /* one for the "…" */
    size_t at = 0;
    while (at < bytes) {
        size_t length = character_width(&one, text + at, bytes - at);
        if (used + one > room) {
            break;
        }
        used += one;
        at += length;
    }
    textbuf_add(buf, text, at);
    textbuf_puts(buf, "…");
    textbuf_add(buf, text + bytes - tail_bytes, tail_bytes);
}

/* ---- sums and ages ---- */

void view_sum(char out[static VIEW_SUM_CHARS], hc_coin_sum sum)
{
    char reversed[VIEW_SUM_CHARS];
    size_t count = 0, digits = 0, at = 0;
    bool negative = sum < 0;

    do {
        if (digits > 0 && digits % 3 == 0) {
            reversed[count++] = ',';
        }
        int digit = (int)(sum % 10);
        reversed[count++] = (char)('0' + (digit < 0 ? -digit : digit));
        sum /= 10;
        digits++;
    } while (sum != 0);
    if (negative) {
        out[at++] = '-';
    }
    ASSERT(at + count < VIEW_SUM_CHARS);
    while (count > 0) {
        out[at++] = reversed[--count];
    }
    out[at] = '\0';
}

void view_age(char out[static VIEW_AGE_CHARS], int64_t age_ms)
{
    int64_t seconds = age_ms / 1000;

    if (seconds < 1) {
        (void)snprintf(out, VIEW_AGE_CHARS, "now");
    } else if (seconds < 60) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%ds ago", (int)seconds);
    } else if (seconds < 3600) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%dm ago", (int)(seconds / 60));
    } else if (seconds < 86400) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%dh ago", (int)(seconds / 3600));
    } else {
        (void)snprintf(out, VIEW_AGE_CHARS, "%" PRId64 "d ago", seconds / 86400);
    }
}

void view_ago(char out[static VIEW_AGO_CHARS], int64_t age_ms)
{
    int64_t seconds = age_ms / 1000, minutes = seconds / 60, hours = minutes / 60;

    ASSERT(age_ms >= 0);
    if (minutes == 0) {
        (void)snprintf(out, VIEW_AGO_CHARS, "%d.%d s ago", (int)seconds, (int)(age_ms / 100 % 10));
    } else if (hours == 0) {
        (void)snprintf(out, VIEW_AGO_CHARS, "%d min %d s ago", (int)minutes, (int)(seconds % 60));
    } else if (hours < 24) {
        (void)snprintf(out, VIEW_AGO_CHARS, "%d h %d min ago", (int)hours, (int)(minutes % 60));
    } else {
        (void)snprintf(out, VIEW_AGO_CHARS, "%" PRId64 " d %d h ago", hours / 24, (int)(hours % 24));
    }
}

void view_bytes(char out[static VIEW_BYTES_CHARS], uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double number = (double)bytes;
    size_t unit = 0;

    while (number >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        number /= 1000;
        unit++;
    }
    (void)snprintf(out, VIEW_BYTES_CHARS, unit > 0 && number < 9.95 ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

/* ---- colors ---- */

/* Colors of the terminal's own palette, and only those that are readable on dark and on light. */
static const char *const ink_codes[] = {
    [INK_PLAIN] = "", [INK_STRONG] = "1", [INK_FAINT] = "2", [INK_GOOD] = "32", [INK_NOTE] = "33", [INK_BAD] = "1;31",
};

void view_ink_on(struct textbuf *buf, const struct view_style *style, enum view_ink ink)
{
    if (style->color && ink != INK_PLAIN) {
        textbuf_printf(buf, "\033[%sm", ink_codes[ink]);
    }
}

void view_ink_off(struct textbuf *buf, const struct view_style *style, enum view_ink ink)
{
    if (style->color && ink != INK_PLAIN) {
        textbuf_puts(buf, "\033[0m");
    }
}

void view_add_inked(struct textbuf *buf, const struct view_style *style, enum view_ink ink, const char *text)
{
    view_ink_on(buf, style, ink);
    textbuf_puts(buf, text);
    view_ink_off(buf, style, ink);
}
