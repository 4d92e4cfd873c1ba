/* Text that grows: what is shown is put together here in full, then written at once. */
#ifndef HOWCOIN_CLI_TEXTBUF_H
#define HOWCOIN_CLI_TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>

/* Zero it to begin. When memory runs out it is marked as failed and takes no more, so that one check at the end is
 * enough. */
struct textbuf {
    char *text; /* terminated once anything was added; owned, to be freed with memory_free */
    size_t bytes, capacity;
    bool failed;
};

void textbuf_add(struct textbuf *buf, const char *text, size_t bytes);
void textbuf_puts(struct textbuf *buf, const char *text);
void textbuf_printf(struct textbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line that was made with malloc, and frees it. NULL: memory ran out while it was made, and the buffer has
 * failed. */
void textbuf_take(struct textbuf *buf, char *line);
void textbuf_repeat(struct textbuf *buf, char character, size_t count);
/* Empties it, and keeps its memory for the next use. */
void textbuf_reset(struct textbuf *buf);
void textbuf_free(struct textbuf *buf);

#endif
