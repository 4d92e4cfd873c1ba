/* Two buckets that fill with time. A message may take more than is in them: then they are in debt, which is paid first. */
#include "daemon/share.h"

#include "daemon/limits.h"

#define BYTES_MAX ((int64_t)LINK_SHARE_BYTES * LINK_SHARE_S)
#define MESSAGES_K_MAX ((int64_t)LINK_SHARE_MESSAGES * LINK_SHARE_S * 1000)
#define BYTES_A_MS (LINK_SHARE_BYTES / 1000)
#define MESSAGES_K_A_MS LINK_SHARE_MESSAGES

static int64_t at_most(int64_t number, int64_t max)
{
    return number < max ? number : max;
}

void share_init(struct share *share, uint64_t now_ms)
{
    *share = (struct share){.bytes = BYTES_MAX, .messages_k = MESSAGES_K_MAX, .at_ms = now_ms};
}

void share_spend(struct share *share, size_t bytes)
{
    share->bytes -= (int64_t)bytes;
    share->messages_k -= 1000;
}

bool share_is_left(struct share *share, uint64_t now_ms)
{
    int64_t passed_ms = at_most((int64_t)(now_ms - share->at_ms), INT32_MAX);
    share->bytes = at_most(share->bytes + passed_ms * BYTES_A_MS, BYTES_MAX);
    share->messages_k = at_most(share->messages_k + passed_ms * MESSAGES_K_A_MS, MESSAGES_K_MAX);
    share->at_ms = now_ms;
    return share->bytes > 0 && share->messages_k > 0;
}
