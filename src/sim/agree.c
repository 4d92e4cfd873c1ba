/* Questions about the whole world: what hosts think of each other, and whether they agree. */
#include <stdio.h>
#include <string.h>

#include "sim/world_parts.h"

#include "core/common/id.h"

bool world_opinion(struct world *world, size_t a, size_t b, enum hc_member_status *status)
{
    const struct host *host = &world->hosts[a];
    *status = HC_MEMBER_LIVE;
    if (!host->node) {
        return false;
    }
    if (id_equal(host->identity.id, world->hosts[b].identity.id)) {
        return true;
    }
    const struct member *member = members_find(node_members(host->node), world->hosts[b].identity.id);
    if (member) {
        *status = member->status;
    }
    return member;
}

/* Names an owner of whose row two hosts hold different versions. If there is none, one of them tells less than it
 * holds. */
static void difference_tell(struct world *world, size_t a, size_t b, char *text, size_t size)
{
    const struct table *ours = node_table(world->hosts[a].node), *theirs = node_table(world->hosts[b].node);
    for (size_t i = 0; i < ours->count + theirs->count; i++) {
        const struct entry *entry = i < ours->count ? &ours->entries[i] : &theirs->entries[i - ours->count];
        const struct entry *left = table_find(ours, entry_id(entry)), *right = table_find(theirs, entry_id(entry));
        const struct hc_row *row = entry_row(entry);
        if (left && right && left->branch_count == right->branch_count &&
            memcmp(entry_row(left)->hash, entry_row(right)->hash, HC_HASH_BYTES) == 0) {
            continue;
        }
        snprintf(text, size,
                 "host %zu has another table than host %zu: of %.8s... at %s, %zu rows up to version %llu against "
                 "%zu up to %llu",
                 a, b, row->text + 7, row->fields.addr, left ? left->branch_count : 0,
                 left ? (unsigned long long)entry_row(left)->fields.version : 0, right ? right->branch_count : 0,
                 right ? (unsigned long long)entry_row(right)->fields.version : 0);
        return;
    }
    snprintf(text, size, "host %zu and host %zu hold the same rows, but do not tell the same", a, b);
}

bool world_agrees(struct world *world, char *missing, size_t size)
{
    size_t first = SIZE_MAX;
    uint8_t reference[HC_DIGEST_BYTES] = {0};
    for (size_t a = 0; a < world->host_count; a++) {
        if (!world->hosts[a].node) {
            continue;
        }
        for (size_t b = 0; b < world->host_count; b++) {
            enum hc_member_status status;
            bool known = world_opinion(world, a, b, &status);
            bool runs = world->hosts[world_find_id(world, world->hosts[b].identity.id)].node || world->hosts[b].node;
            if (runs && (!known || status != HC_MEMBER_LIVE)) {
                snprintf(missing, size, "host %zu does not hold host %zu as live", a, b);
                return false;
            }
            if (!runs && known && status == HC_MEMBER_LIVE) {
                snprintf(missing, size, "host %zu holds host %zu as live, which does not run", a, b);
                return false;
            }
        }
        const struct members *members = node_members(world->hosts[a].node);
        for (size_t m = 0; m < members->count; m++) {
            if (members->list[m].status == HC_MEMBER_LIVE && world_find_id(world, members->list[m].id) == SIZE_MAX) {
                snprintf(missing, size, "host %zu holds an id as live that no host ever had", a);
                return false;
            }
        }
        uint8_t digest[HC_DIGEST_BYTES];
        hc_node_digest(world->hosts[a].node, digest);
        if (first != SIZE_MAX && memcmp(digest, reference, HC_DIGEST_BYTES) != 0) {
            difference_tell(world, a, first, missing, size);
            return false;
        }
        memcpy(reference, digest, HC_DIGEST_BYTES);
        first = first == SIZE_MAX ? a : first;
    }
    return true;
}
