/* Hellos and welcomes. */
#include "core/node/greeting.h"

#include <string.h>

#include "core/common/id.h"
#include "core/node/digests.h"
#include "core/rows/identity.h"

/* A peer whose clock and ours differ a little tells the same event with another age. */
#define SAME_EVENT_MS 3000

/* What both kinds say. */
static void greeting_fill(struct hc_message *message, const struct base *base, const struct member *member)
{
    memcpy(message->network, base->network->id, HC_NETWORK_BYTES);
    id_copy(message->from, base->identity.id);
    message->lowest = message->highest = HC_WIRE_VERSION;
    message->links = base_keeps_links(base);
    message->has_digests = true;
    digests_now(message->rows_digest, message->whole_digest, base);
    if (!member) {
        return;
    }
    message->reached = member->reached;
    message->your_version = base_member_row(base, member)->fields.version;
    message->dropped_why = member->dropped_why;
    if (member->dropped_why != HC_OK) {
        message->dropped_ago_s = (uint32_t)((base->now_ms - member->dropped_ms) / 1000);
    }
}

void greeting_hello(struct hc_message *hello, struct base *base, const struct member *member, bool keep)
{
    *hello = (struct hc_message){.type = HC_MESSAGE_HELLO, .keep = keep};
    greeting_fill(hello, base, member);
    random_bytes(&base->random, hello->nonce, HC_NONCE_BYTES);
}

void greeting_welcome(struct hc_message *welcome, struct base *base, const struct member *member,
                      const struct hc_message *hello, bool keep)
{
    ASSERT(hello->type == HC_MESSAGE_HELLO);
    *welcome = (struct hc_message){.type = HC_MESSAGE_WELCOME, .keep = keep};
    greeting_fill(welcome, base, member);
    proof_make(&base->identity, welcome->proof, base->network, hello->nonce, hello->from);
    if (keep) {
        random_bytes(&base->random, welcome->nonce, HC_NONCE_BYTES);
    }
}

bool greeting_compare(const struct base *base, struct member *member, const uint8_t rows[static HC_DIGEST_BYTES])
{
    uint8_t ours[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    digests_now(ours, whole, base);
    bool same = memcmp(ours, rows, HC_DIGEST_BYTES) == 0;
    if (member) {
        memcpy(member->told, rows, HC_DIGEST_BYTES);
        member->told_known = true;
        member->agrees = same;
    }
    return same;
}

void greeting_accuses(struct base *base, const struct own *own, struct member *member, enum hc_code why, uint32_t ago_s,
                      struct hc_effects *effects)
{
    int64_t at_ms = base->now_ms - (int64_t)ago_s * 1000;
    bool told = member->accused_ms != HC_NEVER_MS && at_ms - member->accused_ms < SAME_EVENT_MS;
    if (why == HC_OK || told || !own->started) {
        return;
    }
    member->accused_ms = at_ms;
    base_story(base, member, HC_STORY_ACCUSED, why, NULL);
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_ACCUSED, base_member_row(base, member));
    notice->code = why;
    notice->count = ago_s;
}

void greeting_heard(struct base *base, const struct own *own, struct member *member, const struct hc_message *greeting,
                    struct hc_effects *effects)
{
    ASSERT(greeting->type == HC_MESSAGE_HELLO || greeting->type == HC_MESSAGE_WELCOME);
    member_talks(member, greeting->links ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL);
    member->reaches_us = greeting->reached;
    if (greeting->has_digests) {
        (void)greeting_compare(base, member, greeting->rows_digest);
    }
    if (own->row && greeting->your_version <= own->row->fields.version) {
        member->own_told = greeting->your_version;
    }
    greeting_accuses(base, own, member, greeting->dropped_why, greeting->dropped_ago_s, effects);
}
