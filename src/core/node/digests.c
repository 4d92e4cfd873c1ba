/* The digests: what was hashed last is kept by bucket, and hashed anew where something changed. */
#include "core/node/digests.h"

#include <string.h>

#include "core/common/id.h"

/* ---- Whom others are told of ---- */

static bool is_told(const struct base *base, const struct member *member)
{
    if (member->status == HC_MEMBER_LIVE) {
        return true;
    }
    if (member->guessed) {
        return false; /* known to no node but this one, it would make all others ask */
    }
    /* After half of the time it is on its way to be forgotten (P10). */
    return base->now_ms - member->gone_ms < (int64_t)AGE_TOLD_MS_MAX || member->calls ||
           table_is_touched(&base->table, member->id);
}

bool digests_tell(const struct member *member)
{
    return !member || !member->untold;
}

void digests_judge(struct base *base, struct member *member)
{
    bool untold = !is_told(base, member);
    if (untold != member->untold) {
        member->untold = untold;
        bucket_set_add(base->digests->stale, bucket_of(member->id));
        base->members.revision++;
    }
}

void digests_sweep(struct base *base)
{
    struct members *members = &base->members;
    for (size_t i = 0; members->live_count < members->count && i < members->count; i++) {
        if (members->list[i].status != HC_MEMBER_LIVE) {
            digests_judge(base, &members->list[i]);
        }
    }
}

/* ---- The trees ---- */

/* Of those that `set` has, in one pass over the table. */
static void buckets_hash(uint8_t buckets[static BUCKETS][HC_DIGEST_BYTES], const struct base *base,
                         const uint8_t set[static BUCKET_SET_BYTES], bool with_statuses)
{
    struct tree tree;
    tree_begin(&tree);
    for (size_t i = 0; i < base->table.count; i++) {
        const struct entry *entry = &base->table.entries[i];
        if (!bucket_set_has(set, entry->bucket)) {
            continue;
        }
        const uint8_t *id = entry_id(entry);
        const struct member *member = base_is_self(base, id) ? NULL : members_find_near(&base->members, id, i);
        if (!digests_tell(member)) {
            continue;
        }
        tree_add(&tree, entry->bucket, entry->branches, entry->branch_count);
        if (with_statuses) {
            bool gone = member ? member->status != HC_MEMBER_LIVE : entry_row(entry)->fields.left;
            tree_add_byte(&tree, entry->bucket, gone);
        }
    }
    tree_end(&tree, buckets, set);
}

/* What is out of date is hashed anew. */
static const struct digests *digests_refresh(const struct base *base)
{
    static const uint8_t none[BUCKET_SET_BYTES];
    struct digests *digests = base->digests;
    if (memcmp(digests->stale, none, sizeof none) != 0) {
        buckets_hash(digests->row_buckets, base, digests->stale, false);
        buckets_hash(digests->whole_buckets, base, digests->stale, true);
        tree_digest(digests->rows, digests->row_buckets);
        tree_digest(digests->whole, digests->whole_buckets);
        memset(digests->stale, 0, sizeof digests->stale);
    }
    return digests;
}

void digests_now(uint8_t rows[static HC_DIGEST_BYTES], uint8_t whole[static HC_DIGEST_BYTES], const struct base *base)
{
    const struct digests *digests = digests_refresh(base);
    memcpy(rows, digests->rows, HC_DIGEST_BYTES);
    memcpy(whole, digests->whole, HC_DIGEST_BYTES);
}

const uint8_t (*digests_buckets(const struct base *base))[HC_DIGEST_BYTES]
{
    return digests_refresh(base)->whole_buckets;
}

void entry_listed_hash(uint8_t hash[static ID_SHORT_BYTES], const struct entry *entry)
{
    uint8_t hashes[BRANCHES_MAX * HC_HASH_BYTES], digest[HC_DIGEST_BYTES];
    ASSERT(entry->branch_count > 0);
    if (!entry_is_forked(entry)) {
        memcpy(hash, entry->branches[0]->hash, ID_SHORT_BYTES);
        return;
    }
    for (size_t b = 0; b < entry->branch_count; b++) {
        memcpy(hashes + b * HC_HASH_BYTES, entry->branches[b]->hash, HC_HASH_BYTES);
    }
    crypto_generichash(digest, sizeof digest, hashes, entry->branch_count * HC_HASH_BYTES, NULL, 0);
    memcpy(hash, digest, ID_SHORT_BYTES);
}

/* ---- Verification ---- */

static bool same_digest(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, HC_DIGEST_BYTES) == 0;
}

bool digests_verify(const struct base *base)
{
    uint8_t all[BUCKET_SET_BYTES], rows[BUCKETS][HC_DIGEST_BYTES], whole[BUCKETS][HC_DIGEST_BYTES];
    const struct digests *digests = base->digests;
    memset(all, 0xff, sizeof all);
    buckets_hash(rows, base, all, false);
    buckets_hash(whole, base, all, true);
    for (unsigned b = 0; b < BUCKETS; b++) {
        if (!bucket_set_has(digests->stale, (uint8_t)b) &&
            (!same_digest(rows[b], digests->row_buckets[b]) || !same_digest(whole[b], digests->whole_buckets[b]))) {
            return false;
        }
    }
    for (size_t i = 0; i < base->members.count; i++) {
        if (base->members.list[i].status == HC_MEMBER_LIVE && base->members.list[i].untold) {
            return false;
        }
    }
    return true;
}
