/* One loop, one thread, one buffer. */
#include "daemon/chunk.h"

#include "daemon/limits.h"

void chunk_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char bytes[READ_BYTES];
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}
