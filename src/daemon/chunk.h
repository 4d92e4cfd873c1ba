/* The one buffer that all connections read into: what a read brings is copied out of it before the next one. */
#ifndef HOWCOIN_DAEMON_CHUNK_H
#define HOWCOIN_DAEMON_CHUNK_H

#include <uv.h>

/* For uv_read_start. READ_BYTES, valid until the next read on the loop's thread. */
void chunk_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);

#endif
